"""Coordinates of addresses: one interface, a provider over HTTP and one that only logs (GEOCODE_PROVIDER_SETTINGS).

An order waits for its coordinates before it is planned, but not long: a provider that is away costs PATIENCE seconds.
"""

import logging
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Protocol
from urllib.parse import urlencode

from domain.application_settings import value_of
from domain.kernel import Facts, Given
from domain.order import Order
from domain.order_place import OrderPlaceSought, placed
from integrations.desk import Desk
from integrations.kinds import CallKind, Caused, Seen, Work, declare
from integrations.outside import Ask, Said, System
from integrations.trouble import Declined, Misconfigured, Moot, Trouble

PATIENCE = timedelta(seconds=20)

Point = tuple[float, float]
"""Latitude and longitude in degrees."""

log_ = logging.getLogger("daybook.geocoding")


class Geocoder(Protocol):
    """`find` gives the point of an address, None where there is no such place."""

    def find(self, address: Mapping[str, str]) -> Point | None: ...


class HttpGeocoder:
    """`GET url?q=<address>&key=<api_key>` → `{results: [{latitude, longitude}, …]}`, the best first."""

    def __init__(self, settings: Mapping[str, Any], desk: Desk, work: Work) -> None:
        self._settings, self._desk, self._work = settings, desk, work

    def find(self, address: Mapping[str, str]) -> Point | None:
        work = self._work
        ask = question(self._settings, address, lane=work.subject, call=work.id, may_send=work.may_send)
        return self._desk.call(System.of(work.system, self._settings), ask, point)


def question(settings: Mapping[str, Any], address: Mapping[str, str], **more: Any) -> Ask:
    """`more`: further fields of the Ask."""
    key = settings.get("api_key")
    query = urlencode({"q": ", ".join(filter(None, address.values())), **({"key": key} if key else {})})
    return Ask("GET", f"{settings['url']}?{query}", "coordinates", **more)


def point(said: Said) -> Point | None:
    """The best of an answer; ValueError where it makes no sense."""
    rows = said.json()["results"]
    if not rows:
        return None
    latitude, longitude = float(rows[0]["latitude"]), float(rows[0]["longitude"])
    if not -90 <= latitude <= 90 or not -180 <= longitude <= 180:
        raise ValueError("no place on earth")
    return latitude, longitude


class LogGeocoder:
    """Asks nobody: a line of the log says that it would have asked, without the address."""

    def find(self, address: Mapping[str, str]) -> Point | None:
        log_.info("an address of %d parts would be looked up", len([part for part in address.values() if part]))
        return None


def geocoder(desk: Desk, work: Work) -> Geocoder:
    settings = value_of(desk.log.reference, "GEOCODE_PROVIDER_SETTINGS")
    if not settings:
        raise Misconfigured("GEOCODE_PROVIDER_SETTINGS does not say who knows coordinates")
    if settings.get("provider") == "log":
        return LogGeocoder()
    return HttpGeocoder(desk.opened(settings), desk, work)


def _causes(seen: Seen) -> Iterator[Caused]:
    order = seen.fact.order
    yield Caused(f"order-{order}", f"place-{order}", "geocoding", {"order": order})


def _run(work: Work, desk: Desk) -> str:
    order = desk.order(work)
    if order.destination.latitude is not None:
        raise Moot("its coordinates are known")
    try:
        found = geocoder(desk, work).find(_address(order, desk))
    except Trouble as trouble:
        late = order.created is None or desk.log.now() - order.created > PATIENCE
        if late or isinstance(trouble, Declined):
            _told(work, desk, None, "plan-without-coordinates")  # and asked again, for the plans to come
        raise
    _told(work, desk, found, "coordinates-found")
    return "no such place" if found is None else f"{found[0]:.2f}, {found[1]:.2f}"


def _told(work: Work, desk: Desk, found: Point | None, command: str) -> None:
    latitude, longitude = found or (None, None)

    def decided(now: Order | None, _given: Given) -> Facts:
        return placed(now, latitude, longitude)

    desk.decide(work, decided, command=command, actor="geocoding")


def _address(order: Order, desk: Desk) -> dict[str, str]:
    said = (desk.keyring.reveal(order.personal) or {}).get("shipping_address") or {}
    parts = {name: str(said.get(name) or "") for name in ("line", "postcode")}
    where = order.destination
    names = (where.district, where.township, where.city, where.country)
    return parts | dict(zip(("district", "township", "city", "country"), (name or "" for name in names), strict=True))


declare(CallKind("geocode", "Looks up where an order goes.", (OrderPlaceSought,), _causes, _run, once=True, tries=12))
