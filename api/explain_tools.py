"""`oms explain` (spec 2.6): why an order was planned as it was, why not elsewhere, and whether its kept inputs give the
same plan again."""

import argparse
import sys
from collections.abc import Callable
from typing import Any

from api.audit_tools import Say, kept_inputs
from api.installation import Place
from api.past_tools import Unknown, named
from api.progress import progress_of
from api.verifying import READ
from domain.kernel import Refusal
from domain.order import OrderPlanned
from domain.package import PackageCreated
from domain.states import UNPLANNED
from eventlog.log import EventLog
from scenarios import inputs, keeping
from scenarios.explain import explain as explain_inputs
from scenarios.plan import plan
from scenarios.planned import PLANNER_VERSION, Plan
from scenarios.recording import plan_digest
from scenarios.why_not import why_not


def explain(log: EventLog, _place: Place, arguments: argparse.Namespace, say: Say) -> int:
    """Why an order's last plan is as it is, from its kept inputs; `--recheck` plans all its plans again and compares,
    `--why-not` asks about one location."""
    if arguments.order is None:
        if not arguments.recheck:
            print("An order is needed; without one, --recheck plans every kept plan again.", file=sys.stderr)
            return 2
        every = recheck_all(log, progress_of(arguments, "events"))
        say(arguments, every, _all_text)
        return 0 if not every["differ"] else 1
    try:
        order, _ = named(log, "order", arguments.order)
    except Unknown as unknown:
        print(unknown, file=sys.stderr)
        return 1
    if arguments.recheck:
        found = rechecked(log, order)
        say(arguments, found, _rechecked_text)
        return 0 if found["plans"] and all(row["same"] for row in found["plans"]) else 1
    plans = _plans(log, order)
    kept = kept_inputs(log, plans[-1].inputs) if plans else None
    if kept is None:
        print(f"Order {arguments.order} has no plan whose inputs are kept.", file=sys.stderr)
        return 1
    if arguments.why_not:
        try:
            say(arguments, why_not(kept, arguments.why_not), lambda s: str(s["sentence"]))
        except Refusal as unknown:
            print(unknown.extra["fields"]["why_not"][0], file=sys.stderr)
            return 2
        return 0
    say(arguments, explain_inputs(kept), lambda s: "\n".join(s["sentences"]))
    return 0


def _plans(log: EventLog, order: int) -> list[OrderPlanned]:
    return [e.fact for e in log.events(f"order-{order}") if isinstance(e.fact, OrderPlanned)]


def rechecked(log: EventLog, order: int) -> dict[str, Any]:
    """{plans [{plan, planner, now, same, differences}]} of every plan of the order: whether the kept inputs give it
    again, byte for byte; `same` null where they are no longer kept. `differences` are told against what was written."""
    rows = []
    for planned in _plans(log, order):
        kept = kept_inputs(log, planned.inputs)
        rows.append(_row(log, order, planned, kept))
    return {"order": order, "plans": rows}


def recheck_all(log: EventLog, progress: Callable[[int], None] = lambda _: None) -> dict[str, Any]:
    """Every plan of the log: {plans, same, no_longer_kept, differ [rows of `rechecked` with their order]}."""
    found: dict[str, Any] = {"plans": 0, "same": 0, "no_longer_kept": 0, "differ": []}
    position = 0
    while batch := log.read(position, READ):
        position = batch[-1].position
        plans = [e.fact for e in batch if isinstance(e.fact, OrderPlanned)]
        with log.listening() as connection:
            kept = keeping.read(connection, [planned.inputs for planned in plans]) if plans else {}
        for planned in plans:
            row = _row(log, planned.order, planned, kept.get(planned.inputs))
            found["plans"] += 1
            found["same"] += row["same"] is True
            found["no_longer_kept"] += row["same"] is None
            if row["same"] is False:
                found["differ"].append({"order": planned.order, **row})
        progress(position)
    return found


def _all_text(found: dict[str, Any]) -> str:
    lines = [f"{found['plans']} plans: {found['same']} the same, {found['no_longer_kept']} whose inputs are gone"]
    for row in found["differ"]:
        lines += [f"order {row['order']}: {_rechecked_text({'plans': [row]})}"]
    return "\n".join(lines)


def _row(log: EventLog, order: int, planned: OrderPlanned, kept: inputs.Inputs | None) -> dict[str, Any]:
    row: dict[str, Any] = {"plan": planned.plan, "planner": planned.planner, "now": PLANNER_VERSION, "same": None}
    if kept is not None:
        again = plan(kept.case.demand, kept.world(), kept.frame.scenario, kept.frame.transfer_scenarios)
        row["same"] = plan_digest(again) == planned.choices.get("plan")
        row["differences"] = [] if row["same"] else differing(log, order, planned, again, kept)
    return row


def differing(log: EventLog, order: int, planned: OrderPlanned, again: Plan, kept: inputs.Inputs) -> list[str]:
    """In which packages the two plans differ, by their locations and pieces; else in what is told beside them."""
    codes = {place.id: place.erp_code for place in kept.frame.places}
    facts = [e.fact for e in log.events(f"order-{order}")]
    written = {
        (codes.get(f.location), tuple(sorted((i.sku, i.quantity) for i in f.items)))
        for f in facts
        if isinstance(f, PackageCreated) and f.plan == planned.plan and f.state not in UNPLANNED
    }
    made = {
        (codes.get(p.location), tuple(sorted((line.sku, line.quantity) for line in p.lines))) for p in again.packages
    }

    def told(what: str, package: tuple[str | None, tuple[tuple[str, int], ...]]) -> str:
        code, lines = package
        return f"{what} a package at {code} with " + ", ".join(f"{n} of {sku}" for sku, n in lines)

    said = [told("was", one) for one in sorted(written - made, key=str)]
    said += [told("is now", one) for one in sorted(made - written, key=str)]
    bound, was = (again.lower_bound, again.proven), (planned.choices.get("lower_bound"), planned.choices.get("proven"))
    if bound != was:
        said.append(f"the lower bound was {was[0]} ({'proven' if was[1] else 'not proven'}), is now {bound[0]}")
    return said or ["the same packages, told in other words"]


def _rechecked_text(found: dict[str, Any]) -> str:
    if not found["plans"]:
        return f"order {found['order']} has no plan"
    lines = []
    for row in found["plans"]:
        said = {True: "the same plan", False: "ANOTHER PLAN", None: "its inputs are no longer kept"}[row["same"]]
        by = "" if row["planner"] == row["now"] else f" (by planner {row['planner']}, now {row['now']})"
        lines += [f"plan {row['plan']}: {said}{by}", *(f"  {text}" for text in row.get("differences", ()))]
    return "\n".join(lines)


def explained(log: EventLog, order: int) -> dict[str, Any] | None:
    """The explanation of the order's last plan; None where its inputs are no longer kept."""
    plans = _plans(log, order)
    kept = kept_inputs(log, plans[-1].inputs) if plans else None
    return None if kept is None else explain_inputs(kept)
