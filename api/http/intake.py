"""Order intake (spec 3.3): one order or a batch, each there once. What is personal is sealed before it is an event."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any
from uuid import uuid5

from marshmallow import ValidationError

from api.http.commands import KEYS, told
from api.http.dry_run import DryRun, shown
from api.http.errors import Failure, answer
from api.http.order_schema import OrderBody
from api.http.plain_json import plain
from api.http.routes import OMS, WRITE, Answer, Call, route
from domain.kinds import stream_of
from domain.order import Destination, OrderItem, OrderReceived
from domain.order_place import sought
from domain.states import OrderStatus
from eventlog.recorded import Claim, ClaimTaken, Decision, Written
from projections.objects import render

MOST_ORDERS = 5000
AT_ONCE = 500
"""Orders of a batch that wait to be written together: others find room among them."""

ONE = OrderBody()


@dataclass(frozen=True)
class Taken:
    """An order as it was taken in: its id, whether it had been before, and the position of its event. `again`: the same
    request under its Idempotency-Key, whose answer is repeated."""

    id: int
    position: int
    before: bool
    again: bool = False


@route("POST", f"{OMS}/orders/", roles=WRITE, tag="orders", free_body=True, status=201, answers="Order")
def take_in(call: Call) -> Answer:
    """Takes in one order, or `{"orders": [...]}`; approved ones (400) are planned at once unless `plan` is false."""
    if isinstance(call.body.get("orders"), list):
        return _batch(call, call.body["orders"])
    received = received_of(call, call.body)
    key = call.headers.get("Idempotency-Key")
    decision = decision_of(call, received, key, call.body)
    if call.dry:
        raise DryRun([] if call.log.claim(number_claim(received.channel, received.number)) is not None else [received])
    taken = settled(call, received, decision, call.log.submit(decision))
    headers = {"X-OMS-Position": str(taken.position)}
    stream = stream_of("order", taken.id)
    held = call.log.state_at(stream, position=taken.position) if taken.again else call.log.state(stream)
    body = render("order", taken.id, held.state, call.log.reference, call.services.reveal)
    return Answer(body, 200 if taken.before else 201, {**headers, "ETag": f'"{held.version}"'})


def _batch(call: Call, rows: list[Any]) -> Answer:
    """Each order on its own, many written together; an Idempotency-Key stands for each in its place."""
    if len(rows) > MOST_ORDERS:
        raise Failure(400, "bad_request", f"At most {MOST_ORDERS} orders a call.")
    results: list[dict[str, Any]] = [{} for _ in rows]
    if call.dry:
        return _rehearsed(call, results, [one for some in _received(call, rows, results) for one in some])
    key, position = call.headers.get("Idempotency-Key"), 0
    for some in _received(call, rows, results):
        decisions = [decision_of(call, received, f"{key}#{n}" if key else None, rows[n]) for n, received in some]
        for (n, received), decision, future in zip(some, decisions, call.log.append_many(decisions), strict=True):
            try:
                taken = settled(call, received, decision, future)
            except Exception as error:
                results[n] = _refused(rows[n], error)
                continue
            position = max(position, taken.position)
            status = 200 if taken.before else 201
            results[n] = {"number": received.number, "id": taken.id, "status_code": status}
    every = 201 if all(r["status_code"] < 300 for r in results) else 200
    return Answer({"results": results}, every, {"X-OMS-Position": str(position)} if position else {})


def _received(call: Call, rows: list[Any], results: list[dict[str, Any]]) -> Iterator[list[tuple[int, OrderReceived]]]:
    """By hundreds, (place, fact) of those that are orders; the others are refused in their places of the results."""
    for start in range(0, len(rows), AT_ONCE):
        said: dict[int, dict[str, Any]] = {}
        for n, row in enumerate(rows[start : start + AT_ONCE], start):
            try:
                if not isinstance(row, dict):
                    raise ValidationError({"order": ["An order is an object."]})
                said[n] = ONE.load(row)
            except Exception as error:
                results[n] = _refused(row, error)
        keys = call.services.keyring.new_keys([_subject(one["customer"]) for one in said.values()])
        found = []
        for n, key in zip(said, keys, strict=True):
            try:
                found.append((n, _fact(call, said[n], key)))
            except Exception as error:
                results[n] = _refused(rows[n], error)
        yield found


def _rehearsed(call: Call, results: list[dict[str, Any]], good: list[tuple[int, OrderReceived]]) -> Answer:
    """A batch on a dry run: each row with the events it would write, none where its number is taken, be it by a row
    before it."""
    seen: set[str] = set()
    for n, received in good:
        number = number_claim(received.channel, received.number)
        there = number in seen or call.log.claim(number) is not None
        seen.add(number)
        events = [] if there else [shown(received)]
        results[n] = {"number": received.number, "status_code": 200 if there else 201, "events": events}
    return Answer({"results": results}, dry=True)


def _refused(row: Any, error: Exception) -> dict[str, Any]:
    status, body, _ = answer(error)
    return {"number": told(row.get("number")) if isinstance(row, dict) else None, "status_code": status, **body}


def settled(call: Call, received: OrderReceived, decision: Decision, future: Future[Written]) -> Taken:
    """The order as it stands: this one, or the first of its number."""
    try:
        written: Written = future.result()
    except ClaimTaken as taken:
        if taken.key != number_claim(received.channel, received.number):
            raise _another_order() from taken
        return Taken(int(taken.answer or b"0"), taken.position, True)
    if written.repeated:
        return Taken(_of_key(call, decision), written.position, False, again=True)
    return Taken(received.order, written.position, False)


def _of_key(call: Call, decision: Decision) -> int:
    """The order that was taken in under the decision's Idempotency-Key, if its body was the same."""
    wanted = decision.claims[-1]
    found = call.log.claim(wanted.key)
    if found is None or found.fingerprint != wanted.fingerprint:
        raise _another_order()
    return int(found.answer or b"0")


