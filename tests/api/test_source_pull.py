"""A day without messages ends in the same state as one with them; and one with bad ones, too (spec 5, Order source)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
import requests

from api.http.app import services_of
from api.http.source_pull import pull_all
from domain.amending import wanted_of
from eventlog.embedded import EmbeddedServer
from integrations.order_source import asking
from integrations.trouble import Unanswered
from simulators import order_source
from simulators.program import serving as simulated
from tests.api.omnitron import SECRET as SIGNED
from tests.api.omnitron import connected
from tests.api.site import SECRET, SETTINGS, Site, serving
from tests.conftest import TEMPLATE
from tests.webhooks.receiver import wait_for

STORE = {"erp_code": "SRC-7", "name": "York", "is_active": True, "city": {"name": "York"}, "phone_number": "+44"}


class Source:
    """A simulated source, what happens there, and a site that it is connected to; `pull` is the job's work."""

    def __init__(self, site: Site, url: str) -> None:
        self.site, self.url = site, url
        self.kept: dict[str, Any] = {}
        site.admin.post("channels/", {"name": "app"})
        site.admin.post("cargo-companies/", {"name": "Steady Parcel", "slug": "steady"})
        connected(site, urls={"base_url": f"{url}/api"})

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, self.url + path, json=body, timeout=20)
        assert answer.ok, answer.text
        return answer.json()

    def turn(self, **knobs: Any) -> None:
        self.ask("PATCH", "/admin/knobs", knobs)

    def settled(self) -> None:
        """All messages that are due were sent, or given up."""
        wait_for(lambda: self.report()["messages waiting"] == 0, 30, lambda: str(self.report()))

    def report(self) -> dict[str, int]:
        found: dict[str, int] = self.ask("GET", "/report")
        return found

    def pull(self) -> dict[str, int]:
        services = services_of(self.site.log, SETTINGS, SECRET)

        def keep(memory: Any) -> None:
            self.kept = dict(memory)

        try:
            pulled = pull_all(services, self.kept, keep, "job-1")
        finally:
            services.close()
        return pulled.news if pulled else {}

    def state(self) -> dict[str, Any]:
        """What the log says in the end: of each order what matters of it, and of each store."""
        self.site.caught_up()
        orders = {}
        for row in self.site.admin.get("orders/?limit=100")["results"]:
            order = self.site.log.state(f"order-{row['id']}").state
            shown = self.site.admin.get(f"orders/{row['id']}/")
            orders[order.number] = {
                "state": order.state,
                "wanted": {line.omnitron_id: wanted_of(order, line.id) for line in order.items},
                "waiting": sum(order.waiting.values()),
                "amount": order.amount,
                **{name: shown[name] for name in ("notes", "customer", "channel_name", "extra_field")},
                "address": {**shown["shipping_address"], "id": None},
            }
            del orders[order.number]["customer"]["id"]
        stores = [row for row in self.site.admin.get("stock_locations/?limit=100")["results"] if row["omnitron_id"]]
        named = ("erp_code", "name", "is_active", "daytime_phone", "omnitron_id")
        return {"orders": orders, "stores": [[row[name] for name in named] for row in stores]}


@contextmanager
def opened(postgres: EmbeddedServer, name: str) -> Iterator[Source]:
    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as connection:
        connection.execute(f"create database {name} template {TEMPLATE} strategy file_copy")
    with serving(postgres.database_url(name)) as site:
        site.set_up()
        hook = f"{site.url}/api/v1/oms/order_source/webhook/"
        with simulated(order_source.build(1, hook=hook, secret=SIGNED)) as url:
            yield Source(site, url)
    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


def morning(source: Source) -> None:
    """Real orders, changed while they are new."""
    first, second, third = source.ask("POST", "/admin/orders", {"count": 3})["pks"]
    source.ask("POST", "/admin/stores", STORE)
    source.ask("PATCH", f"/admin/orders/{first}", {"fields": {"notes": "ring twice", "gift": True}})
    row = source.ask("GET", f"/api/orders/{second}/")["orderitem_set"][0]
    source.ask("PATCH", f"/admin/orders/{second}", {"pieces": {row["pk"]: row["quantity"] + 3}})
    plan = [{"order_item": row["pk"], "quantity": 2, "reason": "too many"}]
    source.ask("POST", "/admin/plans", {"order": second, "items": plan})
    source.ask("PATCH", f"/admin/orders/{third}", {"fields": {"status": "100"}})


