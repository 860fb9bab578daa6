"""The hash chain of the log, and its check from an export alone (spec 6.2). Only Python's own library is needed, so
that this very file, put beside the events, checks them anywhere: `python check.py`."""

import hashlib
import json
import struct
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

FIRST_HASH = bytes(32)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def digest(
    stream: str, topic: str, actor: str, command: str, command_id: str, correlation: str, causation: str, data: bytes
) -> str:
    """SHA-256 (hex) over all of an event that its writer knows; the chain adds position, version and time. The parts
    hold no NUL, so joining with one is unambiguous."""
    parts = "\0".join((stream, topic, actor, command, command_id, correlation, causation, ""))
    return hashlib.sha256(parts.encode() + data).hexdigest()


def chain(before: bytes, digest_hex: str, position: int, version: int, at: datetime) -> bytes:
    """The hash of an event: over the one before it, its digest, position, version and time (sql/002_append.sql)."""
    microseconds = (at - EPOCH) // timedelta(microseconds=1)
    return hashlib.sha256(
        before + bytes.fromhex(digest_hex) + struct.pack("!qiq", position, version, microseconds)
    ).digest()


class Walk:
    """Goes through events by position and says what is wrong with the first that is not as it was written. `after`,
    `hash`, `versions`: where it begins, the first event's is 0. `versions` None: what was before is not known (its
    partitions were dropped at a signed head), so each stream begins at the version it is first seen at."""

    def __init__(self, after: int = 0, hash: bytes = FIRST_HASH, versions: dict[str, int] | None = None) -> None:
        self.position, self.events, self.hash = after, 0, hash
        self.at = EPOCH
        self.known, self.versions = versions is not None or after == 0, versions or {}

    def step(self, row: Any) -> str | None:
        """What is wrong with the next event, if anything is. `row`: the columns of the log as attributes."""
        name = f"{row.topic} at position {row.position} ({row.stream} version {row.version})"
        if row.position != self.position + 1:
            return f"position {self.position + 1} is missing: {name} follows {self.position}"
        before = self.versions.get(row.stream, 0 if self.known else row.version - 1)
        if row.version != before + 1:
            return f"{name} does not follow version {before}"
        if row.at < self.at:
            return f"{name} has a time before the event before it"
        found = digest(
            row.stream,
            row.topic,
            row.actor,
            row.command,
            row.command_id,
            row.correlation_id,
            row.causation_id,
            row.data.encode(),
        )
        if chain(self.hash, found, row.position, row.version, row.at) != row.hash:
            return f"{name} is not what was written, or what was before it is not: its hash does not fit"
        self.position, self.at, self.hash = row.position, row.at, row.hash
        self.versions[row.stream] = row.version
        self.events += 1
        return None


def signed_text(head: dict[str, Any]) -> bytes:
    """What the signature of a head is over."""
    return "\n".join(["Daybook head", *(str(head[name]) for name in ("position", "at", "hash", "epoch"))]).encode()


def check(folder: Path) -> tuple[int, str | None, str]:
    """(events seen, what is wrong, what is known of the signature) of an export: `events.jsonl` and `head.json`."""
    walk = Walk()
    with (folder / "events.jsonl").open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                said = json.loads(line)
                said["at"], said["hash"] = datetime.fromisoformat(said["at"]), bytes.fromhex(said["hash"])
                wrong = walk.step(SimpleNamespace(**said))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                return walk.events, f"line {number} is no event: {error!r}", "not looked at"
            if wrong is not None:
                return walk.events, wrong, "not looked at"
    head = json.loads((folder / "head.json").read_text(encoding="utf-8"))
    if head["position"] != walk.position:
        return walk.events, f"the export ends at {walk.position}, its head at {head['position']}", "not looked at"
    if head["hash"] != walk.hash.hex():
        return walk.events, f"the head does not fit the last event at position {walk.position}", "not looked at"
    good, sentence = signature_of(head)
    return walk.events, None if good else sentence, sentence


def signature_of(head: dict[str, Any]) -> tuple[bool, str]:
    """Whether the head may be believed, and a sentence. Without the package `cryptography` it cannot be told."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return True, "the signature was not checked: the package cryptography is not here"
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(head["public_key"]))
        key.verify(bytes.fromhex(head["signature"]), signed_text(head))
    except (InvalidSignature, ValueError, KeyError):
        return False, "the head's signature is not right"
    return True, f"the head is signed by the key {head['public_key']}; compare it with the one you know"


if __name__ == "__main__":
    seen, amiss, about_signature = check(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
    print(f"{seen} events: {amiss or 'every one as it was written'}\n{about_signature}")
    sys.exit(0 if amiss is None else 1)
