"""Deciding on a cancellation plan, piece by piece: what is least advanced goes first (spec 1.6, 5)."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from domain.cancellation_plan import Answered, Asked, CancellationPlan, PlanType
from domain.cancelling import (
    CancellationPlanAnswered,
    OrderLinesCancelled,
    PackageCancellationFailed,
    PackageCancellationRequested,
    PackageItemsCancelled,
    PackageRefundAccepted,
)
from domain.cancelling_transfers import stop_transfers
from domain.kernel import Facts, Given
from domain.order import Order, evolve
from domain.package import Package, PackageTransfersArrived
from domain.packed_for_refund import pack_for_refund
from domain.shipment import ShipmentCancelled
from domain.states import PackageStatus, ShipmentStatus

P = PackageStatus

_FIRST = (
    P.out_of_stock,
    P.needs_rescheduling,
    P.waiting_for_transfer,
    P.waiting,
    P.waiting_remote_action,
    P.preparing,
    P.blocked,
    P.ready_for_packaging,
    P.waiting_cargo_label,
    P.cancellation_waiting,
)
"""Where pieces can be cancelled, in the order in which they are looked for."""

_ASKED = frozenset(_FIRST) - {P.out_of_stock, P.needs_rescheduling, P.waiting_cargo_label, P.cancellation_waiting}
"""A5: from here a person decides, where that is asked for."""

_TOO_LATE = (P.packed, P.ready_for_pickup, P.shipped, P.attempted_delivery, P.delivery_failed, P.delivered)
_REFUNDED_HERE = (P.out_of_stock, P.waiting)
_COMES_BACK = (P.shipped, P.attempted_delivery, P.delivery_failed, P.delivered)

DONE_BEFORE = "was done before"
"""Why pieces are accepted again that an earlier version of the same plan took."""

Refund = Callable[[Order, Package, dict[int, int], Given], Facts]
"""C8 for pieces per package item."""


@dataclass(slots=True)
class _Share:
    """What a plan takes, per place; `packages`: (package, what happens to it) → pieces per package item."""

    waiting: Counter[int] = field(default_factory=Counter)
    held: Counter[int] = field(default_factory=Counter)
    packages: dict[tuple[int, str], Counter[int]] = field(default_factory=dict)

    def of(self, package: int, what: str) -> Counter[int]:
        return self.packages.setdefault((package, what), Counter())

    def left(self, package: Package, item: int, quantity: int) -> int:
        return quantity - sum(taken[item] for (id, _), taken in self.packages.items() if id == package.id)


def answer_plan(
    order: Order,
    plan_type: PlanType,
    asked: Iterable[Asked],
    given: Given,
    *,
    uuid: str,
    pk: str | None,
    confirm: bool,
    refund: Refund | None = pack_for_refund,
) -> Facts:
    """The facts of a plan, its answer the last of them; none where it was answered before: under the same uuid, or the
    same content under the same `pk`. A changed plan of the same `pk` does only what it had not done. `confirm`: a
    person decides (A5)."""
    rows = tuple(asked)
    if answered_before(order, uuid, pk, plan_type, rows) is not None:
        return []
    done: Counter[int] = Counter()
    for plan in order.cancellation_plans:
        if pk is not None and (plan.pk, plan.plan_type) == (pk, plan_type):
            for answered in plan.answered:
                done[answered.item] += answered.quantity * answered.accepted
    share, answers = _Share(), []
    lines = {line.id for line in order.items}
    for row in rows:
        if row.item not in lines:
            answers.append(_answer(row, row.quantity, False, None, "the order has no such item"))
            continue
        before = min(done[row.item], row.quantity)
        done[row.item] -= before
        if before:
            answers.append(_answer(row, before, True, None, DONE_BEFORE))
        if row.quantity > before:
            wanted = row._replace(quantity=row.quantity - before)
            refunds = plan_type == "refund"
            answers += _refunded(order, wanted, share, refund) if refunds else _taken(order, wanted, confirm, share)
    why = "; ".join(dict.fromkeys(row.reason for row in rows if row.reason)) or f"a {plan_type} plan"
    return [
        *_facts(order, share, why, given, refund),
        CancellationPlanAnswered(
            order=order.id, uuid=uuid, pk=pk, plan_type=plan_type, asked=rows, answered=tuple(answers)
        ),
    ]


def answered_before(
    order: Order, uuid: str, pk: str | None, plan_type: PlanType, asked: tuple[Asked, ...]
) -> CancellationPlan | None:
    """The plan that was answered under this uuid, or that said the same as the last one of this `pk`."""
    for plan in order.cancellation_plans:
        if plan.uuid == uuid:
            return plan
    of_pk = [plan for plan in order.cancellation_plans if pk is not None and plan.pk == pk]
    if of_pk and (of_pk[-1].plan_type, of_pk[-1].asked) == (plan_type, asked):
        return of_pk[-1]
    return None


def _answer(row: Asked, quantity: int, accepted: bool, package: int | None, reason: str) -> Answered:
    return Answered(row.item, quantity, accepted, package, reason, row.named)


# --- where the pieces are


def _taken(order: Order, row: Asked, confirm: bool, share: _Share) -> list[Answered]:
    answers: list[Answered] = []
    left = row.quantity
    for lines, taken in ((order.waiting, share.waiting), (order.held, share.held)):
        if (n := min(left, lines.get(row.item, 0) - taken[row.item])) > 0:
            taken[row.item] += n
            left -= n
            answers.append(_answer(row, n, True, None, ""))
    for package in sorted(order.packages.values(), key=lambda p: _rank(p, _FIRST)):
        if package.state not in _FIRST:
            continue
        joins = package.state is P.cancellation_waiting
        asks = joins or (confirm and package.state in _ASKED)
        n = _from(package, row.item, left, share, "asked" if asks else "cancelled", package.cancelling if joins else {})
        if n:
            left -= n
            answers.append(_answer(row, n, True, package.id, "waits for a decision" if asks else ""))
    return answers + _declined(order, row, left, share, _TOO_LATE)


def _refunded(order: Order, row: Asked, share: _Share, refund: Refund | None) -> list[Answered]:
    answers: list[Answered] = []
    left = row.quantity
    states = (*(_REFUNDED_HERE if refund else ()), *_COMES_BACK)
    for package in sorted(order.packages.values(), key=lambda p: _rank(p, states)):
        if package.state not in states:
            continue
        back = package.state in _COMES_BACK
        n = _from(package, row.item, left, share, "comes back" if back else "refunded", package.refunds)
        if n:
            left -= n
            answers.append(_answer(row, n, True, package.id, "waits for the goods to come back" if back else ""))
    others = tuple(state for state in (*_FIRST, *_TOO_LATE) if state not in states)
    return answers + _declined(order, row, left, share, others)


def _declined(order: Order, row: Asked, left: int, share: _Share, late: tuple[PackageStatus, ...]) -> list[Answered]:
    """The pieces that are where nothing can be done any more, and those that are nowhere."""
    answers: list[Answered] = []
    for package in order.packages.values():
        if left and package.state in late and (n := _from(package, row.item, left, share, "declined", {})):
            left -= n
            why = f"{package.number} is {package.state.name} ({package.state.value})"
            answers.append(_answer(row, n, False, package.id, why))
    if left:
        answers.append(_answer(row, left, False, None, "no more pieces of it are left"))
    return answers


def _from(package: Package, item: int, most: int, share: _Share, what: str, spoken_for: Mapping[int, int]) -> int:
    """Takes up to `most` pieces of the order item from the package; those `spoken_for` before are not free."""
    found = 0
    for row in package.items:
        if row.item != item or row.returned:
            continue
        free = share.left(package, row.id, row.quantity - spoken_for.get(row.id, 0))
        if (n := min(most - found, free)) > 0:
            share.of(package.id, what)[row.id] += n
            found += n
    return found


def _rank(package: Package, states: tuple[PackageStatus, ...]) -> int:
    return states.index(package.state) if package.state in states else len(states)


# --- what is written


def _facts(order: Order, share: _Share, why: str, given: Given, refund: Refund | None) -> Facts:
    facts: Facts = []
    births = order  # a refund may bring forth a package: the next one has another number
    if share.waiting or share.held:
        facts.append(
            OrderLinesCancelled(
                order=order.id, waiting=tuple(share.waiting.items()), held=tuple(share.held.items()), reason=why
            )
        )
    for (id, what), pieces in share.packages.items():
        package = order.packages[id]
        rows = tuple(pieces.items())
        if what == "cancelled":
            facts += cancel_items(order, package, pieces, why, given)
        elif what == "asked":
            facts.append(PackageCancellationRequested(package=id, items=rows, reason=why))
        elif what == "refunded" and refund is not None:
            made = refund(births, package, dict(pieces), given)
            for fact in made:
                births = evolve(births, fact, given.now)
            facts += made
        elif what == "comes back":
            facts.append(PackageRefundAccepted(package=id, items=rows, reason=why))
        else:
            late = f"{package.number} is {package.state.name} ({package.state.value})"
            facts.append(PackageCancellationFailed(package=id, items=rows, reason=late))
    return facts


def cancel_items(order: Order, package: Package, pieces: Counter[int], why: str, given: Given) -> Facts:
    """Pieces of a package cancelled: what is left stays at the same location, in the same state, without planning."""
    facts, lost, still_open = stop_transfers(order, package, pieces, given, why)
    emptied = sum(row.quantity for row in lost) == package.quantity
    shipment = order.shipments.get(package.shipment) if package.shipment else None
    if emptied and shipment is not None and shipment.state in (ShipmentStatus.created, ShipmentStatus.labelled):
        facts.append(ShipmentCancelled(shipment=shipment.id, package=package.id))
    facts.append(
        PackageItemsCancelled(
            package=package.id,
            items=lost,
            emptied=emptied,
            goods_back=package.standing is P.waiting_cargo_label,
            reason=why,
        )
    )
    if package.state is P.waiting_for_transfer and not emptied and not still_open:
        facts.append(PackageTransfersArrived(package=package.id, state=package.born))
    return facts
