"""A PostgreSQL server of the tests' own, started once a worker; without the programs the tests skip."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of an empty database."""
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL server on this machine")
    folder = tmp_path_factory.mktemp("postgres")
    user: list[str] = []
    if os.geteuid() == 0:  # the server does not run as root
        user = ["runuser", "-u", "postgres", "--"]
        for each in (folder, *folder.parents):
            if each == Path("/tmp"):
                break
            each.chmod(0o755)
        shutil.chown(folder, "postgres")
    data, port = folder / "data", _free_port()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": True, "cwd": "/"}
    initdb = [str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8"]
    subprocess.run([*user, *initdb], **quiet)  # type: ignore[call-overload]
    options = f"-p {port} -k {folder} -c fsync=off -c full_page_writes=off -c listen_addresses=127.0.0.1"
    control = [*user, str(programs / "pg_ctl"), "-D", str(data), "-w"]
    subprocess.run([*control, "-o", options, "-l", str(folder / "log"), "start"], **quiet)  # type: ignore[call-overload]
    try:
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **{**quiet, "check": False})  # type: ignore[call-overload]
