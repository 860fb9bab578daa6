"""The program `oms` where its surroundings are wrong: one sentence and a status; whose the admin's password is."""

import json
import logging
import socket
from ipaddress import ip_network
from pathlib import Path

import pytest
from gunicorn.config import Config

from api.cli import main
from api.http.passwords import has_password, set_password
from api.installation import prepared
from api.logs import configure
from api.opening import initialise, opened
from api.serve import saying, serve
from api.server import Log, Server
from api.settings import Settings
from api.showcase import PORT_OF_SOURCE
from api.troubles import sentence_of

NOWHERE = "postgresql://oms:s3cret@127.0.0.1:1/nothing"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("OMS_PROT", "1", "OMS_PROT is not a setting; known are DATABASE_URL, OMS_ADMIN_PASSWORD"),
        ("OMS_PORT", "\N{SUPERSCRIPT TWO}", "OMS_PORT is a whole number from 1 to 65535"),
        ("OMS_PORT", "9" * 5000, "OMS_PORT is a whole number from 1 to 65535"),
        ("OMS_SIMULATORS", "perhaps", "OMS_SIMULATORS is on or off"),
        ("OMS_LOG_FORMAT", "xml", "OMS_LOG_FORMAT is text or json"),
        ("OMS_WEBHOOK_ALLOW", "10.0.0.1/8", "OMS_WEBHOOK_ALLOW is a list of networks"),
        ("DATABASE_URL", "mysql://x", "DATABASE_URL begins with postgresql://"),
    ],
)
def test_a_wrong_setting_stops_the_start(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    assert main(["serve"]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_what_is_set_is_shown_as_it_is_set(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("OMS_WEBHOOK_ALLOW", "10.0.0.0/8, ::1/128")
    monkeypatch.setenv("OMS_SECRET_KEY", "s3cret")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:s3cret@db/x")
    monkeypatch.setenv("OMS_READ_DATABASE_URL", "postgresql://u:s3cret@replica/x")
    assert main(["config", "--json"]) == 0
    text = capsys.readouterr().out
    shown = json.loads(text)
    assert "s3cret" not in text
    assert {shown[name] for name in ("OMS_SECRET_KEY", "DATABASE_URL", "OMS_READ_DATABASE_URL")} == {"********"}
    assert shown["OMS_SIMULATORS"] == "off" and shown["OMS_ADMIN_PASSWORD"] is None
    again = Settings.of({name: value for name, value in shown.items() if value not in (None, "********")})
    assert again.webhook_allow == (ip_network("10.0.0.0/8"), ip_network("::1/128"))


@pytest.mark.parametrize("verb", [["api"], ["worker"], ["webhooks", "list"], ["history", "order", "1"], ["init"]])
def test_a_database_that_is_away_is_one_sentence(
    verb: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", NOWHERE)
    monkeypatch.setenv("OMS_SECRET_KEY", "s3cret")
    monkeypatch.setenv("OMS_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(Server, "run", lambda _: pytest.fail("it would fork"))
    assert main(verb) == 1
    error = capsys.readouterr().err
    assert error.startswith("The database does not answer: ") and error.count("\n") == 1
    assert "127.0.0.1" in error and "s3cret" not in error


def test_a_url_that_is_none_is_one_sentence_without_its_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://oms:s3%cret@db/x")
    monkeypatch.setenv("OMS_SECRET_KEY", "key")
    assert main(["worker"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("That is no database URL: invalid percent-encoded token") and "cret" not in error


def test_a_folder_that_cannot_be_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("OMS_DATA_DIR", str(file / "var"))
    assert main(["verify"]) == 1
    assert capsys.readouterr().err == f"{file / 'var'}: Not a directory\n"


def test_a_replica_is_named_as_one(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{database_url}&options=-c%20default_transaction_read_only%3Don")
    monkeypatch.setenv("OMS_DATA_DIR", str(tmp_path))
    assert main(["user", "add", "ann", "--role", "viewer"]) == 1
    assert capsys.readouterr().err.startswith("The database only reads")


def test_a_port_that_is_taken_stops_the_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever listens there would be taken for ours."""
    with socket.create_server(("127.0.0.1", 0)) as there:
        port = there.getsockname()[1]
        assert serve(Settings(data_dir=tmp_path / "var", port=port)) == 2
    assert capsys.readouterr().err.startswith(f"Nothing can listen at 127.0.0.1:{port}: address already in use")
    assert not (tmp_path / "var").exists(), "nothing was started"


@pytest.fixture
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.serve.prepared", lambda *_: pytest.fail("it would start"))


@pytest.mark.usefixtures("nothing_starts")
def test_a_simulator_s_port_that_is_taken_is_told_by_the_simulator_s_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as there:
        port = there.getsockname()[1]
        where = {"host": "127.0.0.2", "port": port - PORT_OF_SOURCE}  # there nobody listens by chance
        assert serve(Settings(data_dir=tmp_path / "var", simulators=True, **where)) == 2
    error = capsys.readouterr().err
    assert f"order source at 127.0.0.1:{port}: address already in use" in error and "OMS_PORT" in error
    assert error.count("\n") == 1


@pytest.mark.usefixtures("nothing_starts")
def test_ports_that_are_none_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert serve(Settings(data_dir=tmp_path / "var", port=65530, simulators=True)) == 2
    assert "geocoder at 127.0.0.1:65537: ports end at 65535" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "bound", "url"),
    [
        ("127.0.0.1", ("127.0.0.1", 8000), "http://127.0.0.1:8000"),
        ("0.0.0.0", ("0.0.0.0", 8000), "http://127.0.0.1:8000"),  # noqa: S104 - what may be set
        ("::", ("::", 8000), "http://[::1]:8000"),
        ("[::1]", ("::1", 8000), "http://[::1]:8000"),
        ("oms.example.org", ("oms.example.org", 8000), "http://oms.example.org:8000"),
    ],
)
def test_where_it_listens_and_where_it_is_called(host: str, bound: tuple[str, int], url: str) -> None:
    settings = Settings.of({"OMS_HOST": host})
    assert Server(settings, "key").cfg.address == [bound]
    assert settings.url == url


@pytest.mark.parametrize(("only", "named"), [("planner,nobody", "'nobody'"), (",", "','"), ("", "''")])
def test_a_worker_has_a_part(
    only: str, named: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", NOWHERE)
    monkeypatch.setenv("OMS_SECRET_KEY", "s3cret")
    assert main(["worker", "--only", only]) == 2
    assert f"There is no part {named}; there are planner, projector" in capsys.readouterr().err


def test_where_programs_read_the_log_all_of_it_is_the_log(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    configure("json")
    Log(Config()).error("Connection in use: %s", "x")
    saying(Settings(log_format="json"))("  console         http://x/console/")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["message"] for line in lines] == ["Connection in use: x", "console         http://x/console/"]
    saying(Settings())("  console")
    assert capsys.readouterr().err == "  console\n"


@pytest.mark.parametrize(
    "wrong", [["--orders", "0"], ["--orders", "-5"], ["--orders", "\N{SUPERSCRIPT TWO}"], ["--locations", "0"]]
)
def test_a_demo_has_orders_and_locations(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["demo", *wrong])
    assert "a whole number from 1 up is needed" in capsys.readouterr().err


def test_a_demo_has_no_more_locations_than_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--locations", "603"]) == 2
    assert capsys.readouterr().err == "There are 602 locations at most, not 603.\n"


def test_our_own_faults_keep_their_traceback() -> None:
    assert sentence_of(KeyError("x")) is None and sentence_of(ValueError("x")) is None


def test_the_admin_s_password_is_made_once_and_then_theirs(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(database_url=database_url, data_dir=tmp_path)
    with prepared(settings) as place, opened(place.settings) as log:
        assert initialise(log, place), "made now, so that it is told once"
        assert place.kept.read_text().strip() == place.admin_password and place.kept.stat().st_mode & 0o777 == 0o600
        assert not initialise(log, place)
        assert has_password(log, "admin", place.admin_password) and not caplog.records
        admin = log.reference.find("user", "admin")
        assert admin is not None
        set_password(log, admin.id, "changed by them")
        assert not initialise(log, place), "the next start"
        assert has_password(log, "admin", "changed by them"), "who knew the old one is not let in again"
        assert f"another password than the one kept in {place.kept}" in caplog.text
    set_one = Settings(database_url=database_url, data_dir=tmp_path, admin_password="set in the environment")
    with prepared(set_one) as place, opened(place.settings) as log:
        assert not initialise(log, place)
        assert has_password(log, "admin", "set in the environment")
