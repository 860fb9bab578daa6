"""The receiver's side of both signatures of a webhook, from their definitions alone.

Classic: `X-Whisperer-Signature: sha256=<hex HMAC-SHA256 of the body>`, the key being the secret's text.
Standard Webhooks: `webhook-signature: v1,<base64 HMAC-SHA256 of "id.timestamp.body">`, several parted by spaces while a
secret is rotated; the key is what stands base64-coded after `whsec_`, else the secret's text.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping


def classic(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def standard(secret: str, message: str, timestamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret.encode()
    signed = f"{message}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def wrong(headers: Mapping[str, str], body: bytes, secrets: list[str], now: float, tolerance: float) -> str | None:
    """Why this request is not to be trusted, or None. At least one signature must be there, and each that is there must
    fit one of the secrets; a standard one may be at most `tolerance` seconds from `now` (Unix time)."""
    named = {name.lower(): value for name, value in headers.items()}
    whisperer, signatures = named.get("x-whisperer-signature"), named.get("webhook-signature")
    if whisperer is None and signatures is None:
        return "not signed"
    if whisperer is not None and not _any(whisperer, (classic(secret, body) for secret in secrets)):
        return "X-Whisperer-Signature does not fit the body"
    if signatures is None:
        return None
    message, timestamp = named.get("webhook-id", ""), named.get("webhook-timestamp", "")
    if not message or not timestamp.isdecimal():
        return "webhook-id or webhook-timestamp is missing or wrong"
    if abs(now - int(timestamp)) > tolerance:
        return f"webhook-timestamp is more than {tolerance:g} s away"
    expected = [standard(secret, message, timestamp, body) for secret in secrets]
    if not any(_any(signature, expected) for signature in signatures.split()):
        return "webhook-signature does not fit the body"
    return None


def _any(given: str, expected: Iterable[str]) -> bool:
    return any(hmac.compare_digest(given.encode(), one.encode()) for one in expected)
