"""A bar on standard error for people at a terminal: how far, how fast, how long still. Nothing where nobody looks."""

import argparse
import sys
import time
from typing import TextIO

WIDTH = 24
EVERY = 0.2


class Progress:
    """Called with (done, total); `total` 0 is unknown. `unit`: what is counted."""

    def __init__(self, unit: str, to: TextIO | None = None) -> None:
        self._unit, self._to = unit, to
        self._began = time.monotonic()
        self._shown = 0.0

    def __call__(self, done: int, total: int = 0) -> None:
        now = time.monotonic()
        if self._to is None or (now - self._shown < EVERY and done != total):
            return
        self._shown = now
        print(f"\r{line(done, total, now - self._began, self._unit)}\x1b[K", end="", file=self._to, flush=True)

    def end(self) -> None:
        if self._to is not None and self._shown:
            print(file=self._to)


def line(done: int, total: int, seconds: float, unit: str) -> str:
    """`[######------]  50 %  1,000 of 2,000 events  500/s  2 s left`."""
    speed = done / seconds if seconds > 0 else 0.0
    told = f"{speed:,.0f}/s"
    if not total:
        return f"{done:,} {unit}  {told}"
    share = min(done / total, 1.0)
    bar = "#" * int(share * WIDTH)
    left = f"  {_span((total - done) / speed)} left" if speed and done < total else ""
    return f"[{bar:-<{WIDTH}}] {share:4.0%}  {done:,} of {total:,} {unit}  {told}{left}"


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def progress_of(arguments: argparse.Namespace, unit: str) -> Progress:
    """One that shows nothing where a program asks, or nobody looks."""
    seen = not arguments.json and sys.stderr.isatty()
    return Progress(unit, sys.stderr if seen else None)
