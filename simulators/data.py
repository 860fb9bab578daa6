"""Real orders, real places, made-up people: bodies for the API, the same for the same seed.

`orders`, `locations` and `stock` yield what `POST orders/`, `POST stock_locations/` and the rows of `PUT stock/` take;
`simulators/setup_bodies.py` has the scenarios and the small kinds. Sources and licences: `simulators/data/README.md`,
what was done with them: `docs/data.md`.
"""

import csv
import gzip
import math
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "data"
COUNTRY = {"code": "GB", "name": "United Kingdom"}
# Every article number of the shop begins with five digits; POST, DOT, M, BANK CHARGES, gift vouchers … are not goods.
GOODS = re.compile(r"\d{5}[A-Za-z]*")
CARRIAGE = ("POST", "DOT")
CENT = Decimal("0.01")

FIRST_NAMES = ("Amara", "Ben", "Chloe", "Dev", "Ella", "Finn", "Grace", "Hamza", "Isla", "Jack", "Kira", "Liam", "Maya")
LAST_NAMES = (
    "Archer",
    "Baines",
    "Clarke",
    "Dunn",
    "Ellis",
    "Fox",
    "Gill",
    "Hart",
    "Khan",
    "Lowe",
    "Patel",
    "Reid",
    "Shah",
)
STREETS = ("High Street", "Station Road", "Church Lane", "Mill Road", "Park Avenue", "The Green", "Victoria Road")


@dataclass(frozen=True)
class Place:
    name: str
    latitude: float
    longitude: float
    population: int = 0


@dataclass(frozen=True)
class Line:
    """One line of an invoice; `number` is its row in the file and names it for good."""

    number: int
    sku: str
    name: str
    quantity: int
    price: Decimal


@dataclass(frozen=True)
class Invoice:
    number: str
    placed: datetime
    customer: str  # "" for a guest
    lines: tuple[Line, ...]
    carriage: Decimal


def rows(name: str) -> Iterator[dict[str, str]]:
    with gzip.open(HERE / name, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@cache
def invoices() -> tuple[Invoice, ...]:
    """The month's invoices to the United Kingdom that sold goods, in the order they were placed. Left out: lines with a
    negative quantity (cancellations, whose number begins with C, and write-offs) or without a price (samples), lines
    that are no goods; carriage becomes the invoice's shipping amount."""
    heads: dict[str, dict[str, str]] = {}
    lines: dict[str, list[Line]] = {}
    carriage: dict[str, Decimal] = {}
    for number, row in enumerate(rows("orders_2010-12.csv.gz"), start=1):
        invoice, quantity, price = row["InvoiceNo"], int(row["Quantity"]), Decimal(row["UnitPrice"]).quantize(CENT)
        if row["Country"] != "United Kingdom" or quantity <= 0 or price <= 0:
            continue
        if row["StockCode"] in CARRIAGE:
            carriage[invoice] = carriage.get(invoice, Decimal(0)) + quantity * price
        elif GOODS.fullmatch(row["StockCode"]):
            heads.setdefault(invoice, row)
            # The shop wrote some article numbers both ways, 85123a and 85123A.
            line = Line(number, row["StockCode"].upper(), row["Description"].strip(), quantity, price)
            lines.setdefault(invoice, []).append(line)
    found = (
        Invoice(
            invoice,
            datetime.fromisoformat(head["InvoiceDate"]).replace(tzinfo=UTC),
            head["CustomerID"],
            tuple(lines[invoice]),
            carriage.get(invoice, Decimal(0)),
        )
        for invoice, head in heads.items()
    )
    return tuple(sorted(found, key=lambda invoice: (invoice.placed, invoice.number)))


@cache
def towns() -> tuple[tuple[Place, ...], tuple[int, ...]]:
    """The towns of the United Kingdom with a known population, and the running sum of their populations."""
    found = tuple(
        Place(row["name"], float(row["lat"]), float(row["lon"]), int(row["population"])) for row in rows("towns.csv.gz")
    )
    return found, tuple(accumulate(town.population for town in found))


@cache
def store_places() -> tuple[Place, ...]:
    return tuple(Place(row["town"], float(row["lat"]), float(row["lon"])) for row in rows("stores.csv.gz"))


def orders(n: int, seed: int = 0) -> Iterator[dict[str, Any]]:
    """`n` bodies for `POST orders/`, from the month's first order on; when the month is over it is sold once more,
    under other numbers and to other people. A customer of the shop is one person at one address; a guest is new."""
    month = invoices()
    for index in range(n):
        turn, at = divmod(index, len(month))
        yield order(month[at], seed, turn)


def order(invoice: Invoice, seed: int, turn: int) -> dict[str, Any]:
    person = person_of(seed, turn, invoice.customer or f"guest-{invoice.number}")
    chance = random.Random(f"{seed}|order|{turn}|{invoice.number}")
    goods = sum((line.quantity * line.price for line in invoice.lines), Decimal(0))
    return {
        "number": f"R{invoice.number}" + (f"-{turn + 1}" if turn else ""),
        "channel": "web" if chance.random() < 0.8 else "app",
        "status": "400",
        "currency": "GBP",
        "date_placed": invoice.placed.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "customer": person["customer"],
        "customer_type": "retail",
        "payment_type": chance.choices(["credit_card", "paypal", "gift_card"], [80, 15, 5])[0],
        "cargo_company": "fast" if chance.random() < 0.7 else "steady",
        "delivery_type": "home",
        "amount": money(goods + invoice.carriage),
        "discount_amount": "0.00",
        "shipping_amount": money(invoice.carriage),
        "shipping_address": person["address"],
        "billing_address": None,
        "notes": "",
        "extra_field": {},
        "items": [item(line, turn) for line in invoice.lines],
    }


def item(line: Line, turn: int) -> dict[str, Any]:
    return {
        "omnitron_id": turn * 1_000_000 + line.number,
        "sku": line.sku,
        "name": line.name,
        "barcode": line.sku,
        "quantity": line.quantity,
        "price": money(line.price),
        "tax_rate": "20.00",
        "discount_amount": "0.00",
        "attributes": {},
    }


def person_of(seed: int, turn: int, customer: str) -> dict[str, Any]:
    """A made-up person in a real town: name, reserved e-mail domain, a telephone number kept free for fiction."""
    chance = random.Random(f"{seed}|person|{turn}|{customer}")
    found, sums = towns()
    town = chance.choices(found, cum_weights=sums)[0]
    # Not all on the town hall's steps: the larger the town, the wider they live (London: some 12 km around).
    spread = 0.004 * math.sqrt(town.population) / 111
    latitude = town.latitude + chance.gauss(0, spread)
    longitude = town.longitude + chance.gauss(0, spread) / math.cos(math.radians(town.latitude))
    first, last = chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)
    number = f"{customer}-{turn + 1}" if turn else customer
    return {
        "customer": {
            "email": f"{first}.{last}.{number}@example.org".lower(),
            "first_name": first,
            "last_name": last,
            "phone_number": f"+447700900{chance.randrange(1000):03}",
        },
        "address": address(f"{chance.randrange(1, 200)} {chance.choice(STREETS)}", town.name, latitude, longitude),
    }


def address(line: str, city: str, latitude: float, longitude: float) -> dict[str, Any]:
    place = {
        "line": line,
        "postcode": "",
        "country": COUNTRY,
        "city": {"name": city},
        "township": None,
        "district": None,
    }
    return place | {"latitude": f"{latitude:.5f}", "longitude": f"{longitude:.5f}"}


def money(amount: Decimal) -> str:
    return str(amount.quantize(CENT))
