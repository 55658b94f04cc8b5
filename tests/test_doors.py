"""What leaves the house leaves through its doors: the linter refuses every other way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def complaints(source: str) -> str:
    """Return what ruff says of a module of the sources' pipeline with this text."""
    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "concise"]
    checked = subprocess.run(
        [*ruff, "--stdin-filename", "sources/pipeline/new.py", "-"],
        input=source,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return checked.stdout


@pytest.mark.parametrize(
    "source",
    [
        "import urllib.request",
        "from urllib.request import urlopen",
        "import http.client",
        "from http.client import HTTPSConnection",
        "import urllib3",
        "import aiohttp",
        "import requests",
        "from requests import get",
        "import httpx",
        "import httpx2",
        "import pycurl",
        "import ftplib",
        "import xmlrpc.client",
        "import socket\n\nsocket.create_connection(('a.example', 80))",
        "import asyncio\n\nasyncio.open_connection('a.example', 80)",
    ],
)
def test_no_other_module_may_speak_to_the_world(source):
    assert "TID251" in complaints(f"{source}\n")


def test_a_module_that_asks_the_web_is_fine():
    assert "TID251" not in complaints("from sources.gateways.web import Web\n\n__all__ = ['Web']\n")
