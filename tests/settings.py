"""The site's settings as the tests see them: nothing of this machine's `.env` or data folder."""

import os
import tempfile

# The workers of pytest-xdist inherit the folder, and so the database, of their controller.
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ["PATRIOT_DATA"] = tempfile.mkdtemp(prefix="patriot-tests-")
    # As root, the database server runs as another user, who must get through.
    os.chmod(os.environ["PATRIOT_DATA"], 0o755)  # noqa: PTH101, S103
os.environ["PATRIOT_DOTENV"] = os.devnull
os.environ["PATRIOT_ENV"] = "test"
for name in ("ANTHROPIC_API_KEY", "TAVILY_API_KEY", "PATRIOT_OUTBOUND_ALLOW", "ALLOWED_HOSTS"):
    os.environ.pop(name, None)

from patriot.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# WhiteNoise warns of a missing folder, and warnings are errors.
STATIC_ROOT.mkdir(exist_ok=True)  # noqa: F405
# A test changes what is published between two requests, and its clock stands still.
KEPT_PAGE_SECONDS = 0
