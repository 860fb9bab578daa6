"""Child processes of one installation: started, watched, started again when they die, stopped together.

Each child begins a session of its own, so that Ctrl-C reaches only the parent, who stops them in order; and dies with
its parent where the system can promise that (Linux), so that a killed parent leaves nothing behind.
"""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

log_ = logging.getLogger("daybook")

PATIENCE = 15.0  # seconds a child has to end after SIGTERM
PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(by: signal.Signals = signal.SIGTERM) -> None:
    """Called in a child: the system sends it `by` when its parent is gone, however that came."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, by)


@dataclass(slots=True)
class Child:
    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    process: "subprocess.Popen[bytes]"
    started: float
    deaths: int = 0
    again_at: float | None = None


@dataclass(slots=True)
class Processes:
    """Children by name, in the order in which they were started; they are stopped the other way round."""

    children: dict[str, Child] = field(default_factory=dict)

    def start(self, name: str, argv: Sequence[str], env: Mapping[str, str] | None = None) -> Child:
        """Starts `python …argv` with `env` added to ours."""
        child = Child(name, argv, env or {}, self._spawn(argv, env or {}), time.monotonic())
        self.children[name] = child
        return child

    def watch(self) -> None:
        """Starts again what has died: at once the first time, then with a growing pause while it keeps dying. To be
        called again and again, by one thread."""
        now = time.monotonic()
        for child in list(self.children.values()):
            code = child.process.poll()
            if code is None:
                if child.deaths and now - child.started > 60:
                    child.deaths = 0
                continue
            if child.again_at is None:
                pause = min(30.0, 0.2 * 2**child.deaths)
                log_.warning("%s ended with %s, starts again in %.1f s", child.name, code, pause)
                child.deaths, child.again_at = child.deaths + 1, now + pause
            elif now >= child.again_at:
                child.process, child.started, child.again_at = self._spawn(child.argv, child.env), now, None

    def kill(self, name: str) -> None:
        """kill -9, for those who try what a crash does."""
        self.children[name].process.kill()

    def stop(self) -> None:
        """Asks all of them to end, the last one first; who does not in time is killed."""
        for child in reversed(list(self.children.values())):
            if child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + PATIENCE
        for child in reversed(list(self.children.values())):
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log_.warning("%s did not stop and was killed", child.name)
                child.process.kill()
                child.process.wait()
        self.children.clear()

    @staticmethod
    def _spawn(argv: Sequence[str], env: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(  # noqa: S603 - our own programs, no shell
            [sys.executable, *argv],
            env={**os.environ, **env},
            start_new_session=True,
            preexec_fn=die_with_parent,
        )


@contextmanager
def watched(processes: Processes) -> Iterator[None]:
    """What dies is started again, whatever else goes on; in the end all are stopped."""
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.1):
            processes.watch()

    thread = threading.Thread(target=watch, name="watch")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        processes.stop()
