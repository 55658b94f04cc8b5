"""Every answer of the API, good or bad, is shown in its description, as its schema says."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from patriot.lib.openapi import EXAMPLE, operations
from patriot.operations.api import schema
from patriot.operations.examples import EXAMPLES, JSON, answers
from tests.patriot.operations.test_api import closed


def complaints(example: Any, declared: dict[str, Any]) -> list[str]:
    """Return how an example differs from its schema, unknown members included."""
    validator = Draft202012Validator(
        closed(declared) | {"components": components()}, format_checker=FormatChecker()
    )
    return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(example)]


@cache
def components() -> Any:
    """Return what the schemas of all answers refer to."""
    return closed(schema())["components"]


def test_every_good_answer_is_shown_as_its_schema_says() -> None:
    wrong = {}
    for name, media in answers(schema()):
        shown = [example["value"] for example in media.get("examples", {}).values()]
        found = [each for value in shown for each in complaints(value, media["schema"])]
        if found or not shown:
            wrong[name] = found or ["nothing is shown"]

    assert wrong == {}


def test_no_example_is_kept_for_what_does_not_exist() -> None:
    stored = json.loads(EXAMPLES.read_text(encoding="utf-8"))

    assert stored.keys() <= {name for name, _ in answers(schema())}


def test_every_problem_is_shown_with_each_of_its_codes() -> None:
    document = schema()
    shared = document["components"]["examples"]
    used: dict[str, dict[str, Any]] = {}
    for name, operation in operations(document):
        for status, response in operation["responses"].items():
            for kind, media in response.get("content", {}).items():
                if status.startswith("2") or kind == JSON:
                    continue
                shown = [
                    shared[example["$ref"].removeprefix(EXAMPLE)]["value"]
                    for example in media["examples"].values()
                ]
                expected = 405 if status == "default" else int(status)
                assert {value["status"] for value in shown} == {expected}, (name, status)
                used.setdefault(json.dumps(media["schema"]), {}).update(
                    {json.dumps(value): value for value in shown}
                )

    for declared, values in used.items():
        wrong = [
            each for value in values.values() for each in complaints(value, json.loads(declared))
        ]
        assert wrong == []
