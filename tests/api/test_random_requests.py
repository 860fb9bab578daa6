"""Random orders, commands, cancellations, splits and refusals over HTTP, repeated and at the same time, beside a small
model: what the tables of spec 1.6 allow is done, all else is refused and writes nothing; the laws of 1.8 hold after
every step, over the whole log and the guard rows."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from domain.guards import SlotRow, StockRow
from domain.kernel import allowed
from domain.laws import Laws
from domain.planning import Leg, Placement
from eventlog import guard_rebuild
from tests.api.site import Client, Site, order, serving
from tests.domain.spec_tables import PACKAGE, TRANSFER

PLACES = ("WH-01", "ST-014")
BODIES: dict[str, dict[str, Any]] = {
    "package-refuse-with-denial-reason": {"denial_reason": 1},
    "block-package": {"reason": "fraud?"},
    "update-invoice": {"invoice_number": "INV-1", "document_type": "text", "document": "thanks"},
    "package-advanced-shipment": {"tracking_number": "TRK1", "cargo_company": "fast"},
    "update-shipment-status": {"status": "delivered"},
    "update-shipment-info": {"tracking_number": "TRK2", "query_number": "Q2"},
    "transfer-order-advanced": {"tracking_number": "TRK1", "cargo_company": "fast"},
}
ALSO = {"product-not-found-advanced": {"920"}, "update-shipment-info": {"500"}, "update-shipment-label": {"500"}}
"""States besides that of the table: nothing was left; the label is there."""


NO_PARTS = {"product-not-found", "product-not-found-advanced"}


WAYS = ("once", "once", "once", "twice", "at once", "stale", "dry", "bulk")


class Watched:
    """A site, the laws over its whole log, event after event, and how often what was done."""

    def __init__(self, site: Site) -> None:
        self.site, self.laws, self.position = site, Laws(), 0
        self.done: Counter[str] = Counter()

    def hold(self) -> None:
        while events := self.site.log.read(self.position, 1000):
            for one in events:
                self.laws.see(one.stream, one.version, one.position, one.at, one.fact, one.command_id)
            self.position = events[-1].position
        with psycopg.connect(self.site.log.database_url) as connection:
            stock = [(place, sku, StockRow(*row)) for place, sku, *row in connection.execute(guard_rebuild.STOCK)]
            slots = [(place, SlotRow(*row)) for place, *row in connection.execute(guard_rebuild.SLOTS)]
        assert self.laws.finish(stock, slots) == []


class Machine(RuleBasedStateMachine):
    """`model`: package → its state; `pieces`: order → pieces per line, whatever becomes of them."""

    watched: Watched

    @initialize()
    def begin(self) -> None:
        self.site: Site = self.watched.site
        self.admin: Client = self.site.admin
        self.orders: list[int] = []
        self.pieces: dict[int, int] = {}
        self.model: dict[tuple[str, int], str] = {}
        for n in (5, 3):
            self.an_order(n, 2, "400")
            self.placed(self.orders[-1], PLACES[n % 2], True)

    # --- what happens

    @rule(a=st.integers(1, 5), b=st.integers(1, 3), status=st.sampled_from(["400", "400", "300"]))
    def an_order(self, a: int, b: int, status: str) -> None:
        said = order(f"X{self.watched.done['order']:05}", status=status)
        said["items"][0]["quantity"], said["items"][1]["quantity"] = a, b
        made = self.admin.post("orders/", said)
        again = self.admin("POST", "orders/", said)
        assert (again.status_code, again.json()["id"]) == (200, made["id"]), "the same order is never two"
        self.orders.append(made["id"])
        self.pieces[made["id"]] = a + b
        self.watched.done["order"] += 1

    @rule(data=st.data(), what=st.sampled_from(["plan", "cancellation", "split"]), quantity=st.integers(1, 6))
    def something_else(self, data: st.DataObject, what: str, quantity: int) -> None:
        if what == "cancellation":
            self.a_cancellation(data, quantity)
        else:
            self.a_plan(data) if what == "plan" else self.a_split(data)

    def a_plan(self, data: st.DataObject) -> None:
        """Some of what waits to one place or two, some of it by transfer."""
        id = data.draw(st.sampled_from(self.orders))
        state = self.site.log.state(f"order-{id}").state
        if not state.waiting or state.status.value != 400:
            return
        self.placed(id, data.draw(st.sampled_from(PLACES)), data.draw(st.booleans()))

    def placed(self, id: int, at: str, all: bool) -> None:
        """Where it is not the last place: its first line comes by transfer from there."""
        lines = tuple(self.site.log.state(f"order-{id}").state.waiting.items())
        other = self.site.places[PLACES[-1]]
        legs = (Leg(other, lines[:1]),) if all and at != PLACES[-1] else ()
        placement = Placement(self.site.places[at], "by the test", lines if all else lines[:1], legs)
        self.site.record(f"order-{id}", placement)
        self.watched.done["plan"] += 1

    @rule(data=st.data(), hows=st.lists(st.sampled_from(WAYS), min_size=2, max_size=6))
    def commands(self, data: st.DataObject, hows: list[str]) -> None:
        for how in hows:
            self.a_command(data, how)

    def a_command(self, data: st.DataObject, how: str) -> None:
        things = self.things()
        if not things:
            return
        kind, id = data.draw(st.sampled_from(things))
        before = self.thing(kind, id)
        table: Any = PACKAGE if kind == "package" else TRANSFER
        state = before["state"]["enum_value"]
        may = [slug for slug, row in table.items() if state in {str(s) for s in row.sources}]
        assert {row["slug"] for row in before["commands"]} - {"correct-state"} == set(may)
        wrong = not may or data.draw(st.integers(0, 3)) == 0
        slug: str = data.draw(st.sampled_from(sorted(table) if wrong else may))
        head = self.site.log.head().position
        answers = getattr(self, f"_{how.replace(' ', '_')}")(kind, id, slug, body(slug, before), before)
        self.judge(kind, id, before, slug, answers, head)

    def judge(self, kind: str, id: int, before: Any, slug: str, answers: list[Any], head: int) -> None:
        """What is not allowed is refused by its code and writes nothing; what is leads to a state of the table."""
        row: Any = (PACKAGE if kind == "package" else TRANSFER)[slug]
        state = before["state"]["enum_value"]
        allowed = state in {str(s) for s in row.sources}
        good = [answer for answer in answers if answer["status_code"] in (200, 204)]
        for answer in answers:
            assert answer["status_code"] in (200, 204, 400, 409, 412), answer
            if not allowed:
                assert answer["status_code"] == 412 or answer["error"]["code"] == "state_conflict", answer
        after = self.thing(kind, id)
        if not good:
            assert self.site.log.head().position == head and after == before
            self.watched.done["refused"] += 1
            return
        self.watched.done[slug] += 1
        frozen = {"before": None, "same": state, "labelled": state}
        expected = {frozen.get(str(row.target), str(row.target)), *ALSO.get(slug, ())}
        assert None in expected or after["state"]["enum_value"] in expected, (slug, state, after["state"])

    def a_cancellation(self, data: st.DataObject, quantity: int) -> None:
        id = data.draw(st.sampled_from(self.orders))
        item = data.draw(st.sampled_from(self.admin.get(f"orders/{id}/")["orderitem_set"]))["id"]
        said = {"items": [{"order_item": item, "quantity": quantity, "reason": "changed mind"}]}
        key = f"cancel-{id}-{self.site.log.head().position}"
        first = self.admin.post(f"orders/{id}/cancel/", said, 200, Idempotency_Key=key)
        head = self.site.log.head().position
        assert self.admin.post(f"orders/{id}/cancel/", said, 200, Idempotency_Key=key) == first
        assert self.site.log.head().position == head
        assert sum(row["quantity"] for row in first["results"]) == quantity
        self.watched.done["cancellation"] += 1

    def a_split(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(self.orders))
        line = data.draw(st.sampled_from(self.admin.get(f"orders/{id}/")["orderitem_set"]))
        head = self.site.log.head().position
        answer = self.admin("POST", f"orders/{id}/split-item/", {"order_item": line["id"]})
        assert answer.status_code == (200 if line["quantity"] > 1 else 400)
        assert (self.site.log.head().position > head) is (line["quantity"] > 1)
        self.watched.done["split"] += answer.status_code == 200

    # --- how a command is asked for

    def _once(self, kind: str, id: int, slug: str, said: Any, _before: Any) -> list[Any]:
        return [told(self.ask(kind, id, slug, said))]

    def _twice(self, kind: str, id: int, slug: str, said: Any, _before: Any) -> list[Any]:
        """Under one key: done once, answered twice."""
        before = self.site.log.head().position
        key = f"{kind}-{id}-{slug}-{before}"
        first = self.ask(kind, id, slug, said, Idempotency_Key=key)
        head = self.site.log.head().position
        again = self.ask(kind, id, slug, said, Idempotency_Key=key)
        assert again.status_code == first.status_code and self.site.log.head().position == head
        if first.status_code in (200, 204):
            assert again.headers["ETag"] == first.headers["ETag"]
        if head > before:  # what changes nothing leaves no key behind, either
            other = self.ask(kind, id, slug, {**said, "other": 1}, Idempotency_Key=key)
            assert other.status_code == 422
        return [told(first)]

    def _at_once(self, kind: str, id: int, slug: str, said: Any, before: Any) -> list[Any]:
        """Three at the same time on one version: at most one is accepted."""
        version = self.admin("GET", f"{PATHS[kind]}/{id}/").headers["ETag"]
        with ThreadPoolExecutor(3) as pool:
            asked = [pool.submit(self.ask, kind, id, slug, said, If_Match=version) for _ in range(3)]
            answers = [told(one.result()) for one in asked]
        wrote = self.thing(kind, id) != before
        assert sum(answer["status_code"] in (200, 204) for answer in answers) <= (1 if wrote else 3)
        return answers

    def _stale(self, kind: str, id: int, slug: str, said: Any, _before: Any) -> list[Any]:
        answer = self.ask(kind, id, slug, said, If_Match='"0"')
        assert answer.status_code in (412, 400)
        return [told(answer)]

    def _dry(self, kind: str, id: int, slug: str, said: Any, before: Any) -> list[Any]:
        """What a dry run shows is what is then written."""
        head = self.site.log.head().position
        dry = self.admin("POST", f"{PATHS[kind]}/{id}/command/?dry_run=true", {"slug": slug, **said})
        assert self.site.log.head().position == head and self.thing(kind, id) == before
        answer = self.ask(kind, id, slug, said)
        assert (dry.status_code == 200) is (answer.status_code in (200, 204)), (dry.text, answer.text)
        if dry.status_code == 200:
            written = [type(one.fact).__name__ for one in self.site.log.read(head, 100)]
            assert [row["event"] for row in dry.json()["events"]] == written
        return [told(answer)]

    def _bulk(self, kind: str, id: int, slug: str, said: Any, before: Any) -> list[Any]:
        """Beside one that is not there."""
        if kind != "package":
            return self._once(kind, id, slug, said, before)
        rows = [{"package": 987654321, "slug": slug}, {"package": id, "slug": slug, **said}]
        missing, answer = self.admin.post("packages/commands/", {"commands": rows}, 200)["results"]
        assert missing["status_code"] == 404 and answer["package"] == id
        return [answer]

    def ask(self, kind: str, id: int, slug: str, said: Any, **headers: str) -> Any:
        return self.admin("POST", f"{PATHS[kind]}/{id}/command/", {"slug": slug, **said}, **headers)

    # --- what holds

    def things(self) -> list[tuple[str, int]]:
        """Packages and transfers of the last orders; those that can go on stand there more often."""
        found: list[tuple[str, int]] = []
        for order_id in self.orders[-3:]:
            state = self.site.log.state(f"order-{order_id}").state
            for kind, things in (("package", state.packages), ("transfer", state.transfers)):
                found += [(kind, id) for id, thing in things.items() for _ in allowed(kind, thing.state)[:5]]
                found += [(kind, id) for id in things]
        return found

    def thing(self, kind: str, id: int) -> Any:
        return self.admin.get(f"{PATHS[kind]}/{id}/")

    @invariant()
    def the_laws_hold(self) -> None:
        self.watched.hold()

    @invariant()
    def no_piece_is_lost(self) -> None:
        """By what the API shows: each is cancelled, waits, is held, or is in a package that is not cancelled."""
        for id in getattr(self, "orders", [])[-1:]:
            shown = self.admin.get(f"orders/{id}/")
            lines = shown["orderitem_set"]
            somewhere = sum(i[f"{name}_quantity"] for i in lines for name in ("waiting", "held", "cancelled"))
            for package in shown["package_set"]:
                found = self.thing("package", package)
                if found["state"]["enum_value"] != "1000":
                    somewhere += sum(item["quantity"] for item in found["packageitem_set"])
            assert somewhere == self.pieces[id] == sum(line["quantity"] for line in lines)


PATHS = {"package": "packages", "transfer": "transfer_orders"}


def body(slug: str, thing: Any) -> dict[str, Any]:
    """An input that fits the thing as it is."""
    items = [item["id"] for item in thing.get("packageitem_set", ())]
    if slug in NO_PARTS:
        return {"package_items": [{"id": items[0], "quantity": 1, "reason": "defective"}] if items else []}
    if slug == "manual-planning":
        return {"assignment_groups": [{"package_items": items, "stock_location": "ST-014"}]}
    if slug == "replace-product":
        return {"replacement_products": [{"package_item": id, "sku": "B"} for id in items[:1]]}
    if slug == "product-for-transfer-not-found":
        return {"transfer_items": [{"id": row["id"], "quantity": 1} for row in thing["transferitem_set"][:1]]}
    return BODIES.get(slug, {})


def told(answer: Any) -> dict[str, Any]:
    """As a row of a bulk answer."""
    return {**(answer.json() if answer.content else {}), "status_code": answer.status_code}


@pytest.fixture
def watched(database_url: str) -> Iterator[Watched]:
    with serving(database_url) as site:
        site.set_up()
        yield Watched(site)


def test_random_requests(watched: Watched) -> None:
    class Run(Machine):
        pass

    Run.watched = watched
    run_state_machine_as_test(
        Run,
        settings=settings(
            max_examples=6,
            stateful_step_count=12,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # one log bears all examples, so a shorter one proves little
            suppress_health_check=list(HealthCheck),
        ),
    )
    watched.site.caught_up()
    done = watched.done
    print(f"{sum(done.values())} steps: {dict(done)}")
    assert done["order"] and done["plan"] and done["refused"] and len(done) > 6
