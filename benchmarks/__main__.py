"""`make bench`: every benchmark, or those that are named: `make bench ARGS="append planning"`. With
`--into docs/benchmarks.md` what they print is published: their parts of the page are written anew, the others stay.

Each is a program of its own (`python -m benchmarks.append --help`) that prints its table with the machine, checks what
it wrote, and says its goals."""

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

PROGRAMS = {
    "append": "decisions appended: the library, ours, raw INSERTs",
    "projector": "events projected: the library's runner, ours, the read floor",
    "planning": "plans by the pure planner on real baskets",
    "orders": "orders planned for good",
    "commands": "commands over HTTP against an empty handler and a raw INSERT",
    "life": "the whole life of orders, everything at work, with lags",
    "start": "starts, recovery after kill -9, memory",
    "past": "time travel, past lists and every filter at a million packages",
    "webhooks": "drain against the adapter's ceiling, latency, scale, slow and dead neighbours",
}


HEAD = """# Benchmarks, as measured

Printed by `make bench ARGS="--into docs/benchmarks.md"`, part by part, and kept as printed. Client, service and
database shared the machine. Absolute figures drift from hour to hour; the ratios of one run hold. Each program checks
what it wrote before it says how fast that was.
"""
PART = re.compile(r"^## (\w+): .*?(?=^## \w+: |\Z)", re.MULTILINE | re.DOTALL)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs them one after the other; 1 where one found something wrong."""
    options = argparse.ArgumentParser(prog="python -m benchmarks")
    options.add_argument("names", nargs="*", help="; ".join(f"{name}: {text}" for name, text in PROGRAMS.items()))
    options.add_argument("--into", type=Path, metavar="PAGE", help="write what they print into this page")
    given = options.parse_args(argv)
    unknown = [name for name in given.names if name not in PROGRAMS]
    if unknown:
        print(f"There is no benchmark {unknown[0]!r}; there are {', '.join(PROGRAMS)}.", file=sys.stderr)
        return 2
    failed = []
    for name in given.names or PROGRAMS:
        began = time.monotonic()
        print(f"\n=== {name}: {PROGRAMS[name]}", flush=True)
        printed, good = _run(name)
        if not good:
            failed.append(name)
        elif given.into is not None:
            publish(given.into, name, printed, datetime.now(UTC))
        print(f"({time.monotonic() - began:.0f} s)", flush=True)
    if failed:
        print(f"wrong results in: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _run(name: str) -> tuple[str, bool]:
    """What it printed, shown meanwhile, and whether it found everything right."""
    lines = []
    with subprocess.Popen([sys.executable, "-m", f"benchmarks.{name}"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line.rstrip())
    return "\n".join(lines).strip(), process.returncode == 0


def publish(page: Path, name: str, printed: str, at: datetime) -> None:
    """Replaces or adds the part of one benchmark; the parts stand in the order of PROGRAMS."""
    text = page.read_text() if page.exists() else ""
    parts = {match[1]: match[0].strip() for match in PART.finditer(text)}
    parts[name] = f"## {name}: {PROGRAMS[name]}\n\n{at:%Y-%m-%d}\n\n```\n{printed}\n```"
    page.write_text("\n\n".join([HEAD.strip(), *(parts[n] for n in PROGRAMS if n in parts)]) + "\n")


if __name__ == "__main__":
    sys.exit(main())