def _another_order() -> Failure:
    return Failure(422, "idempotency_key_reused", "This Idempotency-Key was used for another order.")


def number_claim(channel: int, number: str) -> str:
    """What is claimed for ever, so that an order of a channel stands there once."""
    return f"order:{channel}:{number}"


def decision_of(
    call: Call, received: OrderReceived, key: str | None, body: Any = None, then: tuple[Any, ...] = ()
) -> Decision:
    """The order's number is claimed per channel for ever, so that the same order never stands there twice; `key` stands
    for this `body`; `then` is written with it."""
    stream = stream_of("order", received.order)
    name = (
        f"{number_claim(received.channel, received.number)}:{received.order}"
        if key is None
        else f"idem:{call.caller.id}:{key}"
    )
    claims = [Claim(number_claim(received.channel, received.number), answer=str(received.order).encode(), forever=True)]
    if key is not None:
        said = json.dumps(body, sort_keys=True, default=str)
        claims.append(Claim(name, str(uuid5(KEYS, said)), str(received.order).encode()))
    return Decision(
        command_id=uuid5(KEYS, f"{name}:{received.number}"),
        events=tuple((stream, fact) for fact in (received, *sought(received, call.log.reference), *then)),
        expects={stream: 0},
        claims=tuple(claims),
        actor=call.caller.username,
        command="receive-order",
        correlation_id=call.request_id,
        causation_id=call.request_id,
    )


# --- from a body to a fact


def received_of(call: Call, body: Mapping[str, Any]) -> OrderReceived:
    """What `POST orders/` writes of a body; its personal values are sealed. Raises ValidationError."""
    said = ONE.load(body)
    return _fact(call, said, call.services.keyring.new_key(_subject(said["customer"])))


