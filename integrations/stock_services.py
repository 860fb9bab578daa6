"""Asks the brand's stock services what they have (spec 5) on the one way out, for the planner
(scenarios.stock_service).

Connections are kept alive and tokens kept: planning asks thousands of times. What comes back is checked figure by
figure; nothing is guessed.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from threading import Lock
from time import monotonic
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from integrations.authorization import Auth
from integrations.outside import Ask, Attempt, Outside, Said, System
from integrations.traffic import Traffic
from integrations.trouble import Resting, Trouble
from scenarios.stock_service import WHOLE, Engine, Stocks, StockServiceDown
from webhook_outbox.targets import Network

CONNECT = 3.0  # seconds
SKUS_A_CALL = 120  # keeps the address below the 4 KB that many servers allow


class AskedServices:
    """`secret` gives what is kept under the name that an engine says, or raises LookupError; `traffic` keeps each
    inquiry, with all its calls, as one attempt."""

    def __init__(
        self, allowed: Sequence[Network], secret: Callable[[str], str], traffic: Traffic | None = None
    ) -> None:
        self._outside = Outside(allowed)
        self._secret, self._traffic = secret, traffic
        self._systems: dict[Engine, System] = {}
        self._lock = Lock()

    def close(self) -> None:
        self._outside.close()

    def inquire(self, engine: Engine, skus: Collection[str], until: float) -> Stocks:
        """As of scenarios.stock_service.StockServices."""
        system, found = self._system(engine), Stocks()
        for part in _parts(engine, sorted(set(skus))):
            if monotonic() >= until:
                raise StockServiceDown("the stock service did not answer in time")
            ask = Ask("GET", _url(engine, part), "stock inquiry", until=until)
            try:
                found |= self._outside.call(system, ask, partial(_stocks, part))
            except Resting as resting:
                raise StockServiceDown(f"the stock service is not asked: {resting}", resting.seconds or 1.0) from None
            except Trouble as trouble:
                raise StockServiceDown(f"the stock service does not tell: {trouble}") from None
        return found

    def heard(self, engine: Engine, at: datetime, seconds: float, down: StockServiceDown | None) -> None:
        """In the account of who talked to whom."""
        if self._traffic is None:
            return
        place = f"{_host(engine)}{urlsplit(engine.url).path}"[:300]
        outcome = "ok" if down is None else "resting" if down.seconds else "failed"
        error = None if down is None else str(down)
        name = f"stock:{_host(engine)}"
        self._traffic(Attempt(at, name, "stock inquiry", None, "GET", place, None, round(seconds, 4), outcome, error))

    def _system(self, engine: Engine) -> System:
        with self._lock:
            system = self._systems.get(engine)
        if system is None:
            system = System(str(engine), self._auth(engine), CONNECT, WHOLE)  # one of its own in the breaker's eyes
            with self._lock:
                self._systems[engine] = system
        return system

    def _auth(self, engine: Engine) -> Auth:
        if engine.auth_type == "anonymous":
            return Auth()
        try:
            password = self._secret(engine.password)
        except LookupError as lost:
            raise StockServiceDown(f"the password of the stock service cannot be read: {lost}") from None
        return Auth(engine.auth_type, engine.username, password, token_prefix="Token", url=engine.auth_url)  # noqa: S106 - the word of the contract


def _host(engine: Engine) -> str:
    parts = urlsplit(engine.url)
    return f"{parts.hostname or ''}{':' + str(parts.port) if parts.port else ''}"


def _parts(engine: Engine, skus: list[str]) -> Iterator[list[str]]:
    size = 1 if engine.type == "single" else SKUS_A_CALL
    for start in range(0, len(skus), size):
        yield skus[start : start + size]


def _url(engine: Engine, skus: list[str]) -> str:
    parts = urlsplit(engine.url)
    asked = urlencode([(engine.sku_parameter, sku) for sku in skus])
    return urlunsplit(parts._replace(query=f"{parts.query}&{asked}" if parts.query else asked, fragment=""))


def _stocks(skus: list[str], said: Said) -> Stocks:
    """The answer by SKU, checked: a figure that is missing, negative or no number is nonsense, not zero."""
    if said.status != 200:
        raise ValueError("another answer than 200")
    answer = said.json()
    rows = answer.get("results", [answer])
    if not isinstance(rows, list):
        raise TypeError("no results")
    wanted = set(skus)
    return {
        str(row["sku"]): {str(stock["erp_code"]): _quantity(stock["quantity"]) for stock in row["stocks"]}
        for row in rows
        if row["sku"] in wanted
    }


def _quantity(said: Any) -> Decimal:
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        raise TypeError("no quantity")
    try:
        quantity = Decimal(str(said))
    except InvalidOperation:
        raise ValueError("no number") from None
    if not quantity.is_finite() or quantity < 0 or quantity >= 10**12:
        raise ValueError("an impossible quantity")
    return quantity
