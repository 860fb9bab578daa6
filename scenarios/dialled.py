"""HTTP under one deadline: a call ends when its seconds are over, however slowly the other side feeds it.

The timeouts of `requests` begin again with every byte that comes. Here whoever waits notes its socket, and a timer
cuts it off.
"""

import socket
import time
from contextlib import suppress
from threading import Lock, Timer, local
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_thread = local()


class Deadline:
    """`with Deadline(seconds):` around the calls of this thread; what is under way then is cut off (OSError, or an
    answer that ends too early). `cut` may be called by any thread."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._timer = Timer(seconds, self.cut)
        self._timer.daemon = True
        self._lock = Lock()
        self._socket: socket.socket | None = None
        self.over = False

    def __enter__(self) -> "Deadline":
        _thread.deadline = self
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        _thread.deadline = None

    @property
    def left(self) -> float:
        """Seconds, a few milliseconds at least: a timeout of 0 means something else."""
        return max(self._until - time.monotonic(), 0.005)

    def cut(self) -> None:
        with self._lock:
            self.over = True
            if self._socket is not None:
                _shut(self._socket)

    def note(self, waits: socket.socket | None) -> None:
        """The answer is about to be read from this socket."""
        with self._lock:
            self._socket = waits
            if self.over and waits is not None:
                _shut(waits)


def _shut(one: socket.socket) -> None:
    with suppress(OSError):  # it may have ended by itself
        socket.socket.shutdown(one, socket.SHUT_RDWR)  # of an SSL socket too: its own forgets its state at once


def _noted(connection: HTTPConnection) -> None:
    deadline: Deadline | None = getattr(_thread, "deadline", None)
    if deadline is not None:
        deadline.note(connection.sock)


class _Plain(HTTPConnection):
    def getresponse(self) -> Any:
        _noted(self)
        return super().getresponse()


class _Secure(HTTPSConnection):
    def getresponse(self) -> Any:
        _noted(self)
        return super().getresponse()


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class DeadlineAdapter(HTTPAdapter):
    """For a session whose calls are made inside a Deadline."""

    def init_poolmanager(self, *args: Any, **settings: Any) -> None:
        super().init_poolmanager(*args, **settings)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
