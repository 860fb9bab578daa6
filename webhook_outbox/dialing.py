"""Connections to receivers: kept alive, each dialled at an address that was vetted, each under a total deadline.

`requests`' adapter with prepared requests and no Session: so no redirects, cookies, proxies or netrc. urllib3's
time-outs begin anew with every byte; a watchdog therefore cuts the sockets of calls that are over their deadline.
"""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.retry import Retry

from webhook_outbox.targets import Forbidden, Network, Unresolved, vetted

CONNECT_SECONDS = 3.0


class TooLate(Exception):
    """Whoever was about to send may no longer do it."""


@dataclass(slots=True)
class Call:
    """One request under way. `deadline` by time.monotonic; `may_send` is asked before each write, as late as can be;
    `address`: what was dialled."""

    deadline: float
    may_send: Callable[[], bool]
    connection: HTTPConnection | None = None
    address: str | None = None
    cut: bool = False


class Calls(threading.local):
    """The call of this thread."""

    now: Call | None = None


class Watchdog:
    """Cuts the connection of each call that is over its deadline. One thread a process, asleep most of the time."""

    def __init__(self) -> None:
        self._calls: dict[int, Call] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="webhook-deadlines", daemon=True)
        self._thread.start()

    def enter(self, call: Call) -> None:
        self._calls[id(call)] = call

    def leave(self, call: Call) -> None:
        self._calls.pop(id(call), None)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.2):
            now = time.monotonic()
            for call in list(self._calls.values()):
                if now > call.deadline:
                    _cut(call)


def _cut(call: Call) -> None:
    call.cut = True
    sock = None if call.connection is None else call.connection.sock
    if sock is not None:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # closed in the meantime: what was wanted


class Dialer(HTTPAdapter):
    """An adapter whose connections obey `allowed`; safe to share by threads. `calls.now` is set around each send."""

    def __init__(self, allowed: Sequence[Network], *, hosts: int = 200, per_host: int = 16) -> None:
        self.calls = Calls()
        self.allowed = tuple(allowed)
        super().__init__(pool_connections=hosts, pool_maxsize=per_host, max_retries=Retry(0, redirect=0, read=False))

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **more)
        calls, allowed = self.calls, self.allowed

        class Vetted(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return dial(self, calls.now, allowed)

            def send(self, data: Any) -> None:
                _ask(calls.now)
                super().send(data)

            def getresponse(self) -> Any:
                _note(self, calls.now)
                return super().getresponse()

        class VettedTls(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return dial(self, calls.now, allowed)

            def send(self, data: Any) -> None:
                _ask(calls.now)
                super().send(data)

            def getresponse(self) -> Any:
                _note(self, calls.now)
                return super().getresponse()

        plain = type("VettedPool", (HTTPConnectionPool,), {"ConnectionCls": Vetted})
        tls = type("VettedTlsPool", (HTTPSConnectionPool,), {"ConnectionCls": VettedTls})
        self.poolmanager.pool_classes_by_scheme = {"http": plain, "https": tls}


def _ask(call: Call | None) -> None:
    if call is not None and not call.may_send():
        raise TooLate


def _note(connection: HTTPConnection, call: Call | None) -> None:
    """The watchdog knows the connection from here on; a kept-alive one tells where it was dialled."""
    if call is not None:
        call.connection = connection
        if call.address is None and connection.sock is not None:
            call.address = connection.sock.getpeername()[0]


def dial(connection: HTTPConnection, call: Call | None, allowed: Sequence[Network]) -> socket.socket:
    """Looks the name up, vets every address, connects to the first that answers: all of it within CONNECT_SECONDS."""
    until = time.monotonic() + CONNECT_SECONDS
    if call is not None:
        until = min(until, call.deadline)
    last: OSError | None = None
    host = connection.host.strip("[]").rstrip(".")
    try:
        addresses = vetted(host, connection.port, allowed, max(until - time.monotonic(), 0.0))
    except (Forbidden, Unresolved) as wrong:
        raise NewConnectionError(connection, str(wrong)) from wrong
    for family, address in addresses:
        left = until - time.monotonic()
        if left <= 0:
            break
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(left)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.connect(address)
        except OSError as wrong:
            sock.close()
            last = wrong
            continue
        if call is not None:
            call.address = address[0]
        return sock
    if last is None or isinstance(last, TimeoutError):
        raise ConnectTimeoutError(connection, f"no connection to {host} within {CONNECT_SECONDS:.0f} s")
    raise NewConnectionError(connection, f"no connection to {host}: {last}")
