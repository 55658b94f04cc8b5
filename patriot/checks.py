"""Wrong settings become named system checks, before the start."""

from __future__ import annotations

import math
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import ProgrammingError, connections, transaction
from django.utils import timezone
from publicsuffixlist import PublicSuffixList

from patriot.ledger import book
from patriot.ledger.models import Service
from patriot.lib.outbound import Forbidden, authority_of, is_public
from sources.models import Source

ADDRESSES = {"claude": "ANTHROPIC_BASE_URL", "tavily": "TAVILY_BASE_URL"}
PROCESS_LOCAL_CACHES = ("locmem.LocMemCache", "dummy.DummyCache")


@register(Tags.database)
def check_database_locale(
    *, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Names and search need a database that knows letters beyond ASCII, in UTF-8."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        with connections[alias].cursor() as cursor:
            # Collation and character type have to agree only in that neither is plain C
            # for characters; builtin and ICU providers know all of Unicode.
            cursor.execute(
                "SELECT pg_encoding_to_char(encoding), datctype, datlocprovider::text"
                " FROM pg_database WHERE datname = current_database()"
            )
            encoding, character_type, provider = cursor.fetchone()
        if encoding != "UTF8":
            found.append(
                Error(
                    f"The database “{alias}” stores text as {encoding}.",
                    hint="Create it anew with ENCODING 'UTF8'.",
                    id="patriot.E001",
                )
            )
        if provider == "c" and character_type in {"C", "POSIX"}:
            found.append(
                Error(
                    f"The database “{alias}” has the character type {character_type}: "
                    "search would not find words beyond ASCII.",
                    hint="Create it anew with LC_CTYPE 'C.UTF-8' and TEMPLATE template0.",
                    id="patriot.E002",
                )
            )
    return found


@register(Tags.database)
def check_searches_have_a_key(
    *, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """A saved search is asked of Tavily, and nothing stands in for it.

    A briefing that names Claude needs no key: the local analyst writes in its place.
    """
    if "tavily" in settings.SERVICES or not databases or not _has_searches():
        return []
    return [
        Warning(
            "There are saved searches, and Tavily is off: they bring nothing.",
            hint="Set TAVILY_API_KEY (and name tavily in SERVICES, where that is set), "
            "or pause the searches.",
            id="patriot.W003",
        )
    ]


@register(Tags.database)
def check_staff_are_told(
    *, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """What falls ill is mailed once a day, or nobody hears of it who does not look."""
    if settings.MAIL_IS_ON or not settings.IS_PRODUCTION or not databases or not _has_sources():
        return []
    return [
        Warning(
            "Nobody is mailed which sources fell ill: digests are only kept on the desk.",
            hint="Set EMAIL_URL and MAIL_FROM, such as submission://user:password@host:587 and "
            "Patriot <desk@news.example>.",
            id="patriot.W004",
        )
    ]


@register(Tags.database)
def check_completions_have_a_price(
    *, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """What has no price is booked at the dearest: clients reach their ceilings for nothing."""
    model = settings.COMPLETE_MODEL
    if "claude" not in settings.SERVICES or not databases or _has_price(model):
        return []
    return [
        Warning(
            f"COMPLETE_MODEL is {model}, which has no price: it is booked at the dearest.",
            hint="Add its price at the desk (Prices), or name a model that has one.",
            id="patriot.W005",
        )
    ]


def _has_price(model: str) -> bool:
    now = timezone.now()  # noqa: TID251 (a check is an interface)
    try:
        with transaction.atomic():
            return book.has_price(Service.CLAUDE, model, now)
    except ProgrammingError:  # before the first migration
        return True


def _has_sources() -> bool:
    try:
        with transaction.atomic():
            return Source.objects.enabled().exists()
    except ProgrammingError:  # before the first migration
        return False


def _has_searches() -> bool:
    try:
        with transaction.atomic():
            return Source.objects.curated().enabled().filter(kind=Source.Kind.SEARCH).exists()
    except ProgrammingError:  # before the first migration
        return False


@register(Tags.caches)
def check_cache_is_shared(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Web and worker are several processes: what one caches, the others must see."""
    backend = settings.CACHES["default"]["BACKEND"]
    if not backend.endswith(PROCESS_LOCAL_CACHES):
        return []
    return [
        Error(
            f"The default cache ({backend}) is not shared by the processes.",
            hint="Use the database cache, as the default settings do, or Redis.",
            id="patriot.E003",
        )
    ]


@register()
def check_queue_numbers(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """`retry` counts from when a task is fetched into the queue, not from when it starts.

    So retry > timeout × (1 + ⌈(queue_limit + 1) / workers⌉), or tasks run twice.
    """
    queue: dict[str, Any] = settings.Q_CLUSTER
    rounds = 1 + math.ceil((queue["queue_limit"] + 1) / max(queue["workers"], 1))
    found: list[CheckMessage] = []
    if queue["retry"] <= queue["timeout"] * rounds:
        found.append(
            Error(
                f"Q_CLUSTER: retry ({queue['retry']} s) must be above "
                f"{queue['timeout'] * rounds} s, or tasks that wait in the queue run twice.",
                hint="Raise retry or WORKERS, or lower timeout or queue_limit.",
                id="patriot.E004",
            )
        )
    if queue["workers"] < 1:
        found.append(Error("WORKERS must be at least 1.", id="patriot.E005"))
    if queue["max_attempts"] != 1 or not queue["ack_failures"]:
        found.append(
            Error(
                "Q_CLUSTER: max_attempts must be 1 and ack_failures on: rows count their attempts.",
                id="patriot.E006",
            )
        )
    return found


@register(Tags.security)
def check_contact(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Publishers must be able to reach whoever fetches their feeds."""
    if settings.IS_PRODUCTION and ".example" in settings.CONTACT:
        return [
            Warning(
                "CONTACT is not set: publishers cannot reach you about your fetching.",
                hint="Set CONTACT to an address or a page of yours; it goes into the User-Agent.",
                id="patriot.W001",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def check_keys_have_a_pepper(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Without a pepper, whoever can write to the database can make a key there."""
    if settings.API_KEY_PEPPER or not settings.IS_PRODUCTION:
        return []
    return [
        Warning(
            "API_KEY_PEPPER is not set: keys of the API are stored as plain SHA-256.",
            hint="Set it to 50 random characters, kept apart from the database. Keys that there "
            "are go on working.",
            id="patriot.W011",
        )
    ]


@register(Tags.security)
def check_somebody_ends_tls(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """The web server speaks plain HTTP: a redirect to HTTPS needs a proxy that we believe."""
    if settings.IS_PRODUCTION and settings.SECURE_SSL_REDIRECT and not settings.TRUSTED_PROXIES:
        return [
            Warning(
                "Every page redirects to HTTPS, for ever: no proxy is trusted to end TLS.",
                hint="Set TRUSTED_PROXIES to the number of proxies in front of the site.",
                id="patriot.W002",
            )
        ]
    return []


@register(Tags.security)
def check_keys_travel_in_secret(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """A key goes out with every call: beyond this house only through TLS."""
    if not settings.IS_PRODUCTION:
        return []
    names = [ADDRESSES[service] for service in settings.SERVICES]
    told = [(name, getattr(settings, name)) for name in names if getattr(settings, name)]
    return [found for name, address in told for found in _about_an_address(name, address)]


def _about_an_address(name: str, address: str) -> list[CheckMessage]:
    try:
        authority = authority_of(address)
    except Forbidden as error:
        hint = "Write it as https://host or https://host:port."
        return [Error(f"{name} cannot be used: {error}", hint=hint, id="patriot.E007")]
    parts = urlsplit(address.strip())
    is_near = _is_near(parts.hostname or "") or authority in settings.OUTBOUND_ALLOW
    if parts.scheme.lower() == "https" or is_near:
        return []
    return [
        Error(
            f"{name} begins with http://: the key would travel in the clear.",
            hint=f"Write https://, or add {authority} to PATRIOT_OUTBOUND_ALLOW if the way there "
            "is all yours.",
            id="patriot.E008",
        )
    ]


@register(Tags.security)
def check_mail_travels_in_secret(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """A mail server's password goes beyond this house only through TLS."""
    is_safe = settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL or not settings.EMAIL_HOST_PASSWORD
    if not settings.IS_PRODUCTION or is_safe or _is_near(settings.EMAIL_HOST):
        return []
    return [
        Error(
            "EMAIL_URL begins with smtp://: the password would travel in the clear.",
            hint="Write submission:// for STARTTLS, or smtp+ssl:// for TLS from the first byte.",
            id="patriot.E010",
        )
    ]


def _is_near(host: str) -> bool:
    """Tell whether a host is this machine, or an address of a network that is not public."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return not is_public(str(ip_address(host)))
    except ValueError:
        return False


@register(Tags.security)
def check_hosts_are_ours(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Nobody owns all names under a public suffix: to trust them is to trust everybody."""
    if not settings.IS_PRODUCTION:
        return []
    hosts = [("ALLOWED_HOSTS", host, host) for host in settings.ALLOWED_HOSTS]
    origins = [
        ("CSRF_TRUSTED_ORIGINS", origin, origin.partition("://")[2] or origin)
        for origin in settings.CSRF_TRUSTED_ORIGINS
    ]
    return [
        Error(
            f"{name} holds “{told}”: that is everybody's, not the site's.",
            hint="Name the site's own hosts, such as news.example.org.",
            id="patriot.E009",
        )
        for name, told, host in hosts + origins
        if _is_everybodys(host)
    ]


def _is_everybodys(host: str) -> bool:
    """Tell whether a host, or what its wildcard stands over, is nothing or a public suffix."""
    own = host.strip().lower().removeprefix("*").strip(".")
    if not own.startswith("["):
        own = own.partition(":")[0].strip(".")
    if not own:
        return True
    # Names that the list does not know are those of a network of one's own.
    suffix = PublicSuffixList(only_icann=False).publicsuffix(own, accept_unknown=False)
    return bool(suffix == own)
