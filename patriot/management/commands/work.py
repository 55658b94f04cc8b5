"""`manage.py work`: one worker alone, for a container or systemd."""

from __future__ import annotations

import logging
from typing import Any

from patriot.management.base import LaunchCommand
from patriot.operations import launch

logger = logging.getLogger(__name__)


class Command(LaunchCommand):
    help = (
        "Run a worker and replace it when it dies or its heartbeat stops. SIGTERM lets its tasks "
        "end, which may take two minutes, then stops."
    )

    def launch(self, **options: Any) -> None:
        with launch.working(say=self.say) as supervisor:
            self.say("The worker runs")
            launch.supervise(supervisor, None, say=self.say)

    def say(self, sentence: str) -> None:
        """Tell it to the log, where the worker's own lines are."""
        logger.info(sentence)
