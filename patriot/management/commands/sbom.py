"""`manage.py sbom`: what this installation is made of, as CycloneDX (ECMA-424)."""

from __future__ import annotations

import json
import platform
import re
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

SPEC = "1.5"
MAX_LICENSE_CHARS = 100


class Command(BaseCommand):
    help = "List every installed package with version and license, as CycloneDX JSON."

    # It asks nobody and needs no settings to be right.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("to", nargs="?", type=Path, help="by default standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        text = json.dumps(bill_of_materials(), indent=1, ensure_ascii=False)
        if options["to"]:
            options["to"].write_text(f"{text}\n", encoding="utf-8")
        else:
            self.stdout.write(text)


def bill_of_materials() -> dict[str, Any]:
    """Return the bill: the same for the same packages, so that two can be compared."""
    known = {name_of(found): found for found in distributions()}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": SPEC,
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "patriot", "bom-ref": "patriot"}},
        "components": [
            {
                "type": "platform",
                "name": platform.python_implementation(),
                "version": platform.python_version(),
                "bom-ref": "python",
            },
            *(component(known[name]) for name in sorted(known)),
        ],
    }


def name_of(found: Distribution) -> str:
    """Return a package's name as the index normalizes it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower()


def component(found: Distribution) -> dict[str, Any]:
    """Return one package as a component."""
    name = name_of(found)
    address = f"pkg:pypi/{name}@{found.version}"
    told: dict[str, Any] = {
        "type": "library",
        "name": name,
        "version": found.version,
        "purl": address,
        "bom-ref": address,
    }
    if license_ := _license_of(found):
        told["licenses"] = [license_]
    return told


def _license_of(found: Distribution) -> dict[str, Any] | None:
    """Return what the package says of its license, in the most exact of the three ways."""
    told = {
        name: found.metadata.get_all(name) or [""]
        for name in ("License-Expression", "License", "Classifier")
    }
    if expression := told["License-Expression"][0]:
        return {"expression": expression}
    classified = [
        line.rpartition(" :: ")[2] for line in told["Classifier"] if line.startswith("License :: ")
    ]
    named = " AND ".join(classified) or told["License"][0].partition("\n")[0]
    return {"license": {"name": named[:MAX_LICENSE_CHARS]}} if named.strip() else None
