"""Settings that hold secrets somewhere inside: these put away under names, masked, and read again (spec 3.2)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

SECRET_FIELDS = frozenset(
    {"password", "token", "secret", "secret_key", "api_key", "client_secret", "access_key", "private_key"}
)
"""Fields whose texts are secrets, wherever they stand in a setting."""

MASK = "********"


class SayAgain(Exception):
    """A masked secret came back, but where it is sent or as whom has changed. `path`: of which."""

    def __init__(self, path: tuple[str | int, ...]) -> None:
        super().__init__(".".join(map(str, path)))
        self.path = path


def sealed(value: Any, before: Any, keep: Callable[[str], str]) -> Any:
    """The value with names in place of its secrets (`keep(secret) -> name`). A secret that comes back as it was told
    (masked, or its name) stays, as long as every other text of the value stays too: else whoever may name a secret
    could have it sent to themselves."""
    old = dict(_secrets(before))
    same = list(_other_texts(value)) == list(_other_texts(before))

    def put(path: tuple[str | int, ...], said: str) -> str:
        if said != MASK and said != old.get(path):
            return keep(said)
        if path not in old or not same:
            raise SayAgain(path)
        return old[path]

    return _changed(value, put)


def masked(value: Any) -> Any:
    """As it may be shown."""
    return _changed(value, lambda _path, _said: MASK)


def opened(value: Any, read: Callable[[str], str]) -> Any:
    """The value with its secrets, for who logs in with them; `read(name) -> secret`: eventlog.secrets.Secrets.read."""
    return _changed(value, lambda _path, name: read(name))


def _changed(value: Any, put: Callable[[tuple[str | int, ...], str], str], path: tuple[str | int, ...] = ()) -> Any:
    if isinstance(value, Mapping):
        return {
            name: put((*path, name), inner) if _is_secret(name, inner) else _changed(inner, put, (*path, name))
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_changed(inner, put, (*path, n)) for n, inner in enumerate(value)]
    return value


def _is_secret(name: str, value: Any) -> bool:
    return name in SECRET_FIELDS and isinstance(value, str) and value != ""


def _secrets(value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    found: list[tuple[tuple[str | int, ...], str]] = []

    def note(path: tuple[str | int, ...], said: str) -> str:
        found.append((path, said))
        return said

    _changed(value, note)
    yield from found


def _other_texts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text that is no secret, by where it stands."""
    if isinstance(value, Mapping):
        for name in sorted(value):
            if not _is_secret(name, value[name]):
                yield from _other_texts(value[name], (*path, name))
    elif isinstance(value, list | tuple):
        for n, inner in enumerate(value):
            yield from _other_texts(inner, (*path, n))
    elif isinstance(value, str):
        yield path, value
