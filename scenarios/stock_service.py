"""What the planner knows of a brand's stock services (spec 5): where they are, and who asks them.

They are asked by `integrations.stock_services`, on the one way out of this program. A SKU is answered, or it is missing
in what comes back, or `StockServiceDown` says why there is no answer at all.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

Stocks = dict[str, dict[str, Decimal]]
"""SKU → erp code → quantity; a location that is not named has 0."""

WHOLE = 10.0  # seconds for an inquiry, with all its calls and second tries


class StockServiceDown(Exception):
    """The service did not answer, or not sensibly; the text says which, for people. `seconds`: it is left alone so
    long, and was not asked."""

    def __init__(self, text: str, seconds: float = 0.0) -> None:
        super().__init__(text)
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Engine:
    """Where and how to ask; made from a location's `engine`. `password` is the name it is kept under, so that an
    engine with a new one is another engine."""

    url: str
    type: str = "multiple"
    sku_parameter: str = "sku"
    auth_type: str = "anonymous"
    username: str = ""
    auth_url: str = ""
    settle: int = 600
    password: str = ""

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "Engine":
        auth, service = config.get("auth") or {}, config.get("service") or {}
        return cls(
            url=str(service.get("url", "")),
            type=str(service.get("type", "multiple")),
            sku_parameter=str(service.get("sku_parameter") or "sku"),
            auth_type=str(auth.get("type", "anonymous")),
            username=str(auth.get("username") or ""),
            auth_url=str(auth.get("url") or ""),
            settle=_settle(config.get("settle_minutes", 10)),
            password=str(auth.get("password") or ""),
        )


def _settle(said: Any) -> int:
    """Seconds; `until_next_count`: as good as for ever, since a push of counted stock forgets what moved before it."""
    return 10 * 365 * 86_400 if said == "until_next_count" else int(Decimal(str(said)) * 60)


class StockServices(Protocol):
    """Who asks stock services. Safe to share by threads."""

    def inquire(self, engine: Engine, skus: Collection[str], until: float) -> Stocks:
        """What there is of each SKU; what the service said nothing of is missing. Ends at `until` (time.monotonic),
        however slowly the other side feeds it. Raises StockServiceDown."""
        ...

    def heard(self, engine: Engine, at: datetime, seconds: float, down: StockServiceDown | None) -> None:
        """Told of each inquiry after its answer, for an account: when it began, what it took, how it failed."""
        ...


class NobodyAsks:
    """Where no stock service can be asked: orders that need one wait."""

    def inquire(self, engine: Engine, skus: Collection[str], until: float) -> Stocks:
        raise StockServiceDown("no stock service can be asked here")

    def heard(self, engine: Engine, at: datetime, seconds: float, down: StockServiceDown | None) -> None:
        """No account is kept."""
