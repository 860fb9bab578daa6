"""What a planning decision says it knew of the stock: only the rows it reserves (spec 2.6)."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple


class Level(NamedTuple):
    """The stock service answered `quantity` of the SKU at the package's location, asked at `asked_at`; `settle`
    seconds are the engine's (spec 1.9). The own stock needs no levels: its figures are events themselves."""

    sku: str
    quantity: Decimal
    asked_at: datetime
    settle: int
