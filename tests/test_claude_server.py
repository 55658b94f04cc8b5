"""The stand-in for Claude is as strict as the service, and its honest answers stand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest

from reports.domain.grounding import ground_all
from reports.gateways.claude import Claude, RateLimited
from tests import claude_server as say
from tests.cast import EVENTS
from tests.claude_server import KEY, ClaudeServer
from tests.reports.domain.materials import article, material

MODEL = "claude-haiku-5-5"
STORY = material(article("Ferry burns", "A fire broke out on the ferry."))
HEADERS = {"authorization": f"Bearer {KEY}", "anthropic-version": say.VERSION}
SCHEMA = {"type": "object", "additionalProperties": False}
REQUEST = {
    "model": MODEL,
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "Hello"}],
    "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
}


def story_of(event):
    """What the pipeline would show of an invented event."""
    return material(
        *(
            article(
                telling.title,
                *telling.paragraphs,
                outlet=telling.outlet.lower(),
                language="de" if telling.outlet == "Hafenblatt" else "en",
                hours_ago=telling.hours_ago,
            )
            for telling in event.tellings
        )
    )


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.tellings[0].title[:30])
def test_honest_answers_hold_for_every_story(claude_server, event):
    story = story_of(event)
    claude = Claude(api_key=KEY, base_url=claude_server.url)

    analysis = claude.analyze(story, prompt="Write.", model=MODEL).content

    passages = {passage.id: passage for passage in story.passages}
    held, fallen = ground_all(analysis.claims, passages=passages, language="en")
    assert [claim.kind.value for claim in held[:2]] == ["headline", "lead"]
    assert fallen == ()


def test_a_story_without_passages_has_no_claims(claude_server):
    claude = Claude(api_key=KEY, base_url=claude_server.url)

    assert claude.analyze(material(), prompt="Write.", model=MODEL).content.claims == ()


def test_a_script_is_played_in_order_and_its_last_answer_stays(claude_server):
    claude_server.script = [say.rate_limited(5), say.honest]
    claude = Claude(api_key=KEY, base_url=claude_server.url)

    with pytest.raises(RateLimited):
        claude.analyze(STORY, prompt="Write.", model=MODEL)
    for _ in range(2):
        claude.analyze(STORY, prompt="Write.", model=MODEL)

    assert [entry.status for entry in claude_server.log] == [429, 200, 200]
    assert [entry.request_id for entry in claude_server.log] == ["req_0001", "req_0002", "req_0003"]


@pytest.mark.parametrize(
    ("path", "headers", "change", "told"),
    [
        pytest.param("/v1/v1/messages", {}, {}, (404, "Not found"), id="path"),
        pytest.param("/v1/messages", {"authorization": ""}, {}, (401, "invalid"), id="no key"),
        pytest.param(
            "/v1/messages", {"anthropic-version": "1"}, {}, (400, "version"), id="version"
        ),
        pytest.param(
            "/v1/messages", {}, {"temperature": 0}, (400, "temperature"), id="temperature"
        ),
    ],
)
def test_what_the_service_does_not_accept_is_refused(claude_server, path, headers, change, told):
    body = json.dumps(REQUEST | change).encode()

    wire, _ = claude_server.answer(path, HEADERS | headers, body)

    status, said = told
    assert wire.status == status
    assert said in wire.body.decode()
    assert claude_server.log[0].asked is None


def test_other_processes_are_answered_too(claude_server):
    code = (
        "import os; from tests.test_claude_server import *; "
        "claude = Claude(api_key=KEY, base_url=os.environ['AT']); "
        "print(claude.analyze(STORY, prompt='Write.', model=MODEL).request_id)"
    )

    told = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"AT": claude_server.url},
    )

    assert told.stdout.strip() == claude_server.log[0].request_id


def test_closing_does_not_wait_for_those_who_are_kept_waiting():
    with ClaudeServer(say.stall) as server:
        claude = Claude(api_key=KEY, base_url=server.url, deadline=timedelta(seconds=2))
        with pytest.raises(Exception, match="too slow"):
            claude.analyze(STORY, prompt="Write.", model=MODEL)
