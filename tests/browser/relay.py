"""A line to a server that can be cut, or lose the answers, and is mended again."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal
from urllib.parse import urlsplit

Mode = Literal["open", "cut", "deaf"]


class Relay:
    """`cut`: nobody is there. `deaf`: what is posted arrives and is done, and no answer to it comes back."""

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
        if self._mode == "cut":
            came.close()
            return
        lost = threading.Event()
        with came, socket.create_connection((self._to.hostname or "", self._to.port or 80)) as server:
            with self._lock:
                self._live |= {came, server}
            back = threading.Thread(target=self._answers, args=(server, came, lost), daemon=True)
            back.start()
            self._asks(came, server, lost)
            back.join()
            with self._lock:
                self._live -= {came, server}

    def _asks(self, came: socket.socket, server: socket.socket, lost: threading.Event) -> None:
        with suppress(OSError):
            while content := came.recv(65536):
                if self._mode == "deaf" and content.startswith(b"POST"):
                    lost.set()
                server.sendall(content)
            server.shutdown(socket.SHUT_WR)

    @staticmethod
    def _answers(server: socket.socket, came: socket.socket, lost: threading.Event) -> None:
        with suppress(OSError):
            while content := server.recv(65536):
                if lost.is_set():
                    break  # it is done; and nobody learns of it
                came.sendall(content)
        with suppress(OSError):
            came.shutdown(socket.SHUT_RDWR)


@contextmanager
def relayed(to: str) -> Iterator[Relay]:
    relay = Relay(to)
    try:
        yield relay
    finally:
        relay.close()
