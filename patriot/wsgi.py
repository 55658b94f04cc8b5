"""The WSGI entry point: `gunicorn patriot.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "patriot.settings")
application = get_wsgi_application()

from patriot.operations import draining  # noqa: E402 (wants the settings)

draining.listen()
