"""A full disk and a hand on the keyboard: a register is there whole, or the old one is, and no scrap is left."""

import resource
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from littlegiant.engines import DuckDBEngine, ParquetSink
from littlegiant.problems import LittleGiantError
from littlegiant.register import import_register, read_mapping, synthesise
from littlegiant.register.store import RegisterWriter

from .making import PACK, bring_in_text, clean, lines, source, write_mapping


def with_little_room(room: int, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command where no file may grow beyond `room` bytes: the system refuses to write on, as a full disk does."""
    return subprocess.run(
        [sys.executable, "-m", "littlegiant", *map(str, arguments)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
        capture_output=True,
        text=True,
        check=False,
    )


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("room", [1000, 60_000])
def test_a_full_disk_while_making_a_register_is_exit_code_3_and_leaves_nothing(tmp_path: Path, room: int) -> None:
    answer = with_little_room(room, "register", "synthesise", "--firms", 3000, "--seed", 7, "--out", tmp_path / "register")
    assert answer.returncode == 3
    assert answer.stderr.endswith("  Free space or choose another folder; nothing half-written stays. [world]\n")
    assert "File too large" in answer.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_while_importing_keeps_the_register_that_was_there(tmp_path: Path) -> None:
    bring_in_text(tmp_path, lines(*clean(3)))
    (tmp_path / "firms.csv").write_text(
        lines(*(f"F{n * 7919 % 9973:05d},2025,{n * 31 % 1009}.{n % 10},{n % 97}" for n in range(3000)))
    )
    before = everything(tmp_path)
    answer = with_little_room(3000, "register", "import", tmp_path / "mapping.yaml", "--out", tmp_path / "register")
    assert answer.returncode == 3
    assert answer.stderr.endswith("[world]\n")
    assert everything(tmp_path) == before


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), OSError(28, "No space left on device"), MemoryError()], ids=type)
def test_an_import_that_stops_between_two_tables_keeps_the_register_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: BaseException
) -> None:
    bring_in_text(tmp_path, lines(*clean(3)))
    before = everything(tmp_path)
    write = RegisterWriter.write

    def stopping(self: RegisterWriter, engine: DuckDBEngine, name: str, *arguments: object, **more: object) -> int:
        if name == "gaps":
            raise stop
        return write(self, engine, name, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(RegisterWriter, "write", stopping)
    with pytest.raises(type(stop)):
        import_register(read_mapping(tmp_path / "mapping.yaml", PACK), tmp_path, PACK, tmp_path / "register")
    assert everything(tmp_path) == before


def test_making_firms_that_stops_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add, calls = ParquetSink.add, []

    def stopping(self: ParquetSink, batch: pa.RecordBatch) -> None:
        calls.append(batch)
        if len(calls) == 5:
            raise KeyboardInterrupt
        add(self, batch)

    monkeypatch.setattr(ParquetSink, "add", stopping)
    monkeypatch.setattr("littlegiant.register.synthesis.CHUNK", 100)
    with pytest.raises(KeyboardInterrupt):
        synthesise(PACK, tmp_path / "register", firms=400, years=(2025,), seed=1)
    assert list(tmp_path.iterdir()) == []


# --- one file -----------------------------------------------------------------------------------------------------------

SCHEMA = pa.schema([("number", pa.int64())])


def batch(*numbers: int) -> pa.RecordBatch:
    return pa.record_batch({"number": pa.array(numbers, pa.int64())})


def test_a_table_appears_under_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    with ParquetSink(tmp_path / "numbers.parquet", SCHEMA, ("number",)) as sink:
        sink.add(batch(1, 2))
        assert not (tmp_path / "numbers.parquet").exists()
        sink.add(batch(3, 4))
    assert [path.name for path in tmp_path.iterdir()] == ["numbers.parquet"]
    assert sink.written().rows == 4


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("defect")], ids=type)
def test_a_table_that_stops_half_way_is_not_there(tmp_path: Path, error: BaseException) -> None:
    (tmp_path / "numbers.parquet").write_bytes(b"the one before")

    def half() -> None:
        with ParquetSink(tmp_path / "numbers.parquet", SCHEMA, ("number",)) as sink:
            sink.add(batch(1, 2))
            raise error

    with pytest.raises(type(error)):
        half()
    assert everything(tmp_path) == {"numbers.parquet": b"the one before"}


def test_rows_out_of_order_leave_no_table(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="not in the order of their key"),
        ParquetSink(tmp_path / "numbers.parquet", SCHEMA, ("number",)) as sink,
    ):
        sink.add(batch(2, 1))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_failure_of_the_world(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(LittleGiantError) as failed:
        ParquetSink(tmp_path / "file" / "numbers.parquet", SCHEMA, ("number",))
    assert failed.value.exit_code == 3


def test_a_mapping_is_read_relative_to_itself_and_not_to_where_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/firms.csv").write_text(lines(*clean(2)))
    mapping = write_mapping(tmp_path / "in", {"firms": source()})
    monkeypatch.chdir(tmp_path)
    report = import_register(read_mapping(mapping, PACK), mapping.parent, PACK, Path("register"))
    assert report.firms == 2
    assert (tmp_path / "register/register.json").is_file()
