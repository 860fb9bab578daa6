"""An order as its source says it: taken in, or changed where that is news (spec 1.6, 5).

A webhook and the pull job both end here, so it makes no difference by which of them something is heard, how often, and
in which order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid5

from marshmallow import ValidationError

from api.http.amendments import AmendmentBody, amendment_of
from api.http.cancellations import confirmed
from api.http.commands import KEYS
from api.http.errors import Failure
from api.http.intake import decision_of, extra_of, named, number_claim, received_of, settled
from api.http.order_schema import OrderBody
from api.http.order_writing import write_order
from api.http.routes import Call
from api.http.source_shapes import amendment_body, moment_of, order_body
from domain.amending import Amendment, amend, wanted_of
from domain.application_settings import value_of
from domain.kernel import Facts, Given, Refusal
from domain.order import Order, OrderItem, OrderReceived, evolve
from domain.order_source import OrderHeardFromSource, is_news, lines_of, withdrawn_since
from domain.states import OrderStatus

BODY, AMENDMENT = OrderBody(), AmendmentBody()

_SAID_BY_US = frozenset(OrderStatus) - {
    OrderStatus.cancelled,
    OrderStatus.waiting,
    OrderStatus.payment_waiting,
    OrderStatus.confirmation_waiting,
    OrderStatus.approved,
    OrderStatus.inactive,
}
"""States that packages tell: said by the source of an order that we have, they are an echo of ours."""


@dataclass(frozen=True)
class Heard:
    """The order's id (0: there is none, and nothing is wanted of it), the position of its last event, whether anything
    was written, and what was said and could not be done."""

    order: int
    position: int
    acted: bool
    declined: tuple[str, ...] = ()


@dataclass(frozen=True)
class _News:
    """An order as it is said: `body` with pieces that were ordered, the same `loaded`, as of when, and whether it was
    asked for."""

    body: dict[str, Any]
    loaded: Mapping[str, Any]
    modified: datetime
    asked: bool

    @property
    def status(self) -> OrderStatus:
        return OrderStatus(int(self.loaded["status"]))

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The items by which lines are found."""
        found: list[dict[str, Any]] = self.body["items"]
        return [row for row in found if row.get("omnitron_id") is not None]

    @property
    def said(self) -> tuple[tuple[int, int], ...]:
        return tuple((row["omnitron_id"], row["wanted"]) for row in self.rows)

    @property
    def uuid(self) -> str:
        """Of the cancellation plan that fewer pieces are."""
        return uuid5(KEYS, f"source:{self.loaded['channel']}:{self.loaded['number']}:{self.modified}").hex


def hear_order(call: Call, payload: Mapping[str, Any], event: Mapping[str, Any], *, asked: bool = False) -> Heard:
    """Takes in or changes the order. `asked`: it was asked for and is the source's newest; else it is a message, which
    may be late. Raises what api.http.errors answers."""
    body = order_body(payload, str(value_of(call.log.reference, "ORDER_ITEM_QUANTITY_KEY")))
    if isinstance(body["items"], list):
        body["items"] = [row for row in body["items"] if not (isinstance(row, dict) and row.get("quantity") == 0)]
        if not body["items"]:
            return Heard(0, 0, acted=False)
    news = _News(body, BODY.load(body), moment_of(payload, event), asked)
    if any(isinstance(row["wanted"], bool) or not isinstance(row["wanted"], int) for row in news.rows):
        raise ValidationError({"items": ["cancelled_quantity is a whole number."]})
    claim = number_claim(named(call, "channel", news.loaded["channel"]).id, news.loaded["number"])
    found = call.log.claim(claim)
    if found is None:
        taken = _taken_in(call, news)
        if taken.acted:
            return taken
        return _changed(call, taken.order, news)
    return _changed(call, int(found.answer or b"0"), news)


def _taken_in(call: Call, news: _News) -> Heard:
    """A new order, with what was taken back of it before we heard of it; one that somebody else took in meanwhile."""
    gone = news.status is OrderStatus.cancelled
    received = received_of(call, {**news.body, "status": "400"} if gone else news.body)
    facts = _since_then(call, received, news, gone)
    decision = decision_of(call, received, None, then=facts)
    taken = settled(call, received, decision, call.log.submit(decision))
    return Heard(taken.id, taken.position, acted=not taken.before)


