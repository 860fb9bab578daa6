"""The neighbours of `make run` that are called: two carriers, an invoice service, providers of text messages and of
coordinates, a stock service; started beside the service, and connected by what anybody would set over the API."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from api.processes import Processes

PACE = "15"
"""Seconds a step of a parcel takes at the carriers."""

PACK, PACK_FOR_PICKUP, SHIP, HAND_OVER = 31, 32, 47, 54  # transition ids

NEIGHBOURS = {
    "fast cargo": ("simulators.fast_cargo", 3),
    "steady parcel": ("simulators.steady_parcel", 4),
    "invoices": ("simulators.invoices", 5),
    "text messages": ("simulators.text_messages", 6),
    "geocoder": ("simulators.geocoder", 7),
    "stock service": ("simulators.stock_service", 8),
}
"""Name → its program, and its port, counted from the API's own."""

STOCKED = ("WH-02", *(f"ST-{n:03}" for n in range(1, 11)))
"""Locations whose stock the stock service knows; the others have their own."""

CARRIERS = {"fast": ("fast cargo", "fast_cargo"), "steady": ("steady parcel", "steady_parcel")}
"""Slug → the neighbour, and who speaks to it."""


class Client(Protocol):
    def call(self, method: str, path: str, body: object = None) -> dict[str, Any]: ...


def urls(port: int) -> dict[str, str]:
    return {name: f"http://127.0.0.1:{port + offset}" for name, (_, offset) in NEIGHBOURS.items()}


def start(processes: Processes, port: int, api: str, data: Path, secret: str) -> None:
    """`secret`: what the carriers sign with."""
    slugs = {name: slug for slug, (name, _) in CARRIERS.items()}
    for name, (module, offset) in NEIGHBOURS.items():
        journal = str(data / f"{name.replace(' ', '-')}.jsonl")
        told: tuple[str, ...] = ()
        if name in slugs:
            told = ("--pace", PACE, "--hook", f"{api}/api/v1/oms/carriers/{slugs[name]}/status/")
        program = ("-m", module, "--port", str(port + offset), "--journal", journal, *told)
        processes.start(name, program, {"CARRIER_SECRET": secret})


def connect(client: Client, port: int, secret: str) -> None:
    """Again does no harm."""
    at, oms = urls(port), "/api/v1/oms"
    for row in client.call("GET", f"{oms}/cargo-companies/?limit=100")["results"]:
        if row["slug"] in CARRIERS:
            name, adapter = CARRIERS[row["slug"]]
            body = {
                "label_required": True,
                "conf": {"adapter": adapter, "url": at[name], "secret_key": secret, "label_format": "pdf"},
            }
            client.call("PATCH", f"{oms}/cargo-companies/{row['id']}/", body)
    invoice = {"remote_invoice_call": {"remote_url": f"{at['invoices']}/invoices"}}
    bill = {"remote_bill_fulfillment_call": {"remote_url": f"{at['invoices']}/bills"}}
    calls = ((PACK, invoice), (PACK_FOR_PICKUP, invoice), (SHIP, bill), (HAND_OVER, bill))
    for transition, settings in calls:
        client.call("PATCH", f"{oms}/transitions/{transition}/", {"settings": settings})
    keys = {
        "IS_OTP_ENABLED": True,
        "SMS_SETTINGS": {"url": f"{at['text messages']}/messages", "sender": "Daybook"},
        "GEOLOCATION_DISCOVERY": True,
        "GEOCODE_PROVIDER_SETTINGS": {"url": f"{at['geocoder']}/search"},
    }
    path = f"{oms}/settings/application_settings/"
    for key, value in keys.items():
        if not client.call("GET", f"{path}?key={key}")["results"]:
            client.call("POST", path, {"key": key, "json_value": value})


def stock_up(client: Client, service: Client, port: int, rows: Iterable[Mapping[str, Any]]) -> None:
    """The stock service has the levels of all, as staff tell it of all that moves; some locations ask it."""
    service.call("PUT", "/admin/levels", {"stock": list(rows)})
    engine = {"service": {"url": f"{urls(port)['stock service']}/multiple"}, "settle_minutes": 1}
    for code in STOCKED:
        for row in client.call("GET", f"/api/v1/oms/stock_locations/?erp_code={code}")["results"]:
            client.call("PATCH", f"/api/v1/oms/stock_locations/{row['id']}/", {"engine": engine})
