"""The two signatures of a message (spec 4.3).

Classic: `X-Whisperer-Signature: sha256=<hex HMAC-SHA256 of the body>`, the key being the secret's text. Standard
Webhooks: HMAC-SHA256 of "id.timestamp.body", the key being what stands base64-coded after `whsec_`, else the text.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from functools import lru_cache

PREFIX = "whsec_"


def new_secret() -> str:
    """A secret for the standard scheme: 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def is_well_formed(secret: str) -> bool:
    """Whether what begins with `whsec_` goes on as the standard says: base64 of 24 to 64 bytes."""
    if not secret.startswith(PREFIX):
        return True
    try:
        return 24 <= len(base64.b64decode(secret[len(PREFIX) :], validate=True)) <= 64
    except (binascii.Error, ValueError):
        return False


def classic(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.digest(secret.encode(), body, hashlib.sha256).hex()


def standard(secret: str, message: str, timestamp: int, body: bytes) -> str:
    key = _key(secret)
    signed = f"{message}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


@lru_cache(1000)
def _key(secret: str) -> bytes:
    return base64.b64decode(secret[len(PREFIX) :]) if secret.startswith(PREFIX) else secret.encode()


def signature_headers(secrets_: Sequence[str], message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """`secrets_`: the newest first; while one is rotated the standard signature is made with each of them, the classic
    one with the newest. `timestamp`: Unix time of this try."""
    headers = {"webhook-id": message, "webhook-timestamp": str(timestamp)}
    if secrets_:
        headers["X-Whisperer-Signature"] = classic(secrets_[0], body)
        headers["webhook-signature"] = " ".join(standard(s, message, timestamp, body) for s in secrets_)
    return headers
