"""A customer who is forgotten: no text of theirs is left anywhere, and the log, its laws and all figures hold."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread
from typing import Any
from zipfile import ZipFile

import psycopg
import pytest

from api.forgetting import found
from api.verifying import verified
from eventlog.export import export
from eventlog.keyring import destroy_keys, forgotten_keys
from projections.projector import forget_again
from tests.api.site import SECRET, SETTINGS, Site, order, serving
from tests.webhooks.receiver import receiving, wait_for
from webhook_outbox.fan_out import FanOut
from webhook_outbox.sender import Sender

EMAIL = "Zebulon.Quux@example.org"
TEXTS = (
    *("zebulon", "quuxington", "zq-remote-77", "+4477001234567", "17 secret mews", "3 billing vennel", "ls1 9zz"),
    *("ring the brass bell", "for my darling", "invoice of the forgotten"),
)
"""What is personal of one customer, as it is looked for: in lower case."""
COLUMNS = """
select attname, atttypid::regtype::text from pg_attribute
 where attrelid = %s::regclass and attnum > 0 and not attisdropped
"""
NEIGHBOUR = "neighbour-who-stays"


def personal_order(number: str, **customer: str) -> dict[str, Any]:
    body = order(number)
    who = {"email": EMAIL, "first_name": "Zebulon", "last_name": "Quuxington", "phone_number": "+4477001234567"}
    where = {"postcode": "LS1 9ZZ", "title": "Zebulon home", "notes": "ring the brass bell"}
    return {
        **body,
        "customer": {**who, **customer},
        "shipping_address": {**body["shipping_address"], "line": "17 Secret Mews", **where},
        "billing_address": {**body["shipping_address"], "line": "3 Billing Vennel"},
        "notes": "ring the brass bell, Zebulon",
        "gift_box_note": "for my darling",
    }


@dataclass
class Told:
    """`first` and `second`: orders of the one customer; `other`: of somebody else."""

    site: Site
    first: dict[str, Any]
    second: dict[str, Any]
    other: dict[str, Any]
    package: int


@pytest.fixture(scope="module")
def told(postgres: Any) -> Iterator[Told]:
    """Orders taken in, planned, packed, invoiced and told by webhooks to somebody who repeats what they are told."""
    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as connection:
        connection.execute("create database forgetting")
    stop, threads = Event(), []
    secret = replace(SETTINGS, secret_key=SECRET)
    with (
        receiving(lambda _path, m: (200, {}, str(m["payload"]).encode())) as receiver,
        serving(postgres.database_url("forgetting"), planner=True) as site,
    ):
        site.set_up()
        rule = {"name": "any", "coverage": "split_lines", "strategy": "fewest_packages"}
        site.admin.post(
            "scenarios/",
            {"name": "S", "status": "active", "priority": 1, "rules": [rule], "default_stock_location": "WH-01"},
        )
        site.admin.post("/whisperer/hooks/", {"target_url": receiver.url, "event_type": "*"})
        for run in (FanOut(site.log, secret).run, Sender(site.log, secret, threads=4).run):
            threads.append(Thread(target=run, args=(stop,), daemon=True))
            threads[-1].start()
        first = site.admin.post("orders/", personal_order("FORGET-1"), Idempotency_Key="forget-1")
        second = site.admin.post("orders/", personal_order("FORGET-2", email=EMAIL.upper()))
        other = site.admin.post("orders/", personal_order("STAY-1", email=f"{NEIGHBOUR}@example.org"))
        site.admin.post("orders/", personal_order("FORGET-1"), 200)  # again, and once with the key of another
        assert site.admin("POST", "orders/", personal_order("FORGET-9"), Idempotency_Key="forget-1").status_code == 422
        assert site.admin("POST", "orders/", {**personal_order("FORGET-8"), "items": []}).status_code == 400
        change = {"notes": "ring the brass bell twice", "shipping_address": personal_order("x")["shipping_address"]}
        assert site.admin("PATCH", f"orders/{first['id']}/", change).status_code == 200
        wait_for(lambda: site.admin.get(f"orders/{first['id']}/")["package_set"], 30)
        [package, *_] = site.admin.get(f"orders/{first['id']}/")["package_set"]
        assert site.admin.command(package, "complete-packaging-with-shipment").status_code == 204
        paper = {"document_type": "text", "document": "invoice of the forgotten Zebulon", "invoice_number": "I-1"}
        assert site.admin.command(package, "update-invoice", **paper).status_code == 204
        wait_for(lambda: len(receiver.taken()) > 10, 30)
        stop.set()
        for thread in threads:
            thread.join()
        site.caught_up()
        yield Told(site, first, second, other, package)
    with psycopg.connect(postgres.database_url("postgres"), autocommit=True) as connection:
        connection.execute("drop database forgetting with (force)")


def everything(site: Site) -> dict[str, bytes]:
    """Table → all that stands in it, texts and bytes, the compressed as they are opened; statistics of columns too."""
    there: dict[str, bytes] = {}
    with site.log.listening() as connection:
        names = connection.execute(
            "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname = 'public' and c.relkind = 'r'"
        ).fetchall()
        for (name,) in names:
            columns = connection.execute(COLUMNS, (name,)).fetchall()
            shown = ", ".join(f'"{of}"' if type_ == "bytea" else f'"{of}"::text' for of, type_ in columns)
            rows = connection.execute(
                f"select {shown} from {name}".encode()  # noqa: S608 - names of ours
            ).fetchall()
            there[name] = b"\n".join(_bytes(value) for row in rows for value in row)
        there["statistics"] = str(
            connection.execute("select * from pg_stats where schemaname = 'public'").fetchall()
        ).encode()
    return {name: text.lower() for name, text in there.items()}


def _bytes(value: Any) -> bytes:
    if not isinstance(value, bytes):
        return str(value).encode()
    try:
        return value + zlib.decompress(value)
    except zlib.error:
        return value


def where(site: Site, *texts: str) -> list[str]:
    return [
        f"{text} in {name}" for name, all_of in everything(site).items() for text in texts if text.encode() in all_of
    ]


def test_before_only_the_named_columns_hold_plain_text(told: Told) -> None:
    with told.site.log.listening() as connection:
        connection.execute("analyze order_customers")
    found_in = {one.rpartition(" ")[2] for one in where(told.site, *TEXTS)}
    assert found_in == {"order_customers", "statistics"}
    shown = told.site.admin.get(f"orders/{told.second['id']}/")
    assert (shown["customer"]["last_name"], shown["customer"]["id"]) == ("Quuxington", told.first["customer"]["id"])


def test_the_person_is_gone_and_the_figures_stay(told: Told, tmp_path: Path) -> None:
    site, id = told.site, told.first["customer"]["id"]
    before = site.admin.get("orders/?limit=100")["count"], len(told.first["orderitem_set"])
    assert site.user("forgets-not", "support")("POST", f"customers/{id}/forget/").status_code == 403
    dry = site.admin("POST", f"customers/{id}/forget/?dry_run=true")
    assert dry.status_code == 200 and "CustomerForgotten" in dry.text
    assert site.admin.get(f"orders/{told.first['id']}/")["customer"]["email"] == EMAIL
    assert found(site.log, site.log.keyring(SECRET), EMAIL.lower()) == found(
        site.log, site.log.keyring(SECRET), "FORGET-1"
    )

    answer = site.admin.post(f"customers/{id}/forget/", None, 200)
    assert answer == {"id": id, "orders": 2}
    again = site.admin.post(f"customers/{id}/forget/", None, 200)
    assert again == answer
    site.caught_up()

    for text in where(site, *TEXTS, EMAIL.lower()):
        assert NEIGHBOUR.encode() in everything(site)["order_customers"] and text.endswith(
            ("order_customers", "statistics")
        ), text
    with site.log.listening() as connection:
        rows = connection.execute("select order_id, email, last_name from order_customers order by 1").fetchall()
        export(connection, SECRET, tmp_path / "log.zip")
    gone, stays = (None, None), (f"{NEIGHBOUR}@example.org", "quuxington")
    assert {row[0]: row[1:] for row in rows} == {
        told.first["id"]: gone, told.second["id"]: gone, told.other["id"]: stays,
    }  # fmt: skip
    with ZipFile(tmp_path / "log.zip") as file:
        exported = b"".join(file.read(name) for name in file.namelist()).lower()
    assert [text for text in (*TEXTS, NEIGHBOUR) if text.encode() in exported] == []

    shown = site.admin.get(f"orders/{told.first['id']}/")
    assert {shown["customer"][name] for name in ("email", "first_name", "last_name", "phone_number")} == {None}
    assert (shown["shipping_address"] or {}).get("line") is None and not shown["notes"]
    assert (site.admin.get("orders/?limit=100")["count"], len(shown["orderitem_set"])) == before
    assert site.admin("GET", f"packages/{told.package}/document").status_code in (404, 410)
    assert site.admin.get(f"orders/{told.other['id']}/")["customer"]["last_name"] == "Quuxington"
    told_events = site.admin.get("/whisperer/hook_events/?limit=100")["results"]
    assert len(told_events) > 5
    about_them = [one for one in told_events if one["order_number"] in ("FORGET-1", "FORGET-2")]
    assert about_them and [text for text in TEXTS if text in str(about_them).lower()] == []

    laws = verified(site.log)
    assert (laws["violations"], laws["chain"]) == ([], None)
    [row] = site.admin.get(f"audit/customer/{id}/history/")["results"]
    assert (row["event"], row["actor"]) == ("CustomerForgotten", "admin")


def test_a_neighbour_of_the_same_name_then_goes_too(told: Told) -> None:
    site = told.site
    site.admin.post(f"customers/{told.other['customer']['id']}/forget/", None, 200)
    site.caught_up()
    assert where(site, *TEXTS, EMAIL.lower(), NEIGHBOUR) == []


def test_a_restore_forgets_again(told: Told) -> None:
    """A key that comes back with an older copy of its table is destroyed again by what the log says."""
    site, keyring = told.site, told.site.log.keyring(SECRET)
    with site.log.listening() as connection:
        keys = forgotten_keys(connection)
        assert len(keys) == 2
        connection.execute("update customer_keys set wrapped = 'x', forgotten_at = null where key = any(%s)", (keys,))
        assert forgotten_keys(connection) == []
        assert forget_again(site.log) == 2 and forget_again(site.log) == 0
        assert forgotten_keys(connection) == keys
        assert destroy_keys(connection, keys) == 0
    assert found(site.log, keyring, EMAIL) is None and found(site.log, keyring, "nobody") is None


def test_who_orders_again_is_somebody_new(told: Told) -> None:
    site = told.site
    new = site.admin.post("orders/", personal_order("AGAIN-1"))
    assert new["customer"]["id"] != told.first["customer"]["id"] and new["customer"]["last_name"] == "Quuxington"
    assert site.admin("POST", "customers/12345/forget/").status_code == 404
