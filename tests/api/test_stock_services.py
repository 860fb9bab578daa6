"""docs/integrations/stock.md is true: the engine it shows is taken, what it shows asked and answered is what our client
asks and understands; baskets are answered from what the job was told."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from flask import Flask, Response, request

from api.jobs.clock import Jobs
from integrations.traffic import lately
from scenarios.stock_service import Engine
from simulators import program, stock_service
from tests.api.site import SECRET, SETTINGS, Site, location, serving
from tests.scenarios.shop import services

PAGE = (Path(__file__).parents[2] / "docs" / "integrations" / "stock.md").read_text()


def block(language: str, name: str) -> str:
    found = re.search(rf"```{language} {name}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def own(database_url: str) -> Iterator[Site]:
    with serving(database_url) as site:
        site.set_up()
        yield site


@pytest.mark.parametrize("kind", ["multiple", "single"])
def test_what_the_page_shows_is_what_is_asked_and_understood(kind: str) -> None:
    """Answered as written there; and the simulator answers the same."""
    asked: list[str] = []
    app = Flask("documented")

    @app.get(f"/{kind}")
    def answer() -> Response:
        asked.append(request.full_path)
        return Response(block("json", kind), mimetype="application/json")

    shown = urlsplit(block("http", kind).removeprefix("GET ").strip())
    skus = [sku for _, sku in parse_qsl(shown.query)]
    with program.serving(app) as url:
        found = services().inquire(Engine(f"{url}/{kind}", kind), skus, time.monotonic() + 10)
    [path] = asked
    assert sorted(parse_qsl(urlsplit(path).query)) == sorted(parse_qsl(shown.query))
    assert {sku: {code: int(n) for code, n in stocks.items()} for sku, stocks in found.items()} == {
        sku: {"ST-001": 6} if sku == "85123A" else {} for sku in skus
    }
    with program.serving(stock_service.build()) as url:
        levels = [{"erp_code": "ST-001", "sku": "85123A", "quantity": 6}]
        requests.put(f"{url}/admin/levels", json={"stock": levels}, timeout=5).raise_for_status()
        assert requests.get(f"{url}{shown.path}?{shown.query}", timeout=5).json() == json.loads(block("json", kind))


def test_a_basket_is_answered_from_what_the_job_was_told(own: Site) -> None:
    """Of a SKU that nobody knew the service is asked by the next run; who was asked is in the account of calls."""
    with program.serving(stock_service.build()) as url:
        config = json.loads(block("json", "engine"))
        made = own.admin.post("stock_locations/", location("ST-900", **config))
        assert made["engine"]["auth"]["password"] != "sesame" and made["engine"]["settle_minutes"] == 10
        engine = {"auth": {"type": "anonymous"}, "service": {"url": f"{url}/multiple", "type": "multiple"}}
        assert own.admin("PATCH", f"stock_locations/{made['id']}/", {"engine": engine}).status_code == 200
        levels = [{"erp_code": "ST-900", "sku": "NEW", "quantity": 2}]
        requests.put(f"{url}/admin/levels", json={"stock": levels}, timeout=5).raise_for_status()
        ask = "query-stock-availability?sku=NEW&sku=NEW&erp_code=ST-900"
        assert own.admin.get(ask) == {"ST-900": False}
        told = refresh(own)
        assert (told["state"], told["outcome"]) == ("finished", {"services": 1, "SKUs": 3, "levels changed": 1})
        assert own.admin.get(ask) == {"ST-900": True}
        [change] = own.admin.get("stock/history/?erp_code=ST-900")["results"]
        assert (change["sku"], change["quantity"], change["command"]) == ("NEW", "2", "refresh-stock")
        requests.patch(f"{url}/admin/knobs", json={"down": True}, timeout=5).raise_for_status()
        told = refresh(own)
        assert told["state"] == "failed" and "ST-900" in told["error"]
        assert own.admin.get(ask) == {"ST-900": True}
    with own.log.listening() as connection:
        rows = lately(connection)
    assert [(row["outcome"], row["what"]) for row in rows] == [("failed", "stock inquiry"), ("ok", "stock inquiry")]
    assert rows[0]["place"].endswith("/multiple") and rows[0]["error"]


def refresh(site: Site) -> dict[str, Any]:
    from dataclasses import replace

    found = Jobs(site.log, replace(SETTINGS, secret_key=SECRET)).now("stock-refresh", "test")
    assert found is not None
    return found
