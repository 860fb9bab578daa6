"""Requests to receivers: connections kept alive, each dialled at a vetted address, all of a request under one deadline.

`http.client` reads the answers; the socket beneath it is ours, so that every single read and write knows how much time
is left and how much may still come. There is no session: no redirects, cookies, proxies or netrc.
"""

import io
import select
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

from certifi import where

from webhook_outbox.targets import Network, vetted

CONNECT_SECONDS = 3.0
ANSWER_BYTES = 16 * 1024
ANSWER_SECONDS = 2.0
"""How long an answer's body is waited for once its headers came: they already said what counts."""
HEADERS_BYTES = 64 * 1024
IDLE_PER_HOST = 32


class TooLate(Exception):
    """Whoever was about to send may no longer do it."""


@dataclass(slots=True)
class Call:
    """One request under way. `deadline` by time.monotonic; `may_send` is asked before each write, as late as can be;
    `address`: what was dialled; `room`: bytes that may still come. `most`: bytes of an answer that are read, within
    `answer_seconds` of its headers; `connect_seconds` for the connection."""

    deadline: float
    may_send: Callable[[], bool]
    address: str | None = None
    room: int = HEADERS_BYTES + ANSWER_BYTES
    most: int = ANSWER_BYTES
    answer_seconds: float = ANSWER_SECONDS
    connect_seconds: float = CONNECT_SECONDS

    def left(self) -> float:
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds


@dataclass(frozen=True, slots=True)
class Place:
    """Where a URL leads: the host to dial, and what the request line and the Host header say."""

    tls: bool
    host: str
    port: int
    path: str
    host_header: str


def place_of(url: str) -> Place:
    """Queries differ from call to call and may hold what is not to be kept: what stands before them is remembered."""
    address, asked, query = url.partition("#")[0].partition("?")
    place = _place_of(address)
    return replace(place, path=f"{place.path}?{query}") if asked else place


@lru_cache(10_000)
def _place_of(address: str) -> Place:
    parts = urlsplit(address)
    tls = parts.scheme == "https"
    host = (parts.hostname or "").rstrip(".")
    return Place(tls, host, parts.port or (443 if tls else 80), parts.path or "/", parts.netloc.rpartition("@")[2])


@dataclass(frozen=True, slots=True)
class Reply:
    """`answer`: at most the call's `most` bytes as they came over the wire, not decompressed; `whole`: all of it."""

    status: int
    retry_after: str | None
    answer: bytes
    whole: bool = True
    media_type: str = ""


