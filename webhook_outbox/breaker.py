"""The circuit breaker of one endpoint (spec 4.4). No I/O; times are Unix seconds.

It counts failures in a row over *different* lanes: an object whose delivery fails again and again waits by itself and
must not hold up the others. While it is open one delivery at a time is tried, after growing pauses, until one arrives.
"""

from dataclasses import dataclass, field

OPENS_AT = 5
"""Different lanes that failed in a row."""

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
OFF_AFTER = 5 * 24 * 3600.0
"""Seconds of nothing but failures after which the endpoint is switched off."""


@dataclass(slots=True)
class Breaker:
    """`failing_since`: the first failure after the last success, None where the last try arrived; `failures` since
    then; `until`: nothing is tried before; `careful`: one at a time, as the receiver asked for a pause."""

    failing_since: float | None = None
    failures: int = 0
    open: bool = False
    until: float = 0.0
    careful: bool = False
    pause: float = FIRST_PAUSE
    _lanes: set[str] = field(default_factory=set)

    def succeeded(self) -> bool:
        """A delivery arrived; whether the breaker was open."""
        was_open = self.open
        if self.failures:
            self.failing_since, self.failures, self.open, self.until, self.careful = None, 0, False, 0.0, False
            self.pause = FIRST_PAUSE
            self._lanes.clear()
        return was_open

    def failed(self, lane: str, now: float, asked: float | None = None) -> bool:
        """A delivery did not arrive; whether that opened the breaker. `lane` "" is all of an endpoint that is sent to
        in order of the whole: each failure counts. `asked`: seconds of Retry-After; the delivery waits so long, the
        others a minute at most, then one of them asks again."""
        self.failures += 1
        if self.failing_since is None:
            self.failing_since = now
        if len(self._lanes) < OPENS_AT:
            self._lanes.add(lane or f"#{self.failures}")
        if asked is not None:
            self.careful = True
            self.until = max(self.until, now + min(asked, LONGEST_PAUSE))
        opened = not self.open and len(self._lanes) >= OPENS_AT
        if opened:
            self.open = True
        elif self.open and now < self.until:
            return False  # it was under way before: no probe
        if self.open:
            self.until = max(self.until, now + self.pause)
            self.pause = min(self.pause * 2, LONGEST_PAUSE)
        return opened

    def lets(self, now: float, in_flight: int) -> bool:
        """Whether one more may be sent now."""
        if now < self.until:
            return False
        return in_flight == 0 or not (self.open or self.careful)

    def is_hopeless(self, now: float) -> bool:
        """Nothing but failures for so long that it is switched off."""
        return self.failing_since is not None and now - self.failing_since >= OFF_AFTER
