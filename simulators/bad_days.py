"""A receiver of webhooks on its bad days: the first part of the path says which, `/drip-body/orders` say.

It keeps what came, so that a test can verify it. `python -m simulators.bad_days` runs it; `--tls` with a certificate
that nobody vouches for.
"""

import argparse
import contextlib
import datetime
import gzip
import ipaddress
import socket
import ssl
import struct
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from simulators.program import until_stopped

HUGE = 400 * 1024 * 1024
DRIP_SECONDS = 0.2
INSIDE = "http://169.254.169.254/latest/meta-data/"
"""Where cloud machines keep their secrets."""


@dataclass(frozen=True)
class Came:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class BadDays:
    """`came`: every request whose body was read, by day; `sent`: bytes of an answer that were taken."""

    url: str = ""
    came: list[Came] = field(default_factory=list)
    sent: int = 0
    over: threading.Event = field(default_factory=threading.Event)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    days: BadDays

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.days.came.append(Came(self.path, dict(self.headers.items()), body))
        DAYS.get(self.path.strip("/").partition("/")[0], fine)(self)

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def raw(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()
        self.days.sent += len(data)

    def hang_up(self) -> None:
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        return


def fine(to: Handler) -> None:
    to.answer(200, b"ok")


def error(to: Handler) -> None:
    to.answer(500, b"not today")


def timeout(to: Handler) -> None:
    to.days.over.wait(60)
    to.hang_up()


def drip_headers(to: Handler) -> None:
    to.raw(b"HTTP/1.1 200 OK\r\n")
    for n in range(300):
        if to.days.over.wait(DRIP_SECONDS):
            break
        to.raw(f"X-Drop-{n}: 1\r\n".encode())
    to.hang_up()


def drip_body(to: Handler) -> None:
    to.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(300):
        if to.days.over.wait(DRIP_SECONDS):
            break
        to.raw(b"x")
    to.hang_up()


def huge(to: Handler) -> None:
    to.raw(f"HTTP/1.1 200 OK\r\nContent-Length: {HUGE}\r\n\r\n".encode())
    for _ in range(HUGE // 65536):
        to.raw(b"x" * 65536)


def huge_headers(to: Handler) -> None:
    to.raw(b"HTTP/1.1 200 OK\r\n")
    for n in range(HUGE // 1024):
        to.raw(b"X-%d: %s\r\n" % (n, b"y" * 1000))


def gzip_bomb(to: Handler) -> None:
    """A megabyte that would be a gigabyte."""
    to.answer(200, BOMB, Content_Encoding="gzip", Content_Type="application/json")


def reset(to: Handler) -> None:
    to.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    to.connection.close()
    to.hang_up()


def nonsense(to: Handler) -> None:
    to.raw(b"SSH-2.0-OpenSSH_9.6\r\n\x00\xff\r\n")
    to.hang_up()


def redirect_inside(to: Handler) -> None:
    to.answer(302, Location=INSIDE, Set_Cookie="a=b")


def gone(to: Handler) -> None:
    to.answer(410, b"no more, please")


def too_many(to: Handler) -> None:
    to.answer(429, b"later", Retry_After="2")


BOMB = gzip.compress(bytes(1024 * 1024), 9) * 1000
DAYS: dict[str, Callable[[Handler], None]] = {
    "fine": fine,
    "500": error,
    "timeout": timeout,
    "drip-headers": drip_headers,
    "drip-body": drip_body,
    "400mb": huge,
    "400mb-headers": huge_headers,
    "gzip-bomb": gzip_bomb,
    "reset": reset,
    "nonsense": nonsense,
    "redirect-inside": redirect_inside,
    "410": gone,
    "429": too_many,
}
"""Name in the path → what happens."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        return  # a sender that had enough


@contextlib.contextmanager
def having(host: str = "127.0.0.1", port: int = 0, *, tls: bool = False) -> Iterator[BadDays]:
    """The receiver on a thread of this process."""
    days = BadDays()
    server = Server((host, port), type("Handler", (Handler,), {"days": days}))
    if tls:
        with tempfile.TemporaryDirectory() as home:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(_self_signed(Path(home) / "receiver.pem", host))
        server.socket = context.wrap_socket(server.socket, server_side=True)
    days.url = f"{'https' if tls else 'http'}://{host}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield days
    finally:
        days.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _self_signed(file: Path, host: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    begun = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begun)
        .not_valid_after(begun + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return file


class TurningName:
    """Stands for `socket.getaddrinfo`: a name that is a harmless address when it is looked up first, and another
    afterwards."""

    def __init__(self, name: str, first: str, then: str) -> None:
        self._name, self._answers, self._real = name, [first, then], socket.getaddrinfo
        self.asked = 0

    def __call__(self, host: str, port: int, *args: Any, **more: Any) -> list[Any]:
        if host != self._name:
            return self._real(host, port, *args, **more)
        self.asked += 1
        return self._real(self._answers[min(self.asked, 2) - 1], port, *args, **more)


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m simulators.bad_days", description=__doc__)
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--tls", action="store_true", help="https with a certificate that nobody vouches for")
    given = arguments.parse_args()
    stop = until_stopped()
    with having(given.host, given.port, tls=given.tls) as days:
        print(f"bad_days ready at {days.url}; {', '.join(DAYS)}", flush=True)
        stop.wait()


if __name__ == "__main__":
    main()
