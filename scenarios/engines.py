"""The brand's stock services as the planner calls them: side by side, each under one deadline, none waited for.

An engine that fails rests before it is asked again, longer each time; what is asked meanwhile fails at once with its
last reason (a circuit breaker). So a dead engine costs its orders a pause, and nobody else anything.
"""

import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from datetime import UTC, datetime
from threading import Lock, Thread

from scenarios.dialled import Deadline
from scenarios.stock_service import WHOLE, Engine, Stocks, StockService, StockServiceDown

RESTS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)  # seconds, by failures in a row
Heard = Callable[[Engine, datetime, float, str | None], None]
"""`heard(engine, when asked, seconds it took, why it failed or None)`: for who keeps an account of calls."""

AT_ONCE = 2  # inquiries under way at one engine

log_ = logging.getLogger("daybook.planner")


class _Line:
    """One engine: its client, what is under way, and how it fared."""

    def __init__(self) -> None:
        self.client: StockService | None = None
        self.under_way: set[Deadline] = set()
        self.failures = 0
        self.rests_until = 0.0
        self.reason = ""


class Engines:
    """Safe to share by threads. `clock` in seconds, monotonic; `whole`: seconds an inquiry may take; `heard` is told of
    each."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, whole: float = WHOLE, heard: Heard | None = None
    ) -> None:
        self._clock, self._whole, self._heard = clock, whole, heard
        self._lines: dict[Engine, _Line] = {}
        self._lock = Lock()

    def ask(self, engine: Engine, skus: Iterable[str]) -> Future[Stocks]:
        """Begins an inquiry; the Future gives the answer, or raises StockServiceDown."""
        asked: Future[Stocks] = Future()
        deadline = Deadline(self._whole)
        with self._lock:
            line = self._lines.setdefault(engine, _Line())
            if self._clock() < line.rests_until:
                asked.set_exception(StockServiceDown(line.reason))
                return asked
            line.under_way.add(deadline)
        Thread(target=self._inquire, args=(engine, line, set(skus), deadline, asked), daemon=True).start()
        return asked

    def busy(self, engine: Engine) -> bool:
        """Whether as much is under way there as may be: what wants to be asked is better asked together, later."""
        line = self._lines.get(engine)
        return line is not None and len(line.under_way) >= AT_ONCE

    def retry_at(self, engine: Engine) -> float:
        """From when (of the clock) it makes sense to ask it."""
        line = self._lines.get(engine)
        return line.rests_until if line is not None else 0.0

    def close(self) -> None:
        """Cuts off what is under way."""
        with self._lock:
            for line in self._lines.values():
                for deadline in line.under_way:
                    deadline.cut()

    def _inquire(
        self, engine: Engine, line: _Line, skus: set[str], deadline: Deadline, asked: "Future[Stocks]"
    ) -> None:
        began, at = time.monotonic(), datetime.now(UTC)
        failed: str | None = None
        try:
            client = line.client
            if client is None:
                client = line.client = StockService(engine)
            answer = client.inquire(skus, deadline)
        except StockServiceDown as down:
            failed = str(down)
            self._ended(line, deadline, failed)
            asked.set_exception(down)
        except Exception as wrong:  # a thread that died would leave its orders waiting for ever
            log_.exception("a stock service could not be asked")
            failed = f"the stock service could not be asked ({type(wrong).__name__})"
            self._ended(line, deadline, failed)
            asked.set_exception(StockServiceDown(line.reason))
        else:
            self._ended(line, deadline, None)
            asked.set_result(answer)
        if self._heard is not None:
            self._heard(engine, at, time.monotonic() - began, failed)

    def _ended(self, line: _Line, deadline: Deadline, failed: str | None) -> None:
        with self._lock:
            line.under_way.discard(deadline)
            if failed is None:
                line.failures, line.rests_until = 0, 0.0
                return
            line.failures, line.reason = line.failures + 1, failed
            line.rests_until = self._clock() + RESTS[min(line.failures, len(RESTS)) - 1]
