"""A line to a server that can be cut, or lose the answers, and is mended again."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal
from urllib.parse import urlsplit

Mode = Literal["open", "cut", "deaf"]


class Relay:
    """`cut`: nobody is there. `deaf`: what is posted arrives and is done, and no answer to it comes back. The server
    takes one request a connection."""

    def __init__(self, to: str) -> None:
        self._to = urlsplit(to)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._mode: Mode = "open"
        self._lock = threading.Lock()
        self._live: set[socket.socket] = set()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def become(self, mode: Mode) -> None:
        """From now on; what is under way is cut off."""
        with self._lock:
            self._mode = mode
            live, self._live = self._live, set()
        for one in live:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.become("cut")
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                came, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(came,), daemon=True).start()

    def _carry(self, came: socket.socket) -> None:
        mode = self._mode
        if mode == "cut":
            came.close()
            return
        if mode == "deaf" and came.recv(4, socket.MSG_PEEK) != b"POST":
            mode = "open"
        with came, socket.create_connection((self._to.hostname or "", self._to.port or 80)) as server:
            with self._lock:
                self._live |= {came, server}
            back = threading.Thread(target=self._answers, args=(server, came, mode), daemon=True)
            back.start()
            self._pump(came, server)
            back.join()
            with self._lock:
                self._live -= {came, server}

    def _answers(self, server: socket.socket, came: socket.socket, mode: Mode) -> None:
        if mode == "open":
            self._pump(server, came)
        else:
            with suppress(OSError):
                server.recv(1)  # it is done; and nobody learns of it
        with suppress(OSError):
            came.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _pump(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while content := source.recv(65536):
                target.sendall(content)
            target.shutdown(socket.SHUT_WR)


@contextmanager
def relayed(to: str) -> Iterator[Relay]:
    relay = Relay(to)
    try:
        yield relay
    finally:
        relay.close()
