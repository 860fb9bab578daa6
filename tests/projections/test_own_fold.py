"""Thousands of random (object, position) pairs: what the API says an object was equals a fold of the log's rows that
shares no line with ours (own_fold.py)."""

import random
from bisect import bisect_right
from datetime import UTC, datetime
from typing import Any

import pytest

from eventlog.log import EventLog
from projections.history import as_of
from tests.projections.own_fold import Thing, fold
from tests.projections.stories import Story, reveal

PAIRS = 2_000


@pytest.fixture(scope="module")
def log(kept_log: EventLog) -> EventLog:
    story = Story(kept_log, seed=77)
    story.settings()
    story.orders(30)
    story.steps(300)
    story.rare()
    return kept_log


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def state(shown: Any) -> Any:
    value = shown["state"]["enum_value"]
    return int(value) if value.isdecimal() else value


def seen(kind: str, shown: dict[str, Any] | None) -> Thing | None:
    """Of the API's object what the other fold knows."""
    if shown is None:
        return None
    told: Thing = {"modified": shown["modified_date"]}
    if kind == "order":
        return told | {"number": shown["number"], "packages": shown["package_set"], "created": shown["created_date"]}
    told["state"] = state(shown)
    if kind == "shipment":
        return told | {"number": shown["awb_number"], "package": shown["package"]}
    told |= {"number": shown["number"], "created": shown["created_date"]}
    if kind == "transfer":
        items = {i["id"]: (i["stock_code"], i["quantity"]) for i in shown["transferitem_set"]}
        ends = shown["source"]["id"], shown["destination"]["id"]
        return told | {"package": shown["package"], "ends": ends, "items": items}
    return told | {
        "location": shown["stock_location"]["id"],
        "transfers": shown["transfer_orders"],
        "items": {i["id"]: (i["order_item"], i["product"]["sku"], i["quantity"]) for i in shown["packageitem_set"]},
    }


def expected(kind: str, order: dict[str, dict[int, Thing]] | None, id: int) -> Thing | None:
    thing = None if order is None else order[kind].get(id)
    if thing is None or order is None:
        return None
    told: Thing = {"modified": moment(thing["modified"])}
    if kind == "order":
        created = moment(thing["created"])
        return told | {"number": thing["number"], "packages": list(order["package"]), "created": created}
    told["state"] = thing["state"]
    if kind == "shipment":
        return told | {"number": thing["number"], "package": thing["package"]}
    told |= {"number": thing["number"], "created": moment(thing["created"])}
    if kind == "transfer":
        items = {i: (one["sku"], one["quantity"]) for i, one in thing["items"].items()}
        return told | {"package": thing["package"], "ends": (thing["source"], thing["destination"]), "items": items}
    lines = {i: (one["line"], one["sku"], one["quantity"]) for i, one in thing["items"].items()}
    return told | {"location": thing["location"], "transfers": thing["transfers"], "items": lines}


def test_the_past_is_what_another_fold_says(log: EventLog) -> None:
    with log.listening() as connection:
        rows = connection.execute("select position, at, stream, topic, data from log order by position").fetchall()
    told = fold(rows)
    head, chance = rows[-1][0], random.Random(5)
    by_order: dict[int, list[tuple[int, dict[str, dict[int, Thing]]]]] = {}
    for position, order, after in told:
        by_order.setdefault(order, []).append((position, after))
    objects = [
        (kind, id, order)
        for order, moments in by_order.items()
        for kind, things in moments[-1][1].items()
        for id in things
    ]
    states: dict[str, set[Any]] = {}
    for n in range(PAIRS):
        kind, id, order = chance.choice(objects)
        # Half of them near what happened to it, half anywhere in the log.
        position = chance.choice(by_order[order])[0] - chance.randint(0, 1) if n % 2 else chance.randint(0, head)
        moments = by_order[order]
        at = bisect_right(moments, position, key=lambda one: one[0])
        wanted = expected(kind, moments[at - 1][1] if at else None, id)
        assert seen(kind, as_of(log, kind, id, reveal, order, position=position)) == wanted, (kind, id, position)
        states.setdefault(kind, set()).add(None if wanted is None else wanted.get("state"))
    assert len(states["package"]) > 12 and None in states["package"], "of most states some were looked at"
    assert len(states["transfer"]) >= 5 and len(states["shipment"]) >= 5