class _Reader(io.RawIOBase):
    """Reads for http.client from a socket, within the time and room of a call."""

    def __init__(self, sock: socket.socket, call: Call) -> None:
        self._sock, self._call = sock, call

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed's buffers know no length
        self._sock.settimeout(self._call.left())
        count = self._sock.recv_into(buffer)
        self._call.room -= count
        if self._call.room < 0:
            raise HTTPException("the answer's headers are too long")
        return count

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What http.client asks a socket for."""
        return io.BufferedReader(self, 4096)


@cache
def _trusting(certificates: str) -> ssl.SSLContext:
    """Read once a process: there are well over a hundred of the usual ones. Nobody changes it."""
    return ssl.create_default_context(cafile=certificates)


class Dialer:
    """Safe to share by threads. `trusted`: a file of certificates, else the usual ones."""

    def __init__(self, allowed: Sequence[Network], trusted: str | None = None) -> None:
        self._allowed = tuple(allowed)
        self._tls = _trusting(trusted or where())
        self._idle: dict[tuple[bool, str, int], deque[socket.socket]] = {}

    def close(self) -> None:
        for idle in self._idle.values():
            while idle:
                idle.pop().close()

    def post(self, url: str, headers: bytes, body: bytes, call: Call) -> Reply:
        """As `send`."""
        return self.send("POST", url, headers, body, call)

    def send(self, method: str, url: str, headers: bytes, body: bytes, call: Call) -> Reply:
        """`headers`: lines without Host. OSError, HTTPException, Forbidden or Unresolved where no answer came in time;
        TooLate where `may_send` says no before the last byte is written: what was written then is no whole message."""
        place = place_of(url)
        key = (place.tls, place.host, place.port)
        sock = self._reused(key, call) or self._dial(place, call)
        try:
            head = f"{method} {place.path} HTTP/1.1\r\nHost: {place.host_header}\r\n".encode()
            _write(sock, head + headers + b"\r\n" + body, call)
            response = HTTPResponse(_Reader(sock, call), method=method)  # type: ignore[arg-type]  # it asks makefile
            response.begin()
            call.deadline = min(call.deadline, time.monotonic() + call.answer_seconds)
            answer, whole = _read(response, call)
        except BaseException:
            sock.close()
            raise
        if whole and not response.will_close and response.status >= 200:
            self._keep(key, sock)
        else:
            sock.close()
        media_type = response.getheader("Content-Type") or ""
        return Reply(response.status, response.getheader("Retry-After"), answer, whole, media_type)

    def _reused(self, key: tuple[bool, str, int], call: Call) -> socket.socket | None:
        """One that is idle and was not closed from the other side, nor said anything unasked."""
        idle = self._idle.get(key)
        while idle:
            try:
                sock = idle.pop()
            except IndexError:
                return None
            poll = select.poll()
            poll.register(sock, select.POLLIN)
            if not poll.poll(0):
                call.address = sock.getpeername()[0]
                return sock
            sock.close()
        return None

    def _keep(self, key: tuple[bool, str, int], sock: socket.socket) -> None:
        idle = self._idle.setdefault(key, deque())
        if len(idle) < IDLE_PER_HOST:
            idle.append(sock)
        else:
            sock.close()

    def _dial(self, place: Place, call: Call) -> socket.socket:
        """Looks the name up, vets every address, connects to the first that answers, speaks TLS."""
        until = min(call.deadline, time.monotonic() + call.connect_seconds)
        last: OSError = TimeoutError(f"no connection within {call.connect_seconds:g} s")
        for family, address in vetted(place.host, place.port, place.tls, self._allowed, until - time.monotonic()):
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
                last = last if isinstance(wrong, TimeoutError) else wrong
                continue
            call.address = address[0]
            return self._secured(sock, place, call) if place.tls else sock
        raise last

    def _secured(self, sock: socket.socket, place: Place, call: Call) -> socket.socket:
        try:
            sock.settimeout(call.left())  # of the whole handshake
            return self._tls.wrap_socket(sock, server_hostname=place.host)
        except BaseException:
            sock.close()
            raise


def _write(sock: socket.socket, data: bytes, call: Call) -> None:
    """Looks at `may_send` with nothing but the system call after it: where the receiver takes no more for now, the wait
    for it comes before the look, never between the look and the write."""
    rest = memoryview(data)
    sock.settimeout(0)
    while rest:
        if not call.may_send():
            raise TooLate
        try:
            rest = rest[sock.send(rest) :]
        except (BlockingIOError, ssl.SSLWantWriteError):
            _wait(sock, select.POLLOUT, call)
        except ssl.SSLWantReadError:
            _wait(sock, select.POLLIN, call)


def _wait(sock: socket.socket, what: int, call: Call) -> None:
    poll = select.poll()
    poll.register(sock, what)
    poll.poll(call.left() * 1000)


def _read(response: HTTPResponse, call: Call) -> tuple[bytes, bool]:
    """The first bytes, and whether that was all of it; what came before a failure stays."""
    call.room = max(call.room, call.most + 4096)
    parts: list[bytes] = []
    left = call.most
    try:
        while left and (piece := response.read1(left)):
            parts.append(piece)
            left -= len(piece)
    except (OSError, HTTPException, ValueError):
        return b"".join(parts), False
    return b"".join(parts), response.isclosed() or response.length == 0