def evening(source: Source) -> None:
    """What was taken in is changed again; an order comes and is wanted no more, another is paid late."""
    address = source.ask("GET", "/api/orders/1001/")["shipping_address"]
    source.ask("PATCH", "/admin/orders/1001", {"fields": {"shipping_address": {**address, "line": "3 Low St"}}})
    source.ask("PATCH", "/admin/orders/1001", {"fields": {"notes": "ring once", "amount": "12.34"}})
    fourth, fifth = source.ask("POST", "/admin/orders", {"count": 2})["pks"]
    row = source.ask("GET", f"/api/orders/{fourth}/")["orderitem_set"][0]
    every = [{"order_item": row["pk"], "quantity": row["quantity"], "reason": "changed their mind"}]
    source.ask("POST", "/admin/plans", {"order": fourth, "items": every})
    source.ask("PATCH", f"/admin/orders/{fifth}", {"fields": {"status": "300"}})
    source.ask("PATCH", f"/admin/orders/{fifth}", {"fields": {"status": "400"}})
    source.ask("PATCH", "/admin/stores/1", {"name": "York Minster", "is_active": False})


def test_a_day_without_messages_ends_in_the_same_state(postgres: EmbeddedServer) -> None:
    with opened(postgres, "test_with_messages") as told, opened(postgres, "test_without_messages") as asked:
        asked.turn(webhooks=False)
        for source in (told, asked):
            morning(source)
        told.settled()
        assert asked.pull()["orders"] == 3
        for source in (told, asked):
            evening(source)
        told.settled()
        asked.pull()
        asked.pull()  # what the source took from our answers to its plans
        there, here = told.state(), asked.state()
        assert there == here
        assert len(here["orders"]) == 5 and here["stores"] == [["SRC-7", "York Minster", False, "+44", 1]]
        assert sorted(row["state"] for row in here["orders"].values()) == [100, 400, 400, 400, 400]
        for source in (told, asked):
            report = source.report()
            assert (report["plans answered"], report.get("answers changed", 0)) == (2, 0)
        assert asked.report()["messages unsent"] > 10 and "messages sent" not in asked.report()
        head = asked.site.log.head().position
        assert asked.pull() == told.pull() == {}  # nothing is news, and nothing is written
        assert asked.site.log.head().position == head

        # on a bad day: messages lost, doubled and late, and the source asked in the evening
        for source in (told, asked):
            source.turn(webhooks=source is told, lost_rate=0.3, doubled_rate=0.3, late_rate=0.5)
            morning(source)
            evening_again(source)
        told.settled()
        for source in (told, asked):
            source.pull()
            source.pull()
        assert told.state() == asked.state()
        assert told.report()["messages lost"] > 0


def evening_again(source: Source) -> None:
    for n in range(3):
        source.ask("PATCH", "/admin/orders/1006", {"fields": {"notes": f"evening {n}"}})


def test_the_cursor_is_kept_and_what_cannot_be_taken_in_is_tried_again(
    postgres: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PAGE", 5)
    with opened(postgres, "test_pull") as source:
        source.turn(webhooks=False)
        source.ask("POST", "/admin/orders", {"count": 13})  # three pages
        source.ask("PATCH", "/admin/orders/1007", {"fields": {"channel": {"pk": 9, "name": "bazaar"}}})
        source.ask("PATCH", "/admin/orders/1008", {"fields": {"number": "a\u0000b"}})
        assert source.pull()["orders"] == 11
        assert set(source.kept["refused"]["orders"]) == {"1007", "1008"}
        assert "There is no 'bazaar'" in source.kept["refused"]["orders"]["1007"]
        source.site.admin.post("channels/", {"name": "bazaar"})
        assert source.pull()["orders"] == 1
        assert set(source.kept["refused"]["orders"]) == {"1008"}

        before = dict(source.kept["cursors"])
        source.ask("POST", "/admin/orders", {"count": 1})
        source.turn(down=True)
        with pytest.raises(Unanswered):
            source.pull()
        assert source.kept["cursors"] == before
        source.turn(down=False, wrong_answer_rate=1.0)
        with pytest.raises(Unanswered):
            source.pull()
        source.turn(wrong_answer_rate=0.0)
        assert source.pull()["orders"] == 1
        assert source.kept["cursors"]["orders"] > before["orders"]
