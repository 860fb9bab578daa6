"""The declaration kernel: what a fact and a command say of themselves, once.

From these declarations come the routes, the input schemas, OpenAPI, the `commands` list of a package, the
state diagram, the webhook catalogue, the audit sentence and the generic tests. Nothing else lists them by hand.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar, dataclass_transform

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class Refusal(Exception):
    """A command is not allowed now. `code` is what the API answers, `extra` stands beside the message.

    Codes: state_conflict, unknown_command, not_found, invalid (with `fields`), conflict, forbidden.
    """

    def __init__(self, code: str, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.extra = code, message, extra
        self.facts: tuple[Any, ...] = ()  # what is written although the command is refused: a try that counts


def invalid(**fields: str) -> Refusal:
    """A refusal of input: one text per field, in the shape of `{"error": {field: [texts]}}`."""
    return Refusal("invalid", "; ".join(fields.values()), fields={k: [v] for k, v in fields.items()})


# --- facts ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FactInfo:
    """`name` is the storage contract (the topic in the log) and never changes; `on` is the kind of object the fact
    is about, whose id stands in the attribute of that name; `also` are further kinds whose version it moves;
    `sentence` is what support reads, a format string over the fact's fields; `webhooks` are the named messages;
    `upcasts[n]` turns stored data of version n+1 into version n+2."""

    name: str
    on: str
    also: tuple[str, ...]
    sentence: str
    webhooks: tuple[str, ...]
    upcasts: tuple[Callable[[dict[str, Any]], dict[str, Any]], ...]

    @property
    def version(self) -> int:
        return len(self.upcasts) + 1


FACTS: dict[str, type[Any]] = {}
_INFO: dict[type[Any], FactInfo] = {}


@dataclass_transform(frozen_default=True, kw_only_default=True)
def fact(
    name: str,
    *,
    on: str,
    also: tuple[str, ...] = (),
    sentence: str,
    webhooks: tuple[str, ...] = (),
    upcasts: tuple[Callable[[dict[str, Any]], dict[str, Any]], ...] = (),
) -> Callable[[type[T]], type[T]]:
    """Declares a fact: a frozen record in the past tense that is stored for ever under `name`."""

    def declare(cls: type[T]) -> type[T]:
        made = dataclass(frozen=True, slots=True, kw_only=True)(cls)
        if name in FACTS:
            raise TypeError(f"two facts named {name}")
        FACTS[name] = made
        _INFO[made] = FactInfo(name, on, also, sentence, webhooks, upcasts)
        return made

    return declare


def info(fact_or_type: Any) -> FactInfo:
    """The declaration of a fact or of its class."""
    return _INFO[fact_or_type if isinstance(fact_or_type, type) else type(fact_or_type)]


class Evolver:
    """A table fact class → function(state, fact, at) → state. Evolving never fails and reads no clock."""

    def __init__(self) -> None:
        self.table: dict[type[Any], Callable[[Any, Any, datetime], Any]] = {}

    def on(self, *facts: type[Any]) -> Callable[[F], F]:
        def register(function: F) -> F:
            self.table.update(dict.fromkeys(facts, function))
            return function

        return register

    def __call__(self, state: Any, fact: Any, at: datetime) -> Any:
        return self.table[type(fact)](state, fact, at)


# --- commands -------------------------------------------------------------------------------------------------------


class Reference(Protocol):
    """What a decision may look up besides its own stream: locations, denial reasons, carriers, settings…"""

    def one(self, kind: str, id: int) -> Any | None: ...
    def find(self, kind: str, key: str) -> Any | None: ...


@dataclass(frozen=True, slots=True)
class Given:
    """What the edge hands to a decision: the time, new ids (by kind of object), reference data, who asks, and who can
    plan at once on stock that was asked before (domain.planning.AtOnce; None: the planner does it later). `carrier`
    gives the carrier of a package by the conditions people set (domain.carriers.carrier_of; None: the order's)."""

    now: datetime
    ids: Callable[[str], int]
    reference: Reference
    actor: str = ""
    planning: Any = None
    carrier: Callable[[Any, Any], int | None] | None = None


@dataclass(frozen=True)
class Command:
    """One row of the command tables of spec 1.6/1.7. `id` is the numeric transition id; `source` the states it runs
    from, `target` the state it leads to (None: unchanged or told by the function); `input` a dataclass or None."""

    object: str
    slug: str
    id: int
    button: str
    source: tuple[Any, ...]
    target: Any | None
    input: type[Any] | None
    function: Callable[..., Iterable[Any]] = field(repr=False)
    aliases: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The first line of the function's docstring: what the command does."""
        return (self.function.__doc__ or "").strip().split("\n")[0]


COMMANDS: dict[tuple[str, str], Command] = {}


def command(
    object: str,
    slug: str,
    *,
    id: int,
    button: str,
    source: Iterable[Any],
    target: Any | None = None,
    input: type[Any] | None = None,
    aliases: tuple[str, ...] = (),
) -> Callable[[F], F]:
    """Declares `decide(order, thing, input, given) -> facts` as the command `slug` of `object`."""

    def declare(function: F) -> F:
        row = Command(object, slug, id, button, tuple(source), target, input, function, aliases)
        if (object, slug) in COMMANDS or any(c.id == id for c in COMMANDS.values()):
            raise TypeError(f"two commands {object} {slug} or with id {id}")
        COMMANDS[object, slug] = row
        return function

    return declare


def find_command(object: str, name: str) -> Command | None:
    """By slug, alias, or numeric transition id (spec 1.6)."""
    return COMMANDS.get((object, name)) or next(
        (c for c in COMMANDS.values() if c.object == object and (name in c.aliases or name == str(c.id))), None
    )


def allowed(object: str, state: Any) -> list[Command]:
    """The commands that may run from this state, in the order of their ids."""
    rows = (c for c in COMMANDS.values() if c.object == object and state in c.source)
    return sorted(rows, key=lambda c: c.id)


Facts = list[Any]
Data = Mapping[str, Any]
