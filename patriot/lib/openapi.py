"""What drf-spectacular's description of the API lacks, or has too much of: its hooks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from patriot.lib.problems import CONTENT_TYPE

REFERENCE = "#/components/schemas/"
EXAMPLE = "#/components/examples/"
FEWER = "Fewer"


def without_second_addresses(endpoints: list[Any]) -> list[Any]:
    """Leave out what is there without its final slash too (PREPROCESSING_HOOKS)."""
    return [each for each in endpoints if each[0].endswith("/")]


def with_fewer_fields(result: dict[str, Any], generator: Any, **rest: Any) -> dict[str, Any]:
    """Say that objects may lack members where the parameter `fields` is (POSTPROCESSING_HOOKS).

    Beside each such object stands the same without required members, so that clients still know
    what the whole one has.
    """
    schemas = result["components"]["schemas"]
    for media in _answers_with_fields(result):
        schema = media["schema"]
        name = _named(schema)
        results = schemas[name]["properties"].get("results", {}) if name else {}
        if item := _named(results.get("items", {})):
            results["items"] = _either(item, schemas)
        elif name and "results" not in schemas[name]["properties"]:
            media["schema"] = _either(name, schemas)
    return result


def with_shared_problems(result: dict[str, Any], generator: Any, **rest: Any) -> dict[str, Any]:
    """Say once what each problem looks like, and refer to it (POSTPROCESSING_HOOKS)."""
    shared = result["components"].setdefault("examples", {})
    for _, operation in operations(result):
        for response in operation["responses"].values():
            examples = response.get("content", {}).get(CONTENT_TYPE, {}).get("examples", {})
            for name, example in examples.items():
                shared[name] = example
                examples[name] = {"$ref": f"{EXAMPLE}{name}"}
    return result


def operations(result: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each operation of a description with its name, such as `GET /api/v1/reports/`."""
    for address, methods in result["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {address}", operation


def _answers_with_fields(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for _, operation in operations(result):
        if "fields" in {each["name"] for each in operation.get("parameters", ())}:
            yield operation["responses"]["200"]["content"]["application/json"]


def _named(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).removeprefix(REFERENCE)


def _either(name: str, schemas: dict[str, Any]) -> dict[str, Any]:
    fewer = {key: value for key, value in schemas[name].items() if key != "required"}
    fewer["description"] = f"Those members of {name} that `fields` names."
    schemas[f"{name}{FEWER}"] = fewer
    return {"anyOf": [{"$ref": f"{REFERENCE}{each}"} for each in (name, f"{name}{FEWER}")]}
