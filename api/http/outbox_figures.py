"""The outbox in Prometheus' text form."""

from collections.abc import Mapping, Sequence
from math import isinf
from typing import Any


def lines(outbox: Mapping[str, Any]) -> list[str]:
    """Of what webhook_outbox.metrics found."""
    endpoints, failing = sorted(outbox["endpoints"].items()), sorted(outbox["failing"].items())
    out = [
        *_head("oms_webhook_backlog", "gauge", "Deliveries that wait."),
        f"oms_webhook_backlog {outbox['backlog']}",
        *_head("oms_webhook_oldest_seconds", "gauge", "Age of the event of the oldest delivery that waits."),
        f"oms_webhook_oldest_seconds {max(0.0, outbox['oldest_seconds']):.3f}",
        *_head("oms_webhook_endpoint_backlog", "gauge", "Deliveries that wait, by endpoint."),
        *(f'oms_webhook_endpoint_backlog{{webhook="{id}"}} {one["backlog"]}' for id, one in endpoints),
        *_head("oms_webhook_endpoint_oldest_seconds", "gauge", "Age of the oldest that waits, by endpoint."),
        *(
            f'oms_webhook_endpoint_oldest_seconds{{webhook="{id}"}} {max(0.0, one["oldest_seconds"]):.3f}'
            for id, one in endpoints
        ),
        *_head("oms_webhook_breaker_open", "gauge", "1 where the breaker of a failing endpoint is open."),
        *(f'oms_webhook_breaker_open{{webhook="{id}"}} {int(one["open"])}' for id, one in failing),
        *_head("oms_webhook_failing_seconds", "gauge", "How long nothing but failures, by endpoint."),
        *(f'oms_webhook_failing_seconds{{webhook="{id}"}} {max(0.0, one["seconds"]):.0f}' for id, one in failing),
        *_head("oms_webhook_dead_letters", "gauge", "Deliveries whose tries are used up."),
        f"oms_webhook_dead_letters {outbox['dead']}",
        *_head("oms_webhook_senders", "gauge", "Sending processes alive."),
        f"oms_webhook_senders {outbox['senders']}",
        *_head("oms_webhook_attempts_total", "counter", "Attempts by class of answer."),
        *(f'oms_webhook_attempts_total{{class="{of}"}} {n}' for of, n in sorted(outbox["attempts"].items())),
    ]
    out += histogram(
        "oms_webhook_latency_seconds", "From the event to the first try.", outbox["times"].get("latency", ())
    )
    out += histogram("oms_webhook_response_seconds", "How long a try took.", outbox["times"].get("response", ()))
    return out


def histogram(name: str, sentence: str, times: Sequence[tuple[float, int, float]]) -> list[str]:
    """`times`: `(bound, how many above the bound before, their seconds)` by bound."""
    out, so_far, seconds = _head(name, "histogram", sentence), 0, 0.0
    for bound, total, took in times:
        so_far, seconds = so_far + total, seconds + took
        if not isinf(bound):
            out.append(f'{name}_bucket{{le="{bound:g}"}} {so_far}')
    return [*out, f'{name}_bucket{{le="+Inf"}} {so_far}', f"{name}_sum {seconds:.3f}", f"{name}_count {so_far}"]


def _head(name: str, kind: str, sentence: str) -> list[str]:
    return [f"# HELP {name} {sentence}", f"# TYPE {name} {kind}"]
