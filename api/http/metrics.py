"""Counters of this process, in Prometheus' text form; what the database knows is asked when somebody looks."""

import threading
from collections import Counter, defaultdict

_lock = threading.Lock()
_requests: Counter[tuple[str, int]] = Counter()
_seconds: defaultdict[str, float] = defaultdict(float)
_commands: Counter[tuple[str, str]] = Counter()
_reads: Counter[tuple[str, str]] = Counter()


def answered(method: str, status: int, seconds: float) -> None:
    with _lock:
        _requests[method, status] += 1
        _seconds[method] += seconds


def commanded(slug: str, outcome: str) -> None:
    """`outcome`: accepted, or the code of the refusal."""
    with _lock:
        _commands[slug, outcome] += 1


def read(server: str, because: str) -> None:
    """A request read the read models of `server` (replica, primary), where there is a replica to ask; `because`: why
    not the replica's."""
    with _lock:
        _reads[server, because] += 1


def lines() -> list[str]:
    """Of this process."""
    with _lock:
        out = ["# TYPE oms_http_requests_total counter"]
        out += [f'oms_http_requests_total{{method="{m}",status="{s}"}} {n}' for (m, s), n in sorted(_requests.items())]
        out.append("# TYPE oms_http_seconds_total counter")
        out += [f'oms_http_seconds_total{{method="{m}"}} {n:.6f}' for m, n in sorted(_seconds.items())]
        out.append("# TYPE oms_commands_total counter")
        out += [f'oms_commands_total{{slug="{s}",outcome="{o}"}} {n}' for (s, o), n in sorted(_commands.items())]
        out += ["# TYPE oms_reads_total counter"] * bool(_reads)
        out += [f'oms_reads_total{{server="{s}",because="{b}"}} {n}' for (s, b), n in sorted(_reads.items())]
    return out
