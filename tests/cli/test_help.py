"""Help comes at once, for every command, and what is heavy is loaded only when a command runs."""

import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from littlegiant import __version__
from littlegiant.cli import app
from register.making import Command

HEAVY = ("duckdb", "pyarrow", "numpy", "altair", "vl_convert", "sqlglot", "yaml", "python_calamine", "pandas")


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, group
    for name, each in sorted(getattr(group, "commands", {}).items()):
        yield from commands(each, (*path, name))


ALL = list(commands(typer.main.get_command(app)))


def test_the_commands_are_those_of_the_manual() -> None:
    assert [" ".join(path) for path, command in ALL if not hasattr(command, "commands")] == [
        "allocate export",
        "allocate games",
        "allocate import",
        "allocate letter",
        "allocate solve",
        "allocate verify",
        "assess",
        "check",
        "compare",
        "dossier",
        "draw check",
        "draw commit",
        "draw open",
        "draw order",
        "entitlements",
        "instruments align",
        "instruments compare",
        "instruments cumulate",
        "instruments explain",
        "instruments list",
        "instruments respond",
        "list",
        "outlook",
        "pack check",
        "pack facts",
        "pack new",
        "pack outcomes",
        "pack schema",
        "register check",
        "register groups",
        "register import",
        "register load",
        "register niches",
        "register synthesise",
        "run",
        "standard admit",
        "standard compare",
        "standard form",
        "standard lint",
        "standard list",
        "standard reform",
        "standard show",
        "standard test",
        "stress",
        "supply chokepoints",
        "supply coverage",
        "supply criticality",
        "supply firm",
        "supply missing",
        "supply sectors",
        "supply shock",
        "verify",
        "visits",
    ]


@pytest.mark.parametrize("path", [path for path, _ in ALL], ids=lambda path: " ".join(path) or "littlegiant")
def test_help_is_there_and_exits_with_0(littlegiant: Command, path: tuple[str, ...]) -> None:
    answer = littlegiant(*path, "--help")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("Usage: littlegiant")


@pytest.mark.parametrize(
    ("path", "command"),
    [(path, c) for path, c in ALL if not hasattr(c, "commands")],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_every_command_says_whom_it_is_for_and_gives_an_example(path: tuple[str, ...], command: Any) -> None:
    said = " ".join(command.help.split())
    assert said.startswith("For ")
    assert f"Example: littlegiant {' '.join(path)}" in said
    assert [
        parameter.name for parameter in command.params if parameter.name != "help" and not getattr(parameter, "help", "")
    ] == []


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["run", "--help"], ["register", "import", "--help"], ["check", "--help"]],
    ids=" ".join,
)
def test_help_loads_nothing_heavy_and_is_fast(arguments: list[str]) -> None:
    program = (
        "import sys\nfrom littlegiant.cli import main\n"
        f"sys.argv = ['littlegiant', *{arguments!r}]\n"
        "try:\n    main()\nfinally:\n"
        f"    print(sorted(set(sys.modules) & set({HEAVY!r})), file=sys.stderr)\n"
    )
    begun = time.monotonic()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "[]\n")
    assert time.monotonic() - begun < 3  # takes a tenth of a second; room for a busy machine


def test_importing_the_package_loads_nothing_heavy() -> None:
    program = f"import sys, littlegiant; print(sorted(set(sys.modules) & set({HEAVY!r})))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_version_is_that_of_the_package(littlegiant: Command) -> None:
    assert (littlegiant("--version").code, littlegiant("--version").out) == (0, f"{__version__}\n")


def test_the_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "littlegiant", "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"{__version__}\n")
