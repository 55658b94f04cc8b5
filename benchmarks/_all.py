"""Run the benchmarks one after the other; end with one table, and a file for the record.

    python benchmarks/_all.py [--only search,api] [--json FILE]

Each runs alone, in a process and a database of its own. A goal that is missed ends the run with 1,
when all have run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from _record import VARIABLE, Figure, figures
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="names of scripts, separated by commas")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    arguments = parser.parse_args()
    only = set(filter(None, arguments.only.split(",")))
    scripts = [path for path in sorted(HERE.glob("[a-z]*.py")) if not only or path.stem in only]
    if unknown := only - {path.stem for path in scripts}:
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}.")
    seconds, failed, found = run(scripts)
    Console().print(as_table(found))
    if arguments.json:
        arguments.json.write_text(as_json(found, seconds), encoding="utf-8")
    missed = [figure for figure in found if figure.is_kept is False]
    for name in failed:
        print(f"{name} ended with an error, or missed its goal.")
    sys.exit(1 if failed or missed else 0)


def run(scripts: list[Path]) -> tuple[dict[str, float], list[str], list[Figure]]:
    """Run the scripts; return the seconds of each, those that failed, and all figures."""
    seconds, failed = {}, []
    with tempfile.TemporaryDirectory() as folder:
        recorded = Path(folder) / "figures.jsonl"
        for script in scripts:
            print(f"== {script.stem}", flush=True)
            began = time.monotonic()
            done = subprocess.run(
                [sys.executable, str(script)],
                env=os.environ | {VARIABLE: str(recorded)},
                check=False,
            )
            seconds[script.stem] = time.monotonic() - began
            if done.returncode:
                failed.append(script.stem)
        return seconds, failed, figures(recorded)


def as_table(found: list[Figure]) -> Table:
    table = Table(title="What it costs, beside what it must cost")
    for name, justify in (("", "left"), ("", "left"), ("size", "right"), ("measured", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    table.add_column("goal", justify="right")
    table.add_column("times what")
    before = ""
    for figure in found:
        style = {True: "green", False: "bold red", None: ""}[figure.is_kept]
        goal = ""
        if figure.at_most is not None:
            goal = f"≤ {figure.at_most:g}"
        elif figure.at_least is not None:
            goal = f"≥ {figure.at_least:g}"
        part = "" if figure.part == before else figure.part
        value = (
            f"[{style}]{figure.value:,.2f}[/] {figure.unit}"
            if style
            else (f"{figure.value:,.2f} {figure.unit}")
        )
        table.add_row(part, figure.name, figure.size, value, goal, figure.reference)
        before = figure.part
    return table


def as_json(found: list[Figure], seconds: dict[str, float]) -> str:
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"],  # noqa: S607 (whichever there is)
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
    )
    about = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),  # noqa: TID251 (a record)
        "commit": commit.stdout.strip(),
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "seconds": seconds,
        "figures": [asdict(figure) | {"is_kept": figure.is_kept} for figure in found],
    }
    return json.dumps(about, indent=2) + "\n"


if __name__ == "__main__":
    main()
