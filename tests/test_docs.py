"""The papers lead where they say: every link, anchor and picture is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAPERS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def anchors(paper: Path) -> set[str]:
    """Return what may stand after # in a link to a paper: its headings, as forges write them."""
    headings = HEADING.findall(FENCED.sub("", paper.read_text(encoding="utf-8")))
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings
    }


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(paper: Path) -> None:
    lost = []
    for link in LINK.findall(FENCED.sub("", paper.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        there = (paper.parent / path).resolve() if path else paper
        if not there.exists() or (anchor and anchor not in anchors(there)):
            lost.append(link)

    assert lost == []


def test_every_decision_is_in_the_list_of_decisions() -> None:
    listed = (ROOT / "docs" / "adr" / "README.md").read_text()

    for paper in (ROOT / "docs" / "adr").glob("0*.md"):
        assert f"({paper.name})" in listed


def test_every_picture_is_shown_somewhere_and_small() -> None:
    told = "".join(paper.read_text(encoding="utf-8") for paper in PAPERS)
    pictures = sorted((ROOT / "docs" / "images").iterdir())

    assert [path.name for path in pictures if path.name not in told] == []
    assert sum(path.stat().st_size for path in pictures) < 1_500_000
