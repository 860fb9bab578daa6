"""A real HTTP receiver that keeps what came, and answers as it is told."""

import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """`path` tells endpoints of one receiver apart; `status` is what was answered."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float
    status: int

    @property
    def event(self) -> dict[str, Any]:
        return json.loads(self.body)["event"]

    @property
    def payload(self) -> dict[str, Any]:
        return json.loads(self.body)["payload"]

    @property
    def object(self) -> tuple[str, str, int]:
        return self.path, self.event["type"].partition(".")[0], self.payload["id"]


Answer = tuple[int, dict[str, str], bytes]
Behaviour = Callable[[str, dict[str, Any]], Answer | None]


def take(_path: str, _message: dict[str, Any]) -> Answer:
    return 200, {}, b"ok"


@dataclass
class Receiver:
    url: str = ""
    behave: Behaviour = take
    got: list[Received] = field(default_factory=list)

    def taken(self, path: str | None = None) -> list[Received]:
        return [r for r in list(self.got) if r.status < 300 and path in (None, r.path)]

    def by_object(self) -> dict[tuple[str, str, int], list[Received]]:
        found = defaultdict(list)
        for received in self.taken():
            found[received.object].append(received)
        return found

    def wait(self, count: int, path: str | None = None, seconds: float = 20.0) -> list[Received]:
        """Until `count` were taken; fails with how many came."""
        wait_for(lambda: len(self.taken(path)) >= count, seconds, lambda: f"{len(self.taken(path))} of {count} came")
        return self.taken(path)


def wait_for(condition: Callable[[], Any], seconds: float = 20.0, say: Callable[[], str] = lambda: "") -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, say() or "it did not come about"
        time.sleep(0.01)


@contextmanager
def receiving(behave: Behaviour = take) -> Iterator[Receiver]:
    receiver = Receiver(behave=behave)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = receiver.behave(self.path, json.loads(body))
            headers = dict(self.headers.items())
            if answer is None:  # hangs up
                receiver.got.append(Received(self.path, headers, body, time.time(), 599))
                self.close_connection = True
                return
            status, more, content = answer
            receiver.got.append(Received(self.path, headers, body, time.time(), status))
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            return

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (ConnectionError, BrokenPipeError):
                self.close_connection = True

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, request: Any, client_address: Any) -> None:
            return  # a sender that was killed; what came is counted, not how it ended

    server = Server(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
