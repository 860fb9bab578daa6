"""A client that openapi-python-client makes from openapi.json runs the README's story, as an ERP's developer would."""

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.site import PASSWORD, Site


@pytest.fixture(scope="module")
def made(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of the generated package: of the paths that the story goes along, so that it is made quickly."""
    home = tmp_path_factory.mktemp("client")
    whole = site.nobody.get("openapi.json")
    wanted = (
        "/auth/login/",
        "/packages/short/",
        "/packages/{id}/",
        "/packages/{id}/command/",
        "/audit/{kind}/{id}/history/",
    )
    whole["paths"] = {path: said for path, said in whole["paths"].items() if path.endswith(wanted)}
    known = whole["components"]["schemas"]
    reached, more = set[str](), _named(whole["paths"])
    while more - reached:
        reached |= more
        more = set().union(*(_named(known[name]) for name in reached))
    whole["components"]["schemas"] = {name: known[name] for name in known if name in reached}
    (home / "openapi.json").write_text(json.dumps(whole))
    (home / "settings.yml").write_text("post_hooks: []\n")
    program = Path(sys.executable).parent / "openapi-python-client"
    arguments = "generate --path openapi.json --config settings.yml --meta none --output-path daybook_client"
    said = subprocess.run(
        [str(program), *arguments.split(), "--fail-on-warning"],
        cwd=home,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    sys.path.insert(0, str(home))
    yield "daybook_client"
    sys.path.remove(str(home))
    for name in [name for name in sys.modules if name.startswith("daybook_client")]:
        del sys.modules[name]


def _named(value: Any) -> set[str]:
    """The components that are referred to in it."""
    return set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(value)))


def test_the_readmes_story(site: Site, made: str) -> None:
    def part(name: str) -> Any:
        return importlib.import_module(f"{made}.{name}")

    package = site.package()
    login = part("api.auth.post_api_i1_auth_login")
    body = part("models.login_input").LoginInput(username="admin", password=PASSWORD)
    with part("client").Client(base_url=site.url) as nobody:
        key = login.sync(client=nobody, body=body).key
    with part("client").AuthenticatedClient(base_url=site.url, token=key, prefix="Token") as client:
        page = part("api.packages.get_packages_short").sync(client=client, limit=3)
        assert page.count >= 1 and len(page.results) <= 3
        assert page.results[0].state == "100" and page.results[0].id == package
        shown = part("api.packages.get_packages_id").sync(client=client, id=package)
        assert "start-preparing" in [row.slug for row in shown.commands]

        command = part("models.package_start_preparing_command").PackageStartPreparingCommand
        run = part("api.commands.post_packages_id_command").sync_detailed
        assert run(client=client, id=package, body=command.from_dict({"slug": "start-preparing"})).status_code == 204
        again = run(client=client, id=package, body=command.from_dict({"slug": "start-preparing"}))
        assert again.status_code == 400 and again.parsed.status_code == 400
        assert again.parsed.error["code"] == "state_conflict"

        history = part("api.audit.get_audit_kind_id_history").sync(client=client, kind="package", id=package)
        assert [row.event for row in history.results] == ["PackageCreated", "PackagePreparing"]
