"""Clients that were written for the released API work with this one."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from patriot.operations.api import schema
from tests.contracts import breaks

RELEASED = Path(__file__).parents[3] / "docs" / "openapi-released.yaml"
LIST = ["paths", "/things/", "get"]
POST = ["paths", "/things/", "post"]
THING = ["components", "schemas", "Thing"]
NOW: dict[str, Any] = {
    "paths": {
        "/things/": {
            "get": {
                "parameters": [
                    {"in": "query", "name": "kind", "schema": {"enum": ["old", "new"]}},
                    {"in": "query", "name": "since", "schema": {"type": "string"}},
                ],
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "array",
                                    "items": {"$ref": "#/components/schemas/Thing"},
                                }
                            }
                        }
                    }
                },
            },
            "post": {
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "properties": {"text": {"type": "string", "maxLength": 10}},
                            }
                        }
                    }
                },
                "responses": {"201": {}},
            },
        }
    },
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "properties": {
                    "id": {"type": "integer"},
                    "title": {"type": "string"},
                    "part": {"$ref": "#/components/schemas/Thing"},
                },
                "required": ["id", "title"],
            }
        }
    },
}


def at(document: Any, keys: list[Any]) -> Any:
    for key in keys:
        document = document[key]
    return document


def changed(change: Callable[[Any], object], *keys: Any) -> dict[str, Any]:
    document = copy.deepcopy(NOW)
    change(at(document, list(keys)))
    return document


BODY = [*POST, "requestBody", "content", "application/json", "schema"]


@pytest.mark.parametrize(
    ("later", "said"),
    [
        pytest.param(changed(lambda d: d.clear(), "paths"), "/things/ is gone.", id="address"),
        pytest.param(
            changed(lambda d: d.pop("post"), "paths", "/things/"),
            "POST /things/ is gone.",
            id="method",
        ),
        pytest.param(
            changed(lambda d: d["parameters"].pop(), *LIST),
            "GET /things/ knows no parameter since.",
            id="parameter",
        ),
        pytest.param(
            changed(lambda d: d["parameters"][1].update(required=True), *LIST),
            "GET /things/ wants the parameter since.",
            id="a parameter that must be",
        ),
        pytest.param(
            changed(lambda d: d["schema"]["enum"].remove("old"), *LIST, "parameters", 0),
            "GET /things/, kind may no longer be old.",
            id="a choice less",
        ),
        pytest.param(
            changed(lambda d: d["properties"].pop("title"), *THING),
            "GET /things/, 200[] has no title.",
            id="member",
        ),
        pytest.param(
            changed(lambda d: d["required"].remove("title"), *THING),
            "GET /things/, 200[] may lack title.",
            id="a member that may be missing",
        ),
        pytest.param(
            changed(lambda d: d["properties"]["id"].update(type=["integer", "null"]), *THING),
            "GET /things/, 200[].id may be null.",
            id="another type",
        ),
        pytest.param(
            changed(lambda d: d["responses"].pop("201"), *POST),
            "POST /things/ no longer says 201.",
            id="status",
        ),
        pytest.param(
            changed(lambda d: d.update(required=["text"]), *BODY),
            "POST /things/, body wants text.",
            id="what must be sent",
        ),
        pytest.param(
            changed(lambda d: d["properties"]["text"].update(maxLength=9), *BODY),
            "POST /things/, body.text has a tighter maxLength.",
            id="a tighter bound",
        ),
    ],
)
def test_what_breaks_a_client_is_said(later, said):
    assert said in breaks(NOW, later)


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(NOW, id="the same"),
        pytest.param(
            changed(lambda d: d.update({"/more/": {"get": {"responses": {}}}}), "paths"),
            id="a new address",
        ),
        pytest.param(
            changed(lambda d: d["properties"].update(more={"type": "string"}), *THING),
            id="a new member",
        ),
        pytest.param(
            changed(lambda d: d["schema"]["enum"].append("odd"), *LIST, "parameters", 0),
            id="a choice more",
        ),
        pytest.param(
            changed(lambda d: d["properties"]["text"].update(maxLength=99), *BODY),
            id="a wider bound",
        ),
    ],
)
def test_what_adds_breaks_nobody(later):
    assert breaks(NOW, later) == []


def test_nothing_that_was_released_is_broken():
    released = yaml.safe_load(RELEASED.read_text(encoding="utf-8"))

    assert breaks(released, schema()) == []
    assert len(released["paths"]) >= 20