def _fact(call: Call, said: Mapping[str, Any], key: str) -> OrderReceived:
    """`said` as the schema loads it, `key` its customer's."""
    channel = named(call, "channel", said["channel"])
    carrier = named(call, "cargo_company", said["cargo_company"]) if said["cargo_company"] is not None else None
    store = said["retail_store"]
    if said["delivery_type"] == "store_pickup" and store is None:
        raise ValidationError({"retail_store": ["store_pickup needs the erp code of a store."]})
    if store is not None and call.log.reference.find("location", store) is None:
        raise ValidationError({"retail_store": [f"There is no location {store}."]})
    where = said["shipping_address"] or {}
    private = {
        "customer": plain(said["customer"]),
        "shipping_address": said["shipping_address"],
        "billing_address": said["billing_address"],
        "notes": said["notes"],
        "gift_box_note": said["gift_box_note"],
    }
    return OrderReceived(
        order=call.log.ids("order"),
        number=said["number"],
        channel=channel.id,
        status=OrderStatus(int(said["status"])),
        items=tuple(item_of(call.log.ids("order_item"), row) for row in said["items"]),
        destination=destination_of(where),
        personal=call.services.keyring.seal(key, private),
        omnitron_id=said["omnitron_id"],
        currency=said["currency"],
        amount=said["amount"],
        discount_amount=said["discount_amount"],
        shipping_amount=said["shipping_amount"],
        payment_type=said["payment_type"],
        customer_type=said["customer_type"],
        cargo_company=carrier.id if carrier else None,
        delivery_type=said["delivery_type"],
        retail_store=store,
        ship_complete=said["ship_complete"],
        delivery_range=plain(said["delivery_range"]),
        date_placed=said["date_placed"],
        extra=extra_of(said),
        plan=said["plan"],
    )


def extra_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """What a loaded order says beside what orders have, kept as it came."""
    extra: dict[str, Any] = plain({**said["extra_field"], **said["more"]})
    return extra


def _subject(customer: Mapping[str, Any]) -> str | None:
    """A customer is one e-mail or remote id; without either, a guest of their own (spec 6.2)."""
    return customer.get("email") or (str(customer["remote_id"]) if customer.get("remote_id") else None)


def item_of(id: int, row: Mapping[str, Any]) -> OrderItem:
    """A line from its row as order_schema.ItemBody loads it."""
    return OrderItem(
        id=id,
        sku=row["sku"],
        quantity=row["quantity"],
        name=row["name"],
        barcode=row["barcode"],
        omnitron_id=row["omnitron_id"],
        price=row["price"],
        tax_rate=row["tax_rate"],
        discount_amount=row["discount_amount"],
        attributes=plain(row["attributes"]),
        extra=plain(row["extra_field"]),
    )


def destination_of(address: Mapping[str, Any]) -> Destination:
    """Coarse, as planning needs it: coordinates to 0.01°, about a kilometre."""

    def name(part: Any) -> str | None:
        return part.get("name") if isinstance(part, dict) else None

    latitude, longitude = address.get("latitude"), address.get("longitude")
    known = latitude is not None and longitude is not None
    return Destination(
        country=name(address.get("country")),
        city=name(address.get("city")),
        township=name(address.get("township")),
        district=name(address.get("district")),
        latitude=round(float(latitude), 2) if known and latitude is not None else None,
        longitude=round(float(longitude), 2) if known and longitude is not None else None,
    )


def named(call: Call, kind: str, said: str | int) -> Any:
    """A channel or carrier by id, slug or name; ValidationError where there is none."""
    reference = call.log.reference
    found = reference.one(kind, said) if isinstance(said, int) else reference.find(kind, said)
    if found is None and isinstance(said, str) and said.isdecimal() and len(said) < 19:
        found = reference.one(kind, int(said))
    if found is None or found.removed:
        known = sorted(one.slug for one in reference.all(kind) if not one.removed)[:20]
        raise ValidationError({kind: [f"There is no {said!r}; there are {', '.join(known) or 'none yet'}."]})
    return found
