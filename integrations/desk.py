"""What an adapter works with: the log, other systems, people's data and documents, opened secrets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid5

from domain.kernel import Facts, Given
from domain.order import Order
from eventlog.documents import Documents
from eventlog.keyring import Keyring
from eventlog.log import EventLog
from eventlog.recorded import Written
from eventlog.secret_values import opened
from eventlog.secrets import Secrets
from integrations.kinds import Work
from integrations.outside import Ask, Outside, Said, System
from integrations.trouble import Misconfigured

T = TypeVar("T")


@dataclass(frozen=True)
class Desk:
    """Safe to share by threads."""

    log: EventLog
    outside: Outside
    keyring: Keyring
    secrets: Secrets

    @classmethod
    def of(cls, log: EventLog, secret_key: str, outside: Outside) -> "Desk":
        return cls(log, outside, log.keyring(secret_key), Secrets(log.listening, secret_key))

    @property
    def documents(self) -> Documents:
        return self.log.documents(self.keyring)

    def order(self, work: Work) -> Order:
        """The order as it stands now."""
        found: Order = self.log.state(work.stream).state
        return found

    def then(self, work: Work) -> Order:
        """The order right after the event: what is sent is made of this, so that each try sends the same."""
        found: Order = self.log.state_at(work.stream, position=work.position).state
        return found

    def opened(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Settings with their secrets; never to be kept or shown."""
        try:
            found: dict[str, Any] = opened(settings, self.secrets.read)
        except LookupError as lost:
            raise Misconfigured(f"a secret of its settings cannot be opened: {lost}") from None
        return found

    def call(self, system: System, ask: Ask, read: Callable[[Said], T]) -> T:
        return self.outside.call(system, ask, read)

    def decide(
        self,
        work: Work,
        function: Callable[[Order | None, Given], Facts],
        *,
        command: str,
        actor: str = "integrations",
        stream: str | None = None,
    ) -> Written:
        """The answer of a call as the next event, written once however often the call is run: the command id is made of
        the call's key and the command."""
        return self.log.decide(
            stream or work.stream,
            function,
            actor=actor,
            command=command,
            command_id=uuid5(work.key, command),
            correlation_id=work.correlation_id,
            causation_id=str(work.event_id),
        )
