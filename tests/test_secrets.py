"""No key, token or password is among what git keeps, and the audit calls nothing sound unseen."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

ROOT = settings.BASE_DIR
MAX_BYTES = 2_000_000
# What a key of each kind looks like, where it is nobody's example.
RULES = {
    "Anthropic": r"\bsk-ant-[A-Za-z0-9_-]{20,}",
    "OpenAI": r"\bsk-(?:proj-)?[A-Za-z0-9]{32,}",
    "Tavily": r"\btvly-[A-Za-z0-9_-]{16,}",
    "ours": r"\bpatriot_[A-Za-z0-9]{6,}_[A-Za-z0-9_-]{20,}",
    "webhook": r"\bwhsec_[A-Za-z0-9+/=]{24,}",
    "AWS": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "GitHub": r"\b(?:gh[opsur]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40,})",
    "GitLab": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "Slack": r"\bxox[abprs]-[A-Za-z0-9-]{20,}",
    "Slack's hooks": r"hooks\.slack\.com/services/T\w{8,}/B\w{8,}/\w{20,}",
    "Telegram": r"\bbot?\d{8,10}:[A-Za-z0-9_-]{35}\b",
    "Google": r"\bAIza[A-Za-z0-9_-]{35}\b",
    "Stripe": r"\b[rs]k_live_[A-Za-z0-9]{20,}",
    "SendGrid": r"\bSG\.[A-Za-z0-9_-]{20,24}\.[A-Za-z0-9_-]{40,}",
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "a web token": r"\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{20,}",
    "a password in an address": r"(?:postgres(?:ql)?|redis|smtps?|https?)://[^\s/@:\"'{}<>$%]{1,60}"
    r":[^\s/@\"'{}<>$]{8,}@[\w.-]+",
}
FOUND = re.compile("|".join(f"(?P<r{at}>{rule})" for at, rule in enumerate(RULES.values())))
KINDS = {f"r{at}": kind for at, kind in enumerate(RULES)}
# Invented ones, for the tests of what hides, refuses or uses them: each says so itself.
FAKE = re.compile(
    r"fake|example|invented|secret|not[-_ ]?a|test|password|hunter2"
    r"|(.)\1{5}|0123456|1234567|abcdef",
    re.IGNORECASE,
)


def tracked() -> Iterator[tuple[str, str]]:
    """Return every text that git keeps here, by its path."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("needs a clone with git")
    asked = [str(shutil.which("git")), "ls-files", "-z"]
    told = subprocess.run(asked, cwd=ROOT, check=True, capture_output=True)
    for name in told.stdout.decode().split("\0")[:-1]:
        path = ROOT / name
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= MAX_BYTES:
            yield name, path.read_bytes().decode("utf-8", "replace")


def secrets_in(text: str) -> list[str]:
    """Return what looks like a key and is no fake that we know: its kind and how it begins."""
    found = []
    for match in FOUND.finditer(text):
        if not FAKE.search(match[0]):
            found.append(f"{KINDS[str(match.lastgroup)]}: {match[0][:16]}…")
    return found


def test_git_keeps_no_secret() -> None:
    found = [f"{name}: {secret}" for name, text in tracked() for secret in secrets_in(text)]

    assert not found


LETTERS = "Zk3vQ9xW7pLr2Ty8Bn5Mc4Hd6Jf1Gs0Au"


@pytest.mark.parametrize(
    "parts",
    [
        ("sk-ant-", "api03-", LETTERS),
        ("sk-", LETTERS),
        ("tvly-", "dev-", LETTERS),
        ("patriot_", "Zk3vQ9xW", "_", LETTERS),
        ("whsec_", LETTERS),
        ("AKIA", "Z3VQ9XW7PLR2TY8B"),
        ("ghp_", LETTERS, "Zk3v"),
        ("glpat-", LETTERS),
        ("xoxb-", LETTERS),
        ("https://hooks.slack.com/services/", "T0Z3VQ9XW/B7PLR2TY8/", LETTERS),
        ("bot", "8214409317", ":", LETTERS, "Zk"),
        ("AIza", LETTERS, "Zk"),
        ("sk_live_", LETTERS),
        ("SG.", LETTERS[:22], ".", LETTERS, LETTERS[:9]),
        ("-----BEGIN ", "RSA PRIVATE KEY-----"),
        ("eyJ", LETTERS, ".eyJ", LETTERS, ".", LETTERS),
        ("postgresql://", "desk:", LETTERS[:12], "@db.house.net/patriot"),
    ],
    ids=list(RULES),
)
def test_a_planted_key_is_found(parts: tuple[str, ...]) -> None:
    # In parts, so that this file holds none itself.
    assert secrets_in(f'KEY = "{"".join(parts)}"')


@pytest.mark.parametrize(
    ("found", "status", "sentence"),
    [
        pytest.param(None, 2, "No vulnerability data", id="no answer"),
        pytest.param(
            {"dependencies": [{"name": "a", "skip_reason": "not found"}]},
            2,
            "none of the 1 packages was examined",
            id="nothing examined",
        ),
        pytest.param(
            {"dependencies": [{"name": "a", "version": "1", "vulns": []}]},
            0,
            "1 packages examined, 0 with",
            id="sound",
        ),
        pytest.param(
            {
                "dependencies": [
                    {"name": "a", "version": "1", "vulns": [{"id": "X-1", "fix_versions": ["2"]}]},
                    {"name": "b", "skip_reason": "not found"},
                ]
            },
            1,
            "a 1: X-1, mended in 2",
            id="ill",
        ),
    ],
)
def test_the_audit_says_what_it_did_not_examine(found: Any, status: int, sentence: str) -> None:
    spec = importlib.util.spec_from_file_location("said_by_audit", ROOT / ".ci/said_by_audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    code, lines = module.said(found)

    assert code == status
    assert sentence in "\n".join(lines)
