"""A receiver in a process of its own that answers 200 at once and keeps, of each message, its head and when it came."""

import asyncio
import multiprocessing
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import msgspec

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_HEAD = b'{"event":'
_ID = re.compile(rb'"payload":\{"id":(\d+)')


@dataclass(frozen=True, slots=True)
class Arrival:
    """`at`: Unix time of the first byte; `size` of the body; `id` of the object."""

    at: float
    path: str
    size: int
    event: dict[str, Any]
    id: int


class Receiving(asyncio.Protocol):
    """Requests one after the other on a connection kept alive; paths with `slow` wait a second."""

    def __init__(self, kept: list[tuple[float, bytes, int, bytes]]) -> None:
        self._kept = kept
        self._held = b""
        self._first = 0.0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not self._held:
            self._first = time.time()
        self._held += data
        end = self._held.find(b"\r\n\r\n")
        if end < 0:
            return
        found = _LENGTH.search(self._held, 0, end)
        size = int(found[1]) if found else 0
        if len(self._held) < end + 4 + size:
            return
        path = self._held[5 : self._held.index(b" ", 5)]
        self._kept.append((self._first, path, size, self._held[end + 4 : end + 600]))
        self._held = self._held[end + 4 + size :]
        if path.startswith(b"/slow"):
            asyncio.get_running_loop().call_later(1.0, self._transport.write, ANSWER)
        else:
            self._transport.write(ANSWER)


def serve(pipe: Connection, core: int | None) -> None:
    if core is not None:
        os.sched_setaffinity(0, {core})
    kept: list[tuple[float, bytes, int, bytes]] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Receiving(kept), "127.0.0.1", 0, backlog=256)
        pipe.send(server.sockets[0].getsockname()[1])

        def asked() -> None:
            if pipe.recv() == "count":
                pipe.send(len(kept))
            else:
                pipe.send(kept[:])
                kept.clear()

        loop.add_reader(pipe.fileno(), asked)
        await asyncio.Event().wait()

    asyncio.run(run())


class Receiver:
    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.url = f"http://127.0.0.1:{pipe.recv()}"

    def count(self) -> int:
        self._pipe.send("count")
        return int(self._pipe.recv())

    def taken(self) -> list[Arrival]:
        """What came since the last time."""
        self._pipe.send("take")
        return [_arrival(*row) for row in self._pipe.recv()]


def _arrival(at: float, path: bytes, size: int, begin: bytes) -> Arrival:
    if not begin.startswith(_HEAD):
        return Arrival(at, path.decode(), size, {}, 0)
    event = begin[len(_HEAD) : begin.index(b"}") + 1]
    found = _ID.search(begin)
    return Arrival(at, path.decode(), size, msgspec.json.decode(event), int(found[1]) if found else 0)


@contextmanager
def receiving(core: int | None) -> Iterator[Receiver]:
    """On the given core of the machine, so that it does not take the sender's."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, core), daemon=True)
    process.start()
    try:
        yield Receiver(ours)
    finally:
        process.terminate()
        process.join()
