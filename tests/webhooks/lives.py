"""Lives of orders and locations straight into the log, each fact a decision of its own."""

from collections.abc import Iterable
from typing import Any

from domain.kinds import stream_of
from domain.location import LocationChanged, LocationRegistered, Profile
from domain.order import Destination, OrderItem, OrderReceived, OrderUnplanned
from domain.package import NewItem, PackageCreated, PackagePacked, PackagePicked, PackagePreparing
from domain.settings import Channel, save
from domain.states import OrderStatus, PackageStatus
from eventlog.keyring import Keyring
from eventlog.log import EventLog
from eventlog.recorded import Decision, Written, new_command_id

SECRET = "the installation's secret"
LIFE = (
    "order.received",
    "package.created",
    "package.status.preparing",
    "package.status.transitioned",
    "package.status.ready_for_packaging",
    "package.status.transitioned",
    "package.status.packed",
    "package.status.transitioned",
)
"""What `live` causes, in order, for who asks for everything of orders and packages."""


def deciding(*events: tuple[str, Any]) -> Decision:
    return Decision(
        command_id=new_command_id(),
        events=events,
        actor="tester",
        command="live",
        correlation_id="request-1",
        causation_id="",
    )


def write(log: EventLog, *decisions: Decision) -> list[Written]:
    return [future.result() for future in log.append_many(decisions)]


def channel(log: EventLog, id: int = 1, name: str = "web") -> None:
    record = Channel(id=id, name=name, slug=name)
    write(log, deciding(*((stream_of("channel", id), fact) for fact in save(None, record))))


def location(log: EventLog, id: int = 1, name: str = "Leeds", code: str | None = None) -> None:
    profile = Profile(erp_code=code or f"ST-{id:03}", name=name)
    write(log, deciding((stream_of("location", id), LocationRegistered(location=id, profile=profile))))


def renamed(log: EventLog, id: int, name: str) -> None:
    profile = Profile(erp_code=f"ST-{id:03}", name=name)
    write(log, deciding((stream_of("location", id), LocationChanged(location=id, profile=profile))))


def received(keyring: Keyring, id: int, channel: int = 1, email: str = "ada@example.org") -> tuple[str, Any]:
    personal = keyring.seal(
        keyring.new_key(email), {"customer": {"email": email, "first_name": "Ada"}, "notes": "bell"}
    )
    fact = OrderReceived(
        order=id,
        number=f"R{id}",
        channel=channel,
        status=OrderStatus.approved,
        items=(OrderItem(id=id * 10, sku="85123A", quantity=2, name="T-LIGHT HOLDER"),),
        destination=Destination(city="Leeds"),
        personal=personal,
    )
    return stream_of("order", id), fact


def unplanned(id: int, reason: str) -> tuple[str, Any]:
    return stream_of("order", id), OrderUnplanned(order=id, reasons=(reason,))


def life(keyring: Keyring, id: int, channel: int = 1, location: int = 1) -> list[tuple[str, Any]]:
    """An order whose one package is packed; the package has the order's id."""
    created = PackageCreated(
        package=id,
        number=f"R{id}P1",
        state=PackageStatus.waiting,
        born=PackageStatus.waiting,
        location=location,
        items=(NewItem(id=id * 100, item=id * 10, sku="85123A", quantity=2),),
    )
    moves = (PackagePreparing(package=id), PackagePicked(package=id))
    packed = PackagePacked(package=id, state=PackageStatus.packed)
    return [received(keyring, id, channel), *((stream_of("order", id), f) for f in (created, *moves, packed))]


def live(log: EventLog, keyring: Keyring, ids: Iterable[int], **more: int) -> None:
    """The lives of several orders, interleaved."""
    lives = [life(keyring, id, **more) for id in ids]
    write(log, *(deciding(event) for step in zip(*lives, strict=True) for event in step))
