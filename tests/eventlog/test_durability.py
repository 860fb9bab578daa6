"""What is said at the start of a server that may lose what it acknowledged."""

import psycopg
import pytest

from eventlog.durability import Standing, doubts, standing

ALONE = Standing(False, "on", "on", 0, 0, 0, "")


def test_what_is_asked_can_be_answered(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        found = standing(connection)
    assert found == ALONE._replace(fsync="off"), "as the tests run it"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, None),
        ({"replicas": 2, "synchronous": 1, "wanted": "ANY 1 (*)"}, None),
        ({"replicas": 1, "unseen": 1, "wanted": "*"}, None),
        ({"fsync": "off"}, "fsync is off"),
        ({"synchronous_commit": "off"}, "synchronous_commit is off"),
        ({"replicas": 1}, "no replica of the database is synchronous"),
        (
            {"replicas": 1, "synchronous": 1, "wanted": "*", "synchronous_commit": "local"},
            "synchronous_commit is local",
        ),
        ({"wanted": "*"}, "no synchronous replica is there (*)"),
        ({"is_replica": True}, "the database is a replica"),
    ],
)
def test_each_doubt_has_its_sentence(changed: dict[str, object], said: str | None) -> None:
    found = doubts(ALONE._replace(**changed))  # type: ignore[arg-type]  # fields by name
    assert (not found) if said is None else (len(found) == 1 and said in found[0])
