"""The commands that take lists in and hand ours on."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from sources.gateways.opml import read_outlines
from sources.models import Source
from tests.factories import a_source

pytestmark = pytest.mark.django_db

LIST = """<opml><body><outline text="News">
<outline text="Courier" xmlUrl="https://courier.example/rss"/>
<outline text="Twin" xmlUrl="https://courier.example/rss"/>
</outline></body></opml>"""


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "feeds.opml"
    path.write_text(LIST)
    return path


def run(capsys: Any, *arguments: Any) -> tuple[int, str, str]:
    """Run a command; return its exit code, what it printed, and what it said beside."""
    code = 0
    try:
        call_command(*map(str, arguments))
    except SystemExit as stop:
        code = int(stop.code or 0)
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_import_opml_adds_the_feeds_and_says_of_each_row_what_became_of_it(
    listed: Path, capsys: Any
) -> None:
    code, out, err = run(capsys, "import_opml", listed, "--tag", "From Ana", "--tag", "x")

    source = Source.objects.get()
    assert code == 0
    assert source.tags == ["from-ana", "x", "news"]
    assert "1  https://courier.example/rss  added as Courier" in out
    assert "2  https://courier.example/rss  twice in the file (row 1)" in out
    assert "2 rows: 1 twice, 1 added" in out
    assert "Adding the feeds" in err


def test_a_dry_run_adds_nothing(listed: Path, capsys: Any) -> None:
    code, out, _ = run(capsys, "import_opml", listed, "--dry-run")

    assert code == 0
    assert "1  https://courier.example/rss  new" in out
    assert "Nothing was saved." in out
    assert not Source.objects.exists()


def test_import_opml_prints_json(listed: Path, capsys: Any) -> None:
    code, out, err = run(capsys, "import_opml", listed, "--json")

    told = json.loads(out)
    assert (code, err) == (0, "")
    assert told["counts"] == {"twice": 1, "added": 1}
    assert told["rows"][0] == {
        "number": 1,
        "url": "https://courier.example/rss",
        "verdict": "added",
        "in_words": "added as Courier",
        "name": "Courier",
        "site_url": "",
        "language": "",
        "tags": ["news"],
        "source": Source.objects.get().pk,
    }


def test_import_opml_ends_with_1_when_a_row_was_refused(listed: Path, capsys: Any) -> None:
    listed.write_text("https://courier.example/rss\nhttp://10.0.0.7/rss\n")

    code, out, _ = run(capsys, "import_opml", listed)

    assert code == 1
    assert "refused: 10.0.0.7 is not a public address." in out
    assert Source.objects.count() == 1


def test_import_opml_reads_standard_input_for_a_newsroom(
    capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = SimpleNamespace(buffer=io.BytesIO(b"name,url\nCourier,https://courier.example/rss\n"))
    monkeypatch.setattr("sys.stdin", stream)
    a_source("Almanac", newsroom="demo")

    code, _, _ = run(capsys, "import_opml", "-", "--newsroom", "demo")

    assert code == 0
    assert Source.objects.get(name="Courier").newsroom == "demo"


def test_a_newsroom_that_nobody_knows_is_refused(listed: Path) -> None:
    a_source("Almanac", newsroom="demo")

    with pytest.raises(CommandError, match="There is no newsroom “dem”: no source is of it"):
        call_command("import_opml", listed, "--newsroom", "dem")

    assert Source.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(None, "cannot be read: No such file or directory.", id="no file"),
        pytest.param("", "The file is empty.", id="empty"),
        pytest.param("<rss/>", "This is a feed itself", id="a feed"),
    ],
)
def test_a_list_that_cannot_be_read_is_one_sentence(
    content: str | None, sentence: str, tmp_path: Path, capsys: Any
) -> None:
    path = tmp_path / "x.opml"
    if content is not None:
        path.write_text(content)

    with pytest.raises(CommandError, match=sentence):
        call_command("import_opml", str(path))
    code, out, _ = run(capsys, "import_opml", path, "--json")

    assert code == 1
    assert sentence in json.loads(out)["error"]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="no file named"),
        pytest.param(["nowhere.opml"], id="no such file"),
        pytest.param([__file__ + "/x"], id="no folder"),
        pytest.param(["/dev/null"], id="empty"),
    ],
)
def test_no_progress_is_shown_of_what_cannot_begin(arguments: list[str], capsys: Any) -> None:
    with pytest.raises(CommandError):
        call_command("import_opml", *arguments)

    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(["--tag", "zzz"], "We have no feed with the tag “zzz”", id="tag"),
        pytest.param(["--newsroom", "x"], "We have no feed in the newsroom “x”", id="newsroom"),
    ],
)
def test_a_choice_of_nothing_is_not_written(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: Any
) -> None:
    a_source()

    with pytest.raises(CommandError, match=sentence):
        call_command("export_opml", str(tmp_path / "x.opml"), *arguments)

    assert capsys.readouterr().out == ""
    assert not (tmp_path / "x.opml").exists()


def test_neither_a_file_nor_the_starter_list_is_an_error() -> None:
    with pytest.raises(CommandError, match="--starter"):
        call_command("import_opml")


def test_the_starter_list_can_be_taken(capsys: Any) -> None:
    code, out, _ = run(capsys, "import_opml", "--starter")

    assert code == 0
    assert Source.objects.filter(tags__contains=["public-broadcasters"]).count() > 20
    assert "refused" not in out


# --- Handing on ---------------------------------------------------------------------
def test_export_opml_prints_our_feeds(capsys: Any) -> None:
    a_source("Courier", url="https://courier.example/rss", tags=["news"])
    a_source("Other", tags=["other"])
    a_source("Demonstration", newsroom="demo")

    _, out, _ = run(capsys, "export_opml")
    _, tagged, _ = run(capsys, "export_opml", "--tag", "news")
    _, demo, _ = run(capsys, "export_opml", "--newsroom", "demo")

    names = [[f.name for f in read_outlines(text.encode()).feeds] for text in (out, tagged, demo)]
    assert names == [["Courier", "Other"], ["Courier"], ["Demonstration"]]


def test_export_opml_writes_a_file(tmp_path: Path, capsys: Any) -> None:
    a_source("Ärger", url="https://courier.example/rss")
    path = tmp_path / "out.opml"

    code, out, err = run(capsys, "export_opml", path)

    assert (code, out) == (0, "")
    assert "1 feed written to" in err
    assert 'text="Ärger"' in path.read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written: No such file or directory"):
        call_command("export_opml", str(tmp_path / "nowhere" / "out.opml"))
