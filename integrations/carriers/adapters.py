"""Which adapter speaks to a carrier, by its settings: `conf.adapter`, `conf.url`, `conf.auth`, `conf.timeouts` …"""

from collections.abc import Mapping
from typing import Any

from domain.settings import CargoCompany
from integrations.carriers.adapter import Carrier, Wire
from integrations.carriers.fast_cargo import FastCargo
from integrations.carriers.steady_parcel import SteadyParcel
from integrations.desk import Desk
from integrations.kinds import Work
from integrations.outside import System
from integrations.trouble import Misconfigured

ADAPTERS: dict[str, type[Carrier]] = {"fast_cargo": FastCargo, "steady_parcel": SteadyParcel}
"""`conf.adapter` of a carrier → who speaks to it. One without an adapter is asked nothing: numbers are told by hand."""

FORMATS = ("pdf", "zpl")


def system_of(company: CargoCompany) -> str:
    return f"carrier:{company.slug}"


def is_connected(company: CargoCompany | None) -> bool:
    """Whether the carrier is one that is called."""
    return company is not None and bool(company.conf.get("adapter"))


def adapter_of(company: CargoCompany) -> type[Carrier]:
    name = company.conf.get("adapter")
    found = ADAPTERS.get(str(name))
    if found is None:
        raise Misconfigured(f"{company.name}: there is no adapter {name!r}; there are {', '.join(ADAPTERS)}")
    return found


def carrier(company: CargoCompany, desk: Desk, work: Work | None = None) -> Carrier:
    """Its adapter, ready to call; for a queued call, or for a question of a job."""
    settings = desk.opened(company.conf)
    url = settings.get("url")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise Misconfigured(f"{company.name}: conf.url says where it is")
    system = System.of(system_of(company), settings)
    more: dict[str, Any] = {}
    if work is not None:
        more = {"lane": work.subject, "call": work.id, "may_send": work.may_send}
    return adapter_of(company)(Wire(desk.outside, system, url, settings, **more))


def format_of(conf: Mapping[str, Any]) -> str:
    said = str(conf.get("label_format") or "pdf").lower()
    return said if said in FORMATS else "pdf"
