"""The brand's stock services as the planner calls them: side by side, each under one deadline, none waited for.

An engine that fails rests before it is asked again, longer each time; what is asked meanwhile fails at once with its
last reason. So a dead engine costs its orders a pause, and nobody else anything.
"""

import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from datetime import UTC, datetime
from threading import Lock, Thread

from scenarios.stock_service import WHOLE, Engine, Stocks, StockServiceDown, StockServices

RESTS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)  # seconds, by failures in a row
AT_ONCE = 2  # inquiries under way at one engine

log_ = logging.getLogger("daybook.planner")


class _Line:
    """One engine: what is under way, and how it fared."""

    def __init__(self) -> None:
        self.under_way = 0
        self.failures = 0
        self.rests_until = 0.0
        self.reason = ""


class Engines:
    """Safe to share by threads. `clock` in seconds, monotonic; `whole`: seconds an inquiry may take."""

    def __init__(
        self, services: StockServices, clock: Callable[[], float] = time.monotonic, whole: float = WHOLE
    ) -> None:
        self._services, self._clock, self._whole = services, clock, whole
        self._lines: dict[Engine, _Line] = {}
        self._lock = Lock()

    def ask(self, engine: Engine, skus: Iterable[str]) -> Future[Stocks]:
        """Begins an inquiry; the Future gives the answer, or raises StockServiceDown."""
        asked: Future[Stocks] = Future()
        until = time.monotonic() + self._whole
        with self._lock:
            line = self._lines.setdefault(engine, _Line())
            if self._clock() < line.rests_until:
                asked.set_exception(StockServiceDown(line.reason))
                return asked
            line.under_way += 1
        Thread(target=self._inquire, args=(engine, line, frozenset(skus), until, asked), daemon=True).start()
        return asked

    def busy(self, engine: Engine) -> bool:
        """Whether as much is under way there as may be: what wants to be asked is better asked together, later."""
        line = self._lines.get(engine)
        return line is not None and line.under_way >= AT_ONCE

    def retry_at(self, engine: Engine) -> float:
        """From when (of the clock) it makes sense to ask it."""
        line = self._lines.get(engine)
        return line.rests_until if line is not None else 0.0

    def _inquire(
        self, engine: Engine, line: _Line, skus: frozenset[str], until: float, asked: "Future[Stocks]"
    ) -> None:
        began, at = time.monotonic(), datetime.now(UTC)
        down: StockServiceDown | None = None
        try:
            answer = self._services.inquire(engine, skus, until)
        except StockServiceDown as said:
            down = said
        except Exception as wrong:  # a thread that died would leave its orders waiting for ever
            log_.exception("a stock service could not be asked")
            down = StockServiceDown(f"the stock service could not be asked ({type(wrong).__name__})")
        self._ended(line, down)
        if down is None:
            asked.set_result(answer)
        else:
            asked.set_exception(StockServiceDown(line.reason))
        self._services.heard(engine, at, time.monotonic() - began, down)

    def _ended(self, line: _Line, down: StockServiceDown | None) -> None:
        with self._lock:
            line.under_way -= 1
            if down is None:
                line.failures, line.rests_until = 0, 0.0
            elif down.seconds:
                line.reason, line.rests_until = line.reason or str(down), self._clock() + down.seconds
            else:
                line.failures, line.reason = line.failures + 1, str(down)
                line.rests_until = self._clock() + RESTS[min(line.failures, len(RESTS)) - 1]
