"""Papers over HTTP: the packaging document and the label are read back as a scanner does; what replaced them is served
as it came, and never as a page of ours."""

import base64
from typing import Any

import psycopg
import pypdfium2
import pytest
import zxingcpp

from tests.api.site import Site


def codes(pdf: bytes) -> set[tuple[str, str]]:
    """(kind, text) of every code that a scanner finds on the pages."""
    found = set()
    document = pypdfium2.PdfDocument(pdf)
    for page in document:
        image = page.render(scale=3).to_pil()
        found |= {(str(code.format).rpartition(".")[2], code.text) for code in zxingcpp.read_barcodes(image)}
    document.close()
    return found


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    text = "\n".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return text


def packed(site: Site, slug: str = "complete-packaging-with-shipment", **said: Any) -> dict[str, Any]:
    id = site.package()
    assert site.admin.command(id, slug, **said).status_code == 204
    site.caught_up()
    found: dict[str, Any] = site.admin.get(f"packages/{id}/")
    return found


def test_the_packaging_document_can_be_scanned_and_read(site: Site) -> None:
    person = {"email": "x@example.org", "first_name": "Gülşah", "last_name": "<b>İnan & Söz", "phone_number": "+4400"}
    order = site.order(customer=person, notes="Kapıcıya bırakın <br> 中")
    id = site.plan(order)
    assert site.admin("GET", f"packages/{id}/document").status_code == 404
    items = [i["id"] for i in site.admin.get(f"packages/{id}/")["packageitem_set"]]
    said: dict[str, Any] = {
        "package_items": [{"id": items[0], "barcode": "8690001", "serial_no": "SN-7", "weight": "0.4"}]
    }
    said["parcels"] = [{"weight": "1.5"}, {"weight": "0.3"}]
    assert site.admin.command(id, "complete-packaging-with-shipment", **said).status_code == 204
    answer = site.admin("GET", f"packages/{id}/document")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"].startswith("inline; filename=")
    number = site.admin.get(f"packages/{id}/")["number"]
    assert {text for _, text in codes(answer.content)} == {number}
    assert len(codes(answer.content)) == 2, "Code 128 and QR"
    text = text_of(answer.content)
    for part in (
        "Gülşah",
        "<b>İnan & Söz",
        "2 High St",
        "8690001",
        "SN-7",
        "WH-01",
        "8 pieces in 2 parcels",
        "Kapıcıya",
    ):
        assert part in text
    assert site.admin.command(id, "ship-package").status_code == 204
    assert site.admin("GET", f"packages/{id}/document").content == answer.content, "as it was when packed"


def test_a_number_that_no_code_128_can_show_is_in_the_qr_code(site: Site) -> None:
    id = site.plan(site.order(number="Sipariş №1 " + "x" * 60))
    assert site.admin.command(id, "complete-packaging-without-shipment").status_code == 204
    [(kind, text)] = codes(site.admin("GET", f"packages/{id}/document").content)
    assert "QR" in kind and text == site.admin.get(f"packages/{id}/")["number"]


def test_many_lines_go_over_several_pages(site: Site) -> None:
    item = {"sku": "A", "name": "A THING WITH QUITE A LONG NAME " * 3, "quantity": 1, "price": "1.00"}
    id = site.plan(site.order(items=[{**item, "omnitron_id": n} for n in range(1, 81)]))
    assert site.admin.command(id, "complete-packaging-without-shipment").status_code == 204
    pdf = site.admin("GET", f"packages/{id}/document").content
    assert len(pypdfium2.PdfDocument(pdf)) > 2 and "80 pieces" in text_of(pdf)


