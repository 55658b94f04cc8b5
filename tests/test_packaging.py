"""The image, the services and their documentation agree with the code."""

import json
import re
from typing import Any

import pytest
import yaml
from django.conf import settings

from patriot.management.commands import sbom
from patriot.operations import launch

ROOT = settings.BASE_DIR
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "web", "worker")
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def variables(text: str, pattern: str) -> set[str]:
    return set(re.findall(pattern, text, re.MULTILINE))


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


# --- compose.yaml ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_gives_up_what_it_does_not_need(name):
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"]


@pytest.mark.parametrize("name", OURS)
def test_ours_take_secrets_from_files_only(name):
    service = SERVICES[name]
    environment = service["environment"]

    assert environment["PATRIOT_ENV"] == "production"
    for secret in ("SECRET_KEY", "DATABASE_URL", "ANTHROPIC_API_KEY", "TAVILY_API_KEY"):
        assert environment[f"{secret}_FILE"] == f"/run/secrets/{secret.lower()}"
        assert secret.lower() in service["secrets"]
        assert secret not in environment
    assert set(service["secrets"]) <= COMPOSE["secrets"].keys()


@pytest.mark.parametrize("name", ["web", "worker"])
def test_nothing_starts_before_the_tables_are_there(name):
    needs = SERVICES[name]["depends_on"]

    assert needs["migrate"] == {"condition": "service_completed_successfully"}
    assert needs["database"] == {"condition": "service_healthy"}


def test_the_site_answers_on_this_machine_only_and_the_database_to_nobody_outside():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert list(published) == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in published["web"])
    assert SERVICES["database"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_a_service_is_killed_only_after_its_own_patience():
    assert seconds(SERVICES["web"]["stop_grace_period"]) > launch.PATIENT_WEB_GRACE
    assert seconds(SERVICES["worker"]["stop_grace_period"]) >= launch.PATIENT_WORKER_GRACE + 20
    assert seconds(SERVICES["worker"]["stop_grace_period"]) > settings.Q_CLUSTER["timeout"]


def test_each_service_runs_the_command_that_is_meant_for_it():
    commands = {name: SERVICES[name]["command"][-1] for name in OURS}

    assert commands == {"migrate": "prepare", "web": "serve", "worker": "work"}
    assert SERVICES["worker"]["healthcheck"]["test"][-1] == "check_worker"


def test_the_database_knows_letters_beyond_ascii():
    environment = SERVICES["database"]["environment"]

    assert environment["POSTGRES_INITDB_ARGS"] == "--encoding=UTF8 --locale=C.UTF-8"
    assert "POSTGRES_PASSWORD" not in environment


# --- The image --------------------------------------------------------------------------------


def test_the_image_brings_hashed_packages_and_no_database():
    assert "requirements-local" not in DOCKERFILE
    assert DOCKERFILE.count("--require-hashes") == DOCKERFILE.count("--only-binary :all:") == 2
    assert "://" not in DOCKERFILE.replace("postgresql://", "").replace("http://127.0.0.1", "")


def test_the_image_runs_as_a_user_of_its_own():
    last = DOCKERFILE[DOCKERFILE.rindex("\nUSER ") :]

    assert last.startswith("\nUSER 10001:10001\n")
    assert "\nRUN " not in last
    assert "STOPSIGNAL SIGTERM" in last
    command = last[last.rindex("\nCMD ") :].removeprefix("\nCMD ")
    assert json.loads(command) == ["python", "manage.py", "serve"]


def test_the_image_takes_only_what_is_named():
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    taken = {line.removeprefix("!") for line in rules if line.startswith("!")}

    assert rules[0] == "*"
    assert all((ROOT / name).exists() for name in taken)
    assert not taken & {"tests", ".env", "secrets", ".git", ".patriot"}


# --- The documentation ------------------------------------------------------------------------


def test_every_setting_is_in_the_table_and_nothing_else():
    source = (ROOT / "patriot" / "settings.py").read_text()
    example = (ROOT / ".env.example").read_text()
    table = (ROOT / "docs" / "operations.md").read_text()
    table = table.partition("## Configuration")[2].partition("\n## ")[0]

    read = variables(source, r'environment\.(?!require|refuse)\w+\(\s*"([A-Z_]+)"')
    read |= variables(source, r'environment\.read\(\s*lambda env: env\.\w+, "([A-Z_]+)"')
    documented = variables(table, r"^\| `([A-Z_]+)`")

    # Set by the house for its own processes; and the one that names the file of all others.
    assert documented == read - {"PATRIOT_WORKER"} | {"PATRIOT_DOTENV"}
    assert documented == variables(example, r"^(?:# )?([A-Z_]+)=")


def test_the_table_marks_exactly_the_secrets_that_come_from_files():
    source = (ROOT / "patriot" / "settings.py").read_text()
    table = (ROOT / "docs" / "operations.md").read_text()

    from_files = variables(source, r'environment\.(?:secrets?|database|mail|cache)\(\s*"([A-Z_]+)"')

    assert variables(table, r"^\| `([A-Z_]+)` •") == from_files


@pytest.mark.parametrize("page", ["docs/operations.md", "SECURITY.md"])
def test_every_command_that_a_page_names_exists(page):
    from django.core.management import get_commands  # noqa: PLC0415 (needs the apps)

    named = variables((ROOT / page).read_text(), r"manage\.py ([a-z_]+)")

    assert named <= get_commands().keys() | {"check"}


# --- What it is made of -----------------------------------------------------------------------


def test_the_bill_of_materials_names_every_pinned_package():
    bill = sbom.bill_of_materials()

    told = {part["purl"] for part in bill["components"] if part["type"] == "library"}
    pinned = (ROOT / "requirements.txt").read_text()
    for name, version, condition in re.findall(
        r"^([A-Za-z0-9._-]+)(?:\[\S+\])?==(\S+)( ;)?", pinned, re.MULTILINE
    ):
        # Some are for other systems only.
        if not condition:
            assert f"pkg:pypi/{re.sub('[-_.]+', '-', name).lower()}@{version}" in told
    assert bill == sbom.bill_of_materials()
    assert all(part["bom-ref"] for part in bill["components"])
    licensed = [part for part in bill["components"] if "licenses" in part]
    assert len(licensed) > len(told) // 2
