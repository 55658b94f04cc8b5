"""What a log line must not say."""

import io
import json
import logging

import pytest
import structlog

from patriot.accounts.tokens import Token
from patriot.lib.logging import JSONFormatter
from patriot.lib.redaction import MAX_HEAD, MAX_TAIL, hide, is_named_secretly, redact

KEY = "patriot_0123456789ab_" + "0f" * 32


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        pytest.param(f"refused {KEY}", "0123456789ab", id="a key of ours"),
        pytest.param(f"'{KEY}'", "0f0f", id="a key in quotes"),
        pytest.param("signed by whsec_MfKQ9r8GKYqrTwjU+/=", "MfKQ", id="a webhook's secret"),
        pytest.param("sk-ant-api03-AbC_d-9f", "AbC", id="a key of Anthropic"),
        pytest.param("key tvly-dev-a1b2c3d4e5", "a1b2", id="a key of Tavily"),
        pytest.param("Authorization: Bearer abc.def-ghi", "abc.def", id="a bearer token"),
        pytest.param("b'Basic dXNlcjpwYXNzd29yZA=='", "dXNlc", id="basic credentials"),
        pytest.param(
            "postgresql://desk:hunter2@db:5432/x", "hunter2", id="an address of the database"
        ),
        pytest.param(
            "postgresql://desk:hun/ter@2@db/x", "hun/ter", id="a password with anything in it"
        ),
        pytest.param("smtp+ssl://jo%40a.b:pw@mail:465", "pw@", id="an address of a mail server"),
        pytest.param("https://ghp_token@git.example/x", "ghp_token", id="a token as user"),
        pytest.param("host=db password=hunter2 dbname=x", "hunter2", id="libpq"),
        pytest.param("host=db password='hunter two'", "two", id="libpq, quoted"),
        pytest.param('{"api_key": "s3cret", "n": 1}', "s3cret", id="JSON"),
        pytest.param("SECRET_KEY=s3cret", "s3cret", id="a variable"),
        pytest.param("DB_PASSWORD: s3cret", "s3cret", id="a setting"),
        pytest.param("Cookie: sessionid=x; other=s3cret", "s3cret", id="a cookie"),
        pytest.param("to jo.doe+news@example.org.", "jo.doe", id="an e-mail address"),
        pytest.param("to jürgen@bücher.example", "bücher", id="an international one"),
        pytest.param('"Jo Doe"@example.org', "Jo Doe", id="a quoted one"),
        pytest.param("root@localhost", "root", id="one of this machine"),
        pytest.param("jo@[192.0.2.7]", "192.0.2.7", id="one by number"),
        pytest.param("/unsubscribe/jo%40example.org/", "example.org", id="one in an address"),
        pytest.param("GET /search/?q=cancer&page=2 200", "cancer", id="a query"),
        pytest.param("https://a.example/feed?s3cret", "s3cret", id="a query without a name"),
        pytest.param("/callback#access_token=s3cret", "s3cret", id="a fragment"),
        pytest.param("/x?next=/y?q=s3cret", "s3cret", id="a query in a query"),
    ],
)
def test_it_is_hidden(text: str, secret: str) -> None:
    hidden = hide(text)

    assert secret not in hidden
    assert "[hidden]" in hidden


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Why? Because the feed is gone.", id="a question"),
        pytest.param("https://a.example:8443/feed.xml moved", id="an address with a port"),
        pytest.param("input_tokens=1200 output_tokens=80", id="counts of tokens"),
        pytest.param("Job 12 at 06:30:00, 3 @ 5 %", id="a lonely sign"),
        pytest.param("The table patriot_cache is missing", id="a name of ours"),
        pytest.param("basic rules; the bearer of news", id="words"),
        pytest.param("\ud800 \x00 é", id="odd letters"),
    ],
)
def test_plain_words_stay(text: str) -> None:
    assert hide(text) == text


def test_a_key_as_we_write_it_is_known() -> None:
    token = Token.make()

    assert token.prefix not in hide(f"got {token.reveal()}")


def test_a_long_text_keeps_its_head_and_its_end() -> None:
    hidden = hide("a" * 50_000 + "the end")

    assert len(hidden) < MAX_HEAD + MAX_TAIL + 100
    assert "characters left out" in hidden
    assert hidden.endswith("the end")


@pytest.mark.parametrize(
    "piece",
    [
        "a@",
        "a",
        "://",
        "://a:",
        'password="',
        "pwd='",
        "?",
        "a?",
        "%40",
        "patriot_",
        "bearer ",
        '"',
    ],
)
def test_hostile_texts_are_searched_in_linear_time(piece: str) -> None:
    # Quadratic ones would run into the time limit of the suite.
    assert hide(piece * 200_000)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("password", True),
        ("smtp_password", True),
        ("X-Api-Key", True),
        ("Authorization", True),
        ("email", True),
        ("query_string", True),
        ("request_id", False),
        ("task", False),
        ("input_tokens", False),
        ("event", False),
    ],
)
def test_names_tell(name: str, expected: bool) -> None:
    assert is_named_secretly(name) is expected


def test_what_a_value_holds_is_hidden_too() -> None:
    class Rude:
        def __repr__(self) -> str:
            raise RuntimeError

    event = {
        "event": "sent",
        "headers": {"Authorization": "x", "to": ["jo@example.org"], b"key": (KEY,)},
        "rude": Rude(),
        "count": 3,
        "ok": True,
    }

    line = redact(None, "info", event)

    assert line["headers"]["Authorization"] == "[hidden]"
    assert "jo@" not in str(line)
    assert KEY not in str(line)
    assert line["rude"] == "<Rude that says nothing: RuntimeError>"
    assert (line["count"], line["ok"]) == (3, True)


def test_whoever_logs_is_redacted() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JSONFormatter())
    plain = logging.getLogger("tests.redaction")
    plain.addHandler(handler)

    try:
        plain.error("Mailing %s failed", "jo@example.org")
        try:
            raise ValueError(f"Bad key {KEY}")
        except ValueError:
            structlog.get_logger("tests.redaction").exception(
                "refused", url="https://a.example/?k=1"
            )
    finally:
        plain.removeHandler(handler)

    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert first["event"] == "Mailing [hidden] failed"
    assert second["url"] == "https://a.example/?[hidden]"
    assert "ValueError" in second["exception"]
    assert KEY not in out.getvalue()
