"""`make bench`: every benchmark, or those that are named: `make bench ARGS="append planning"`.

Each is a program of its own (`python -m benchmarks.append --help`) that prints its table with the machine, checks what
it wrote, and says its goals."""

import subprocess
import sys
import time
from collections.abc import Sequence

PROGRAMS = {
    "append": "decisions appended: the library, ours, raw INSERTs",
    "projector": "events projected: the library's runner, ours, the read floor",
    "planning": "plans by the pure planner on real baskets",
    "orders": "orders planned for good",
    "commands": "commands over HTTP against an empty handler and a raw INSERT",
    "life": "the whole life of orders, everything at work, with lags",
    "webhooks": "webhooks: drain against the adapter's ceiling, latency, scale, slow and dead neighbours",
}


def main(names: Sequence[str] | None = None) -> int:
    """Runs them one after the other; 1 where one found something wrong."""
    wanted = list(names or PROGRAMS)
    unknown = [name for name in wanted if name not in PROGRAMS]
    if unknown:
        print(f"There is no benchmark {unknown[0]!r}; there are:", file=sys.stderr)
        for name, sentence in PROGRAMS.items():
            print(f"  {name:<10} {sentence}", file=sys.stderr)
        return 2
    failed = []
    for name in wanted:
        began = time.monotonic()
        print(f"\n=== {name}: {PROGRAMS[name]}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"]).returncode:
            failed.append(name)
        print(f"({time.monotonic() - began:.0f} s)", flush=True)
    if failed:
        print(f"wrong results in: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
