"""Where may be sent to, and receivers that misbehave: each costs its own try and nothing else."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from uuid import uuid4

import pytest

from domain.settings import Subscription
from tests.at_work import LOOPBACK
from tests.webhooks.receiver import Receiver
from webhook_outbox.attempt import Courier, Outcome, Target
from webhook_outbox.dialing import Dialer
from webhook_outbox.endpoint_secrets import Secrets
from webhook_outbox.targets import Forbidden, check_url, vet


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1",
        "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::10.0.0.1", "2002:7f00:1::",
        "2001:db8::1", "::127.0.0.1", "64:ff9b::a9fe:a9fe", "fec0::1", "3fff::1", "192.88.99.1", "64:ff9b::c058:6301",
    ],
)  # fmt: skip
def test_special_addresses_are_refused(address) -> None:
    with pytest.raises(Forbidden):
        vet(address, ())


def test_public_and_allowed_addresses() -> None:
    for address in ("8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"):
        vet(address, ())
    vet("10.1.2.3", [ip_network("10.0.0.0/8")])
    vet("::ffff:10.1.2.3", [ip_network("10.0.0.0/8")])
    with pytest.raises(Forbidden):
        vet("10.1.2.3", [ip_network("10.2.0.0/16")])


@pytest.mark.parametrize(
    "url",
    [
        "ftp://8.8.8.8/", "8.8.8.8", "https://", "https:///x", "https://a:b@8.8.8.8/", "http://127.0.0.1/", "http://[::1]/",
        "http://0x7f.1/", "http://2130706433/", "http://localhost/", "https://8.8.8.8:99999/", "https://8.8.8.8/a b",
        "https://8.8.8.8/\r\nX: y", "http://[::ffff:10.0.0.1]/", "http://[zz]/", "http://8.8.8.8/",
    ],
)  # fmt: skip
def test_targets_that_are_refused_when_saved(url) -> None:
    assert check_url(url, ())


def test_a_name_that_does_not_resolve_may_be_saved() -> None:
    assert check_url("https://erp.example.invalid/hook", ()) is None
    assert check_url("https://8.8.8.8/hook?x=1", ()) is None


def send(url: str, allowed=LOOPBACK, total: float = 1.0, **more) -> Outcome:
    courier = Courier(Dialer(allowed, **more), total)
    subscription = Subscription(id=1, user=1, target_url=url, event_type="*")
    try:
        return courier.send(Target(subscription, Secrets()), "order.received", uuid4(), b'{"event":{}}')
    finally:
        courier.close()


def test_a_mixed_answer_is_refused_where_it_is_dialled(monkeypatch, receiver: Receiver) -> None:
    """A name whose other address is public is still not trusted; nothing is sent."""
    real = socket.getaddrinfo

    def mixed(host, port, **more):
        return real("8.8.8.8", port, **more) + real("127.0.0.1", port, **more) if host == "two.test" else []

    monkeypatch.setattr(socket, "getaddrinfo", mixed)
    port = receiver.url.rpartition(":")[2]
    outcome = send(f"https://two.test:{port}/", allowed=())
    assert outcome.status is None and "not a public address" in (outcome.error or "")
    assert receiver.got == []


def test_http_goes_only_where_the_installation_allows_it(monkeypatch, receiver: Receiver) -> None:
    """Also where the name resolves differently later."""
    assert "https" in (check_url("http://8.8.8.8/", LOOPBACK) or "")
    assert check_url("http://127.0.0.1:9/", LOOPBACK) is None
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _host, port, **more: real("8.8.8.8", port, **more))
    outcome = send("http://name.test/")
    assert outcome.status is None and "use https" in (outcome.error or "")


def test_proxies_netrc_and_redirects_are_not_followed(monkeypatch, receiver: Receiver) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    receiver.behave = lambda _path, _message: (307, {"Location": receiver.url + "/other", "Set-Cookie": "a=b"}, b"")
    outcome = send(receiver.url + "/here")
    assert outcome.status == 307 and not outcome.delivered
    assert [r.path for r in receiver.got] == ["/here"]
    assert "Authorization" not in receiver.got[0].headers and "Cookie" not in receiver.got[0].headers


@contextmanager
def talking(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that reads the request and then does as `talk` says."""
    server = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def run() -> None:
        server.settimeout(0.05)
        while not stop.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(5)
                try:
                    connection.recv(65536)
                    talk(connection)
                except OSError:
                    continue  # the sender has had enough of it

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        stop.set()
        thread.join()
        server.close()


