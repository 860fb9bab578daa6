"""Passwords of outside systems: sealed at rest, the same one under the same name, nothing with another key."""

from typing import Any

import pytest

from eventlog.log import EventLog
from eventlog.secrets import Secrets

PASSWORD = "a stock service's päss"


def test_what_is_kept_is_read_and_lies_sealed(log: EventLog) -> None:
    secrets = Secrets(log.listening, "key of the installation")
    name = secrets.keep(PASSWORD)
    assert secrets.read(name) == PASSWORD
    with log.listening() as connection:
        rows: list[Any] = connection.execute("select name, sealed from secrets").fetchall()
    assert len(rows) == 1
    assert PASSWORD not in name
    assert PASSWORD.encode() not in bytes(rows[0][1])


def test_the_same_password_has_the_same_name_and_another_another(log: EventLog) -> None:
    secrets = Secrets(log.listening, "key of the installation")
    assert secrets.keep(PASSWORD) == secrets.keep(PASSWORD) == secrets.name_of(PASSWORD)
    assert secrets.keep("another") != secrets.keep(PASSWORD)


def test_another_key_neither_reads_nor_guesses_it(log: EventLog) -> None:
    name = Secrets(log.listening, "key of the installation").keep(PASSWORD)
    other = Secrets(log.listening, "another key")
    assert other.name_of(PASSWORD) != name
    with pytest.raises(LookupError, match="another secret key"):
        other.read(name)


def test_a_name_that_is_not_kept(log: EventLog) -> None:
    with pytest.raises(LookupError):
        Secrets(log.listening, "key").read("sealed:00")


def test_a_sealed_value_cannot_be_moved_under_another_name(log: EventLog) -> None:
    secrets = Secrets(log.listening, "key of the installation")
    one, other = secrets.keep("one"), secrets.keep("other")
    with log.listening() as connection:
        connection.execute(
            "update secrets set sealed = (select sealed from secrets where name = %s) where name = %s", (one, other)
        )
    with pytest.raises(LookupError):
        secrets.read(other)
