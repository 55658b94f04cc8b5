"""The operations of the published schema, and a house in which each has something to act on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from patriot.accounts.roles import Role
from patriot.work.models import Job
from reports.models import Prompt, Trial
from sources.models import Import
from tests import factories
from tests.factories import NOW

SCHEMA = Path(__file__).parents[1] / "docs" / "openapi.yaml"


@dataclass(frozen=True)
class Operation:
    """One address by one method, as the schema has it."""

    method: str
    path: str
    parameters: tuple[str, ...]
    headers: tuple[str, ...]
    fields: tuple[str, ...]
    required: tuple[str, ...]
    """Parameters that must be there for others to be looked at."""
    body: Any
    """An example of the schema's own, as far as there is one."""

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


def operations() -> list[Operation]:
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    found = []
    for path, methods in schema["paths"].items():
        for method, told in methods.items():
            named = told.get("parameters", [])
            content = told.get("requestBody", {}).get("content", {}).get("application/json", {})
            fields: tuple[str, ...] = ()
            if content:
                name = content["schema"]["$ref"].rpartition("/")[2]
                fields = tuple(schema["components"]["schemas"][name]["properties"])
            examples = list(content.get("examples", {}).values())
            found.append(
                Operation(
                    method,
                    path,
                    tuple(each["name"] for each in named if each["in"] == "query"),
                    tuple(each["name"] for each in named if each["in"] == "header"),
                    fields,
                    tuple(each["name"] for each in named if each.get("required")),
                    examples[0]["value"] if examples else {},
                )
            )
    return found


def a_house() -> dict[str, Any]:
    """Return what stands for the placeholders in the addresses of each collection.

    Under "bodies": what must be said at an address beside the schema's own example.
    """
    report = factories.a_published_report(sections=1)
    article = report.current.sections.get().story.memberships.first().article
    prompt = Prompt.objects.filter(purpose="analyze").first()
    wanted = factories.a_subscription(
        report.briefing, "https://elsewhere.example.org/patriot", channel="webhook"
    )
    times = {"not_before": NOW, "created_at": NOW}
    job = Job.objects.create(kind="select", subject=report.subject, **times)
    return {
        "briefings": report.briefing.slug,
        "reports": report.pk,
        "stories": report.current.sections.get().story_id,
        "storylines": report.current.sections.get().story_id,
        "articles": article.pk,
        "sources": article.source_id,
        "publishers": article.publisher_id,
        "jobs": job.pk,
        "imports": Import.objects.create(name="feeds.opml", created_at=NOW).pk,
        "trials": Trial.objects.create(candidate=prompt, created_at=NOW).pk,
        "subscriptions": wanted.pk,
        "bodies": {
            "/api/v1/subscriptions/": {"briefing": report.briefing.slug},
            "/api/v1/trials/": {
                "prompt": prompt.pk,
                "against": None,
                "reports": [report.pk],
            },
        },
        "users": factories.a_user_with(Role.VIEWER, username="bob").pk,
    }


def address_of(operation: Operation, house: dict[str, Any]) -> str:
    collection = operation.path.split("/")[3]
    filled = operation.path.replace("{number}", "1")
    for name in ("{slug}", "{id}"):
        filled = filled.replace(name, str(house.get(collection)))
    return filled
