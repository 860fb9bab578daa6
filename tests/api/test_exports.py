"""Lists as CSV and as workbooks: what JSON says, bounded in memory, nothing that a spreadsheet would run."""

import csv
import io
from typing import Any

import pytest
import requests
from openpyxl import load_workbook

from api.http import tables
from projections.listing import COUNTED_TO
from tests.api.site import Site, order

MINE = "orders/?number=EXPORT"
FORMULA = '=HYPERLINK("http://example.org")'


@pytest.fixture(scope="module")
def exported(site: Site) -> Site:
    """130 orders of a number of their own: more than one part of an export."""
    site.admin.post("orders/", {"orders": [order(f"EXPORT{n:03}", plan=False) for n in range(129)]}, 201)
    site.admin.post("orders/", order("EXPORT999", notes=FORMULA, plan=False))
    site.caught_up()
    return site


def workbook(content: bytes) -> list[dict[str, Any]]:
    sheet: Any = load_workbook(io.BytesIO(content)).active
    names, *lines = list(sheet.iter_rows(values_only=True)) or [()]
    return [dict(zip(names, line, strict=True)) for line in lines]


def rows_of(answer: requests.Response, format: str) -> list[dict[str, Any]]:
    return workbook(answer.content) if format == "xlsx" else list(csv.DictReader(io.StringIO(answer.text)))


def test_csv_says_what_json_says(exported: Site) -> None:
    rows = exported.admin.get(f"{MINE}&limit=2")
    answer = exported.admin("GET", f"{MINE}&limit=2&format=csv")
    told = list(csv.DictReader(io.StringIO(answer.text)))
    assert [int(row["id"]) for row in told] == [row["id"] for row in rows["results"]]
    assert told[1]["state"] == rows["results"][1]["state"]["enum_value"]
    assert told[1]["number"] == rows["results"][1]["number"]
    assert 'rel="next"' in answer.headers["Link"]
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="orders.csv"'


@pytest.mark.parametrize("format", ["xlsx", "xls"])
def test_a_workbook_says_what_json_says(exported: Site, format: str) -> None:
    rows = exported.admin.get(f"{MINE}&limit=3&sort=id")["results"]
    answer = exported.admin("GET", f"{MINE}&limit=3&sort=id&format={format}")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="orders.xlsx"'
    told = workbook(answer.content)
    assert [(row["id"], row["number"], row["amount"]) for row in told] == [
        (row["id"], row["number"], row["amount"]) for row in rows
    ]
    assert told[0]["ship_complete"] is False and told[0]["state"] == rows[0]["state"]["enum_value"]


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_an_export_holds_every_row_once(exported: Site, format: str) -> None:
    answer = exported.admin("GET", f"{MINE}&limit={COUNTED_TO * 2}&format={format}")
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    told = rows_of(answer, format)
    assert [row["number"] for row in told] == [*(f"EXPORT{n:03}" for n in range(129)), "EXPORT999"]
    assert "Link" not in answer.headers


def test_nothing_is_a_formula(exported: Site) -> None:
    for format in ("csv", "xlsx"):
        (row,) = rows_of(exported.admin("GET", f"orders/?number=EXPORT999&format={format}"), format)
        assert row["notes"] == f"'{FORMULA}"
        assert row["amount"] == "30.60"


def test_short_lists_are_exported_too(site: Site) -> None:
    rows = workbook(site.admin("GET", "channels/?format=xlsx").content)
    assert [row["slug"] for row in rows][:1] == ["web"]
    assert workbook(site.admin("GET", "orders/?number=none&format=xlsx").content) == []


def test_what_a_cell_cannot_hold_is_left_out() -> None:
    rows = [{"id": 2**60, "text": "a\x01b" + "x" * 40_000, "none": None, "list": [1]}]
    answer = tables.table(rows, "xlsx", "rows", {})
    (row,) = workbook(answer.get_data())
    answer.close()
    assert row["id"] == str(2**60) and row["text"].startswith("abxxx") and len(row["text"]) == 32_767
    assert row["none"] is None and row["list"] == "[1]"


def test_what_was_begun_is_closed_when_rows_fail() -> None:
    def rows() -> Any:
        yield {"id": 1}
        raise RuntimeError

    with pytest.raises(RuntimeError):
        tables.table(rows(), "csv", "rows", {})