def drip(begin: bytes, byte: bytes) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        connection.sendall(begin)
        for _ in range(100):
            time.sleep(0.05)
            connection.sendall(byte)

    return talk


def flood(begin: bytes, chunk: bytes) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        connection.sendall(begin)
        for _ in range(10_000):
            connection.sendall(chunk)

    return talk


@pytest.mark.parametrize(
    "talk",
    [
        lambda c: time.sleep(2),
        drip(b"HTTP/1.1 200 OK\r\n", b"X"),
        drip(b"", b"H"),
        flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        flood(b"HTTP/1.1 200 OK\r\n", b"X-Header: " + b"y" * 4000 + b"\r\n"),
        flood(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 10_000),
        lambda c: c.sendall(b"SSH-2.0-OpenSSH_9.6\r\n"),
        lambda c: c.sendall(b"HTTP/1.1 two hundred\r\n\r\n"),
        lambda c: None,
    ],
    ids=["silence", "drip", "drip status", "endless 100", "many headers", "long header", "ssh", "no status", "hang up"],
)
def test_no_answer_in_time_is_a_failure(talk) -> None:
    with talking(talk) as url:
        begun = time.monotonic()
        outcome = send(url)
        assert time.monotonic() - begun < 1.6
    assert outcome.status is None and outcome.error
    assert outcome.address == "127.0.0.1"


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("talk", "kept"),
    [
        (flood(OK + b"\r\n", b"y" * 10_000), 16 * 1024),
        (flood(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"400\r\n" + b"y" * 1024 + b"\r\n"), 16 * 1024),
        (drip(OK + b"Content-Length: 10000\r\n\r\nyyyyy", b"y"), None),
        (lambda c: c.sendall(OK + b"Content-Length: 10\r\n\r\nyyyyy"), 5),
        (lambda c: c.sendall(OK + b"Content-Length: 5\r\n\r\nyyyyy"), 5),
    ],
    ids=["endless", "endless chunks", "drip", "cut short", "whole"],
)
def test_delivered_by_its_headers_whatever_the_body(talk, kept) -> None:
    with talking(talk) as url:
        begun = time.monotonic()
        outcome = send(url)
        assert time.monotonic() - begun < 1.6
    assert outcome.delivered
    assert set(outcome.answer) == {ord("y")}
    assert len(outcome.answer) == kept if kept is not None else len(outcome.answer) < 100


def test_tls_that_nobody_vouches_for_is_refused() -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(b"\x15\x03\x01\x00\x02\x02\x28")  # a TLS alert

    with talking(talk) as url:
        outcome = send(url.replace("http:", "https:"))
    assert outcome.status is None and "SSL" in (outcome.error or "")


def test_a_handshake_that_never_ends_is_given_up() -> None:
    with talking(lambda c: time.sleep(2)) as url:
        begun = time.monotonic()
        outcome = send(url.replace("http:", "https:"))
        assert time.monotonic() - begun < 1.6
    assert outcome.status is None


def test_connections_are_kept_alive_and_a_closed_one_is_noticed(receiver: Receiver) -> None:
    courier = Courier(Dialer(LOOPBACK), 5)
    target = Target(Subscription(id=1, user=1, target_url=receiver.url, event_type="*"), Secrets())
    dialled = []
    real = socket.socket.connect

    class Counting(socket.socket):
        def connect(self, address):
            dialled.append(address)
            return real(self, address)

    original, socket.socket = socket.socket, Counting  # type: ignore[misc]  # on purpose
    try:
        for _ in range(5):
            assert courier.send(target, "order.received", uuid4(), b'{"event":{"type":"order.received"}}').delivered
        assert len(dialled) == 1
        for idle in courier._dialer._idle.values():
            for sock in idle:
                sock.shutdown(socket.SHUT_WR)  # the receiver hangs up, too
        time.sleep(0.2)
        assert courier.send(target, "order.received", uuid4(), b'{"event":{"type":"order.received"}}').delivered
        assert len(dialled) == 2
    finally:
        socket.socket = original  # type: ignore[misc]  # on purpose
        courier.close()


def test_the_default_context_verifies() -> None:
    context = Dialer(())._tls
    assert context.verify_mode is ssl.CERT_REQUIRED and context.check_hostname
