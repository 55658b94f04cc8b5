"""The picture of a report that is shown where its link is shared: 1200 × 630, drawn by code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from threading import Lock

from django.conf import settings
from django.utils.dateformat import format as format_date
from PIL import Image, ImageDraw, ImageFont

from reports.pages.report import ReportPage

WIDTH, HEIGHT = 1200, 630
MARGIN = 80
# As tokens.css has them by day.
PAPER, INK, SOFT, ACCENT = "#fffdf9", "#1c1a17", "#5a5349", "#96202c"
FONTS = Path("patriot") / "static" / "patriot" / "fonts"
# A family comes in two files: the letters of the second are those that the first lacks.
SERIF = ("source-serif-4-latin-wght-normal.woff2", "source-serif-4-latin-ext-wght-normal.woff2")
SANS = ("inter-latin-wght-normal.woff2", "inter-latin-ext-wght-normal.woff2")
REGULAR, SEMI_BOLD = 400, 600
TITLE_SIZES = (76, 68, 60, 54, 48, 42)
TITLE_HEIGHT = 330
MAX_TITLE_CHARS = 400
# FreeType's faces are for one thread at a time.
_drawing = Lock()


@dataclass(frozen=True, slots=True)
class Face:
    """A family in one size, letter by letter from the file that has it."""

    fonts: tuple[ImageFont.FreeTypeFont, ...]

    @property
    def line_height(self) -> int:
        return round(self.fonts[0].size * 1.18)

    def can_set(self, text: str) -> bool:
        """Tell whether all letters are there: a row of empty boxes is worse than no words."""
        return all(self._font_for(letter) is not None for letter in text)

    def runs_of(self, text: str) -> Iterator[tuple[str, ImageFont.FreeTypeFont]]:
        """Yield stretches of text, each with the font that has its letters."""
        run, font = "", self.fonts[0]
        for letter in text:
            wanted = self._font_for(letter) or self.fonts[0]
            if letter == " " or wanted is font:
                run += letter
                continue
            if run:
                yield run, font
            run, font = letter, wanted
        if run:
            yield run, font

    def width_of(self, text: str) -> float:
        return sum(font.getlength(run) for run, font in self.runs_of(text))

    def draw(self, on: ImageDraw.ImageDraw, x: float, y: float, text: str, ink: str) -> None:
        baseline = y + self.fonts[0].size
        for run, font in self.runs_of(text):
            on.text((x, baseline), run, font=font, fill=ink, anchor="ls")
            x += font.getlength(run)

    def _font_for(self, letter: str) -> ImageFont.FreeTypeFont | None:
        return next((font for font in self.fonts if _has(font, letter)), None)


def _has(font: ImageFont.FreeTypeFont, letter: str) -> bool:
    """Tell whether a font has a letter: what it has not, it draws as its empty box."""
    return letter == " " or _drawn(font, letter) != _drawn(font, "\U0010fffd")


_shapes: dict[tuple[int, str], bytes] = {}
MAX_SHAPES = 4_000


def _drawn(font: ImageFont.FreeTypeFont, letter: str) -> bytes:
    key = (id(font), letter)
    if key not in _shapes:
        if len(_shapes) > MAX_SHAPES:
            _shapes.clear()
        _shapes[key] = bytes(font.getmask(letter, mode="1")) + repr(font.getbbox(letter)).encode()
    return _shapes[key]


@cache
def _face(names: tuple[str, ...], size: int, weight: int) -> Face:
    fonts = []
    for name in names:
        font = ImageFont.truetype(settings.BASE_DIR / FONTS / name, size)
        font.set_variation_by_axes([weight])
        fonts.append(font)
    return Face(tuple(fonts))


def card_of(page: ReportPage) -> bytes:
    """Return the picture as PNG: name, title, date and figures, whatever the title's length.

    A title in letters that our fonts lack is left out; the briefing's name stands large instead.
    """
    with _drawing:
        return _drawn_card(page)


def _drawn_card(page: ReportPage) -> bytes:
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    on = ImageDraw.Draw(image)
    small, bold = _face(SANS, 30, REGULAR), _face(SANS, 30, SEMI_BOLD)
    on.rectangle((0, 0, WIDTH, 14), fill=ACCENT)
    name = _settable(page.briefing.title, bold)
    bold.draw(on, MARGIN, 66, _cut(name, bold, WIDTH - 2 * MARGIN), ACCENT)
    _draw_title(on, page)
    on.line((MARGIN, 500, WIDTH - MARGIN, 500), fill=INK, width=2)
    small.draw(on, MARGIN, 520, _dateline(page), SOFT)
    site = _settable(settings.SITE_NAME, bold) or "Patriot"
    slogan = " · Every sentence stands on a quotation you can open."
    bold.draw(on, MARGIN, 566, _cut(site + slogan, bold, WIDTH - 2 * MARGIN), INK)
    # A picture of text needs few colors: a third of the bytes, and nobody sees it.
    written = BytesIO()
    image.quantize(64).save(written, "PNG", optimize=True)
    return written.getvalue()


def _draw_title(on: ImageDraw.ImageDraw, page: ReportPage) -> None:
    title = " ".join(page.title.split())[:MAX_TITLE_CHARS]
    faces = [_face(SERIF, size, SEMI_BOLD) for size in TITLE_SIZES]
    if not faces[0].can_set(title):
        title = _settable(page.briefing.title, faces[0]) or f"No. {page.report.number or ''}"
    face, lines = _fitting(title, faces)
    for place, line in enumerate(lines):
        face.draw(on, MARGIN, 128 + place * face.line_height, line, INK)


def _fitting(title: str, faces: Sequence[Face]) -> tuple[Face, list[str]]:
    """Return the largest face in which the title fits, with its lines; else cut in the smallest."""
    for face in faces:
        lines = list(_broken(title, face))
        if len(lines) * face.line_height <= TITLE_HEIGHT:
            return face, lines
    room = TITLE_HEIGHT // face.line_height
    last = _cut(f"{lines[room - 1]} …", face, WIDTH - 2 * MARGIN)
    return face, [*lines[: room - 1], last]


def _broken(text: str, face: Face) -> Iterator[str]:
    """Yield lines that fit between the margins; a word that does not is cut."""
    line = ""
    for word in text.split():
        tried = f"{line} {word}" if line else word
        if face.width_of(tried) <= WIDTH - 2 * MARGIN:
            line = tried
            continue
        if line:
            yield line
        line = _cut(word, face, WIDTH - 2 * MARGIN)
    if line:
        yield line


def _cut(text: str, face: Face, width: int) -> str:
    """Return as much of a text as fits, with an ellipsis where something is missing."""
    if face.width_of(text[:MAX_TITLE_CHARS]) <= width:
        return text[:MAX_TITLE_CHARS]
    short = text[:MAX_TITLE_CHARS]
    while short and face.width_of(f"{short}…") > width:
        short = short[:-1]
    return f"{short.rstrip()}…"


def _settable(text: str, face: Face) -> str:
    return text if face.can_set(text) else ""


def _dateline(page: ReportPage) -> str:
    stories = len(page.sections)
    parts = (
        format_date(page.report.local_date, "l, j F Y"),
        f"No. {page.report.number}" if page.report.number else "",
        f"{stories} {'story' if stories == 1 else 'stories'}",
        f"{page.minutes} {'minute' if page.minutes == 1 else 'minutes'}",
    )
    return " · ".join(filter(None, parts))
