"""The tests' own PostgreSQL: in a temporary folder, from the first test that needs it to the last.

Every process of a parallel run uses the same server. It ends with the last of them, however
that ends, because the server's guardian watches a lock that all of them hold.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from patriot.lib.postgres import Binaries, EmbeddedPostgres

# Nobody kills this server or needs its data again, so nothing waits for the disk. The servers
# that are killed in tests are started as Patriot starts its own.
CARELESS = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    # Whoever needs statistics asks for them: what a test sees must not depend on the minute.
    "autovacuum=off",
)


TEMPLATE = "migrated"


class CarelessPostgres(EmbeddedPostgres):
    """The embedded server of data that may be lost."""

    def _server_command(self, binaries: Binaries) -> list[str]:
        careless = (part for setting in CARELESS for part in ("-c", setting))
        return [*super()._server_command(binaries), *careless]


@contextmanager
def running_cluster() -> Iterator[None]:
    """Have the server run; DATABASE_URL, when set, names another one and nothing is started."""
    if os.environ.get("DATABASE_URL"):
        yield
        return
    server = CarelessPostgres(settings.PATRIOT_DATA)
    server.start()
    try:
        have_template(server)
        yield
    finally:
        server.stop()


def have_template(server: EmbeddedPostgres) -> None:
    """Migrate one database, whoever of the workers is first; the others' are copies of it."""
    ours = connection.settings_dict
    done = Path(settings.PATRIOT_DATA) / "run" / f"{TEMPLATE}.done"
    with done.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            server.create_database(TEMPLATE)
            usual, ours["NAME"] = ours["NAME"], TEMPLATE
            try:
                call_command("migrate", interactive=False, verbosity=0)
            finally:
                connection.close()  # nobody may look at what is copied
                ours["NAME"] = usual
            done.touch()
    ours["TEST"] |= {"TEMPLATE": TEMPLATE, "MIGRATE": False}


def remove_data_folder() -> None:
    """Remove the temporary data folder; only the controller of a parallel run does."""
    if not settings.configured:  # the settings themselves were broken
        return
    folder = Path(settings.PATRIOT_DATA)
    if "PYTEST_XDIST_WORKER" not in os.environ and folder.name.startswith("patriot-tests-"):
        # Had a worker been killed, the server may just be ending.
        EmbeddedPostgres(folder).halt()
        shutil.rmtree(folder, ignore_errors=True)
