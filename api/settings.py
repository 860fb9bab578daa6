"""The settings of the environment (spec 8): one typed place. A wrong or unknown `OMS_…` stops the start."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

Network = IPv4Network | IPv6Network

_OWN = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - named, not listened at


class WrongSetting(Exception):
    """One sentence that says which setting is wrong and what is allowed."""


@dataclass(frozen=True)
class Settings:
    """`database_url` None: an embedded server in `data_dir`. `read_database_url`: a streaming replica for the API's
    reads. `webhook_allow`: networks of private receivers that may be called; `webhook_days`: how long what was sent is
    kept. `simulators`: the outside systems are simulated beside the service. Secrets are never printed."""

    database_url: str | None = None
    database_direct_url: str | None = None
    read_database_url: str | None = None
    data_dir: Path = Path("var")
    host: str = "127.0.0.1"
    port: int = 8000
    api_processes: int = 1
    api_threads: int = 32
    admin_user: str = "admin"
    admin_password: str | None = None
    secret_key: str | None = None
    webhook_allow: tuple[Network, ...] = ()
    log_format: str = "text"
    simulators: bool = False
    idempotency_days: int = 400
    audit_days: int = 400
    plan_input_days: int = 90
    webhook_days: int = 90

    @property
    def authority(self) -> str:
        """Where the API listens, as it stands in a URL: an address of IPv6 in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """Where the API is called from this machine; listening at all its addresses (`0.0.0.0`, `::`), at its own."""
        own = _OWN.get(self.host)
        return f"http://{(self if own is None else replace(self, host=own)).authority}"

    @classmethod
    def of(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read from the environment; raises WrongSetting."""
        env = os.environ if environment is None else environment
        names = {_name(f.name): f.name for f in fields(cls)}
        for name in env:
            if name.startswith("OMS_") and name not in names:
                raise WrongSetting(f"{name} is not a setting; known are {', '.join(sorted(names))}.")
        given = {field: _READ[field](name, env[name]) for name, field in names.items() if env.get(name)}
        return cls(**given)

    def shown(self) -> dict[str, str | None]:
        """For `oms config`: by name in the environment, as it would be set there; secrets masked."""
        return {
            _name(f.name): "********" if f.name in _SECRET and value else _said(value)
            for f in fields(self)
            for value in (getattr(self, f.name),)
        }


def _name(field: str) -> str:
    return "DATABASE_URL" if field == "database_url" else f"OMS_{field.upper()}"


def _said(value: Any) -> str | None:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or None
    return None if value is None else str(value)


_SECRET = frozenset({"admin_password", "secret_key", "database_url", "database_direct_url", "read_database_url"})


def _text(_name: str, value: str) -> str:
    return value


def _whole(least: int, most: int) -> Any:
    def read(name: str, value: str) -> int:
        if not (value.isascii() and value.isdigit() and len(value) < 10) or not least <= int(value) <= most:
            raise WrongSetting(f"{name} is a whole number from {least} to {most}, not “{value}”.")
        return int(value)

    return read


def _switch(name: str, value: str) -> bool:
    switches = {"1": True, "on": True, "true": True, "yes": True, "0": False, "off": False, "false": False, "no": False}
    if value.lower() not in switches:
        raise WrongSetting(f"{name} is on or off, not “{value}”.")
    return switches[value.lower()]


def _format(name: str, value: str) -> str:
    if value not in ("text", "json"):
        raise WrongSetting(f"{name} is text or json, not “{value}”.")
    return value


def _networks(name: str, value: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
    except ValueError as error:
        raise WrongSetting(f"{name} is a list of networks such as 127.0.0.0/8,::1/128: {error}.") from error


def _url(name: str, value: str) -> str:
    if not value.startswith(("postgresql://", "postgres://")):
        raise WrongSetting(f"{name} begins with postgresql://.")
    return value


_READ: dict[str, Any] = {
    "database_url": _url,
    "database_direct_url": _url,
    "read_database_url": _url,
    "data_dir": lambda _name, value: Path(value),
    "host": lambda _name, value: value.removeprefix("[").removesuffix("]"),
    "port": _whole(1, 65535),
    "api_processes": _whole(1, 64),
    "api_threads": _whole(1, 512),
    "admin_user": _text,
    "admin_password": _text,
    "secret_key": _text,
    "webhook_allow": _networks,
    "log_format": _format,
    "simulators": _switch,
    "idempotency_days": _whole(1, 100_000),
    "audit_days": _whole(1, 100_000),
    "plan_input_days": _whole(1, 100_000),
    "webhook_days": _whole(1, 100_000),
}
