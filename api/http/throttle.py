"""Guessing passwords is slowed down: tries are counted over all processes, before a password is looked at."""

from typing import Any

WINDOW = 60
"""Seconds after the first try, after which counting begins anew."""

LIMITS = {"both": 10, "name": 50, "address": 100}
"""Tries in a window: of one name from one address; of one name from anywhere; from one address, behind which there may
be a shop full of people, for any names."""

COUNT = """
insert into login_tries as t (who, since, tries) values (%(who)s, now(), 1)
    on conflict (who) do update set
        tries = case when t.since < now() - %(window)s * interval '1 second' then 1 else t.tries + 1 end,
        since = case when t.since < now() - %(window)s * interval '1 second' then now() else t.since end
    returning tries, extract(epoch from since - now())::float8 + %(window)s
"""
RIGHT = "update login_tries set tries = greatest(tries - 1, 0) where who = any(%s)"
FORGET = "delete from login_tries where who = %s"
CLEAN_UP = "delete from login_tries where since < now() - interval '1 hour'"


def tried(connection: Any, username: str, address: str) -> float:
    """Counts a try; seconds to wait before the next is looked at, 0: this one is."""
    wait = 0.0
    for kind, who in _whos(username, address).items():
        tries, left = connection.execute(COUNT, {"who": who, "window": WINDOW}).fetchone()
        if tries > LIMITS[kind]:
            wait = max(wait, left, 1.0)
        if tries == 1:
            connection.execute(CLEAN_UP)
    return wait


def was_right(connection: Any, username: str, address: str) -> None:
    """The try was right: it counts for nothing."""
    whos = _whos(username, address)
    connection.execute(RIGHT, ([whos["name"], whos["address"]],))
    connection.execute(FORGET, (whos["both"],))


def _whos(username: str, address: str) -> dict[str, str]:
    name = username.casefold()[:150]
    return {"both": f"both:{address}:{name}", "name": f"name:{name}", "address": f"address:{address}"}
