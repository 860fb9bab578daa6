"""Asks a brand's stock service what it has (spec 5, Stock service): small, calm on its bad day, never guesses.

A SKU is answered, or it is missing in what comes back, or `StockServiceDown` says why there is no answer at all.
Credentials are read where they are used and never stand in a message.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import requests
import urllib3

from scenarios.dialled import Deadline, DeadlineAdapter

Stocks = dict[str, dict[str, Decimal]]
"""SKU → erp code → quantity; a location that is not named has 0."""

CONNECT = 3.0  # seconds
WHOLE = 10.0  # seconds for an inquiry, with all its calls and second tries
SKUS_A_CALL = 120  # keeps the address below the 4 KB that many servers allow
MOST_BYTES = 8 * 1024 * 1024
TRIES = 2


class StockServiceDown(Exception):
    """The service did not answer, or not sensibly; the text says which, for people."""


@dataclass(frozen=True)
class Engine:
    """Where and how to ask; made from a location's `engine`. `password` is the name it is kept under, so that an
    engine with a new one is another engine; `secret` gives it when it is needed, or raises LookupError."""

    url: str
    type: str = "multiple"
    sku_parameter: str = "sku"
    auth_type: str = "anonymous"
    username: str = ""
    auth_url: str = ""
    settle: int = 600
    password: str = ""
    secret: Callable[[], str] = field(default=lambda: "", compare=False, repr=False)

    @classmethod
    def of(cls, config: Mapping[str, Any], secret: Callable[[], str] = lambda: "") -> "Engine":
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
            secret=secret,
        )


def _settle(said: Any) -> int:
    """Seconds; `until_next_count`: as good as for ever, since a push of counted stock forgets what moved before it."""
    return 10 * 365 * 86_400 if said == "until_next_count" else int(Decimal(str(said)) * 60)


class StockService:
    """A client of one engine; keeps its connections and its token. Any number of threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._token = ""
        self._session = requests.Session()
        self._session.trust_env = False  # no proxies and no .netrc of the environment
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, DeadlineAdapter())
        if engine.auth_type == "basic_auth":
            self._session.auth = (engine.username, engine.secret())

    def inquire(self, skus: Iterable[str], deadline: Deadline) -> Stocks:
        """What there is of each SKU; what the service said nothing of is missing. Raises StockServiceDown."""
        found: Stocks = {}
        with deadline:
            for part in self._parts(sorted(set(skus))):
                found |= self._ask(part, deadline)
        return found

    def _parts(self, skus: list[str]) -> Iterator[list[str]]:
        size = 1 if self.engine.type == "single" else SKUS_A_CALL
        for start in range(0, len(skus), size):
            yield skus[start : start + size]

    def _ask(self, skus: list[str], deadline: Deadline) -> Stocks:
        for again in range(TRIES):
            try:
                return _read(self._get(skus, deadline), skus)
            except StockServiceDown:
                if deadline.over:
                    raise StockServiceDown("the stock service did not answer in time") from None
                if again == TRIES - 1:
                    raise
                time.sleep(0.1)
        raise AssertionError("the loop returns or raises")

    def _get(self, skus: list[str], deadline: Deadline) -> Any:
        if self.engine.auth_type == "token" and not self._token:
            self._log_in(deadline)
        try:
            params = [(self.engine.sku_parameter, sku) for sku in skus]
            with self._session.get(
                self.engine.url,
                params=params,
                headers={"Authorization": f"Token {self._token}"} if self._token else {},
                timeout=(min(CONNECT, deadline.left), deadline.left),
                allow_redirects=False,
                stream=True,
            ) as answer:
                if answer.status_code == 401:
                    self._token = ""
                if answer.status_code != 200:
                    raise StockServiceDown(f"the stock service answered {answer.status_code}")
                body = answer.raw.read(MOST_BYTES + 1, decode_content=True)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise StockServiceDown(f"the stock service does not answer ({type(error).__name__})") from error
        if len(body) > MOST_BYTES:
            raise StockServiceDown("the stock service's answer is too large")
        try:
            return json.loads(body)
        except ValueError as error:
            raise StockServiceDown("the stock service's answer is not JSON") from error

    def _log_in(self, deadline: Deadline) -> None:
        try:
            answer = self._session.post(
                self.engine.auth_url,
                json={"username": self.engine.username, "password": self.engine.secret()},
                timeout=(min(CONNECT, deadline.left), deadline.left),
                allow_redirects=False,
            )
            said = answer.json()
            token = said.get("key") or said.get("token")
        except (requests.RequestException, ValueError, AttributeError) as error:
            raise StockServiceDown(f"the stock service's log-in failed ({type(error).__name__})") from error
        if answer.status_code != 200 or not token:
            raise StockServiceDown(f"the stock service's log-in answered {answer.status_code}")
        self._token = str(token)


def _read(said: Any, skus: list[str]) -> Stocks:
    """The answer by SKU, checked: a figure that is missing, negative or no number is nonsense, not zero."""
    rows = said.get("results", [said]) if isinstance(said, dict) else None
    if not isinstance(rows, list):
        raise StockServiceDown("the stock service's answer has no results")
    wanted = set(skus)
    found: Stocks = {}
    for row in rows:
        try:
            sku, stocks = row["sku"], row["stocks"]
            if sku in wanted:
                found[sku] = {str(stock["erp_code"]): _quantity(stock["quantity"]) for stock in stocks}
        except (KeyError, TypeError, InvalidOperation) as error:
            raise StockServiceDown("the stock service's answer makes no sense") from error
    return found


def _quantity(said: Any) -> Decimal:
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        raise TypeError("no quantity")
    quantity = Decimal(str(said))
    if not quantity.is_finite() or quantity < 0 or quantity >= 10**12:
        raise StockServiceDown("the stock service answered an impossible quantity")
    return quantity
