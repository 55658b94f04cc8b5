"""The table of promises names tests that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMED = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs/promises.md").read_text())


def test_each_promise_names_tests():
    rows = [
        line
        for line in (ROOT / "docs/promises.md").read_text().splitlines()
        if line.startswith("| ") and not line.startswith(("| ---", "| promise", "| service"))
    ]

    assert len(rows) == 16
    assert [row for row in rows if "tests/" not in row] == []


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_a_test_that_is_named_is_there(file, name):
    text = (ROOT / file).read_text(encoding="utf-8")

    assert re.search(rf"^def {name or r'test_'}", text, re.MULTILINE)
