"""Rows of files: CSV as spreadsheets save it, workbooks, what cannot be read; a long file is never whole in memory."""

import io
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import Workbook

from api.setup.columns import Columns, body_of
from api.setup.kinds import IMPORTS
from api.setup.sheets import WrongFile, rows


def workbook(*lines: tuple[Any, ...]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    assert book.active is not None
    for line in lines:
        book.active.append(line)
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b'erp_code,sku,quantity\nWH-01,A,1\n\nWH-01,"B,C",2\n',
        b"\xef\xbb\xbferp_code;sku;quantity\r\nWH-01;A;1\r\n;;\r\nWH-01;B,C;2\r\n",
        b"erp_code\tsku\tquantity\nWH-01\tA\t1\n\nWH-01\tB,C\t2",
        workbook(("erp_code", "sku", "quantity"), ("WH-01", "A", "1"), (None, None, None), ("WH-01", "B,C", "2")),
    ],
    ids=["csv", "csv of a spreadsheet", "tabs", "xlsx"],
)
def test_the_same_rows_with_their_numbers(data: bytes) -> None:
    assert [(n, list(cells)) for n, cells in rows(data)] == [
        (1, ["erp_code", "sku", "quantity"]),
        (2, ["WH-01", "A", "1"]),
        (4, ["WH-01", "B,C", "2"]),
    ]


def test_cells_become_what_the_api_takes() -> None:
    columns = IMPORTS["stock_locations"].columns
    said = {
        "erp_code": 14.0,
        "name": " Leeds ",
        "max_quota": "40",
        "priority": 3.0,
        "is_pickup_location": "Yes",
        "is_active": 0,
        "tags": "city| centre |",
        "conf.floor": 2.0,
        "conf.open": "late",
        "address.city.name": "Leeds",
        "address.latitude": 53.5,
        "channel_limits.web": "7",
        "opening_hours": '{"mon": ["09:00", "17:00"]}',
        "closed_until.until": datetime(2026, 12, 1, 8, 0),  # noqa: DTZ001 – a workbook's times have no zone
        "cut_off": None,
        "email": "",
    }
    assert body_of(columns.head(list(said)), list(said.values())) == {
        "erp_code": "14",
        "name": "Leeds",
        "max_quota": 40,
        "priority": 3,
        "is_pickup_location": True,
        "is_active": False,
        "tags": ["city", "centre"],
        "conf": {"floor": 2, "open": "late"},
        "address": {"city": {"name": "Leeds"}, "latitude": "53.5"},
        "channel_limits": {"web": 7},
        "opening_hours": {"mon": ["09:00", "17:00"]},
        "closed_until": {"until": "2026-12-01T08:00:00Z"},
    }


def test_lines_of_one_number_are_one_order() -> None:
    kind = IMPORTS["orders"]
    said = b"number,channel,items.sku,items.quantity\n1,web,A,1\n1,,B,2\n2,web,A,1\n"
    found = [(item.row, item.last, item.body["number"], item.body["items"]) for item in kind.items(rows(said))]
    assert found == [
        (2, 3, "1", [{"sku": "A", "quantity": 1}, {"sku": "B", "quantity": 2}]),
        (4, 4, "2", [{"sku": "A", "quantity": 1}]),
    ]


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed, packed.open("xl/sharedStrings.xml", "w") as part:
        for _ in range(257):
            part.write(b"\0" * 1024 * 1024)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (
            b"sku,colour\nA,red\n",
            "There is no column 'colour'; the first row names columns, of erp_code, sku, quantity",
        ),
        (b"sku,sku\nA,red\n", "two columns 'sku'"),
        (b"sku,quantity\nA,1\n\xff,2\n", "not UTF-8"),
        (b'sku,quantity\n"' + b"x" * 200_000 + b'",1\n', "cannot be read"),
        (b"PK\x03\x04 and no workbook", "no workbook"),
        (bomb, "too large once it is unpacked"),
        (b"sku\n" + b"A\n" * 100_001, "100,000 rows"),
    ],
    ids=["nothing", "no row", "unknown column", "twice", "latin", "huge cell", "no workbook", "bomb", "too many rows"],
)
def test_a_file_that_is_none_says_why(data: bytes | Callable[[], bytes], says: str) -> None:
    data = data() if callable(data) else data
    with pytest.raises(WrongFile, match=says):
        list(IMPORTS["stock"].items(rows(data)))


def test_a_long_file_is_never_whole_in_memory() -> None:
    data = b"erp_code,sku,quantity\n" + b"".join(b"WH-01,SKU-%07d,12\n" % n for n in range(20_000))
    items = IMPORTS["stock"].items(rows(data))
    tracemalloc.start()
    count = sum(1 for _ in items)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 20_000
    assert peak < len(data) + 500_000  # a copy of the file, and one row


def test_every_column_of_a_body_can_be_named() -> None:
    for kind in IMPORTS.values():
        assert isinstance(kind.columns, Columns)
        for name in kind.columns.plain:
            assert kind.columns.head([name])[0] is not None
    assert Decimal(str(IMPORTS["orders"].columns.head(["amount"])[0].convert(12.5))) == Decimal("12.5")  # type: ignore[union-attr]  # it is there
