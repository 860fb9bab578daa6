"""Whatever a body holds in place of one of its values: what is accepted can be read back from the log. One event that
cannot would stop everybody who follows the log, for ever."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.site import Site, location, order, serving
from tests.api.test_examples import HOOK, SCENARIO, TRANSFER_SCENARIO

ODD: tuple[Any, ...] = (None, [], {}, "", -1, 1.5, True, [None], {"name": None})
UNIQUE = ("number", "erp_code", "name", "slug", "title", "username", "target_url")

ADDRESS = {**order("X")["shipping_address"], "title": "Home", "postcode": "LS1", "notes": "", "district": {"name": "N"}}
ITEM = {**order("X")["items"][0], "barcode": "A", "extra_field": {"a": 1}}
WHOLE_ORDER = order(
    "W",
    omnitron_id=1,
    customer={**order("X")["customer"], "phone_number": "+440000", "remote_id": "7"},
    customer_type="retail",
    payment_type="card",
    delivery_type="home",
    ship_complete=True,
    delivery_range={"lower": "10:00"},
    discount_amount="0.00",
    shipping_amount="0.00",
    shipping_address=ADDRESS,
    billing_address=ADDRESS,
    notes="",
    has_gift_box=True,
    gift_box_note="",
    language_code="en",
    extra_field={"a": 1},
    plan=True,
    items=[ITEM],
)
WHOLE_LOCATION = location(
    "W",
    omnitron_id=1,
    is_active=True,
    priority=1,
    tags=["city"],
    conf={"a": 1},
    engine=None,
    daytime_phone="1",
    evening_phone="1",
    fax_number="1",
    email="a@example.org",
    target_packaging_minutes=1,
    target_exit_minutes=1,
    closed_days=["2026-12-25"],
    cut_off="12:00",
    max_packages_per_day=1,
    channel_limits={"web": 1},
    safety_stock=1,
    auto_reroute_after=60,
)
BODIES: dict[str, dict[str, Any]] = {
    "orders/": WHOLE_ORDER,
    "stock_locations/": WHOLE_LOCATION,
    "channels/": {"name": "n", "slug": "s", "channel_type": "web", "conf": {}, "is_active": True},
    "cargo-companies/": {"name": "n", "slug": "s", "label_required": True, "conf": {}, "is_active": True},
    "packages/package_denial_reason/": {"title": "t", "remote_id": "r", "priority": 1, "exclude_for": 60},
    "scenarios/": SCENARIO,
    "transfer-scenarios/": TRANSFER_SCENARIO,
    "/whisperer/hooks/": HOOK,
}


@pytest.fixture(scope="module")
def own(postgres: Any) -> Iterator[Site]:
    """A site of its own: were an event unreadable, no other test could go on."""
    import psycopg

    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as connection:
        connection.execute("create database test_readable")
    with serving(postgres.database_url("test_readable")) as site:
        site.set_up()
        yield site


@pytest.mark.parametrize("path", BODIES)
def test_what_is_accepted_can_be_read(own: Site, path: str) -> None:
    accepted = 0
    for n, (where, value) in enumerate((w, v) for w in _places(BODIES[path]) for v in ODD):
        position = own.log.head().position
        body = _unlike_others(_with(BODIES[path], where, value), where, f"{n}")
        answer = own.admin("POST", path, body)
        assert answer.status_code in (200, 201, 400, 406), f"{where} = {value!r}: {answer.status_code} {answer.text}"
        try:
            accepted += len(own.log.read(position)) > 0
        except ValueError as unreadable:
            pytest.fail(f"{path}: {'.'.join(map(str, where))} = {value!r} was written: {unreadable}")
    assert accepted, "no body was accepted, so nothing was shown"


def _places(body: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where its values stand, at every depth."""
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, value in inner:
        yield (*above, name)
        yield from _places(value, (*above, name))


def _with(body: dict[str, Any], where: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed: Any = copy.deepcopy(body)
    holder = changed
    for name in where[:-1]:
        holder = holder[name]
    holder[where[-1]] = value
    return dict(changed)


def _unlike_others(body: dict[str, Any], where: tuple[Any, ...], mark: str) -> dict[str, Any]:
    """Names are taken once."""
    return {name: f"{v}{mark}" if name in UNIQUE and where != (name,) else v for name, v in body.items()}
