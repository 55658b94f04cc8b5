"""What a page wears is known on every host, also on one that serves no files."""

from pathlib import Path

import pytest

from reports.pages.clothes import clothes


@pytest.fixture(autouse=True)
def anew():
    clothes.cache_clear()
    yield
    clothes.cache_clear()


def test_a_host_without_collected_files_wears_the_same(settings):
    usual = clothes()
    clothes.cache_clear()
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    }

    assert clothes() == usual


def test_another_style_is_other_clothes(monkeypatch):
    usual, read = clothes(), Path.read_bytes
    clothes.cache_clear()
    monkeypatch.setattr(
        Path,
        "read_bytes",
        lambda path: read(path) + (b" " if path.name == "report.css" else b""),
    )

    assert clothes() != usual
