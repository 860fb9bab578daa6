"""What a distribution or transfer scenario says (spec 2.2 to 2.4): frozen records, compared and kept as JSON."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

PREREQUISITES = ("channel", "cargo_company", "payment_type", "customer_type", "delivery_type")
TYPES = ("store", "warehouse")
ROLES = (
    "packaging_centre",
    "delivery_location",
    "pickup_location",
    "transfer_location",
    "return_location",
    "fast_delivery",
)
SAME = ("country", "city", "township", "district")
SELECT_BY = ("SELECT_BY_QUOTA", "SELECT_BY_STOCK", "SELECT_BY_NOT_REFUSED")
ORDER_BY = (
    "priority",
    "stock_amount",
    "stock_left_after",
    "package_density",
    "distance",
    "shipping_cost",
    "target_packaging_time",
)
COVERAGES = ("whole_order", "whole_lines", "split_lines")
STRATEGIES = ("first_fit", "fewest_packages", "least_cost")
PRODUCTS = ("all_products", "any_products", "listed_products")
OPEN_AT = ("promised", "now")
INITIAL = ("100", "150")

Coverage = Literal["whole_order", "whole_lines", "split_lines"]
Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """The order's `on` must be one of `values` (static), or the expression must hold (dynamic)."""

    on: str
    values: tuple[str, ...] = ()
    expression: str = ""


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which lines a rule may take: of these SKUs (empty: any), with each attribute one of its values, and
    the expression true of it."""

    skus: tuple[str, ...] = ()
    attributes: tuple[tuple[str, tuple[Value, ...]], ...] = ()
    expression: str = ""

    @property
    def takes_all(self) -> bool:
        return not self.skus and not self.attributes and not self.expression


@dataclass(frozen=True, slots=True)
class LocationFilter:
    """Which locations a rule may use. `same`: of those place names of the destination; `km`: not farther away;
    `open_at`: it works now, or can have the goods ready by the promised date; a refused location counts again only with
    `allow_refused`."""

    type: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    order_store: bool = False
    same: tuple[str, ...] = ()
    km: float | None = None
    by_quota: bool = False
    by_stock: bool = False
    allow_refused: bool = False
    open_at: str | None = None


@dataclass(frozen=True, slots=True)
class OrderKey:
    by: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class SplitBy:
    """How packages are cut afterwards: at most so much of each a package, and lines that differ in one of the
    attributes `keep_apart` never in one. Weight and volume are the products' attributes of these names."""

    weight: float | None = None
    volume: float | None = None
    pieces: int | None = None
    keep_apart: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Weights:
    """What least_cost pays for each package, kilometre, transfer, and hour later than promised."""

    package: float = 5.0
    kilometre: float = 0.01
    transfer: float = 3.0
    lateness: float = 0.5


@dataclass(frozen=True, slots=True)
class Rule:
    """One packaging rule. `max_packages` None: as many as it takes."""

    name: str
    items: ItemFilter = field(default_factory=ItemFilter)
    locations: LocationFilter = field(default_factory=LocationFilter)
    order_by: tuple[OrderKey, ...] = ()
    coverage: Coverage = "split_lines"
    strategy: Literal["first_fit", "fewest_packages", "least_cost"] = "first_fit"
    max_packages: int | None = None
    transferable: bool = False
    split_by: SplitBy | None = None
    weights: Weights = field(default_factory=Weights)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A version of a distribution scenario. `default_stock_location` is an erp code; tried from the smallest
    `priority` up; valid from `valid_from` until before `valid_to`. `auto_reroute_after`: seconds after which a package
    that was not begun is planned elsewhere, where its location says nothing else (A7)."""

    id: int
    version: int
    name: str
    rules: tuple[Rule, ...]
    description: str = ""
    active: bool = True
    priority: int = 0
    prerequisites: tuple[Prerequisite, ...] = ()
    default_stock_location: str | None = None
    initial_status: str = "100"
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    auto_reroute_after: int | None = None


@dataclass(frozen=True, slots=True)
class SourceRule:
    name: str
    locations: LocationFilter = field(default_factory=LocationFilter)
    order_by: tuple[OrderKey, ...] = ()


@dataclass(frozen=True, slots=True)
class TransferScenario:
    """A version of a transfer scenario: where missing goods of a package may come from. `package_location`: the erp
    codes of the dispatch locations it serves (empty: any), `package_location_expression` a condition on them;
    `products` listed_products: only `product_list` (SKUs) may be brought. `hub`: goods go by way of the first location
    that passes it, in two legs; where none does, nothing is brought."""

    id: int
    version: int
    name: str
    rules: tuple[SourceRule, ...]
    active: bool = True
    priority: int = 0
    prerequisites: tuple[Prerequisite, ...] = ()
    package_location: tuple[str, ...] = ()
    products: Literal["all_products", "any_products", "listed_products"] = "all_products"
    max_sources: int | None = None
    package_location_expression: str = ""
    product_list: tuple[str, ...] = ()
    hub: SourceRule | None = None
