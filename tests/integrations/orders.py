"""Orders of people with an address, each with one package that waits, straight into the log."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from domain.carriers import SenderAddress
from domain.kinds import stream_of
from domain.location import Address, LocationRegistered, Profile
from domain.order import Destination, OrderItem, OrderReceived
from domain.package import NewItem, PackageCreated
from domain.settings import CargoCompany, Channel
from domain.states import OrderStatus, PackageStatus
from tests.integrations.conftest import Bench
from tests.webhooks.lives import deciding, write

FAST, STEADY = 1, 2
LEEDS = {"name": "Leeds"}
GB = {"code": "GB", "name": "United Kingdom"}
HOME = {"line": "2 High St", "postcode": "LS1 2AB", "city": LEEDS, "country": GB}
CUSTOMER = {"email": "ada@example.org", "first_name": "Ada", "last_name": "Byron", "phone_number": "+447700900123"}


def set_up(bench: Bench, *companies: CargoCompany, channel: Channel | None = None) -> None:
    """A channel, a shop in Leeds, carriers, and what the first of them calls the shop."""
    bench.save(channel or Channel(1, "web", "web"))
    profile = Profile("ST-014", "Leeds Briggate", address=Address(line="1 Briggate", city=LEEDS, country=GB))
    write(bench.log, deciding((stream_of("location", 1), LocationRegistered(location=1, profile=profile))))
    for company in companies:
        bench.save(company)
    if companies:
        bench.save(SenderAddress(1, 1, companies[0].id, "LEEDS-7"))


def waiting(bench: Bench, ids: Iterable[int], **fields: Any) -> None:
    """Orders whose one package waits (100); `fields` of OrderReceived."""
    for id in ids:
        personal = bench.keyring.seal(
            bench.keyring.new_key(f"{id}@example.org"),
            {"customer": {**CUSTOMER, "email": f"{id}@example.org"}, "shipping_address": HOME, "notes": ""},
        )
        received = OrderReceived(
            order=id,
            number=f"R{id}",
            channel=1,
            status=OrderStatus.approved,
            items=(OrderItem(id=id * 10, sku="85123A", quantity=2, name="T-LIGHT HOLDER"),),
            destination=Destination(country="United Kingdom", city="Leeds"),
            personal=personal,
            cargo_company=FAST,
        )
        received = replace(received, **fields)
        created = PackageCreated(
            package=id,
            number=f"R{id}P1",
            state=PackageStatus.waiting,
            born=PackageStatus.waiting,
            location=1,
            items=(NewItem(id=id * 100, item=id * 10, sku="85123A", quantity=2),),
            forced=True,
        )
        _live(bench, id, received, created)


def _live(bench: Bench, id: int, *facts: Any) -> None:
    def decided(_order: Any, _given: Any) -> list[Any]:
        return list(facts)

    bench.log.decide(stream_of("order", id), decided, actor="ada", command="live")
