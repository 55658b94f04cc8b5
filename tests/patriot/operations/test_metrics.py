"""What Prometheus is told: by all processes together, for whoever shows the token."""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
import yaml
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from prometheus_client import CollectorRegistry, generate_latest, values
from prometheus_client.parser import text_string_to_metric_families

from patriot.ledger.models import Call
from patriot.lib.berths import Berth
from patriot.operations import web_metrics
from patriot.operations.middleware import MeasuringMiddleware
from patriot.work import paces
from patriot.work.models import Heartbeat, Job
from reports.models import Delivery
from tests import factories
from tests.factories import NOW

TOKEN = "a-token-of-at-least-16"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def on(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose metrics are on, and on which nothing has been counted yet."""
    settings.METRICS_TOKEN, settings.PATRIOT_DATA = TOKEN, tmp_path
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)
    web_metrics.shared.cache_clear()
    yield
    web_metrics.shared().leave()
    web_metrics.shared.cache_clear()


@pytest.fixture
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def scraped(text: str) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(client: Client) -> Samples:
    answer = client.get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    return scraped(answer.content.decode())


def value(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((name, tuple(sorted(labels.items()))))


# --- Who may ask ----------------------------------------------------------------------------


@pytest.mark.django_db
def test_without_a_token_there_is_no_such_address(client: Client) -> None:
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.usefixtures("on")
@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(None, id="nothing"),
        pytest.param("", id="an empty line"),
        pytest.param("Bearer ", id="no token"),
        pytest.param("Bearer another-token-of-16", id="another token"),
        pytest.param(f"Bearer {TOKEN}x", id="a longer one"),
        pytest.param(f"Basic {TOKEN}", id="another scheme"),
        pytest.param("Bearer \udce9\u00e9", id="odd letters"),
    ],
)
def test_whoever_shows_no_token_learns_nothing(authorization: str | None) -> None:
    shown = {} if authorization is None else {"HTTP_AUTHORIZATION": authorization}

    answer = Client().get("/metrics", **shown)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert b"patriot_" not in answer.content


def test_where_it_is_off_nothing_is_counted(settings: Any, tmp_path: Path) -> None:
    settings.PATRIOT_DATA = tmp_path

    with pytest.raises(MiddlewareNotUsed):
        MeasuringMiddleware(lambda _: HttpResponse())
    Client().get("/healthz")

    assert not list(tmp_path.iterdir())


# --- Requests -------------------------------------------------------------------------------


@pytest.mark.usefixtures("on", "clock")
@pytest.mark.django_db
def test_answers_are_counted_by_the_name_of_their_route(settings: Any) -> None:
    settings.KEPT_PAGE_SECONDS = 3600
    report = factories.a_published_report(sections=1)
    client = Client()

    for _ in range(3):  # the second and the third come off the shelf
        client.get(report.get_absolute_url())
    for path in ("/reports/invented/", "/nowhere/1/?token=1", "/nowhere/2/", "/healthz"):
        client.get(path)
    client.generic("INVENTED", "/healthz")
    samples = scrape(client)

    def total(route: str, method: str, status: int) -> float | None:
        name = "patriot_http_requests_total"
        return value(samples, name, route=route, method=method, status=str(status))

    assert total("reports:report", "GET", 200) == 3
    assert total("reports:briefing", "GET", 404) == 1
    assert total("unmatched", "GET", 404) == 2
    assert total("healthz", "GET", 200) == 1
    assert total("healthz", "other", 405) == 1
    took = "patriot_http_request_duration_seconds"
    shelf = {"route": "reports:report", "method": "GET"}
    assert value(samples, f"{took}_count", **shelf) == 3
    assert value(samples, f"{took}_bucket", **shelf, le="+Inf") == 3
    assert value(samples, "patriot_http_threads") == settings.WEB_THREADS
    # The scrape itself.
    assert value(samples, "patriot_http_requests_in_progress") == 1
    assert not any("nowhere" in str(labels) or "invented" in str(labels) for _, labels in samples)


@pytest.mark.usefixtures("on")
def test_what_processes_counted_is_there_when_they_are_gone() -> None:
    ours = web_metrics.shared()
    request, response = RequestFactory().get("/nowhere/"), HttpResponse(status=404)
    ours.count(request, response, seconds=0.2)

    for ending in (os._exit, lambda _: os.kill(os.getpid(), signal.SIGKILL)):
        child = os.fork()
        if not child:
            with ours.busy():
                ours.count(request, response, seconds=0.3)
                ending(0)
        os.waitpid(child, 0)

    samples = together(ours)
    labels = {"route": "unmatched", "method": "GET"}
    assert value(samples, "patriot_http_requests_total", **labels, status="404") == 3
    took = "patriot_http_request_duration_seconds"
    assert value(samples, f"{took}_sum", **labels) == pytest.approx(0.8)
    assert value(samples, f"{took}_bucket", **labels, le="0.25") == 1
    assert value(samples, f"{took}_bucket", **labels, le="0.5") == 3
    # The dead are neither busy nor threads any more, and the second went on with the first's files.
    assert value(samples, "patriot_http_requests_in_progress") == 0
    assert value(samples, "patriot_http_threads") == 4
    assert len(list(ours.folder.glob("counter_*.db"))) == 2


@pytest.mark.usefixtures("on")
def test_a_full_disk_costs_the_count_and_not_the_answer() -> None:
    client = Client()
    client.get("/healthz")
    room = "prometheus_client.mmap_dict.MmapedDict._init_value"

    with patch(room, side_effect=OSError(errno.ENOSPC, "No space left on device")):
        answer = client.post("/healthz")

    assert answer.status_code == 405


def together(metrics: web_metrics.WebMetrics) -> Samples:
    registry = CollectorRegistry()
    metrics.register_all(registry)
    return scraped(generate_latest(registry).decode())


def test_the_counts_of_an_earlier_start_are_cleaned_away(tmp_path: Path) -> None:
    earlier, other = Berth(tmp_path / "web-7"), Berth(tmp_path / "web-8")
    assert (earlier(), other()) == (0, 0)
    (tmp_path / "web-7" / "counter_0.db").touch()
    (tmp_path / "web-8" / "counter_0.db").touch()
    earlier.leave()

    # A container's processes have the same numbers at every start.
    again = Berth(tmp_path / "web-7")

    assert again() == 0
    assert not (tmp_path / "web-7" / "counter_0.db").exists()
    assert (tmp_path / "web-8" / "counter_0.db").exists()
    again.leave()
    other.leave()


# --- The house ------------------------------------------------------------------------------


def a_dead_job(**fields: Any) -> Job:
    times = {"not_before": NOW, "created_at": NOW, "finished_at": NOW}
    return Job.objects.create(kind="ground", subject="report 1", state="dead", **times, **fields)


@pytest.mark.usefixtures("on", "clock")
@pytest.mark.django_db
def test_the_house_is_told_as_it_is(client: Client, settings: Any) -> None:
    settings.DAILY_CEILING_USD = Decimal(10)
    factories.a_source(not_before=NOW - timedelta(minutes=7))
    factories.a_source("Another", failures=2)
    late = factories.a_briefing(slug="dawn")
    factories.a_report(late)
    held = factories.a_report(factories.a_briefing(slug="dusk"), state="held", reason="So.")
    Delivery.objects.create(
        subscription=factories.a_subscription(late),
        kind="confirmation",
        not_before=NOW,
        created_at=NOW - timedelta(minutes=3),
    )
    a_dead_job()
    Heartbeat.objects.create(name="tick", beat_at=NOW - timedelta(seconds=40))
    Call.objects.create(
        service="claude",
        model="m",
        started_at=NOW,
        finished_at=NOW,
        cost_usd=Decimal("2.5"),
        estimated_usd=Decimal("2.5"),
        outcome="answered",
    )
    for took in (0.02, 0.3, 200):
        paces.add("reports.tasks.work", is_done=True, took=took, waited=1.5)
    paces.add("patriot.schedules.tick", is_done=False, took=1, waited=0)

    samples = scrape(client)

    expected = {
        ("patriot_database_up", ()): 1,
        ("patriot_step_due_rows", (("step", "collect"),)): 1,
        ("patriot_step_oldest_due_seconds", (("step", "collect"),)): 420,
        ("patriot_step_due_rows", (("step", "enrich"),)): 0,
        ("patriot_step_oldest_due_seconds", (("step", "enrich"),)): 0,
        ("patriot_queue_looks", ()): 0,
        ("patriot_sources", (("health", "ill"),)): 1,
        ("patriot_sources", (("health", "healthy"),)): 1,
        ("patriot_sources", (("health", "gone"),)): 0,
        ("patriot_spend_usd", (("period", "day"),)): 2.5,
        ("patriot_spend_ceiling_usd", (("period", "day"),)): 10,
        ("patriot_report_late_seconds", (("briefing", "dawn"),)): 5400,
        ("patriot_report_late_seconds", (("briefing", "dusk"),)): 0,
        ("patriot_reports_waiting", (("state", held.state),)): 1,
        ("patriot_outbox_deliveries", (("state", "waiting"),)): 1,
        ("patriot_outbox_deliveries", (("state", "dead"),)): 0,
        ("patriot_outbox_oldest_seconds", ()): 180,
        ("patriot_heartbeat_age_seconds", (("name", "tick"),)): 40,
        ("patriot_jobs", (("state", "dead"),)): 1,
        ("patriot_jobs", (("state", "waiting"),)): 0,
        ("patriot_services_refused", ()): 0,
    }
    assert {name: samples.get(name) for name in expected} == expected
    took, done = "patriot_task_duration_seconds", {"step": "report", "outcome": "done"}
    assert value(samples, f"{took}_bucket", **done, le="0.05") == 1
    assert value(samples, f"{took}_bucket", **done, le="100.0") == 2
    assert value(samples, f"{took}_count", **done) == 3
    assert value(samples, f"{took}_count", step="tick", outcome="failed") == 1
    assert value(samples, "patriot_task_wait_seconds_total", step="report") == 4.5
    used = [n for (name, _), n in samples.items() if name == "patriot_database_connections"]
    assert 0 < sum(used) <= (value(samples, "patriot_database_connections_limit") or 0)


@pytest.mark.usefixtures("on", "clock")
@pytest.mark.django_db
def test_a_larger_house_costs_no_more_queries(client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            scrape(client)
        return len(captured)

    small = queries()
    for n in range(5):
        factories.a_source(f"Outlet {n}", not_before=NOW)
        factories.a_report(factories.a_briefing())
        a_dead_job(part=f"story {n}")

    assert queries() == small == 26


@pytest.mark.usefixtures("on")
def test_without_a_database_the_web_is_told_all_the_same() -> None:
    client = Client()
    client.get("/healthz")

    with patch("patriot.operations.house_metrics.connection.cursor", side_effect=OperationalError):
        samples = scrape(client)

    assert value(samples, "patriot_database_up") == 0
    labels = {"route": "healthz", "method": "GET", "status": "200"}
    assert value(samples, "patriot_http_requests_total", **labels) == 1


# --- The example dashboard and the alert rules ----------------------------------------------

MONITORING = settings.BASE_DIR / "docs" / "monitoring"
RULES = MONITORING / "alerts.yml"
# Those of PromQL that we use: https://prometheus.io/docs/prometheus/latest/querying/functions/
FUNCTIONS = {
    *("sum", "max", "min", "avg_over_time", "rate", "increase", "delta", "absent", "topk"),
    *("histogram_quantile", "clamp_min", "by", "bool"),
}
# What Prometheus and Grafana add themselves.
OF_PROMETHEUS = {"instance", "job", "le"}


def alerts() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    return list(group["rules"])


def panels() -> list[dict[str, Any]]:
    return list(json.loads((MONITORING / "dashboard.json").read_text())["panels"])


def expressions() -> dict[str, str]:
    """Return every expression, by where it stands."""
    of_panels = {
        f"panel “{panel['title']}”, {target['refId']}": target["expr"]
        for panel in panels()
        for target in panel.get("targets", ())
    }
    return {f"alert {rule['alert']}": rule["expr"] for rule in alerts()} | of_panels


def test_each_alert_says_how_bad_it_is_and_what_to_do() -> None:
    rules = alerts()

    assert len({rule["alert"] for rule in rules}) == len(rules) > 10
    for rule in rules:
        assert rule["labels"]["severity"] in {"page", "day"}
        assert rule["annotations"].keys() == {"summary", "action"}
        assert re.fullmatch(r"\d+[mh]", rule.get("for", "0m"))


def test_each_panel_has_a_place_of_its_own() -> None:
    found = panels()

    assert len({panel["id"] for panel in found}) == len(found)
    taken: set[tuple[int, int]] = set()
    for place in (panel["gridPos"] for panel in found):
        cells = {
            (place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])
        }
        assert not cells & taken
        assert place["x"] + place["w"] <= 24
        taken |= cells


@pytest.mark.parametrize("where", expressions())
def test_an_expression_is_well_formed(where: str) -> None:
    expression = expressions()[where]
    bare = re.sub(r'"[^"]*"', '""', expression)

    for opening, closing in ("()", "{}", "[]"):
        depth = 0
        for sign in bare:
            depth += (sign == opening) - (sign == closing)
            assert depth >= 0
        assert depth == 0
    assert set(re.findall(r"([a-z_]+) ?\(", bare)) <= FUNCTIONS
    for window in re.findall(r"\[([^]]*)\]", bare):
        assert re.fullmatch(r"\d+[smh]|\$__rate_interval", window)
    for pattern in re.findall(r'=~"([^"]*)"|!~"([^"]*)"', expression):
        re.compile("".join(pattern))


@pytest.mark.usefixtures("on")
@pytest.mark.django_db
def test_every_metric_and_label_that_is_named_is_there() -> None:
    client = Client()
    Heartbeat.objects.create(name="tick", beat_at=NOW)
    factories.a_briefing()
    for is_done in (True, False):
        paces.add("reports.tasks.work", is_done=is_done, took=1, waited=1)
    client.get("/healthz")

    labels: dict[str, set[str]] = {}
    for name, of_sample in scrape(client):
        labels.setdefault(name, set()).update(label for label, _ in of_sample)

    unnamed = labels.keys() - {
        name for text in expressions().values() for name in re.findall(r"\bpatriot_\w+", text)
    }
    for where, expression in expressions().items():
        for name, selector in re.findall(r"\b(patriot_\w+)(?:\{([^}]*)\})?", expression):
            assert name in labels, f"{where}: {name} is not printed"
            asked = set(re.findall(r"(\w+) ?(?:=~|!~|!=|=)", re.sub(r'"[^"]*"', '""', selector)))
            assert asked <= labels[name] | OF_PROMETHEUS, f"{where}: {asked} of {name}"
        grouped = {
            label.strip()
            for group in re.findall(r"\bby ?\(([^)]*)\)", expression)
            for label in group.split(",")
        }
        named = re.findall(r"\bpatriot_\w+", expression)
        assert grouped <= set().union(OF_PROMETHEUS, *(labels[name] for name in named)), where
    # Whatever we print is looked at somewhere, but for the sums beside counts.
    assert {name for name in unnamed if not name.endswith("_sum")} <= {
        "patriot_http_request_duration_seconds_count"
    }


@pytest.mark.skipif(not shutil.which("promtool"), reason="needs promtool")
def test_prometheus_takes_the_rules() -> None:
    subprocess.run(["promtool", "check", "rules", str(RULES)], check=True)  # noqa: S607
