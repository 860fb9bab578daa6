"""Every simulator tells who asked it for what, and nothing of what was said."""

import requests

from simulators import program, stock_service


def test_a_simulator_tells_who_asked_it() -> None:
    with program.serving(stock_service.build()) as url:
        assert requests.get(f"{url}/admin/calls", timeout=5).json() == {"calls": []}
        requests.get(f"{url}/multiple?sku=SECRET", headers={"User-Agent": "shop"}, timeout=5)
        requests.get(f"{url}/nothing", headers={"User-Agent": "shop"}, timeout=5)
        requests.patch(f"{url}/admin/knobs", json={}, timeout=5)
        answer = requests.get(f"{url}/admin/calls", timeout=5)
        assert "SECRET" not in answer.text
        calls = answer.json()["calls"]
        assert [(c["from"], c["to"], c["method"], c["path"], c["status"]) for c in calls] == [
            ("shop", "stock_service", "GET", "/nothing", 404),
            ("shop", "stock_service", "GET", "/multiple", 200),
        ]
