"""The smallest change with which a location would have won (spec 2.6), found by trying: the plan is made again with it.

Trials are counted, never timed: an order of hundreds of lines at dozens of locations has fewer of them, for each is
dearer. Many changes are left out at once before one by one, figures are halved. Where the trials are used up, what was
found is told and what was not looked for, too: nothing is ever told that was not tried."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from scenarios.changes import Change, changed
from scenarios.definition import Rule
from scenarios.desk import Desk
from scenarios.flips import foremost, of_filter, refusals, stock_wanted
from scenarios.inputs import Inputs
from scenarios.plan import plan
from scenarios.planned import Plan
from scenarios.rules import Question

ROUNDS = 40  # filters to pass, and others to leave out: a bound on the work
WORK = 1_600_000  # what all plans of a search may cost together: about microseconds, by what plans took when measured
TRIES = 1_000  # plans, however small
FEWEST = 4  # plans without which nothing can be found: where these are too dear, none is made
DEAR = {(False, False): 1, (False, True): 5, (True, False): 5, (True, True): 80}
"""A rule that walks its list, or searches for the best; without, or with goods that are fetched: how dear, measured."""


class Asked:
    """What the rules were asked, kept while the plan was made."""

    def __init__(self) -> None:
        self.rules: dict[int, tuple[Question, list[int], list[int]]] = {}

    def rule(self, index: int, question: Question, lines: list[int], ranking: list[int]) -> None:
        # The desk goes on: what it had taken by then is put away with the question.
        desk = Desk(question.desk.demand, question.desk.view)
        desk.taken, desk._rows = dict(question.desk.taken), {k: row[:] for k, row in question.desk._rows.items()}
        stock = tuple(row[:] for row in question.stock)
        self.rules[index] = (replace(question, desk=desk, stock=stock), lines, ranking)


class Spent(Exception):
    """No more plans may be made for what is looked for now."""


def tries_for(inputs: Inputs) -> int:
    """How many plans a search may make, by what one of them has to look at; 0 where that is too much for any."""
    frame = inputs.frame
    lines, places = len(inputs.case.demand.lines), len(frame.places)
    once = max(1, 16 * lines + 4 * places + lines * places // 25)
    brings = bool(frame.transfer_scenarios)
    dear = sum(DEAR[rule.strategy != "first_fit", rule.transferable and brings] for rule in frame.scenario.rules)
    found = min(TRIES, WORK // (once * max(1, dear)))
    return found if found >= FEWEST else 0


class Tries:
    """Plans of one order with changes for the location at `at`; each is made once, and counted."""

    def __init__(self, inputs: Inputs, at: int) -> None:
        self.inputs, self.at = inputs, at
        self.most, self.made, self.spent = tries_for(inputs), 0, False
        self._until = self.most
        self._known: dict[tuple[int, tuple[Change, ...]], bool] = {}

    def plan(self, index: int, changes: Sequence[Change], recorder: Any = None) -> tuple[Inputs, Plan]:
        """The changed inputs and their plan; raises Spent."""
        if self.made >= self._until:
            raise Spent
        self.made += 1
        now = changed(self.inputs, self.at, index, changes) if changes else self.inputs
        return now, planned(now, recorder)

    def wins(self, index: int, changes: Sequence[Change]) -> bool:
        """Whether it wins with these changes; without any it does not, or nothing would be looked for."""
        key = (index, tuple(changes))
        if changes and key not in self._known:
            self._known[key] = gives_package(*self.plan(index, changes), self.at)
        return self._known.get(key, False)

    def within(self, parts: int, look: Callable[[], list[Change] | None]) -> list[Change] | None:
        """What is found with one of so many parts of the plans that are left; None, and `spent`, where they end."""
        before, self._until = self._until, self.made + (self._until - self.made) // parts
        try:
            return look()
        except Spent:
            self.spent = True
            return None
        finally:
            self._until = before


@dataclass(frozen=True, slots=True)
class Found:
    """The rule and its changes, None where nothing was found; `tries` plans were made, and `spent` says that fewer
    changes may do, or any at all, and that they were not looked for further."""

    index: int | None
    changes: list[Change]
    tries: int
    spent: bool


def smallest(inputs: Inputs, at: int, asked: Asked) -> Found:
    """For the location at that ordinal, which the plan of these inputs, asked of so, does not choose."""
    tries = Tries(inputs, at)
    found: tuple[int, list[Change]] | None = None
    for n, index in enumerate(asked.rules):
        question = asked.rules[index][0]
        changes = tries.within(len(asked.rules) - n, partial(_under, tries, index, question))
        if changes is not None and (found is None or len(changes) < len(found[1])):
            found = index, changes
    if found is None:
        return Found(None, [], tries.made, tries.spent)
    # Nothing is smaller than one change, whatever was not tried.
    return Found(*found, tries.made, tries.spent and len(found[1]) > 1)


def smallest_change(inputs: Inputs, at: int) -> tuple[int, list[Change]] | None:
    """(rule, changes) for the location at that ordinal; None where it is chosen, or nothing was found that helps."""
    asked = Asked()
    if gives_package(inputs, planned(inputs, asked), at):
        return None
    found = smallest(inputs, at, asked)
    return None if found.index is None else (found.index, found.changes)


def wins(inputs: Inputs, at: int) -> bool:
    """Whether the plan of these inputs gives the location a package."""
    return gives_package(inputs, planned(inputs), at)


def planned(inputs: Inputs, recorder: Any = None) -> Plan:
    """The plan of these inputs, as often as one likes: no world is built for it."""
    frame = inputs.frame
    return plan(inputs.case.demand, inputs.view(), frame.scenario, frame.transfer_scenarios, recorder)


def gives_package(inputs: Inputs, made: Plan, at: int) -> bool:
    return any(package.location == inputs.frame.places[at].id for package in made.packages)


def _under(tries: Tries, index: int, question: Question) -> list[Change] | None:
    """What would let it win under this rule, each as small as it can be; None: nothing was found. Whatever costs too
    many trials leaves half of them to what comes after it."""
    inputs, at = tries.inputs, tries.at
    rule = inputs.frame.scenario.rules[index]
    passing = _past_filters(tries, index)
    if passing is None:
        return None
    stock, priority = stock_wanted(inputs, question, at), foremost(inputs, rule, at)
    again = refusals(inputs, at, passing)

    def enough(more: Sequence[Change]) -> list[Change] | None:
        every = [*passing, *more]
        return _least(tries, index, every) if tries.wins(index, every) else None

    def alone(more: Sequence[Change]) -> list[Change] | None:
        without = _without_others(tries, index, [*passing, *more])
        return None if without is None else _least(tries, index, without)

    for more in ([], again, stock, priority, [*again, *stock, *priority]):
        found = tries.within(2, partial(enough, more))
        if found is not None:
            return found
    for more, parts in (([], 2), ([*again, *stock], 1)):
        found = tries.within(parts, partial(alone, more))
        if found is not None:
            return found
    return None


def _past_filters(tries: Tries, index: int) -> list[Change] | None:
    """One change for each filter that removes it."""
    changes: list[Change] = []
    for _ in range(ROUNDS):
        asked = Asked()
        tries.plan(index, changes, asked)
        if index not in asked.rules:
            return None
        change = of_filter(asked.rules[index][0], tries.at)
        if change is None:
            return changes
        changes.append(change)
    return None


def _without_others(tries: Tries, index: int, changes: list[Change]) -> list[Change] | None:
    """Those that were chosen are left out, again and again, until it is its turn."""
    code = {place.id: place.erp_code for place in tries.inputs.frame.places}
    out = list(changes)
    for _ in range(ROUNDS):
        now, made = tries.plan(index, out)
        if gives_package(now, made, tries.at):
            return out
        rule: Rule = now.frame.scenario.rules[index]
        chosen = {code[p.location] for p in made.packages if p.rule == rule.name} - set(rule.locations.exclude)
        if not chosen:
            return None
        out += [Change("locations.exclude", one) for one in sorted(chosen)]
    return None


def _least(tries: Tries, index: int, changes: list[Change]) -> list[Change]:
    """Without what is not needed, and each figure as small as it may be: one unit less, and it does not win."""
    size = len(changes)
    while True:
        before = changes
        changes = _needed(tries, index, changes, size)
        for n, change in enumerate(changes):
            if change.unit and change.what in ("stock", "priority", "max_quota"):
                changes = [*changes[:n], _boundary(tries, index, changes, n), *changes[n + 1 :]]
        if changes == before:
            return changes
        size = 1


def _needed(tries: Tries, index: int, changes: list[Change], size: int) -> list[Change]:
    """As many as `size` are left out at once, then half as many, at last each: without any one left it does not win."""
    while True:
        size, n = max(1, (size + 1) // 2), 0
        while n < len(changes):
            rest = [*changes[:n], *changes[n + size :]]
            if tries.wins(index, rest):
                changes = rest
            else:
                n += size
        if size == 1:
            return changes


def _boundary(tries: Tries, index: int, changes: list[Change], n: int) -> Change:
    """Between what it was, which does not do, and what does: the smallest step that does. One unit less is tried
    first: where that does not do, nothing is halved."""
    change = changes[n]
    sign, was = (1 if change.unit > 0 else -1), change.was or 0
    low, high = 0, abs(change.to - was)
    middle = high - 1
    while high - low > 1:
        tried = replace(change, to=was + sign * middle)
        if tries.wins(index, [*changes[:n], tried, *changes[n + 1 :]]):
            high = middle
        else:
            low = middle
        middle = (low + high) // 2
    return replace(change, to=was + sign * high)
