"""What drf-spectacular's description of the API lacks, or has too much of: its hooks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

REFERENCE = "#/components/schemas/"
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


def _answers_with_fields(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for address in result["paths"].values():
        for operation in address.values():
            names = {each["name"] for each in operation.get("parameters", ())}
            if "fields" in names:
                yield operation["responses"]["200"]["content"]["application/json"]


def _named(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).removeprefix(REFERENCE)


def _either(name: str, schemas: dict[str, Any]) -> dict[str, Any]:
    fewer = {key: value for key, value in schemas[name].items() if key != "required"}
    fewer["description"] = f"Those members of {name} that `fields` names."
    schemas[f"{name}{FEWER}"] = fewer
    return {"anyOf": [{"$ref": f"{REFERENCE}{each}"} for each in (name, f"{name}{FEWER}")]}
