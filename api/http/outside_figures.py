"""Calls to other systems in Prometheus' text form."""

from collections.abc import Mapping
from typing import Any


def lines(outside: Mapping[str, Any]) -> list[str]:
    """Of what integrations.traffic found."""
    waiting = [(kind, count) for kind, state, count in outside["calls"] if state == "waiting"]
    failed = [(kind, count) for kind, state, count in outside["calls"] if state == "failed"]
    requests = sorted(outside["requests"])
    return [
        *_head("oms_integration_calls_waiting", "gauge", "Calls to other systems that wait or are under way, by kind."),
        *(f'oms_integration_calls_waiting{{kind="{kind}"}} {count}' for kind, count in sorted(waiting)),
        *_head("oms_integration_oldest_seconds", "gauge", "How long the oldest of them has waited."),
        *(f'oms_integration_oldest_seconds{{kind="{kind}"}} {age:.3f}' for kind, age in sorted(outside["oldest"])),
        *_head("oms_integration_calls_failed", "gauge", "Calls that wait for people."),
        *(f'oms_integration_calls_failed{{kind="{kind}"}} {count}' for kind, count in sorted(failed)),
        *_head("oms_integration_requests_total", "counter", "Requests to other systems, by outcome."),
        *(
            f'oms_integration_requests_total{{system="{_plain(system)}",outcome="{outcome}"}} {total}'
            for system, outcome, total, _ in requests
        ),
        *_head("oms_integration_request_seconds_total", "counter", "Seconds they took."),
        *(
            f'oms_integration_request_seconds_total{{system="{_plain(system)}",outcome="{outcome}"}} {seconds:.3f}'
            for system, outcome, _, seconds in requests
        ),
    ]


def _plain(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")


def _head(name: str, kind: str, sentence: str) -> list[str]:
    return [f"# HELP {name} {sentence}", f"# TYPE {name} {kind}"]
