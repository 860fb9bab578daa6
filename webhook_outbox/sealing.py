"""How payloads and answers lie in the tables: compressed, and sealed with the customer's key where there is one."""

import zlib

from eventlog.keyring import Keyring


class Forgotten(Exception):
    """The customer's key was destroyed."""


def freeze(keyring: Keyring, key: str | None, plain: bytes) -> bytes:
    """Forgotten where nothing can be sealed with the key any more."""
    packed = zlib.compress(plain, 1)
    if key is None:
        return packed
    try:
        return keyring.seal_bytes(key, packed)
    except KeyError:
        raise Forgotten(key) from None


def thaw(keyring: Keyring, key: str | None, frozen: bytes) -> bytes:
    """The very bytes that were frozen; Forgotten where the key is."""
    packed = frozen if key is None else keyring.reveal_bytes(key, frozen)
    if packed is None:
        raise Forgotten(key)
    return zlib.decompress(packed)


def sealed_answer(keyring: Keyring, key: str | None, answer: bytes) -> bytes | None:
    """An answer as it is kept. None where there is none, and where the customer was forgotten meanwhile: what was
    answered may be about them."""
    if not answer:
        return None
    try:
        return freeze(keyring, key, answer)
    except Forgotten:
        return None
