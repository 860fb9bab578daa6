"""What an order source has: orders in Omnitron's shape, cancellation plans, retail stores, reasons; and what it was
told of the states of items. Each change has a time of its own, later than all before it."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from simulators import data
from simulators.journal import Journal

Object = dict[str, Any]
Told = Callable[[str, Object], None]
"""`told(type, object)`: a message about it is due."""

KINDS = ("orders", "cancellation_plans", "retail_stores", "cancellation_reasons", "channels", "cargo_companies")
REASONS = ("Changed my mind", "Found it cheaper", "Takes too long", "Ordered by mistake")
CHANNELS: tuple[Object, ...] = ({"name": "web", "channel_type": "web"}, {"name": "app", "channel_type": "mobile"})
CARRIERS: tuple[Object, ...] = ({"name": "Fast Cargo", "slug": "fast"}, {"name": "Steady Parcel", "slug": "steady"})
CANCELLED = "100"


class Book:
    def __init__(
        self,
        journal: Journal,
        seed: int,
        told: Told,
        bare: Callable[[], bool] = lambda: False,
        fetched: Callable[[Object], str | None] = lambda _: None,
    ) -> None:
        """`bare()`: whether the next order's address has no coordinates; `fetched(body)`: the erp code of the store
        where its customer fetches it."""
        self.lock = threading.RLock()
        self.counts: Counter[str] = Counter()
        self._journal, self._told, self._bare, self._fetched = journal, told, bare, fetched
        self._kinds: dict[str, dict[int, Object]] = {kind: {} for kind in KINDS}
        self._last = datetime(2000, 1, 1, tzinfo=UTC)
        self._supply: Iterator[Object] = data.orders(10**9, seed)
        for row in journal.read():
            if "kind" in row:
                self._kinds[row["kind"]][row["object"]["pk"]] = row["object"]
                self._last = max(self._last, datetime.fromisoformat(row["object"]["modified_date"]))
        self._supply = islice(self._supply, len(self._kinds["orders"]), None)
        if not self._kinds["cancellation_reasons"]:
            for pk, subject in enumerate(REASONS, start=1):
                self._keep("cancellation_reasons", {"pk": pk, "subject": subject, "order": pk, "is_active": True})
        for kind, rows in (("channels", CHANNELS), ("cargo_companies", CARRIERS)):
            for pk, row in enumerate(rows if not self._kinds[kind] else (), start=1):
                self._keep(kind, {"pk": pk, **row, "is_active": True, "conf": {"theirs": True}})

    # --- asked

    def find(self, kind: str, pk: int) -> Object | None:
        with self.lock:
            found = self._kinds[kind].get(pk)
            return None if found is None else dict(found)

    def every(self, kind: str) -> list[Object]:
        """The oldest change first."""
        with self.lock:
            return sorted(self._kinds[kind].values(), key=lambda one: (one["modified_date"], one["pk"]))

    # --- what happens there

    def place(self, count: int) -> list[int]:
        """The next orders of the month, as customers place them; their pks."""
        return [self._place(next(self._supply))["pk"] for _ in range(count)]

    def _place(self, body: Object) -> Object:
        with self.lock:
            pk = 1001 + len(self._kinds["orders"])
            if store := self._fetched(body):
                body = {**body, "delivery_type": "store_pickup", "retail_store": {"erp_code": store}}
            if self._bare():
                body = {**body, "shipping_address": {**body["shipping_address"], "latitude": None, "longitude": None}}
            made = self._keep("orders", omnitron(pk, body), "order.created")
            self.counts["orders"] += 1
            return made

    def change(self, pk: int, fields: Object, pieces: dict[str, int] | None = None) -> Object | None:
        """Fields of an order, and of some items how many pieces are ordered."""
        with self.lock:
            order = self.find("orders", pk)
            if order is None:
                return None
            rows = [dict(row) for row in order["orderitem_set"]]
            for row in rows:
                row["quantity"] = (pieces or {}).get(str(row["pk"]), row["quantity"])
            self.counts["changes"] += 1
            return self._keep("orders", {**order, **fields, "orderitem_set": rows}, "order.updated")

    def plan(self, order: int, items: list[Object], plan_type: str = "cancel") -> Object | None:
        """A cancellation plan; what it asks for is done when the OMS has accepted it."""
        with self.lock:
            found = self.find("orders", order)
            if found is None:
                return None
            pk = 1 + len(self._kinds["cancellation_plans"])
            about = {name: found[name] for name in ("pk", "number", "status", "channel")}
            plan = {"pk": pk, "plan_type": plan_type, "order": about, "items": items, "answered_date": None}
            self.counts["plans"] += 1
            return self._keep("cancellation_plans", plan, "cancellation_plan.created")

    def answered(self, pk: int, results: Any) -> bool:
        """The OMS's answer; the pieces it took are cancelled. Only the first answer counts."""
        with self.lock:
            plan = self.find("cancellation_plans", pk)
            if plan is None or not isinstance(results, list) or not all(_is_answer(row) for row in results):
                return False
            if plan["answered_date"] is not None:
                self.counts["answers repeated"] += plan["results"] == results
                self.counts["answers changed"] += plan["results"] != results
                return True
            taken: Counter[int] = Counter()
            for row in results:
                if row["accepted"] and plan["plan_type"] == "cancel":
                    taken[row["order_item"]] += row["quantity"]
            self.counts["plans answered"] += 1
            self._keep("cancellation_plans", {**plan, "answered_date": self._now(), "results": results})
            order = self.find("orders", plan["order"]["pk"]) or {}
            rows = [
                {**row, "cancelled_quantity": row.get("cancelled_quantity", 0) + taken[row["pk"]]}
                for row in order["orderitem_set"]
            ]
            self._keep("orders", {**order, "orderitem_set": rows}, "order.updated")
            return True

    def store(self, fields: Object, pk: int | None = None) -> Object:
        """A retail store that is opened, or has changed."""
        with self.lock:
            before = self._kinds["retail_stores"].get(pk or 0, {})
            new = {"pk": pk or 1 + len(self._kinds["retail_stores"])}
            type = "retail_store.updated" if before else "retail_store.created"
            return self._keep("retail_stores", {**new, **before, **fields}, type)

    def item_states(self, pk: int, message: Object) -> Object | None:
        """What the OMS says of an order's items; counts what is older than what it said before."""
        with self.lock:
            order = self.find("orders", pk)
            if order is None:
                return None
            sequence = message["event"]["sequence"]
            payload = message["payload"]
            states = {row["pk"]: str(row["status"]) for row in payload["items"]}
            told = order.get("told", [])
            if told and sequence <= told[-1][0]:
                self.counts["states out of order"] += 1
                return {"recorded": False}
            self.counts["states"] += 1
            rows = [{**row, "status": states.get(row["pk"])} for row in order["orderitem_set"]]
            new = {"status": payload["status"], "tracking_numbers": payload["tracking_numbers"]}
            told = [*told, [sequence, payload["status"]]]
            self._keep("orders", {**order, **new, "orderitem_set": rows, "told": told}, "order.updated")
            return {"recorded": True}

    # --- kept

    def _keep(self, kind: str, made: Object, type: str | None = None) -> Object:
        now = self._now()
        made = {"created_date": now, **made, "modified_date": now}
        self._journal.append({"kind": kind, "object": made})
        self._kinds[kind][made["pk"]] = made
        if type is not None:
            self._told(type, shown(made))
        return made

    def _now(self) -> str:
        """No two changes have the same time, so that each is older or newer than another."""
        self._last = max(datetime.now(UTC), self._last + timedelta(microseconds=1))
        return self._last.isoformat()


