#!/usr/bin/env python
"""Patriot's command line."""

import os
import sys


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "patriot.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415
        from django.core.management import execute_from_command_line  # noqa: PLC0415
        from django.db import OperationalError  # noqa: PLC0415
    except ImportError:
        sys.exit("Django is not installed here. Run `make demo` or `make install` first.")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # Settings that a person can mend are no bug: no traceback.
        sys.exit(str(error))
    except OperationalError as error:
        from patriot.management import base  # noqa: PLC0415 (the settings are good)

        sentence = base.absence_of_database(error)
        if not sentence or "--traceback" in sys.argv:
            raise
        sys.exit(sentence)


if __name__ == "__main__":
    main()
