"""What people set around carriers: who a location is to them, and which of them takes which packages (spec 3.2, 5)."""

from dataclasses import dataclass
from typing import Any

from domain.kernel import Given, fact
from domain.settings import Record, declare_record

# --- states


@dataclass(frozen=True, slots=True)
class SenderAddress(Record):
    """A stock location as a carrier knows it: `origin_id` is its name there, `remote_id` the one in another system."""

    stock_location: int
    cargo_company: int
    origin_id: str
    remote_id: str | None = None
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class CargoCompanyCondition(Record):
    """`cargo_company` takes the packages of which `expression` (a condition as in scenarios; empty: any) is true; they
    are looked at from the smallest `priority` up."""

    name: str
    cargo_company: int
    expression: str = ""
    priority: int = 0
    is_active: bool = True


# --- facts


@fact(
    "SenderAddressSaved",
    on="sender_address",
    sentence="The carrier's name for the location, {record.origin_id}, was saved.",
)
class SenderAddressSaved:
    sender_address: int
    record: SenderAddress


@fact("CargoCompanyConditionSaved", on="cargo_company_condition", sentence="The condition “{record.name}” was saved.")
class CargoCompanyConditionSaved:
    cargo_company_condition: int
    record: CargoCompanyCondition


# --- evolve

declare_record(SenderAddressSaved, SenderAddress)
declare_record(CargoCompanyConditionSaved, CargoCompanyCondition, "name")


# --- decisions


def carrier_of(order: Any, package: Any, given: Given) -> int | None:
    """The carrier (id) of a package: by the first condition that holds for it, else the order's."""
    chosen = None if given.carrier is None else given.carrier(order, package)
    company: int | None = chosen if chosen is not None else order.cargo_company
    return company
