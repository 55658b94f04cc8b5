"""Say in a few lines what pip-audit has found; what was not examined is never called sound."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

SOUND, ILL, UNKNOWN = 0, 1, 2


def said(found: Any) -> tuple[int, list[str]]:
    """Return the exit status and the lines for what pip-audit wrote."""
    packages = found.get("dependencies", []) if isinstance(found, dict) else []
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    ill = [package for package in packages if package.get("vulns")]
    examined = len(packages) - len(skipped)
    if not examined:
        total = f"{len(packages)} packages" if packages else "packages"
        told = f"No vulnerability data can be had from here: none of the {total} was examined."
        return UNKNOWN, [told]
    lines = [
        f"{package['name']} {package['version']}: {vuln['id']}, "
        f"mended in {', '.join(vuln['fix_versions']) or 'no version yet'}"
        for package in ill
        for vuln in package["vulns"]
    ]
    lines.append(f"{examined} packages examined, {len(ill)} with something known against them.")
    if skipped:
        lines.append(f"NOT examined: {', '.join(skipped)}.")
    return (ILL if ill else UNKNOWN if skipped else SOUND), lines


if __name__ == "__main__":
    try:
        found = json.loads(Path(sys.argv[1]).read_text())
    except ValueError:
        found = None
    status, lines = said(found)
    print(*lines, sep="\n")  # noqa: T201 (a command)
    sys.exit(status)
