"""Run the examples of the pages as a reader would, and hold what they print against what the page shows.

`python docs/examples.py [PAGE ...]` writes the real output into the pages; with `--check` it writes nothing and exits 1 when
one differs. Each page is one reader in one empty folder, from top to bottom:

- a `yaml` block whose first line is a comment with a path, or a block with `title="path"`, is a file the reader saves;
- a `console` block holds commands after `$ `, each followed by what it prints (errors included);
- a `python` block is run, and a `text` block right after it is what it prints; all blocks of a page share their names.

A line `…` in what a command prints stands for lines left out there.
"""

import contextlib
import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
FENCE = re.compile(r"^```(?P<language>[a-z]+)(?P<rest>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
LEFT_OUT = "…"


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    language: str
    title: str
    body: str
    start: int
    end: int

    @property
    def file(self) -> str:
        """The path under which the reader saves the block, empty when it is no file."""
        first = re.match(r"# (\S+\.ya?ml)\n", self.body) if self.language == "yaml" else None
        return self.title or (first.group(1) if first else "")


def pages() -> list[Path]:
    """Return the pages written by hand."""
    return sorted(path for path in DOCS.glob("*.md"))


def blocks(text: str) -> Iterator[Block]:
    for match in FENCE.finditer(text):
        title = re.search(r'title="([^"]+)"', match["rest"])
        yield Block(match["language"], title.group(1) if title else "", match["body"], match.start("body"), match.end("body"))


def replay(text: str) -> str:
    """Return the page `text` with what its examples really print."""
    with tempfile.TemporaryDirectory() as folder:
        reader = _Reader(Path(folder))
        parts, done, before = list[str](), 0, None
        for block in blocks(text):
            follows = before is not None and re.fullmatch(r"```\s*```text\n", text[before.end : block.start])
            parts += [text[done : block.start], reader.see(block, before if follows else None)]
            done, before = block.end, block
        return "".join([*parts, text[done:]])


class _Reader:
    """Somebody in an empty folder who saves files and runs commands."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.code, self.printed, self.names = folder, 0, "", dict[str, Any]()

    def see(self, block: Block, before: Block | None) -> str:
        """Do what the block says and return the block as it has to look."""
        if block.file:
            path = self.folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.body, encoding="utf-8")
        elif block.language == "console":
            return "".join(self._command(command, shown) for command, shown in _commands(block.body))
        elif block.language == "python":
            self.printed = self._python(block.body)
        elif block.language == "text" and before is not None and before.language == "python":
            return self.printed
        return block.body

    def _command(self, command: str, shown: list[str]) -> str:
        environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "TERM": "dumb"}
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
        call = ["bash", "-c", f"(exit {self.code})\n{command}"]
        done = subprocess.run(
            call, cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        self.code = done.returncode
        printed = [line.rstrip() for line in done.stdout.decode().splitlines()]
        return "".join(f"{line}\n" for line in (f"$ {command}", *_as_shown(printed, shown)))

    def _python(self, body: str) -> str:
        printed, home = io.StringIO(), Path.cwd()
        os.chdir(self.folder)
        try:
            with contextlib.redirect_stdout(printed):
                exec(compile(body, "example", "exec"), self.names)
        finally:
            os.chdir(home)
        return printed.getvalue()


def _commands(body: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a console block with the lines shown below it."""
    lines = body.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield lines[start][2:], lines[start + 1 : end]


def _as_shown(printed: list[str], shown: list[str]) -> list[str]:
    """Return what was printed, with as many lines at the beginning and the end as the page shows where it leaves some out."""
    if LEFT_OUT not in shown:
        return printed
    head, tail = shown.index(LEFT_OUT), len(shown) - shown.index(LEFT_OUT) - 1
    return [*printed[:head], LEFT_OUT, *printed[len(printed) - tail :]]


def main() -> int:
    check = "--check" in sys.argv[1:]
    named = [Path(name).resolve() for name in sys.argv[1:] if not name.startswith("-")]
    stale = []
    for page in named or pages():
        text = page.read_text(encoding="utf-8")
        real = replay(text)
        if real != text:
            stale.append(page)
            print(f"{page.name}: {'differs from what its examples print' if check else 'written'}")
        if not check:
            page.write_text(real, encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
