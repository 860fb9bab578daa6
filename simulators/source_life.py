"""What happens at an order source by chance, in the proportions of a shop: mostly new orders, some changes, now and
then a customer who does not want it any more, seldom a store that opens or is named anew."""

import random
import threading
import time

from simulators.data import STREETS
from simulators.network import locations
from simulators.source_book import Book, Object


class Life:
    def __init__(self, book: Book, seed: int) -> None:
        self._book, self._random = book, random.Random(f"{seed}|life")
        self._stores = [body for body in locations(200, seed) if body["stock_location_type"] == "store"][150:]

    def step(self) -> str:
        """One thing; which, for people."""
        what = self._random.choices(["order", "notes", "address", "pieces", "plan", "store"], [40, 10, 8, 14, 20, 8])[0]
        order = self._some_order()
        if what == "order" or order is None:
            return f"order {self._book.place(1)[0]}"
        if what == "store":
            return self._store()
        if what == "plan":
            row = self._row(order)
            left = max(row["quantity"] - row.get("cancelled_quantity", 0), 1)
            said = {"quantity": self._random.randint(1, left), "reason": "not wanted"}
            self._book.plan(order["pk"], [{"order_item": row["pk"], **said}])
        elif what == "pieces":
            row = self._row(order)
            pieces = max(row["quantity"] + self._random.choice([-1, 1]), row.get("cancelled_quantity", 0), 1)
            self._book.change(order["pk"], {}, {str(row["pk"]): pieces})
        elif what == "notes":
            self._book.change(order["pk"], {"notes": f"ring {self._random.randint(1, 9)} times"})
        else:
            line = f"{self._random.randint(1, 200)} {self._random.choice(STREETS)}"
            self._book.change(order["pk"], {"shipping_address": {**order["shipping_address"], "line": line}})
        return f"{what} of order {order['pk']}"

    def start(self, pace: float) -> None:
        def live() -> None:
            while True:
                time.sleep(pace)
                if self._some_order() is not None:  # it begins with the first that somebody places
                    self.step()

        threading.Thread(target=live, daemon=True, name="life").start()

    def _some_order(self) -> Object | None:
        """One of the latest twenty: customers change their minds soon."""
        orders = sorted(self._book.every("orders"), key=lambda row: row["pk"])[-20:]
        return self._random.choice(orders) if orders else None

    def _row(self, order: Object) -> Object:
        row: Object = self._random.choice(order["orderitem_set"])
        return row

    def _store(self) -> str:
        standing = self._book.every("retail_stores")
        if standing and self._random.random() < 0.5:
            store = self._random.choice(standing)
            self._book.store({"name": f"{store['name'].split(' (')[0]} ({self._random.randint(1, 99)})"}, store["pk"])
            return f"store {store['erp_code']}"
        body = self._stores[len(standing) % len(self._stores)]
        named = ("erp_code", "name", "address", "is_active")
        self._book.store({"phone_number": "+441130000000", **{name: body[name] for name in named}})
        return f"store {body['erp_code']} opened"
