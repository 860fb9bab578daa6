"""Keys of the API (spec 3.1): random, kept as digests, listed, taken back one by one or all; they expire."""

import hashlib
import secrets
from typing import Any

from projections.objects.wire import moment

KEY_DAYS = 30
MOST_DAYS = 400

NEW = """
insert into api_keys (digest, user_id, expires_at, remote_addr, user_agent)
    values (%s, %s, now() + %s * interval '1 second', %s, %s)
"""
CLEAN_UP = "delete from api_keys where user_id = %s and expires_at < now() - interval '1 day'"

# Looked up at most once a second by each process; when it was used is noted once in ten minutes.
USED = """
with found as (select digest, user_id, last_used_at from api_keys where digest = %(digest)s and expires_at > now()),
    noted as (
        update api_keys k set last_used_at = now() from found f
         where k.digest = f.digest and (f.last_used_at is null or f.last_used_at < now() - interval '10 minutes'))
select user_id from found
"""
OF_USER = """
select id, digest, created_at, expires_at, last_used_at, remote_addr, user_agent from api_keys
    where user_id = %s and expires_at > now() order by id desc
"""


def digest_of(key: str) -> bytes:
    """Keys are random and long, so a plain hash keeps them as well as a slow one."""
    return hashlib.sha256(key.encode()).digest()


def new_key(connection: Any, user_id: int, seconds: int, remote_addr: str, user_agent: str) -> str:
    """A key for a user, good for so many seconds; shown now and never again."""
    key = secrets.token_urlsafe(32)
    connection.execute(CLEAN_UP, (user_id,))
    connection.execute(NEW, (digest_of(key), user_id, seconds, remote_addr[:100], user_agent[:200]))
    return key


def user_of(connection: Any, digest: bytes) -> int:
    """Whose key this is; 0: nobody's, or no more."""
    row = connection.execute(USED, {"digest": digest}).fetchone()
    return row[0] if row else 0


def keys_of(connection: Any, user_id: int, current: bytes | None = None) -> list[dict[str, Any]]:
    """The keys of a user that still open something, the newest first; `current`: the digest of the one in use."""
    return [
        {
            "id": id,
            "created_date": moment(created),
            "expires_date": moment(expires),
            "last_used_date": moment(used),
            "remote_addr": address,
            "user_agent": agent,
            "current": bytes(digest) == current,
        }
        for id, digest, created, expires, used, address, agent in connection.execute(OF_USER, (user_id,)).fetchall()
    ]


def revoke(connection: Any, user_id: int, *, id: int | None = None, digest: bytes | None = None) -> int:
    """Takes back a user's key of this id or digest, or all of them; how many there were."""
    if digest is not None:
        return connection.execute("delete from api_keys where user_id = %s and digest = %s", (user_id, digest)).rowcount
    if id is not None:
        return connection.execute("delete from api_keys where user_id = %s and id = %s", (user_id, id)).rowcount
    return connection.execute("delete from api_keys where user_id = %s", (user_id,)).rowcount
