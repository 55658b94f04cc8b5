"""A report for machines that read pages: schema.org's NewsArticle as JSON-LD."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from reports.pages.report import ReportPage
from reports.pages.sentences import Note

# A long report stands on hundreds of articles; whoever wants all of them takes its JSON.
MAX_CITATIONS = 60
# What could end the element that it stands in, or begin another: written as JSON writes it.
ESCAPES = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


def linked_data(page: ReportPage, *, origin: str) -> SafeString:
    """Return the report as JSON that may stand in a <script>.

    origin: of the site, such as “https://patriot.example”
    """
    written = json.dumps(_news_article(page, origin), ensure_ascii=False, separators=(",", ":"))
    return mark_safe(written.translate(ESCAPES))  # noqa: S308 (nothing in it can end the element)


def _news_article(page: ReportPage, origin: str) -> dict[str, Any]:
    report, revision = page.report, page.revision
    address = f"{origin}{report.get_absolute_url()}"
    publisher = {"@type": "NewsMediaOrganization", "name": settings.SITE_NAME, "url": f"{origin}/"}
    policies = {
        "correctionsPolicy": f"{origin}{reverse('reports:corrections')}",
        "publishingPrinciples": f"{origin}{reverse('reports:how')}",
    }
    published_at = report.published_at or report.slot_at
    article: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "@id": address,
        "url": address,
        "mainEntityOfPage": address,
        "headline": page.title,
        "description": " ".join(point.sentence.text for point in page.summary),
        "image": [f"{origin}{report.get_card_url()}"],
        "datePublished": published_at.isoformat(),
        "dateModified": (revision.published_at or published_at).isoformat(),
        "inLanguage": page.briefing.language,
        "wordCount": page.word_count,
        "isAccessibleForFree": True,
        "isPartOf": {"@type": "Periodical", "name": page.briefing.title},
        "author": publisher,
        "publisher": publisher | policies,
        "citation": list(_citations(page.notes)),
    }
    if page.corrections:
        article["correction"] = [
            {
                "@type": "CorrectionComment",
                "text": note.reason,
                "datePublished": note.at.isoformat(),
            }
            for note in page.corrections
        ]
    return article


def _citations(notes: Iterable[Note]) -> Iterator[dict[str, Any]]:
    """Yield each article that the report quotes once, in the order of its notes."""
    seen: set[tuple[str, str, str]] = set()
    for note in notes:
        cited = (note.outlet, note.headline, note.url)
        if cited in seen or len(seen) == MAX_CITATIONS:
            continue
        seen.add(cited)
        yield {
            "@type": "NewsArticle",
            "headline": note.headline,
            **({"url": note.url} if note.url else {}),
            "publisher": {"@type": "Organization", "name": note.outlet},
            "datePublished": note.published_at.isoformat(),
        }
