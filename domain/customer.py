"""A customer, of whom the log knows a key and nothing else: that they were forgotten is told here (spec 6.2)."""

from dataclasses import dataclass
from datetime import datetime

from domain.changing import replace
from domain.kernel import Evolver, fact
from domain.kinds import Kind, register

# --- states


@dataclass(frozen=True, slots=True)
class Customer:
    """`key`: the name of the key that sealed what was theirs; it opens nothing any more."""

    id: int
    key: str
    version: int = 0
    created: datetime | None = None
    modified: datetime | None = None


# --- facts


@fact("CustomerForgotten", on="customer", sentence="The customer was forgotten: their key was destroyed.")
class CustomerForgotten:
    """Every reader of the log that keeps plain text of theirs empties it here; a database that was restored from before
    destroys the key again."""

    customer: int
    key: str


# --- evolve and the decision

evolve = Evolver()


@evolve.on(CustomerForgotten)
def _forgotten(before: Customer | None, fact: CustomerForgotten, at: datetime) -> Customer:
    was = before or Customer(fact.customer, fact.key, created=at)
    return replace(was, version=was.version + 1, modified=at)


register(Kind("customer", evolve))


def forget(before: Customer | None, id: int, key: str) -> list[CustomerForgotten]:
    """Once is enough."""
    return [] if before is not None else [CustomerForgotten(customer=id, key=key)]
