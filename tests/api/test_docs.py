"""The generated documents are as the declarations are, and `oms docs --check` says where they are not."""

import argparse
from pathlib import Path

import pytest

from api import docs
from api.settings import Settings
from domain.kernel import COMMANDS
from domain.states import PackageStatus
from webhook_outbox.registry import registry

CHECK, WRITE = argparse.Namespace(check=True), argparse.Namespace(check=False)


def test_no_generated_document_is_stale() -> None:
    assert docs.docs(Settings(), CHECK) == 0, "make docs"


def test_a_stale_one_is_told_and_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(docs, "DOCS", tmp_path)
    assert docs.docs(Settings(), CHECK) == 1
    assert docs.docs(Settings(), WRITE) == 0 and docs.docs(Settings(), CHECK) == 0
    text = (tmp_path / "states.md").read_text()
    (tmp_path / "states.md").write_text(text.replace("waiting --> preparing", "waiting --> shipped"))
    capsys.readouterr()
    assert docs.docs(Settings(), CHECK) == 1
    assert capsys.readouterr().err == "docs/states.md is stale: make docs\n"


def test_they_name_every_command_state_and_event() -> None:
    made = docs.files()
    for command in COMMANDS.values():
        assert f"### `{command.slug}`" in made["commands.md"] and f"id {command.id}," in made["commands.md"]
        for source in command.source:
            if command.target is not None and source is not command.target:
                arrow = f"{source.name} --> {command.target.name}: "
                lines = [line for line in made["states.md"].splitlines() if line.strip().startswith(arrow)]
                assert any(command.slug in line for line in lines), arrow
    assert all(f"| {state.value} | {state.name} |" in made["states.md"] for state in PackageStatus)
    assert all(f"`{row['event_type']}`" in made["webhook-events.md"] for row in registry())
