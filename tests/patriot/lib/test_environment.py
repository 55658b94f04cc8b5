"""The environment is read once, and everything wrong with it is said at once."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from patriot.lib.environment import BadEnvironment, Environment, is_installed, local_secret

ROOT = Path(__file__).resolve().parents[3]


def settings_with(tmp_path: Path, dotenv: str = "", **variables: str) -> str:
    """Import the settings in a process of its own; return what it says on standard error."""
    (tmp_path / "env").write_text(dotenv, encoding="utf-8")
    environment = {
        "PATH": os.environ["PATH"],
        "PATRIOT_DATA": str(tmp_path / "data"),
        "PATRIOT_DOTENV": str(tmp_path / "env"),
    }
    done = subprocess.run(
        [sys.executable, "-c", "import patriot.settings"],
        cwd=ROOT,
        env=environment | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr


def test_without_any_variable_the_settings_work(tmp_path):
    assert settings_with(tmp_path) == ""


def test_production_assumes_nothing_and_names_all_that_is_missing(tmp_path):
    said = settings_with(tmp_path, PATRIOT_ENV="production")

    assert all(name in said for name in ("SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL"))


def test_every_bad_variable_is_named_in_one_message(tmp_path):
    said = settings_with(
        tmp_path, PORT="many", DEBUG="perhaps", DATABASE_URL="mysql://a/b", PATRIOT_ENV="prod"
    )

    assert all(f"- {name}:" in said for name in ("PORT", "DEBUG", "DATABASE_URL", "PATRIOT_ENV"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("PORT", "99999", id="no such port"),
        pytest.param("WORKERS", "-1", id="no workers"),
        pytest.param("ANTHROPIC_BASE_URL", "foo", id="no address"),
        pytest.param("PATRIOT_DOTENV", "/nowhere/settings", id="a settings file that is not there"),
    ],
)
def test_a_value_that_cannot_be_meant_is_named(tmp_path, name, value):
    assert f"{name}: " in settings_with(tmp_path, **{name: value})


def test_a_data_folder_that_cannot_be_used_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")

    said = settings_with(tmp_path, PATRIOT_DATA=str(tmp_path / "file"))

    assert "BadEnvironment: The data folder" in said
    assert "Set PATRIOT_DATA to a folder that you may write to." in said


def test_a_broken_dotenv_names_its_line(tmp_path):
    said = settings_with(tmp_path, dotenv="# fine\nPORT=8000\nthis is no setting\n")

    assert "line 3: expected NAME=value" in said


def test_a_secret_can_come_from_a_file(tmp_path, monkeypatch):
    (tmp_path / "key").write_text("from a file\n", encoding="utf-8")
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))

    assert Environment(tmp_path / "none").secret("SECRET_KEY") == "from a file"


def test_a_secret_file_that_is_not_there_is_a_mistake(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "none"))
    environment = Environment(tmp_path / "none")

    environment.secret("SECRET_KEY")

    with pytest.raises(BadEnvironment, match="SECRET_KEY_FILE"):
        environment.finish()


def test_mistakes_are_collected_until_the_end(tmp_path, monkeypatch):
    monkeypatch.setenv("A", "x")
    monkeypatch.setenv("B", "y")
    environment = Environment(tmp_path / "none")

    values = [environment.read(lambda env: env.int, name, 7) for name in ("A", "B")]

    assert values == [7, 7]
    with pytest.raises(BadEnvironment, match=r"(?s)A:.*B:"):
        environment.finish()


def test_the_local_secret_is_made_once_and_read_by_nobody_else(tmp_path):
    path = tmp_path / "data" / "secret_key"

    first, second = local_secret(path), local_secret(path)

    assert first == second
    assert len(first) > 50
    assert path.stat().st_mode & 0o077 == 0
    assert [child.name for child in path.parent.iterdir()] == ["secret_key"]


def test_every_setting_that_is_read_is_in_the_example():
    source = (ROOT / "patriot" / "settings.py").read_text(encoding="utf-8")
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    by_name = r'environment\.(?:text|secret|choice|address|number)\(\s*"([A-Z_]+)"'
    parsed = r'environment\.read\(\s*lambda env: env\.\w+, "([A-Z_]+)"'

    read = set(re.findall(by_name, source)) | set(re.findall(parsed, source))

    # Set by the house for its own processes, not by people.
    ours = {"PATRIOT_WORKER"}
    documented = set(re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE))
    assert len(read) > 15
    assert read - ours <= documented


@pytest.mark.parametrize(
    ("address", "port", "tls"),
    [
        pytest.param("submission://ann:p%40ss@m.test", 587, (True, False), id="STARTTLS"),
        pytest.param("smtp+tls://ann:p%40ss@m.test", 587, (True, False), id="STARTTLS too"),
        pytest.param("smtp+ssl://ann:p%40ss@m.test", 465, (False, True), id="TLS"),
        pytest.param("smtp://ann:p%40ss@m.test:26", 26, (False, False), id="neither"),
    ],
)
def test_a_mail_server_is_told_by_its_address(tmp_path, monkeypatch, address, port, tls):
    monkeypatch.setenv("EMAIL_URL", address)

    found = Environment(tmp_path / ".env").mail("EMAIL_URL")

    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("m.test", port)
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == tls
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("ann", "p@ss")


@pytest.mark.parametrize(
    "address", ["smtps://u:geheim@m.test", "m.test:25", "smtp://", "smtp://u:geheim@m.test:port"]
)
def test_a_mail_server_that_cannot_be_meant_is_named_without_its_password(
    tmp_path, monkeypatch, address
):
    monkeypatch.setenv("EMAIL_URL", address)
    environment = Environment(tmp_path / ".env")

    assert environment.mail("EMAIL_URL") == {}
    (mistake,) = environment.mistakes
    assert mistake.startswith("EMAIL_URL: cannot be read; write submission://")
    assert "geheim" not in mistake


def test_a_sender_and_a_zone_that_cannot_be_meant_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("MAIL_FROM", "nobody")
    monkeypatch.setenv("DIGEST_TIMEZONE", "../etc/passwd")
    environment = Environment(tmp_path / ".env")

    assert environment.sender("MAIL_FROM") == ""
    assert environment.zone("DIGEST_TIMEZONE", "UTC").key == "UTC"
    assert [mistake.partition(":")[0] for mistake in environment.mistakes] == [
        "MAIL_FROM",
        "DIGEST_TIMEZONE",
    ]


def test_packages_that_not_everybody_needs_are_looked_for() -> None:
    assert is_installed("Django")
    assert not is_installed("patriot-has-no-such-package")