def shown(one: Object) -> Object:
    """As others see it: without what only this program keeps."""
    return {name: value for name, value in one.items() if name != "told"}


def _is_answer(row: Any) -> bool:
    return isinstance(row, dict) and {"order_item", "accepted", "quantity"} <= set(row)


def omnitron(pk: int, body: Object) -> Object:
    """A body of `POST orders/` as Omnitron says it."""
    names = ("number", "status", "date_placed", "customer", "customer_type", "payment_type", "delivery_type", "amount")
    more = ("discount_amount", "shipping_amount", "shipping_address", "billing_address", "notes", "extra_field")
    kept = {name: body[name] for name in (*names, *more)}
    rows = [
        {
            "pk": row["omnitron_id"],
            "product": {"pk": row["omnitron_id"], "sku": row["sku"], "name": row["name"], "barcode": row["barcode"]},
            **{name: row[name] for name in ("quantity", "price", "tax_rate", "discount_amount", "attributes")},
        }
        for row in body["items"]
    ]
    return {
        "pk": pk,
        **kept,
        "retail_store": body.get("retail_store"),
        "channel": {"pk": 1, "name": body["channel"]},
        "currency": {"value": body["currency"], "label": "Pound"},
        "cargo_company": {"pk": 1, "slug": body["cargo_company"]},
        "orderitem_set": rows,
    }
