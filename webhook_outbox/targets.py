"""Where may be sent to: public addresses by https, and what the installation allows by either (spec 4.1, 4.4)."""

import socket
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from threading import Lock
from urllib.parse import urlsplit

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

# Look-ups cannot be given a time limit, so they are made by threads one may stop waiting for; one at a time for each
# name, so that a name whose server is silent holds one of them only.
_LOOKUPS = ThreadPoolExecutor(64, "webhook-lookup")
_under_way: dict[tuple[str, int], "Future[list[tuple]]"] = {}
_lock = Lock()

_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"), IPv6Network("::/96"))
"""IPv6 that holds an IPv4 address in its last four bytes (NAT64, and the old compatible form)."""


_SPECIAL = (IPv6Network("fec0::/10"), IPv6Network("3fff::/20"), IPv4Network("192.88.99.0/24"))
"""What `ipaddress` takes for public and is not: old site-local addresses, documentation, relays of 6to4."""


class Forbidden(Exception):
    """An address that nothing may be sent to."""


class Unresolved(Exception):
    """A name that gave no address, or not in time."""


def inner(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in network for network in _TRANSLATED) and int(address) > 0xFFFF:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_allowed(text: str, allowed: Sequence[Network]) -> bool:
    """Whether the installation names it."""
    outer = ip_address(text.partition("%")[0])
    return any(
        candidate.version == network.version and candidate in network
        for candidate in (outer, inner(outer))
        for network in allowed
    )


def vet(text: str, allowed: Sequence[Network]) -> Address:
    """The address, where it is public or allowed; Forbidden else (private, loopback, link-local, metadata, …)."""
    outer = ip_address(text.partition("%")[0])
    if is_allowed(text, allowed):
        return outer
    address = inner(outer)
    special = any(address.version == network.version and address in network for network in _SPECIAL)
    if special or not address.is_global or address.is_multicast or address.is_reserved:
        raise Forbidden(f"{text} is not a public address")
    return outer


def resolve(host: str, port: int, seconds: float) -> list[tuple[int, tuple]]:
    """(family, socket address) of every address of a name; Unresolved where there is none within `seconds`."""
    try:
        found = _look_up(host, port).result(seconds)
    except TooSlow:
        raise Unresolved(f"{host} was not found within {seconds:.0f} s") from None
    except (socket.gaierror, UnicodeError) as wrong:
        raise Unresolved(f"{host} was not found: {wrong}") from wrong
    return [(family, address) for family, _, _, _, address in found]


def _look_up(host: str, port: int) -> "Future[list[tuple]]":
    name = (host, port)
    with _lock:
        future = _under_way.get(name)
        if future is not None:
            return future
        future = _under_way[name] = _LOOKUPS.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)

    def ended(_: "Future[list[tuple]]") -> None:
        with _lock:
            _under_way.pop(name, None)

    future.add_done_callback(ended)  # past the lock: it may have ended already
    return future


def vetted(host: str, port: int, tls: bool, allowed: Sequence[Network], seconds: float) -> list[tuple[int, tuple]]:
    """As `resolve`; Forbidden as soon as one of the addresses is: a name with mixed answers is not trusted. Without TLS
    only to what the installation names."""
    found = resolve(host, port, seconds)
    for _, address in found:
        vet(address[0], allowed)
        if not tls and not is_allowed(address[0], allowed):
            raise Forbidden(f"http goes to {address[0]} only where the installation allows it; use https")
    return found


def check_url(url: str, allowed: Sequence[Network], seconds: float = 3.0) -> str | None:
    """What is wrong with a target as it is saved, as a sentence; None where nothing is. A name that does not resolve
    yet may be saved: what is dialled is vetted again."""
    if any(c.isspace() or not c.isprintable() for c in url):
        return "It holds spaces or characters that no URL has."
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "It is not a URL."
    if parts.scheme not in ("http", "https") or not host:
        return "It begins with https:// or http:// and a host."
    if parts.username is not None or parts.password is not None:
        return "A user or password does not belong in it; config.auth is kept secret."
    try:
        tls = parts.scheme == "https"
        vetted(host, port or (443 if tls else 80), tls, allowed, seconds)
    except Forbidden as forbidden:
        return f"{forbidden}; the installation allows such receivers by OMS_WEBHOOK_ALLOW."
    except Unresolved:
        return None
    return None
