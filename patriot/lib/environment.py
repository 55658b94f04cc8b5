"""Reads the environment once, and names everything that is wrong with it in one message."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from email.utils import parseaddr
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError

from patriot.lib.rates import Rate

T = TypeVar("T")


# The usual port, STARTTLS, TLS from the first byte. “smtps” is none of them: some take it for the
# one, some for the other; dj-email-url would read “smtp+ssl” as neither, and send in the clear.
MAIL_SCHEMES = {
    "smtp": (25, False, False),
    "submission": (587, True, False),
    "smtp+tls": (587, True, False),
    "smtp+ssl": (465, False, True),
}
REDIS = re.compile(r"rediss?://([^@/\s]*@)?[\w.\[\]:-]+(/[0-9]{1,4})?/?", re.ASCII)
TOO_WEAK = (
    "is too weak: make a random one of 50 characters or more, as with "
    "`python3 -c 'import secrets; print(secrets.token_urlsafe(50))'`"
)


def is_installed(package: str) -> bool:
    """Tell whether a package that not everybody needs is there."""
    return next(iter(distributions(name=package)), None) is not None


class BadEnvironment(ImproperlyConfigured):
    """Settings that are missing or wrong; the message lists all of them."""


class Environment:
    """The process environment and `.env`, with secrets also from NAME_FILE.

    Mistakes are collected, not raised one by one: call `finish()` after the last read.
    """

    def __init__(self, dotenv: Path) -> None:
        self._env = Env(expand_vars=False)
        self.mistakes: list[str] = []
        if dotenv.exists():
            self._read_dotenv(dotenv)
        elif dotenv.name != ".env":
            self.mistakes.append(f"PATRIOT_DOTENV: there is no file {dotenv}")

    def _read_dotenv(self, dotenv: Path) -> None:
        try:
            lines = dotenv.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            self.mistakes.append(f"{dotenv.name}: is not UTF-8 text")
            return
        except OSError as error:
            self.mistakes.append(f"{dotenv.name}: cannot be read ({error.strerror})")
            return
        for number, line in enumerate(lines, start=1):
            text = line.strip().removeprefix("export ")
            name, equals, _ = text.partition("=")
            if text and not text.startswith("#") and not (equals and name.strip().isidentifier()):
                self.mistakes.append(f"{dotenv.name}, line {number}: expected NAME=value")
        if not self.mistakes:
            self._env.read_env(str(dotenv), recurse=False)

    def read(self, kind: Callable[[Env], Callable[..., T]], name: str, default: T) -> T:
        """Return one variable parsed by `kind`, or the default when it is not set."""
        try:
            return kind(self._env)(name, default)
        except EnvError as error:
            self.mistakes.append(f"{name}: {error}")
            return default

    def text(self, name: str, default: str = "") -> str:
        """Return a string, without surrounding white space."""
        return self.read(lambda env: env.str, name, default).strip()

    def secret(self, name: str) -> str:
        """Return a secret from NAME, or from the file that NAME_FILE points to; '' if neither."""
        path = self.text(f"{name}_FILE")
        if not path:
            return self.text(name)
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            self.mistakes.append(f"{name}_FILE: {error}")
            return ""

    def secrets(self, name: str) -> list[str]:
        """Return several secrets, divided by commas."""
        return [one.strip() for one in self.secret(name).split(",") if one.strip()]

    def database(self, name: str) -> dict[str, Any]:
        """Return Django's settings of a PostgreSQL from NAME or NAME_FILE; {} when not set.

        The address holds a password: what is wrong with it is said without quoting it.
        """
        address = self.secret(name)
        try:
            found = dict(dj_database_url.parse(address)) if address else {}
        except ValueError:
            self.mistakes.append(
                f"{name}: cannot be read; write postgresql://user:password@host:5432/name, with "
                "the password's special characters as %-codes"
            )
            return {}
        if found.get("ENGINE") in (None, "django.db.backends.postgresql"):
            return found
        self.mistakes.append(f"{name}: must be a postgresql:// address")
        return {}

    def mail(self, name: str) -> dict[str, Any]:
        """Return Django's settings of a mail server from NAME or NAME_FILE; {} when not set.

        The address may hold a password: what is wrong with it is said without quoting it.
        """
        address = self.secret(name)
        if not address:
            return {}
        try:
            parts = urlsplit(address)
            usual_port, is_starttls, is_tls = MAIL_SCHEMES[parts.scheme]
            if parts.hostname:
                return {
                    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                    "EMAIL_HOST": parts.hostname,
                    "EMAIL_PORT": parts.port or usual_port,
                    "EMAIL_HOST_USER": unquote(parts.username or ""),
                    "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
                    "EMAIL_USE_TLS": is_starttls,
                    "EMAIL_USE_SSL": is_tls,
                }
        except (KeyError, ValueError):  # another scheme; no port, no host
            pass
        self.mistakes.append(
            f"{name}: cannot be read; write submission://user:password@host:587 (STARTTLS), "
            "smtp+ssl://user:password@host:465 (TLS) or smtp://host:25 (in the clear), with the "
            "password's special characters as %-codes"
        )
        return {}

    def sender(self, name: str) -> str:
        """Return whom mail comes from, such as Patriot <desk@news.example>; '' when not set."""
        value = self.text(name)
        address = parseaddr(value)[1]
        if not value or (value.isprintable() and re.fullmatch(r"[^@\s]+@[^@\s]+", address)):
            return value
        self.mistakes.append(
            f"{name}: is {value!r}, must be an address such as Patriot <desk@news.example>"
        )
        return ""

    def zone(self, name: str, default: str) -> ZoneInfo:
        """Return a time zone by its IANA name."""
        value = self.text(name, default)
        try:
            return ZoneInfo(value)
        except (KeyError, ValueError, OSError):  # unknown; not a name; a folder of zones
            self.mistakes.append(f"{name}: is {value!r}, must be a zone such as Europe/Berlin")
            return ZoneInfo(default)

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        """Return one of the allowed words."""
        value = self.text(name, default)
        if value in allowed:
            return value
        self.mistakes.append(f"{name}: is {value!r}, must be one of {', '.join(allowed)}")
        return default

    def address(self, name: str) -> str:
        """Return an http or https address, or '' when it is not set."""
        value = self.text(name)
        if value and not value.startswith(("https://", "http://")):
            self.mistakes.append(f"{name}: is {value!r}, must begin with https:// or http://")
        return value

    def cache(self, name: str) -> dict[str, Any]:
        """Return Django's settings of the cache: a Redis, else a table of the database."""
        address = self.secret(name)
        if not address:
            table = "django.core.cache.backends.db.DatabaseCache"
            return {"BACKEND": table, "LOCATION": "patriot_cache"}
        # Not quoted: it may hold a password.
        self.refuse(
            name, not REDIS.fullmatch(address), "must be redis://[user:password@]host[:port][/n]"
        )
        return {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": address,
            "KEY_PREFIX": "patriot",
        }

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        """Return a whole number between two bounds."""
        value = self.read(lambda env: env.int, name, default)
        if least <= value <= most:
            return value
        self.mistakes.append(f"{name}: is {value}, must be from {least} to {most}")
        return default

    def choices(self, name: str, allowed: tuple[str, ...], default: list[str]) -> list[str]:
        """Return several of the allowed words, divided by commas; “none” for none of them."""
        values = [value.strip() for value in self.text(name, ",".join(default)).split(",")]
        values = [value for value in values if value and value != "none"]
        if unknown := sorted(set(values) - set(allowed)):
            self.mistakes.append(f"{name}: holds {unknown[0]!r}, allowed are {', '.join(allowed)}")
            return default
        return values

    def amount(self, name: str, default: str, *, most: int) -> Decimal:
        """Return an amount of money, from 0 to a bound: a slip of the pen should not be dear."""
        value = self.text(name, default)
        try:
            amount = Decimal(value)
        except InvalidOperation:
            amount = Decimal(-1)
        if amount.is_finite() and 0 <= amount <= most:
            return amount
        self.mistakes.append(
            f"{name}: is {value!r}, must be an amount such as {default}, at most {most:,}"
        )
        return Decimal(default)

    def rate(self, name: str, default: str) -> Rate:
        """Return how much is allowed in which time, such as 120/min."""
        try:
            return Rate.parse(self.text(name, default))
        except ValueError as error:
            self.mistakes.append(f"{name}: {error}")
            return Rate.parse(default)

    def require(self, name: str, value: object, why: str) -> None:
        """Note a mistake when a variable that is needed here is empty."""
        if not value:
            self.mistakes.append(f"{name}: {why}")

    def refuse(self, name: str, is_wrong: bool, why: str) -> None:
        """Note a mistake when a variable must not be as it is here."""
        if is_wrong:
            self.mistakes.append(f"{name}: {why}")

    def finish(self) -> None:
        """Raise BadEnvironment with every mistake found, if there is any."""
        if self.mistakes:
            found = "\n".join(f"  - {mistake}" for mistake in self.mistakes)
            raise BadEnvironment(
                f"The environment (or .env) needs mending; see .env.example:\n{found}"
            )


def is_weak(secret: str) -> bool:
    """Tell whether a key could be guessed; the same measure as Django's security.W009."""
    return len(secret) < 50 or len(set(secret)) < 5 or secret.startswith("django-insecure-")


def local_secret(path: Path) -> str:
    """Return the random key of this machine's data folder, made at first use.

    It must outlive restarts: queued tasks are signed with it. Raises BadEnvironment if the
    folder cannot hold it.
    """
    try:
        if not path.exists():
            _make_secret(path)
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise BadEnvironment(
            f"The data folder {path.parent} cannot be used: {path.name}: {why}. "
            "Set PATRIOT_DATA to a folder that you may write to."
        ) from error


def _make_secret(path: Path) -> None:
    # Open to passers-by: as root, the database server runs as another user.
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    fresh.write_text(secrets.token_urlsafe(50), encoding="ascii")
    try:
        path.hardlink_to(fresh)  # fails if another process was first: then theirs counts
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
