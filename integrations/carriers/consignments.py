"""A shipment as a carrier is told it: from where, to whom, what is in it."""

from collections.abc import Mapping
from typing import Any

from domain.location import Location
from domain.order import Order
from domain.package import Package
from domain.settings import CargoCompany
from domain.shipment import Shipment
from integrations.carriers.adapter import Consignment, Party, Piece
from integrations.carriers.adapters import format_of
from integrations.desk import Desk
from integrations.trouble import Declined


def reference_of(package: Package, shipment: Shipment) -> str:
    """Our name of it, unique: by it a carrier finds what it never gave us a number of."""
    return f"{package.number}-{shipment.id}"


def consignment(order: Order, shipment: Shipment, company: CargoCompany, desk: Desk) -> Consignment:
    """Of the order as given; Declined where the customer was forgotten: nobody knows where it goes."""
    package = order.packages[shipment.package]
    names = {line.id: line.name for line in order.items}
    return Consignment(
        reference=reference_of(package, shipment),
        weights=tuple(parcel.weight or "" for parcel in shipment.parcels) or ("",),
        pieces=tuple(Piece(i.sku, names.get(i.item, ""), i.quantity) for i in package.items if i.quantity),
        sender=_location(desk.log.reference.one("location", package.location)),
        receiver=_receiver(order, desk),
        origin=_origin(desk, package.location, company.id),
        format=format_of(company.conf),
    )


def the_other_way(consignment: Consignment, pieces: Mapping[str, int]) -> Consignment:
    """What comes back of it: pieces by SKU, from who received it to who sent it, in one parcel."""
    back = tuple(Piece(p.sku, p.name, pieces[p.sku]) for p in consignment.pieces if pieces.get(p.sku))
    return Consignment(
        reference=f"{consignment.reference}-R",
        weights=("",),
        pieces=back,
        sender=consignment.receiver,
        receiver=consignment.sender,
        origin=consignment.origin,
        format=consignment.format,
    )


def _receiver(order: Order, desk: Desk) -> Party:
    """The customer's address; for who picks it up, the shop's."""
    if order.delivery_type == "store_pickup" and order.retail_store:
        store = desk.log.reference.find("location", order.retail_store)
        if store is not None:
            return _location(store)
    of = desk.keyring.reveal(order.personal)
    if of is None:
        raise Declined("the customer was forgotten: nobody knows where it goes")
    customer = of.get("customer") or {}
    name = " ".join(filter(None, (customer.get("first_name"), customer.get("last_name"))))
    return _party(name, of.get("shipping_address") or {}, str(customer.get("phone_number") or ""))


def _location(location: Location | None) -> Party:
    if location is None:
        return Party("")
    profile, address = location.profile, location.profile.address
    said = {name: getattr(address, name) for name in ("line", "postcode", "city", "country")}
    return _party(profile.name, said, profile.daytime_phone)


def _party(name: str, address: Mapping[str, Any], phone: str) -> Party:
    city, country = address.get("city") or {}, address.get("country") or {}
    return Party(
        name=name,
        line=str(address.get("line") or ""),
        postcode=str(address.get("postcode") or ""),
        city=str(city.get("name") or ""),
        country=str(country.get("code") or country.get("name") or ""),
        phone=phone,
    )


def _origin(desk: Desk, location: int, company: int) -> str:
    rows = desk.log.reference.all("sender_address")
    found = (r for r in rows if r.is_active and (r.stock_location, r.cargo_company) == (location, company))
    return next((str(row.origin_id) for row in found), "")
