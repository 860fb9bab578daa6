"""Signed heads (spec 6.2): where the log ends, signed by the installation. Kept elsewhere, they show a tail that was
cut off, which no chain can show by itself."""

import hashlib
import hmac
from typing import Any

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from eventlog.chain import signed_text
from eventlog.connect import only_row

HEAD = "select position, at, hash, epoch from head"
HASH_AT = "select at, hash from log where position = %s"


def signed_head(connection: psycopg.Connection[Any], secret: str, position: int | None = None) -> dict[str, Any]:
    """{position, at, hash, epoch, public_key, signature} of the log as it ends now, or as it ended at a position: what
    stands for the events up to there once their partitions are dropped. Hex, Ed25519. `secret`: the installation's
    (OMS_SECRET_KEY), from which its key is made. LookupError where there is no event at the position."""
    last, at, hash, epoch = only_row(connection.execute(HEAD))
    if position is not None and position != last:
        row = connection.execute(HASH_AT, (position,)).fetchone()
        if row is None:
            raise LookupError(f"there is no event at position {position}; the log ends at {last}")
        at, hash = row
    position = last if position is None else position
    head = {"position": position, "at": at.isoformat(), "hash": bytes(hash).hex(), "epoch": epoch}
    key = Ed25519PrivateKey.from_private_bytes(hmac.digest(secret.encode(), b"signing of heads", hashlib.sha256))
    public = key.public_key().public_bytes_raw().hex()
    return {**head, "public_key": public, "signature": key.sign(signed_text(head)).hex()}


def disagreement(connection: psycopg.Connection[Any], head: dict[str, Any]) -> str | None:
    """Why the log as it stands is not the one whose head this was; None where it goes on from it."""
    if head["position"] == 0:
        return None
    row = connection.execute(HASH_AT, (head["position"],)).fetchone()
    if row is None:
        end = only_row(connection.execute(HEAD))[0]
        return f"the log ends at position {end}, it had come to {head['position']}: its end was cut off"
    if bytes(row[1]).hex() != head["hash"]:
        return f"the event at position {head['position']} is not the one that was signed: the log was written anew"
    return None
