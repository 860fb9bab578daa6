"""The house keeps its own rules: import order, small files, names of the field, reasons, nothing of one machine."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = (
    "domain",
    "eventlog",
    "scenarios",
    "projections",
    "webhook_outbox",
    "integrations",
    "api",
    "simulators",
    "benchmarks",
    "tests",
)
VERBS = ("setup", "run", "demo", "test", "check", "bench", "docs", "clean")
NOT_OURS = {".git", ".venv", ".venv-lock", "var", "build", "dist", "__pycache__", ".hypothesis"}
TEXT = {"", ".py", ".sql", ".md", ".toml", ".lock", ".yml", ".yaml", ".json", ".html", ".css", ".js", ".txt", ".sh"}
LONGEST = 350
VAGUE = {"util", "utils", "helper", "helpers", "manager", "managers", "base"}
ONE_MACHINE = re.compile(
    r"(?<![\w.])/(?:work|home|root|opt|tmp|Users)/\w"  # a folder of somebody's machine
    r"|pypi\.org|pythonhosted\.org|--(?:extra-)?index-url|--find-link[s]|file:/{3}"  # where packages came from
)


def files() -> Iterator[Path]:
    """Every file of ours that can be read as text, relative to the root; caches and environments left out."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(f for f in folders if f not in NOT_OURS and not f.endswith(("_cache", ".egg-info")))
        for name in sorted(names):
            path = Path(folder, name).relative_to(ROOT)
            if path.suffix in TEXT and name != ".git":  # `.git` is a file in a worktree
                yield path


def sources() -> list[Path]:
    return [p for p in files() if p.parts[0] in ROOMS and p.suffix in {".py", ".sql"}]


def imported(source: str) -> set[str]:
    """The names of the top-level packages that a source imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def run(*command: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)


def test_imports_point_down_only() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    result = run(str(lint_imports), "--no-cache")
    assert result.returncode == 0, result.stdout + result.stderr


def test_domain_knows_no_library() -> None:
    allowed = sys.stdlib_module_names | {"domain"}
    strangers = {
        str(p): names
        for p in sources()
        if p.parts[0] == "domain" and p.suffix == ".py" and (names := imported((ROOT / p).read_text()) - allowed)
    }
    assert strangers == {}


def test_every_room_stands() -> None:
    assert {p.parts[0] for p in sources()} == set(ROOMS)


def test_files_are_small() -> None:
    lengths = {str(p): len((ROOT / p).read_text().splitlines()) for p in sources()}
    assert {p: n for p, n in lengths.items() if n > LONGEST} == {}


def test_files_are_named_by_the_field() -> None:
    vague = [str(p) for p in files() if VAGUE & {*re.split(r"[_\W]+", p.stem.lower()), *p.parts[:-1]}]
    assert vague == []


def test_nothing_of_one_machine() -> None:
    lines = [
        f"{p}:{n}: {line.strip()}"
        for p in files()
        for n, line in enumerate((ROOT / p).read_text(errors="replace").splitlines(), 1)
        if ONE_MACHINE.search(line)
    ]
    assert lines == []


@pytest.mark.parametrize(
    "line",
    ["see /" + "home/ada/x", "SPEC=/" + "opt/y", "--index-" + "url", "https://pypi" + ".org/simple", "/" + "tmp/lab"],
)
def test_the_search_for_machines_finds(line: str) -> None:
    assert ONE_MACHINE.search(line)


def test_each_dependency_has_a_reason_and_is_locked() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    project = tomllib.loads(text)
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    without = [d for d in wanted if not re.search(rf'^ *"{re.escape(d)}", +# \w.{{9}}', text, re.MULTILINE)]
    assert without == []
    locked = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    names = {re.split(r"[^\w.-]", d)[0] for d in wanted}
    assert names - locked == set()


EXCEPTION = re.compile(r"# (?:noqa|type: ignore)\b(?P<rule>: ?[A-Z]+\d+(?:, ?[A-Z]+\d+)*|\[[\w, -]+\])?(?P<rest>.*)")


def without_reason(source: str) -> list[str]:
    """The lines with a `noqa` or `type: ignore` that names no rule, or says why neither beside it nor above it."""
    lines = [line.strip() for line in source.splitlines()]
    return [
        line
        for above, line in zip(["", *lines], lines, strict=False)
        if (match := EXCEPTION.search(line))
        and not (match["rule"] and (re.search(r"\w{2}", match["rest"]) or above.startswith("#")))
    ]


def test_a_process_starts_without_what_it_seldom_needs() -> None:
    """Each of these takes a good part of a second, and much memory."""
    asked = "import sys, api.server, api.worker; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"cel", "numpy", "openpyxl", "reportlab", "rich"} & set(loaded.stdout.split()) == set()


def test_each_lint_exception_has_a_reason() -> None:
    bare = {str(p): found for p in sources() if (found := without_reason((ROOT / p).read_text()))}
    assert bare == {}


def test_the_search_for_reasons_finds() -> None:
    mark = "x = 1  # " + "noqa"
    assert without_reason(f"{mark}\n{mark}: S608\n") == [mark, f"{mark}: S608"]
    assert without_reason(f"{mark}: S608 – names are ours\n# names are ours\n{mark}: S608\n") == []


def test_make_alone_lists_its_verbs() -> None:
    result = run("make")
    assert result.returncode == 0, result.stderr
    listed = re.findall(r"^make (\w+) +\S.+$", result.stdout, re.MULTILINE)
    assert set(VERBS) <= set(listed)
    assert len(listed) == len(result.stdout.splitlines())
