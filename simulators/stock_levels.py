"""The goods that really lie in the shops: a figure per location and SKU, and the moves that changed it."""

import threading
from collections import defaultdict
from typing import Any

from simulators.journal import Journal


class Levels:
    """Kept in memory and in the journal; read back from it at the start."""

    def __init__(self, journal: Journal) -> None:
        self._lock = threading.Lock()
        self._by_sku: dict[str, dict[str, int]] = defaultdict(dict)
        self._keys: set[str] = set()
        self._below_zero = 0
        self._journal = journal
        for row in journal.read():
            if "stock" in row:
                self._set(row["stock"])
            else:
                self._move(row["move"])

    def of(self, sku: str) -> list[tuple[str, int]]:
        """(erp code, quantity) of each location that has the SKU, by erp code."""
        with self._lock:
            return sorted(
                (erp_code, quantity) for erp_code, quantity in self._by_sku.get(sku, {}).items() if quantity > 0
            )

    def set(self, rows: Any) -> int:
        """`[{erp_code, sku, quantity}]` replaces these figures; all rows or, on a wrong one (ValueError), none."""
        checked = [self._checked(row) for row in self._list(rows)]
        with self._lock:
            self._journal.append({"stock": checked})
            self._set(checked)
        return len(checked)

    def move(self, rows: Any) -> dict[str, int]:
        """`[{key, erp_code, sku, quantity}]`: goods that left (positive) or arrived (negative). A key acts once, so a
        report may be sent again. More may leave than was known here: a shop finds what the figures do not know; the
        figure stays at 0 then, and the report counts it."""
        checked = [self._checked(row, negative=True) | {"key": self._text(row, "key")} for row in self._list(rows)]
        with self._lock:
            new = [row for row in checked if row["key"] not in self._keys]
            for row in new:
                self._journal.append({"move": row})
                self._move(row)
        return {"moved": len(new), "repeats": len(checked) - len(new)}

    def report(self) -> dict[str, int]:
        with self._lock:
            pieces = sum(sum(at.values()) for at in self._by_sku.values())
            return {"pieces": pieces, "moves": len(self._keys), "below_zero": self._below_zero}

    def _set(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            self._by_sku[row["sku"]][row["erp_code"]] = row["quantity"]

    def _move(self, row: dict[str, Any]) -> None:
        if row["key"] in self._keys:
            return
        self._keys.add(row["key"])
        at = self._by_sku[row["sku"]]
        left = at.get(row["erp_code"], 0) - row["quantity"]
        self._below_zero += left < 0
        at[row["erp_code"]] = max(left, 0)

    @staticmethod
    def _list(rows: Any) -> list[dict[str, Any]]:
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ValueError("A list of rows is needed.")
        return rows

    @staticmethod
    def _text(row: dict[str, Any], name: str) -> str:
        text = row.get(name)
        if not isinstance(text, str) or not text:
            raise ValueError(f"{name} is a text that is not empty.")
        return text

    @classmethod
    def _checked(cls, row: dict[str, Any], negative: bool = False) -> dict[str, Any]:
        quantity = row.get("quantity")
        if isinstance(quantity, bool) or not isinstance(quantity, int) or (quantity < 0 and not negative):
            raise ValueError("quantity is a whole number of pieces" + ("." if negative else ", from 0 up."))
        return {"erp_code": cls._text(row, "erp_code"), "sku": cls._text(row, "sku"), "quantity": quantity}
