"""A report as Markdown (CommonMark): every sentence with its sources, for notes and other tools."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.dateformat import format as format_date

from reports.pages.report import Block, ReportPage, SectionPage
from reports.pages.sentences import Note, Sentence

# Whatever CommonMark gives a meaning, and what HTML does: text stays text (§2.4).
SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+!|~&$^-])")
# “1.” and “1)” begin a list at the start of a line only; a sentence may stand there.
ORDERED = re.compile(r"^(\d{1,9})([.)])")
# In <…> an address may hold anything but these and white space (§6.3).
OF_ADDRESS = {ord(letter): f"%{ord(letter):02X}" for letter in "<> \\\n\r\t"}


def as_markdown(page: ReportPage, *, origin: str) -> str:
    """Return the report as a document; links lead to its page.

    origin: of the site, such as “https://patriot.example”
    """
    return "\n\n".join(_blocks(page, origin)) + "\n"


def escaped(text: str) -> str:
    """Return text as Markdown that reads as this text, on one line."""
    one_line = SPECIAL.sub(r"\\\1", " ".join(text.split()))
    return ORDERED.sub(r"\1\\\2", one_line)


def _blocks(page: ReportPage, origin: str) -> Iterator[str]:
    address = f"{origin}{page.report.get_absolute_url()}"
    yield f"# {escaped(page.title)}"
    yield _dateline(page, address)
    yield from (f"> {escaped(notice)}" for notice in page.notices)
    yield from (
        f"> **{escaped(note.label)}**, {_moment(note.at, page.zone)}: {escaped(note.reason)}"
        for note in page.corrections
    )
    if page.summary:
        yield "## 30 seconds"
        yield _listed(_told(point.sentence) for point in page.summary)
    for section in page.sections:
        yield from _section(section, page, address)
    if page.still:
        yield "## Told before, and without news"
        yield _listed(
            f"[{escaped(still.headline)}]({_address(origin + still.url)})" for still in page.still
        )
    for group in page.left_out:
        yield "## Not in this report" + (f": {escaped(group.reason)}" if group.reason else "")
        yield _listed(escaped(story.title) for story in group.stories)
    yield "## Evidence"
    yield "\n".join(_evidence(note, page.zone) for note in page.notes)
    made = _address(origin + page.report.get_provenance_url())
    yield f"{escaped(page.authorship.words)} [How this report was made]({made})"


def _dateline(page: ReportPage, address: str) -> str:
    report = page.report
    stories = len(page.sections)
    parts = (
        f"[{escaped(page.briefing.title)}]({_address(address)})",
        f"{format_date(report.local_date, 'l, j F Y')}, {report.slot:%H:%M}",
        f"No. {report.number}",
        f"{stories} {'story' if stories == 1 else 'stories'}",
        f"{page.minutes} {'minute' if page.minutes == 1 else 'minutes'}",
    )
    return " · ".join(parts)


def _section(section: SectionPage, page: ReportPage, address: str) -> Iterator[str]:
    yield f"## {section.position}\\. {escaped(section.title)}{_marks(section.headline)}"
    where = f"[On the page]({_address(f'{address}#{section.anchor}')})"
    yield f"*{escaped(section.status_in_words)}* · {escaped(section.meter.sentence)} · {where}"
    for sentences in (section.lead, section.detail):
        if sentences:
            yield " ".join(map(_told, sentences))
    for block in section.blocks:
        yield f"### {_title(block)}"
        yield _listed(map(_told, block.sentences))
    for was in section.dropped:
        if was.change.before:
            at = _moment(was.at, page.zone)
            yield f"*Taken out {at}:* {escaped(was.change.before.text)}"


def _title(block: Block) -> str:
    return escaped(block.title) + (" \\(analysis\\)" if block.is_analysis else "")


def _told(sentence: Sentence) -> str:
    """Return a sentence: a publisher's own words between quotation marks, then its notes."""
    parts = []
    for part in sentence.parts:
        text = f"“{escaped(part.text)}”" if part.is_verbatim else escaped(part.text)
        named = f" \\({escaped(part.outlet)}\\)" if part.is_verbatim and part.names_outlet else ""
        parts.append(f"{text}{_numbers(part.notes)}{named}")
    return " ".join(parts)


def _marks(sentence: Sentence | None) -> str:
    return _numbers(sentence.notes) if sentence else ""


def _numbers(notes: Iterable[Note]) -> str:
    """Return the numbers of notes; without a link, which Markdown has no anchor for."""
    return "".join(f" \\[{note.number}\\]" for note in notes)


def _evidence(note: Note, zone: ZoneInfo) -> str:
    where = (
        f"[{escaped(note.headline)}]({_address(note.url)})" if note.url else escaped(note.headline)
    )
    quoted = "" if note.is_headline else f": “{escaped(note.quote)}”"
    # Each in a line of its own; a list would count anew where a number is missing.
    told = f"{escaped(note.outlet)}, {_moment(note.published_at, zone)}, {where}{quoted}"
    return f"\\[{note.number}\\] {told}\\"


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return format_date(at.astimezone(zone), "j F Y, H:i")


def _listed(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _address(url: str) -> str:
    return f"<{url.translate(OF_ADDRESS)}>"
