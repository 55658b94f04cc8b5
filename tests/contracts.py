"""What of one OpenAPI description breaks clients that were written for another.

A client breaks when something that it sends is no longer taken, or something that it reads is no
longer there or of another kind. Additions break nobody: new addresses, new parameters that may be
left out, new members of answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

METHODS = ("get", "put", "post", "delete", "patch")
REFERENCE = "#/components/schemas/"
# A description may be nested in itself; no answer of ours is as deep as that.
DEEPEST = 12


def breaks(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return a sentence for each thing that clients of `old` cannot do with `new`."""
    return list(dict.fromkeys(_Comparison(old, new).sentences()))


class _Comparison:
    def __init__(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        self.old, self.new = old, new

    def sentences(self) -> Iterator[str]:
        for path, was in self.old["paths"].items():
            here = self.new["paths"].get(path)
            if here is None:
                yield f"{path} is gone."
                continue
            for method in METHODS:
                if method not in was:
                    continue
                name = f"{method.upper()} {path}"
                if method not in here:
                    yield f"{name} is gone."
                else:
                    yield from self._operation(name, was[method], here[method])

    def _operation(self, name: str, old: Any, new: Any) -> Iterator[str]:
        yield from self._parameters(name, old, new)
        before, now = (each.get("requestBody", {}) for each in (old, new))
        if now.get("required") and not before:
            yield f"{name} wants a body."
        for media, was in before.get("content", {}).items():
            if media not in now.get("content", {}):
                yield f"{name} takes no {media}."
            else:
                schema = now["content"][media]["schema"]
                yield from self._taken(f"{name}, body", was["schema"], schema)
        for status, answer in old["responses"].items():
            if status not in new["responses"]:
                yield f"{name} no longer says {status}."
                continue
            for media, was in answer.get("content", {}).items():
                told = new["responses"][status].get("content", {})
                if media not in told:
                    yield f"{name} answers {status} without {media}."
                elif "schema" in was:
                    yield from self._told(f"{name}, {status}", was["schema"], told[media]["schema"])

    def _parameters(self, name: str, old: Any, new: Any) -> Iterator[str]:
        before, now = (
            {(each["in"], each["name"]): each for each in operation.get("parameters", ())}
            for operation in (old, new)
        )
        for key, was in before.items():
            if key not in now:
                yield f"{name} knows no parameter {key[1]}."
                continue
            if now[key].get("required") and not was.get("required"):
                yield f"{name} wants the parameter {key[1]}."
            yield from self._taken(f"{name}, {key[1]}", was["schema"], now[key]["schema"])
        for key in now.keys() - before.keys():
            if now[key].get("required"):
                yield f"{name} wants the parameter {key[1]}."

    def _taken(self, where: str, old: Any, new: Any, depth: int = 0) -> Iterator[str]:
        """What was sent must still be taken."""
        old, new = _found(self.old, old), _found(self.new, new)
        if depth > DEEPEST or not new:
            return
        if missing := _types(old) - _types(new):
            yield f"{where} may no longer be {', '.join(sorted(missing))}."
        if "enum" in new and (lost := set(old.get("enum", ["anything"])) - set(new["enum"])):
            yield f"{where} may no longer be {', '.join(sorted(map(str, lost)))}."
        for limit, is_tighter in (
            ("maxLength", lambda was, now: now < was),
            ("maximum", lambda was, now: now < was),
            ("minLength", lambda was, now: now > was),
            ("minimum", lambda was, now: now > was),
        ):
            if limit in new and (limit not in old or is_tighter(old[limit], new[limit])):
                yield f"{where} has a tighter {limit}."
        for member in set(new.get("required", ())) - set(old.get("required", ())):
            yield f"{where} wants {member}."
        for member, was in old.get("properties", {}).items():
            if member not in new.get("properties", {}):
                yield f"{where} knows no {member}."
            else:
                now = new["properties"][member]
                yield from self._taken(f"{where}.{member}", was, now, depth + 1)

    def _told(self, where: str, old: Any, new: Any, depth: int = 0) -> Iterator[str]:
        """What was read must still be there, and of its kind."""
        old, new = _found(self.old, old), _found(self.new, new)
        if depth > DEEPEST:
            return
        if more := _types(new) - _types(old):
            yield f"{where} may be {', '.join(sorted(more))}."
        for member in set(old.get("required", ())) - set(new.get("required", ())):
            yield f"{where} may lack {member}."
        for member, was in old.get("properties", {}).items():
            if member not in new.get("properties", {}):
                yield f"{where} has no {member}."
            else:
                now = new["properties"][member]
                yield from self._told(f"{where}.{member}", was, now, depth + 1)
        if "items" in old and "items" in new:
            yield from self._told(f"{where}[]", old["items"], new["items"], depth + 1)


def _found(document: dict[str, Any], schema: Any) -> dict[str, Any]:
    """Return a schema itself for a reference, and the first of several that may hold."""
    while True:
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].removeprefix(REFERENCE)]
        elif "allOf" in schema and len(schema["allOf"]) == 1:
            schema = schema["allOf"][0]
        elif "$ref" in str(schema.get("anyOf", [{}])[0]):
            schema = schema["anyOf"][0]
        else:
            return dict(schema)


def _types(schema: dict[str, Any]) -> set[str]:
    kinds = schema.get("type", [])
    found = {kinds} if isinstance(kinds, str) else set(kinds)
    for choice in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        found |= _types(choice) if "$ref" not in choice else {"object"}
    return found
