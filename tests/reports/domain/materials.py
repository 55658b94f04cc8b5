"""Materials for the tests of the local analyst: articles in a line or two each."""

from datetime import UTC, datetime, timedelta

from reports.domain.analysis import Material, SourcePassage

NOW = datetime(2026, 6, 9, 6, 30, tzinfo=UTC)


def article(headline, *paragraphs, outlet="courier", language="en", hours_ago=3.0, is_copy=False):
    """An article as a plain dict: what `material` makes passages of."""
    return {
        "texts": (headline, *paragraphs),
        "outlet": outlet,
        "language": language,
        "at": NOW - timedelta(hours=hours_ago),
        "is_copy": is_copy,
    }


def material(*articles, language="en", told_until=None, news_since=None):
    """Number articles and passages from 1, oldest first, as the pipeline does."""
    passages = []
    for number, entry in enumerate(sorted(articles, key=lambda a: a["at"]), start=1):
        for place, text in enumerate(entry["texts"]):
            passages.append(
                SourcePassage(
                    id=len(passages) + 1,
                    article_id=number,
                    number=place,
                    text=text,
                    language=entry["language"],
                    family=entry["outlet"],
                    outlet=entry["outlet"].title(),
                    published_at=entry["at"],
                    is_copy=entry["is_copy"],
                )
            )
    return Material(1, language, tuple(passages), told_until, news_since)


def ferry_fire(**options):
    """One event as five outlets tell it; two count the injured differently."""
    return material(
        article(
            "Ferry Petrel evacuated after engine-room fire, 212 passengers safe",
            outlet="minute",
            hours_ago=5,
        ),
        article(
            "All passengers off burning ferry",
            "The Coastguard says all 212 passengers have left the ferry Petrel after a fire in her "
            "engine room off Little Skarn. Averil Hospital has admitted 17 injured people.",
            outlet="radio",
            hours_ago=4,
        ),
        article(
            "Fire on the Petrel: engine room burned out",
            "By Mara Lindqvist",
            "PORT AVERIL (Wire) — A fire in the engine room of the ferry Petrel drove 212 "
            "passengers into boats off Little Skarn on Monday.",
            "Norrany Ferries said 14 people were injured, most of them by smoke.",
            "But nobody knew why. It is not known what started the fire on the Petrel.",
            "Read more: How safe are our ferries?",
            outlet="courier",
            hours_ago=3,
        ),
        article(
            "LIVE: Petrel fire updates",
            "Follow our live blog for the latest on the Petrel fire.",
            outlet="tribune",
            hours_ago=2,
        ),
        article(
            "Repair dock had warned about Petrel's fuel pipe",
            "The Carrow repair dock warned the owner of the ferry Petrel in spring that a fuel "
            "pipe in her engine room was worn.",
            outlet="ledger",
            hours_ago=1,
        ),
        **options,
    )
