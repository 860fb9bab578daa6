"""One installation on this machine: its database, its secrets, and the processes that serve it (spec 8)."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from api.settings import Settings
from eventlog import embedded

KEPT_PASSWORD = "admin-password"  # noqa: S105 - the name of a file


@dataclass(frozen=True)
class Place:
    """Where the database is and what the secrets are; `environment` hands both to child processes."""

    settings: Settings
    database_url: str
    secret_key: str
    admin_password: str

    @property
    def kept(self) -> Path:
        """Where the admin's password is kept that was made here."""
        return self.settings.data_dir.resolve() / KEPT_PASSWORD

    @property
    def environment(self) -> dict[str, str]:
        settings = self.settings
        allow = {"OMS_WEBHOOK_ALLOW": ",".join(map(str, settings.webhook_allow))} if settings.webhook_allow else {}
        return {
            "DATABASE_URL": self.database_url,
            "OMS_SECRET_KEY": self.secret_key,
            "OMS_ADMIN_PASSWORD": self.admin_password,
            "OMS_DATA_DIR": str(settings.data_dir),
            "OMS_HOST": settings.host,
            "OMS_PORT": str(settings.port),
            **allow,
        }


@contextmanager
def prepared(settings: Settings, say: Callable[[str], None] = lambda _: None) -> Iterator[Place]:
    """The database runs (an embedded one where no DATABASE_URL is set), secrets are there; stopped at the end if it
    was started here."""
    data = settings.data_dir.resolve()
    data.mkdir(parents=True, exist_ok=True)
    key = settings.secret_key or _kept(data / "secret-key")
    password = settings.admin_password or _kept(data / KEPT_PASSWORD)
    if settings.database_url is not None:
        yield Place(replace(settings, secret_key=key), settings.database_url, key, password)
        return
    say("starting the embedded PostgreSQL")
    with embedded.start(data) as server:
        yield Place(replace(settings, database_url=server.url, secret_key=key), server.url, key, password)


def _kept(path: Path) -> str:
    """A secret made at the first start and kept for its owner's eyes only."""
    if not path.exists():
        made = secrets.token_urlsafe(24)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(made + "\n")
    return path.read_text().strip()


OMS = ("-m", "api.cli")
"""How a child is started: the program `oms` of this very environment."""
