"""The embedded server: started, attached to, killed, started again, and its unprivileged user."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from eventlog.embedded import EmbeddedServer, start
from tests.eventlog.test_follow import until
from tests.eventlog.test_kill import ROOT, postmaster


def value(server: EmbeddedServer) -> int:
    with psycopg.connect(server.url) as connection:
        row = connection.execute("select x from kept").fetchone()
        assert row is not None
        return int(row[0])


def keep_a_value(server: EmbeddedServer) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("create table kept as select 42 as x")


def test_started_stopped_and_started_again_with_its_data(data_dir: Path) -> None:
    with start(data_dir) as server:
        keep_a_value(server)
        with psycopg.connect(server.url) as connection:
            assert connection.execute("show fsync").fetchone() == ("on",)
    with pytest.raises(ConnectionError):
        EmbeddedServer(data_dir).attach()
    with start(data_dir) as server:
        assert value(server) == 42


def test_several_attach_and_only_the_owner_stops(data_dir: Path) -> None:
    with start(data_dir) as owner:
        keep_a_value(owner)
        code = (
            "import sys; from pathlib import Path; from eventlog.embedded import start;"
            f" s = start(Path({str(data_dir)!r})); print(s.owner); s.stop()"
        )
        started = [
            subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
            for _ in range(3)
        ]
        assert [process.communicate()[0].strip() for process in started] == ["False"] * 3
        assert value(owner) == 42
        assert value(EmbeddedServer(data_dir).attach()) == 42


def test_a_killed_server_comes_back_by_itself(data_dir: Path) -> None:
    with start(data_dir) as server:
        keep_a_value(server)
        old = postmaster(server)
        os.kill(old, signal.SIGKILL)
        until(lambda: server._answers() and postmaster(server) != old)
        assert value(server) == 42


def test_the_server_ends_with_its_killed_owner_and_another_starts_it(data_dir: Path) -> None:
    code = (
        "import os, time; from pathlib import Path; from eventlog.embedded import start;"
        f" start(Path({str(data_dir)!r})); print('up', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "up\n"
    keep_a_value(EmbeddedServer(data_dir).attach())
    process.kill()
    process.communicate()
    with start(data_dir) as server:  # at once: the old server may still be on its way down
        assert server.owner or server._answers()
        until(lambda: server._answers())
        assert value(server) == 42


def test_killed_with_its_owner_leaves_a_stale_pid_file_that_does_not_matter(data_dir: Path) -> None:
    with start(data_dir) as server:
        keep_a_value(server)
        server._stopping.set()  # as if the owner were gone: nobody starts it again
        os.kill(postmaster(server), signal.SIGKILL)
        assert (server.place.data / "postmaster.pid").exists()
        pid_file = (server.place.data / "postmaster.pid").read_text().split("\n")
        other = subprocess.Popen(["sleep", "100"], **server.place.run_as())  # noqa: S607 - any program of that user
        (server.place.data / "postmaster.pid").write_text("\n".join([str(other.pid), *pid_file[1:]]))
        with start(data_dir) as again:  # the pid is another program's by now
            assert again.owner and value(again) == 42
            assert other.poll() is None
        other.kill()
        other.wait()


@pytest.mark.skipif(os.getuid() != 0, reason="only root runs it as another user")
def test_as_root_it_runs_unprivileged_even_where_that_user_cannot_go() -> None:
    with tempfile.TemporaryDirectory(prefix="daybook-closed-") as home:  # mode 0700: closed to the server's user
        data_dir = Path(home) / "var"
        with start(data_dir) as server:
            keep_a_value(server)
            owner = pwd.getpwuid(os.stat(f"/proc/{postmaster(server)}").st_uid)
            assert owner.pw_uid != 0
            assert not server.place.root.is_relative_to(home)
            elsewhere = server.place.root
        assert Path(home).stat().st_mode & 0o777 == 0o700
        with start(data_dir) as server:
            assert server.place.root == elsewhere and value(server) == 42
    shutil.rmtree(elsewhere)


def test_a_long_path_gets_a_short_socket(data_dir: Path) -> None:
    long = data_dir.parent / ("x" * 100)
    with start(long) as server:
        assert len(str(server.place.socket)) < 86
        keep_a_value(server)
        assert value(server) == 42


def test_a_strangers_socket_directory_is_not_used(data_dir: Path) -> None:
    with start(data_dir) as server:
        socket = server.place.socket
    socket.chmod(0o777)
    with pytest.raises(PermissionError):
        EmbeddedServer(data_dir)
