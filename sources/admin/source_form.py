"""What staff decide about a source."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.text import slugify

from patriot.lib import outbound
from patriot.lib.desk import ModelForm
from patriot.lib.text import one_line
from sources.domain.cadence import SHORTEST
from sources.domain.search import MAX_QUERY_CHARS
from sources.domain.urls import web_url
from sources.models import Source

MAX_DOMAINS = 100
NAMES = ("name", "slug")
MAX_NAME_CHARS, MAX_SLUG_CHARS = 200, 100
WITH_USUAL_VALUES = ("topic", "time_range", "max_results", "full_text")
NEEDED = {"url": "A feed needs an address.", "query": "A search needs a query."}
NO_INTERVAL = "A search needs an interval, such as 06:00:00: each look costs a credit."
TOO_OFTEN = "At least a quarter of an hour: 00:15:00."
FOREIGN = {
    "url": "A search has no address: leave this empty, or choose the kind “feed”.",
    "query": "A feed has no query: leave this empty, or choose the kind “search”.",
}
SEARCH_FIELDS = ("topic", "time_range", "max_results", "include_domains", "exclude_domains")


class SourceForm(ModelForm):
    """What staff decide about a source; its health is what fetches say."""

    class Meta:
        model = Source
        fields = (
            "kind",
            "name",
            "url",
            "query",
            "topic",
            "time_range",
            "max_results",
            "include_domains",
            "exclude_domains",
            "slug",
            "publisher",
            "tags",
            "interval",
            "is_enabled",
            "full_text",
            "language",
            "weight",
            "newsroom",
        )
        help_texts = {
            "slug": "Its short name, for commands; made from the name. "
            "It stays when the feed's address changes.",
            "tags": "Divided by commas; briefings choose their sources by them.",
            "newsroom": "Leave empty. Demonstrations keep their sources apart with it.",
            "interval": "How often to look, as hours:minutes:seconds. Empty for a feed: by its "
            "rhythm. A search always has one, for each look costs a credit: 24 a day every hour, "
            "96 every quarter of an hour.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A feed has no use for them, and a search has the usual ones.
        for name in {*WITH_USUAL_VALUES} & set(self.fields):
            self.fields[name].required = False

    def propose_names(self, title: str) -> None:
        """Fill in the names that are missing."""
        source = self.instance
        source.name = source.name or one_line(title, max_chars=MAX_NAME_CHARS)
        source.slug = source.slug or slugify(source.name)[:MAX_SLUG_CHARS].strip("-")
        self.cleaned_data |= {name: getattr(source, name) for name in NAMES}

    def clean(self) -> dict[str, Any]:
        """A feed has an address, a search has a query, and neither has the other's."""
        super().clean()
        found = self.cleaned_data
        for name in {*WITH_USUAL_VALUES} & set(found):
            if found[name] in (None, ""):
                found[name] = getattr(Source(), name)
        is_search = (found.get("kind") or self.instance.kind) == Source.Kind.SEARCH
        needed, foreign = ("query", "url") if is_search else ("url", "query")
        if needed in found and not found[needed]:
            self.add_error(needed, NEEDED[needed])
        if found.get(foreign):
            self.add_error(foreign, FOREIGN[foreign])
        if is_search and "interval" in found and found["interval"] is None:
            self.add_error("interval", NO_INTERVAL)
        return found

    def clean_interval(self) -> timedelta | None:
        interval: timedelta | None = self.cleaned_data["interval"]
        if interval is not None and interval < SHORTEST:
            raise ValidationError(TOO_OFTEN)
        return interval

    def clean_query(self) -> str:
        return one_line(str(self.cleaned_data["query"]), max_chars=MAX_QUERY_CHARS)

    def clean_include_domains(self) -> list[str]:
        return _domains(self.cleaned_data["include_domains"])

    def clean_exclude_domains(self) -> list[str]:
        return _domains(self.cleaned_data["exclude_domains"])

    def clean_url(self) -> str:
        """Refuse at once what the outbound policy would refuse at every fetch."""
        url = str(self.cleaned_data["url"])
        if not url:
            return url
        try:
            outbound.check_url(url, allow=settings.OUTBOUND_ALLOW)
        except outbound.Forbidden as error:
            raise ValidationError(str(error)) from error
        return url


class TriedForm(SourceForm):
    """The same while it is only tried, and not saved: nobody need have named it yet."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {*NAMES} & set(self.fields):
            self.fields[name].required = False


def _domains(names: list[str]) -> list[str]:
    """Return domains in their only spelling, each once; refuse what is none."""
    found = []
    for name in names:
        host = urlsplit(web_url(f"https://{name.strip()}/")).netloc
        if "." not in host or ":" in host or "/" in name:
            raise ValidationError(f"“{name[:100]}” is not a domain, such as courier.example.")
        found.append(host)
    if len(found) > MAX_DOMAINS:
        raise ValidationError(f"At most {MAX_DOMAINS} domains.")
    return list(dict.fromkeys(found))
