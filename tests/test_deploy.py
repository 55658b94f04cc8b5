"""The files for systemd and for a proxy fit what they start, and each other."""

import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands, load_command_class

from patriot.operations import launch

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "docs" / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [path for path in UNITS if path.suffix == ".service"]
HARDENED = (
    "User=patriot",
    "NoNewPrivileges=yes",
    "PrivateTmp=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "CapabilityBoundingSet=\n",
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
)


def unit(name: str) -> ConfigParser:
    read = ConfigParser(strict=False, interpolation=None, comment_prefixes="#")
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read(DEPLOY / "systemd" / name)
    return read


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_service_starts_a_command_that_there_is_and_can_do_little_else(path: Path) -> None:
    text = path.read_text()

    commands = re.findall(r"^ExecStart=\S+/python manage\.py (\S+) ?(.*)$", text, re.MULTILINE)
    assert commands
    for name, arguments in commands:
        parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
        parser.parse_args(arguments.replace("%i", "8001").split())
    for line in HARDENED:
        assert f"\n{line}" in text


def test_who_is_stopped_has_the_time_that_it_takes() -> None:
    web = float(unit("patriot-web@.service")["Service"]["TimeoutStopSec"])
    worker = float(unit("patriot-worker@.service")["Service"]["TimeoutStopSec"])

    assert web > launch.PATIENT_WEB_GRACE
    assert worker > launch.PATIENT_WORKER_GRACE
    for name in ("patriot-web@.service", "patriot-worker@.service"):
        assert unit(name)["Service"]["KillMode"] == "mixed"
        assert unit(name)["Service"]["Restart"] == "always"


def test_every_timer_has_its_service() -> None:
    timers = {path.stem for path in UNITS if path.suffix == ".timer"}

    assert timers == {"patriot-backup", "patriot-drill"}
    assert timers < {path.stem for path in SERVICES}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_understands_every_line() -> None:
    told = subprocess.run(
        [str(shutil.which("systemd-analyze")), "verify", "--man=no", *map(str, UNITS)],
        check=False,
        capture_output=True,
        text=True,
    )

    # The programs are not installed here; everything else it says is our fault.
    lines = [line for line in told.stderr.splitlines() if "/docs/deploy/" in line]
    faults = [line for line in lines if "not executable" not in line]
    assert not faults, faults


class Composed(yaml.SafeLoader):
    """Compose's own tags."""


Composed.add_constructor("!reset", lambda loader, node: None)


def test_both_proxies_are_told_the_same() -> None:
    composed = Composed((DEPLOY / "compose.proxy.yaml").read_text()).get_data()
    inside = composed["configs"]["proxy"]["content"]
    beside = (DEPLOY / "Caddyfile").read_text()

    for line in (
        "lb_try_duration 20s",
        "method GET HEAD OPTIONS",
        "max_size 12MB",
        "respond @inside 404",
    ):
        assert line in inside
        assert line in beside
    assert "health_uri /readyz/web" in beside
    assert composed["services"]["proxy"]["read_only"] is True
    # On top of the other file: it changes what is there, and adds one.
    usual = yaml.safe_load((ROOT / "compose.yaml").read_text())
    assert set(composed["services"]) - set(usual["services"]) == {"proxy"}
    assert set(composed["services"]["proxy"]["networks"]) <= set(usual["networks"])
