"""Every parameter and every field of the published schema, given what nobody should send.

The schema is walked, not listed: a parameter that is added tomorrow is tried tomorrow.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.db import transaction
from django.test import Client

from patriot.accounts.models import ApiKey
from patriot.accounts.roles import Role
from patriot.lib.rates import Rate
from tests import factories
from tests.factories import NOW
from tests.published import Operation, a_house, address_of, operations

pytestmark = pytest.mark.django_db
LONG = 2_000
STRINGS = {
    "nothing": "",
    "a space": " ",
    "white space": "\t\r\n\u2003\u00a0",
    "NUL": "a\x00b",
    "control characters": "\x01\x1b[31m\x7f\x85",
    "a lone surrogate": "\ud800",
    "surrogates the wrong way round": "\udc00\ud800",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈",
    "right to left": "\u202egnp.exe\u202c مرحبا",
    "zero width": "\u200b\u2060\ufeff",
    "combining": "Z\u0351\u036b\u0343" * 40,
    "beyond the planes": "\U0010ffff",
    "no character": "\uffff\ufdd0",
    "very long": "x" * LONG,
    "very long, wide": "語" * LONG,
    "an integer": "1",
    "a huge integer": "9" * 400,
    "just too large": "9223372036854775808",
    "negative": "-1",
    "minus zero": "-0",
    "plus": "+1",
    "with underscores": "1_000",
    "other digits": "١٢٣",
    "a float": "1.5",
    "an exponent": "1e309",
    "NaN": "NaN",
    "infinity": "-Infinity",
    "hexadecimal": "0x1F",
    "true": "true",
    "null": "null",
    "a list": "[1,2]",
    "an object": '{"$gt": ""}',
    "commas": ",,,",
    "the first day": "0001-01-01T00:00:00+23:59",
    "the last day": "9999-12-31T23:59:59-23:59",
    "no such day": "2026-02-30",
    "a leap second": "2026-06-30T23:59:60Z",
    "an offset too far": "2026-06-09T06:30:00+99:99",
    "a year too many": "12026-06-09",
    "SQL": "1'; DROP TABLE reports_report;--",
    "SQL, like": "%_\\%",
    "a regular expression": "(a+)+$" + "a" * 40 + "!",
    "a format": "%s%n{0.__class__}${jndi:ldap://x}{{7*7}}",
    "markup": "<script>alert(1)</script><!--",
    "a path": "../../../../etc/passwd\x00.json",
    "a header": "x\r\nSet-Cookie: a=b",
    "an address": "http://169.254.169.254/latest/",
    "tsquery": "'&|!:*<-> \\",
}
# As they stand in an address: no client of ours writes these, somebody will.
RAW = {
    "a bare percent": "%",
    "no hexadecimal": "%zz",
    "overlong NUL": "%C0%80",
    "no UTF-8": "%FF%FE",
    "encoded twice": "%2500",
    "a semicolon": "a;b",
    "a plus": "+",
}
VALUES: dict[str, Any] = STRINGS | {
    "null itself": None,
    "true itself": True,
    "zero": 0,
    "a negative number": -1,
    "a huge number": 10**400,
    "a number just too large": 2**63,
    "a fraction": 1.5,
    "a huge fraction": 1e308,
    "a list itself": ["a", 1, None],
    "an empty list": [],
    "a list of lists": [[[[]]]],
    "a long list": ["x"] * 3_000,
    "an object itself": {"a": {"b": 1}},
    "an object with odd names": {"\x00": 1, "\ud800": 2, "__proto__": 3},
    "a list of odd strings": ["\x00", "\ud800", "\u202e"],
}
QUESTIONS = frozenset({"q"})
# The JSON of Python, not of RFC 8259.
TOKENS = {"NaN itself": "NaN", "infinity itself": "Infinity", "minus infinity": "-Infinity"}


@dataclass(frozen=True)
class Case:
    """One request that nobody should send, and the parameter that is wrong with it."""

    operation: Operation
    name: str
    what: str
    query: str = ""
    body: str = ""

    def __str__(self) -> str:
        return f"{self.operation}, {self.name}: {self.what}"


def written(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def cases_of(operation: Operation, house: dict[str, Any]) -> Iterator[list[Case]]:
    """Yield the cases of each parameter and each field, beside others that are as they should."""
    for name in operation.parameters:
        others = [f"{each}=river" for each in QUESTIONS.intersection(operation.required) - {name}]
        tried = {what: f"{name}={written(text)}" for what, text in STRINGS.items()}
        tried |= {what: f"{name}={text}" for what, text in RAW.items()}
        tried |= {
            "given twice": f"{name}=1&{name}=2",
            "given often": "&".join([f"{name}=1"] * 50),
            "with brackets": f"{name}[]=1&{name}[$ne]=2",
            "no value": name,
        }
        yield [
            Case(operation, name, what, query="&".join([query, *others]))
            for what, query in tried.items()
        ]
    sound = operation.body | house["bodies"].get(operation.path, {})
    for name in operation.fields:
        bodies = {what: json.dumps(sound | {name: value}) for what, value in VALUES.items()}
        for what, token in TOKENS.items():
            bodies[what] = json.dumps(sound | {name: "@"}).replace('"@"', token)
        yield [Case(operation, name, what, body=body) for what, body in bodies.items()]


@pytest.fixture
def house(settings: Any) -> Iterator[dict[str, Any]]:
    """Return what stands for the placeholders in addresses; nobody asks too often here."""
    lifted = Rate.parse("999999/s")
    settings.API_RATE_ANONYMOUS = settings.API_RATE_KEY = settings.API_RATE_COMPLETE = lifted
    with time_machine.travel(NOW, tick=False):
        yield a_house()


@pytest.fixture
def client() -> Client:
    owner = factories.a_user_with(Role.ADMINISTRATOR, username="alice")
    token = factories.an_api_key(owner, *ApiKey.Scope.values)[1]
    client = Client(headers={"authorization": f"Bearer {token}"})
    client.raise_request_exception = False
    return client


def send(client: Client, case: Case, address: str) -> Any:
    """Return the answer; whatever it changed is undone."""
    with transaction.atomic():
        sent = {"QUERY_STRING": case.query} if case.query else {}
        if case.body:
            sent |= {"data": case.body, "content_type": "application/json"}
        answer = client.generic(case.operation.method.upper(), address, **sent)
        transaction.set_rollback(True)
    return answer


def complaint(case: Case, answer: Any) -> str:
    """Return what is wrong with an answer; empty if nothing is."""
    if answer.status_code < 400:
        return ""
    if answer["Content-Type"] != "application/problem+json":
        return f"{case}: {answer.status_code}, {answer['Content-Type']}"
    problem = answer.json()
    if answer.status_code >= 500:
        # Nobody is asked here who could complete a text.
        is_off = problem["code"] == "model_off"
        return "" if is_off else f"{case}: {answer.status_code} {problem['code']}"
    if answer.status_code != 400 or case.what in TOKENS:
        return ""
    named = [error["field"] for error in problem["errors"]]
    is_named = any(name.partition(".")[0].partition("[")[0] == case.name for name in named)
    return "" if is_named else f"{case}: names {named}, {problem['detail'][:200]}"


def tried(client: Client, house: dict[str, Any], chosen: list[Case]) -> Counter[int]:
    """Send all of these; return how many got which status. Fails with every complaint."""
    statuses: Counter[int] = Counter()
    wrong = []
    for case in chosen:
        answer = send(client, case, address_of(case.operation, house))
        statuses[answer.status_code] += 1
        if said := complaint(case, answer):
            wrong.append(said)
    assert not wrong, f"{len(wrong)} of {len(chosen)}:\n" + "\n".join(wrong[:40])
    return statuses


def every_case(house: dict[str, Any]) -> list[list[Case]]:
    return [cases for operation in operations() for cases in cases_of(operation, house)]


def test_a_few_odd_things_in_every_parameter(client: Client, house: dict[str, Any]) -> None:
    chosen: list[Case] = []
    for place, cases in enumerate(every_case(house)):
        # Others for each parameter, the same on every run: together they are all tried.
        chosen += [cases[(place * 5 + step * 17) % len(cases)] for step in range(2)]
        # What is refused is quoted, and of this no answer could be written.
        chosen += [case for case in cases if case.body and case.what == "a lone surrogate"]

    statuses = tried(client, house, chosen)

    assert {case.what for case in chosen} >= STRINGS.keys()
    assert statuses[400] > statuses[200] > 0


@pytest.mark.prove
@pytest.mark.timeout(1_800)
def test_every_odd_thing_in_every_parameter(client: Client, house: dict[str, Any]) -> None:
    groups = every_case(house)

    statuses = tried(client, house, [case for cases in groups for case in cases])

    total = sum(statuses.values())
    print(f"{total} requests, {len(groups)} parameters and fields: {dict(statuses)}")  # noqa: T201
    assert total > 5_000


ODD_IDS = ("0", "9" * 30, "%00", "%ED%A0%80", "1.5", "%2e%2e%2f")


def test_odd_things_for_an_id_are_not_there(client: Client, house: dict[str, Any]) -> None:
    paths = sorted({operation.path for operation in operations() if "{" in operation.path})

    for place, path in enumerate(paths):
        for odd in (ODD_IDS[place % 6], ODD_IDS[(place + 2) % 6]):
            address = path.replace("{id}", odd).replace("{slug}", odd).replace("{number}", odd)
            answer = client.generic("GET", address)
            assert answer.status_code in {400, 404, 405}, address
            assert answer["Content-Type"] == "application/problem+json"
