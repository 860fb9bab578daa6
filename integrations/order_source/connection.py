"""Where the order source is and how one logs in there, by `OMNITRON_CLIENT_SETTINGS` (spec 5, 7).

`urls.base_url` is its API. `endpoint_conf` may give an endpoint of it another address and a token of its own. An
endpoint "packages" makes it a Seller Center: that is told of packages by webhooks (api.http.seller_center), not of item
states.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.application_settings import value_of
from domain.kernel import Reference
from integrations.authorization import Auth
from integrations.desk import Desk
from integrations.outside import System
from integrations.trouble import Misconfigured

SETTING = "OMNITRON_CLIENT_SETTINGS"
NAME = "order-source"
PACKAGES = "packages"


@dataclass(frozen=True)
class Source:
    """Opened settings; never to be kept or shown."""

    settings: Mapping[str, Any]

    def endpoint(self, name: str, below: str = "") -> tuple[System, str]:
        """Who is called, and at which address: `below` stands after the endpoint's name. Misconfigured where no address
        is known."""
        own = endpoint_of(self.settings, name) or {}
        base = own.get("base_url") or (self.settings.get("urls") or {}).get("base_url")
        if not base:
            raise Misconfigured(f"{SETTING} says no urls.base_url and no endpoint_conf of {name}")
        token = (own.get("auth") or {}).get("token")
        auth = Auth(type="token", token=token, token_prefix=_prefix(self.settings)) if token else None
        return System.of(NAME, self.settings, auth), f"{base.rstrip('/')}/{name}/{below}"


def _prefix(settings: Mapping[str, Any]) -> str:
    said = (settings.get("auth") or {}).get("token_prefix")
    return "Token" if said is None else str(said)


def connected(reference: Reference) -> Mapping[str, Any] | None:
    """The settings as they stand, secrets sealed; None where no source is connected."""
    said = value_of(reference, SETTING)
    if not isinstance(said, Mapping):
        return None
    has_address = (said.get("urls") or {}).get("base_url") or any(row.get("base_url") for row in _conf(said))
    return said if has_address else None


def is_seller_center(settings: Mapping[str, Any]) -> bool:
    return endpoint_of(settings, PACKAGES) is not None


def endpoint_of(settings: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    return next((row for row in _conf(settings) if row.get("endpoint") == name), None)


def source_of(desk: Desk) -> Source:
    """Misconfigured where none is connected."""
    said = connected(desk.log.reference)
    if said is None:
        raise Misconfigured(f"no order source is connected: {SETTING}")
    return Source(desk.opened(said))


def _conf(settings: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(settings.get("endpoint_conf") or ())
