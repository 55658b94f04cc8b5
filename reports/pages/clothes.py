"""What every page wears: the templates, the styles, and the code between them and the rows."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders

STYLES = ("tokens.css", "base.css", "report.css", "print.css")
# What stands between the rows and the templates changes with a release, too.
SETTERS = ("reports/pages", "reports/api", "patriot/templatetags")


@cache
def clothes() -> str:
    """Return a hash of all that a page's looks depend on: it changes with a release."""
    root = Path(settings.BASE_DIR)
    written = sorted((root / "templates").rglob("*.html")) + sorted(
        path for folder in SETTERS for path in (root / folder).glob("*.py")
    )
    digest = hashlib.sha256()
    for path in written:
        digest.update(path.read_bytes())
    for style in STYLES:
        # Their sources, not the names under which they are served: a worker's host serves none.
        digest.update(Path(str(finders.find(f"patriot/{style}"))).read_bytes())
    return digest.hexdigest()
