"""What is to be planned: the open lines of an order and what the rules may ask about it (spec 2.2, 2.3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

ROUNDED_TO = 2  # decimals of a degree, about a kilometre: plans are kept, and must not say where somebody lives


@dataclass(frozen=True, slots=True)
class Address:
    """Places by name (None: unknown) and coordinates in degrees (None: unknown)."""

    country: str | None = None
    city: str | None = None
    township: str | None = None
    district: str | None = None
    latitude: float | None = None
    longitude: float | None = None

    def rounded(self) -> "Address":
        """The address as far as a plan needs it: a delivery address is rounded before it is planned."""
        if self.latitude is None or self.longitude is None:
            return Address(self.country, self.city, self.township, self.district)
        latitude, longitude = round(self.latitude, ROUNDED_TO), round(self.longitude, ROUNDED_TO)
        return Address(self.country, self.city, self.township, self.district, latitude, longitude)


@dataclass(frozen=True, slots=True)
class Line:
    """An open order line: `quantity` whole pieces, above 0; `price` of one piece."""

    id: int
    sku: str
    quantity: int
    attributes: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)
    price: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Demand:
    """What of an order is planned now. `retail_store` is the erp code of the store the customer chose; `refused`
    are the (location id, SKU) pairs that are left out because the location refused them lately, `excluded` those that
    no rule may use. `at`: when it is planned, as the caller says; `promised`: until when it was promised; `by_city`:
    the destination's coordinates are those of its city, for nobody knows the address's."""

    order_id: int
    number: str
    lines: tuple[Line, ...]
    channel: str = ""
    payment_type: str = ""
    customer_type: str = ""
    cargo_company: str = ""
    delivery_type: str = ""
    retail_store: str | None = None
    ship_complete: bool = False
    destination: Address = field(default_factory=Address)
    refused: frozenset[tuple[int, str]] = frozenset()
    excluded: frozenset[tuple[int, str]] = frozenset()
    at: datetime | None = None
    promised: datetime | None = None
    by_city: bool = False
