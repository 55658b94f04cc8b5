"""The WSGI entry point: `gunicorn patriot.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "patriot.settings")
application = get_wsgi_application()

from patriot.operations import draining, patience  # noqa: E402 (want the settings)

draining.listen()
patience.limit_statements()
