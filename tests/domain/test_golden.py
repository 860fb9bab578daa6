"""The storage contract: every fact that was ever stored can be read, and is still written the same.

`golden/<name>.json` is the data as it stands in the log. A file is never edited: a changed fact gets an upcast, and a
new file `<name>.v2.json` beside the old one. Missing files of new facts: `python -m tests.domain.test_golden`.
"""

from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from domain import declared
from domain.kernel import FACTS, info
from eventlog.mapper import decode, encode
from tests.domain.examples import BY_NAME, EXAMPLES

GOLDEN = Path(__file__).parent / "golden"
RELEASED = sorted(name for name, cls in FACTS.items() if cls.__module__.startswith("domain."))
"""The facts of the domain; tests of other rooms declare some of their own."""


def path_of(name: str) -> Path:
    version = info(FACTS[name]).version
    return GOLDEN / (f"{name}.json" if version == 1 else f"{name}.v{version}.json")


def test_every_fact_has_one_example_and_one_golden_file() -> None:
    assert declared.order
    assert set(BY_NAME) == set(RELEASED) and len(BY_NAME) == len(EXAMPLES)
    assert [name for name in RELEASED if not path_of(name).exists()] == []


def test_no_fact_that_was_stored_is_forgotten() -> None:
    assert {path.name.partition(".")[0] for path in GOLDEN.glob("*.json")} == set(RELEASED)


@pytest.mark.parametrize("name", RELEASED)
def test_golden(name: str) -> None:
    topic, data = encode(BY_NAME[name])
    stored = path_of(name).read_bytes().rstrip(b"\n")
    assert topic == name
    assert decode(name, stored) == BY_NAME[name]
    assert data == stored


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_older_golden_files_are_read_by_upcasts(path: Path) -> None:
    name = path.name.partition(".")[0]
    assert type(decode(name, path.read_bytes())) is FACTS[name]


@pytest.mark.parametrize("name", RELEASED)
def test_the_example_says_something_in_every_field(name: str) -> None:
    example = BY_NAME[name]
    unsaid = [
        f.name
        for f in fields(example)
        if (f.default is not MISSING and getattr(example, f.name) == f.default)
        or (f.default_factory is not MISSING and getattr(example, f.name) == f.default_factory())
    ]
    assert unsaid == []


@pytest.mark.parametrize("name", RELEASED)
def test_the_sentence_can_be_said(name: str) -> None:
    example = BY_NAME[name]
    said = {f: getattr(example, f) for f in dir(example) if not f.startswith("_")}
    assert info(example).sentence.format(**said).strip().endswith(".")


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for example in EXAMPLES:
        topic, data = encode(example)
        if not path_of(topic).exists():
            path_of(topic).write_bytes(data + b"\n")
            print(f"wrote {path_of(topic).name}")