PAGE = "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("kind", "document", "media_type", "content", "how"),
    [
        ("html", PAGE, "text/html; charset=utf-8", PAGE.encode(), "attachment"),
        ("text", "total 1 €", "text/plain; charset=utf-8", "total 1 €".encode(), "attachment"),
        ("base64", base64.b64encode(b"%PDF-1.4 x").decode(), "application/pdf", b"%PDF-1.4 x", "inline"),
    ],
)
def test_c11_replaces_it(site: Site, kind: str, document: str, media_type: str, content: bytes, how: str) -> None:
    package = packed(site)
    said = {"invoice_number": "INV-7", "invoice_date": "2026-11-23", "document_type": kind, "document": document}
    answer = site.admin.command(package["id"], "update-invoice", **said)
    assert answer.status_code == 204
    served = site.admin("GET", f"packages/{package['id']}/document")
    assert (served.status_code, served.headers["Content-Type"], served.content) == (200, media_type, content)
    assert served.headers["Content-Disposition"].startswith(f"{how}; ")
    assert "sandbox" in served.headers["Content-Security-Policy"]
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    after = site.admin.get(f"packages/{package['id']}/")
    assert (after["invoice_number"], after["invoice"]["invoice_date"]) == ("INV-7", "2026-11-23")
    assert after["invoice"]["document"]["size"] == len(content)
    assert site.admin.get(f"orders/{package['order_id']}/")["invoice_number"] == "INV-7"
    [row] = site.log.read(int(answer.headers["X-OMS-Position"]) - 1, 1)
    assert document not in repr(row.fact), "the content is beside the log"


def test_a_document_told_by_its_address_is_not_there_before_its_copy(site: Site) -> None:
    id = packed(site)["id"]
    address = "https://invoices.example.org/1.pdf"
    assert site.admin.command(id, "update-invoice", document_type="url", document=address).status_code == 204
    answer = site.admin("GET", f"packages/{id}/document")
    assert (answer.status_code, answer.json()["error"]["url"]) == (404, address)


def test_what_is_refused_or_only_tried_keeps_nothing(site: Site) -> None:
    id = site.package()
    with psycopg.connect(site.log.database_url) as connection:
        count = "select count(*) from documents"
        before = connection.execute(count).fetchone()
        said = {"document_type": "text", "document": "not kept"}
        assert site.admin.command(id, "update-invoice", **said).status_code == 400, "it is not packed"
        wrong = site.admin.command(packed(site)["id"], "update-invoice", document_type="base64", document="?")
        assert (wrong.status_code, list(wrong.json()["error"])) == (400, ["document"])
        body = {"slug": "update-invoice", **said}
        tried = site.admin("POST", f"packages/{packed(site)['id']}/command/?dry_run=true", body)
        assert (tried.status_code, tried.json()["events"][0]["event"]) == (200, "PackageInvoiced")
        assert connection.execute(count).fetchone() == before


def test_a_forgotten_customers_document_is_gone(site: Site) -> None:
    package = packed(site)
    said = {"document_type": "text", "document": "for Ada"}
    assert site.admin.command(package["id"], "update-invoice", **said).status_code == 204
    order = site.log.state(f"order-{package['order_id']}").state
    keyring = site.log.keyring("a secret of the tests")
    assert keyring.forget(order.personal.key)
    with psycopg.connect(site.log.database_url) as connection:
        [sealed] = connection.execute(
            "select sealed from documents where digest = %s", (order.packages[package["id"]].invoice.document.digest,)
        ).fetchone() or [b""]
    assert b"for Ada" not in bytes(sealed)
    documents = site.log.documents(keyring)
    assert documents.read(order.packages[package["id"]].invoice.document.digest) is None


def test_the_label_bears_the_number_told_by_hand(site: Site) -> None:
    package = packed(site)
    shipment = package["shipment"]["id"]
    assert package["shipping_label"] is None
    assert site.admin("GET", f"shipments/{shipment}/label").status_code == 404
    said = {"cargo_company": "Fast Cargo", "tracking_number": "TRK-1", "query_number": "Q-1"}
    assert site.admin.command(package["id"], "update-shipment-info", **said).status_code == 204
    answer = site.admin("GET", f"shipments/{shipment}/label")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert {text for _, text in codes(answer.content)} == {"TRK-1"} and len(codes(answer.content)) == 2
    shown = site.admin.get(f"shipments/{shipment}/")
    assert shown["label"] == {"format": "PDF", "url": f"/api/v1/oms/shipments/{shipment}/label"}
    assert (shown["query_number"], shown["state"]["enum_value"]) == ("Q-1", "labelled")
    assert [row["source"] for row in shown["history"]] == ["command", "command"]
    assert site.admin.get(f"packages/{package['id']}/")["shipping_label"] == shown["label"]


def test_papers_of_another_location_are_not_found(site: Site) -> None:
    package = packed(site)
    store = site.user("paper-store", "store", site.places["ST-014"])
    assert store("GET", f"packages/{package['id']}/document").status_code == 404
    assert store("GET", f"shipments/{package['shipment']['id']}/label").status_code == 404