def _since_then(call: Call, received: OrderReceived, news: _News, gone: bool) -> tuple[Any, ...]:
    given = call.log.given(call.caller.username)
    order = evolve(None, received, given.now)
    wanted = {pk: 0 if gone else pieces for pk, pieces in news.said}
    lines = {line.id: wanted[line.omnitron_id] for line in order.items if line.omnitron_id in wanted}
    fewer = amend(order, Amendment(wanted=lines), given, uuid=news.uuid, confirm=False)
    heard = OrderHeardFromSource(order=order.id, modified=news.modified, status=news.status, said=news.said)
    return (*fewer, heard)


def _changed(call: Call, id: int, news: _News) -> Heard:
    """What is news of an order that is there; what cannot be done any more is declined and said."""
    declined: list[str] = []
    acted = False

    def decided(order: Order, given: Given) -> Facts:
        nonlocal acted
        declined.clear()
        facts: Facts = []
        if is_news(order, news.modified, asked=news.asked):
            facts = _facts(call, order, given, news, declined)
        acted = bool(facts)
        return facts

    wrote = write_order(call, id, decided, command="hear-order")
    return Heard(id, wrote.position, acted, tuple(declined))


def _facts(call: Call, order: Order, given: Given, news: _News, declined: list[str]) -> Facts:
    said = AMENDMENT.load(amendment_body(news.body, status=_is_said_anew(order, news), items=_anew(order, news)))
    try:
        facts = _amended(call, order, given, said, news)
    except (Refusal, Failure) as late:
        if late.code not in ("state_conflict", "conflict"):
            raise
        declined.append(late.message)
        private = ("shipping_address",) if late.code == "state_conflict" else ("shipping_address", "billing_address")
        kept = {name: value for name, value in said.items() if name not in private}
        if late.code == "conflict":
            kept.pop("notes", None)
        facts = _amended(call, order, given, kept, news)
    extra = extra_of(news.loaded)
    changed = extra if extra != order.extra else None
    heard = OrderHeardFromSource(
        order=order.id,
        modified=news.modified,
        status=news.status,
        said=news.said,
        declined=tuple(declined),
        extra=changed,
    )
    same = (order.heard.modified, order.heard.status, order.heard.said) == (news.modified, news.status, news.said)
    return [] if same and not facts and changed is None else [*facts, heard]


def _amended(call: Call, order: Order, given: Given, said: Mapping[str, Any], news: _News) -> Facts:
    asked = amendment_of(call, order, given, said)
    return amend(order, asked, given, uuid=news.uuid, confirm=confirmed(order, given))


def _is_said_anew(order: Order, news: _News) -> bool:
    return news.status not in _SAID_BY_US and news.status is not order.heard.status


def _anew(order: Order, news: _News) -> list[dict[str, Any]]:
    """The items of which another number of pieces is wanted than was said the last time; less what a later cancellation
    plan took back."""
    before = dict(order.heard.said)
    rows = []
    for row in news.rows:
        pk, wanted = row["omnitron_id"], row["wanted"]
        if before.get(pk) == wanted:
            continue
        lines = lines_of(order, pk)
        pieces = max(wanted - sum(withdrawn_since(order, line.id, news.modified) for line in lines), 0)
        rows += [{**row, "quantity": pieces}] if len(lines) < 2 else _of_parts(order, lines, row, pieces)
    return rows


def _of_parts(order: Order, lines: list[OrderItem], row: dict[str, Any], pieces: int) -> list[dict[str, Any]]:
    """An item that was split here: more is wanted of its first part, less of the last ones."""
    ours = {line.id: wanted_of(order, line.id) for line in lines}
    more = pieces - sum(ours.values())
    ours[lines[0].id] += max(more, 0)
    less = max(-more, 0)
    for line in reversed(lines):
        cut = min(less, ours[line.id])
        ours[line.id] -= cut
        less -= cut
    return [{"id": id, "sku": row.get("sku"), "quantity": quantity} for id, quantity in ours.items()]
