"""A cancellation plan: what is asked of an order's lines, and what was answered (spec 5, 7)."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

PlanType = Literal["cancel", "refund"]


class Asked(NamedTuple):
    """What a cancellation plan asks of one order item: its id, pieces, and why. `named`: as the plan names it. An item
    that the order does not have is 0."""

    item: int
    quantity: int
    reason: str = ""
    named: int | None = None


class Answered(NamedTuple):
    """What became of `quantity` pieces of an order item: `package` where they were in one; `reason` says why not, or
    what is waited for."""

    item: int
    quantity: int
    accepted: bool
    package: int | None
    reason: str
    named: int | None = None


@dataclass(frozen=True, slots=True)
class CancellationPlan:
    """A plan as it was answered: the same again gets the same answer. `pk` is its id where it came from."""

    uuid: str
    pk: str | None
    plan_type: PlanType
    asked: tuple[Asked, ...]
    answered: tuple[Answered, ...]
