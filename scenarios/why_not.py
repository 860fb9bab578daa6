"""Why not LOCATION: the first condition that failed, and the smallest change that would have let it win (spec 2.6).

Every answer is tried: the plan is made again with the change, and with one unit less of it. A location wins when the
plan gives it a package. The trials are bounded (scenarios.smallest): where they end first, the answer says so."""

from collections.abc import Sequence
from typing import Any

from domain.kernel import invalid
from scenarios.changes import Change, told
from scenarios.inputs import Inputs
from scenarios.rules import Question, reason_against
from scenarios.smallest import Asked, Found, gives_package, planned, smallest

NAMED = 5  # of those that would have to be left out, in the sentence; the data has all


def why_not(inputs: Inputs, code: str) -> dict[str, Any]:
    """{location, chosen, condition, changes [{what, of, from, to}], rule, rules [{rule, condition}], tries, spent,
    sentence} of a location by its erp code; `tries` plans were made to find the changes, `spent`: a
    smaller change was not looked for further; raises Refusal `invalid` where the plan knew of none."""
    at = next((n for n, place in enumerate(inputs.frame.places) if place.erp_code == code), None)
    if at is None:
        raise invalid(why_not=f"The plan knew of no location {code[:100]}.")
    asked = Asked()
    made = planned(inputs, asked)
    rules = inputs.frame.scenario.rules
    said = [
        {"rule": rules[i].name, "condition": _condition(q, ranking, at)} for i, (q, _, ranking) in asked.rules.items()
    ]
    chosen = gives_package(inputs, made, at)
    answer = {"location": code, "chosen": chosen, "rules": said, "rule": None, "changes": []}
    if chosen:
        return {**answer, "condition": None, "tries": 0, "spent": False, "sentence": f"{code} was chosen."}
    condition = said[0]["condition"] if said else "no line was open for any rule"
    found = smallest(inputs, at, asked)
    answer |= {"tries": found.tries, "spent": found.spent}
    if found.index is None:
        text = f"{code} was not chosen: {condition}. {_nothing(found)}"
        return {**answer, "condition": condition, "sentence": text}
    question, _, ranking = asked.rules[found.index]
    condition, name = _condition(question, ranking, at), rules[found.index].name
    wish = " and ".join(_wishes(found.changes))
    more = f" A smaller change was not looked for further than {found.tries} tries." if found.spent else ""
    return {
        **answer,
        "condition": condition,
        "rule": name,
        "changes": [change.as_json() for change in found.changes],
        "sentence": f"{code} was not chosen by “{name}”: {condition}. It would have been if {wish}.{more}",
    }


def _nothing(found: Found) -> str:
    if found.spent and not found.tries:
        return "The smallest change that lets it win was not looked for: the order is too large for that."
    if found.spent:
        return f"The smallest change that lets it win was not looked for further than {found.tries} tries."
    return "No single rule could be changed so that it wins."


def _wishes(changes: Sequence[Change]) -> list[str]:
    """A part of the sentence for each; those that are left out in one."""
    out = [change.of for change in changes if change.what == "locations.exclude"]
    said = [told(change) for change in changes if change.what != "locations.exclude"]
    if out:
        named = ", ".join(out[:NAMED]) + (f" and {len(out) - NAMED} more" if len(out) > NAMED else "")
        said.append(f"{named} {'was' if len(out) == 1 else 'were'} left out")
    return said


def _condition(q: Question, ranking: list[int], at: int) -> str:
    """The first thing that stood in its way under a rule."""
    reason = reason_against(q, at)
    if reason is not None:
        return reason
    lacking = [sku for sku, n, row in zip(q.skus, q.pieces, q.stock, strict=True) if row[at] < n]
    rank = f"rank {ranking.index(at) + 1} of {len(ranking)}" if at in ranking else "not ranked"
    if len(lacking) == len(q.skus) and not any(row[at] for row in q.stock):
        return f"has none of the items ({rank})"
    if lacking:
        return f"lacks {lacking[0]}" + (f" and {len(lacking) - 1} more" if len(lacking) > 1 else "") + f" ({rank})"
    return f"others stand before it ({rank})"
