"""The folder of a round: a stage is whole or absent, what was begun is kept, a changed input makes a new attempt."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pytest

from littlegiant.digests import digest_bytes
from littlegiant.engines import ParquetSink, WrittenTable
from littlegiant.problems import LittleGiantError
from littlegiant.records import RoundFolder

HEAD = {"programme": "p", "year": 2025}
Make = Callable[[Path], Mapping[str, WrittenTable]]


def making(*values: int) -> Make:
    def make(beside: Path) -> Mapping[str, WrittenTable]:
        table = pa.table({"number": pa.array(values, pa.int64())})
        with ParquetSink(beside / "numbers.parquet", table.schema, ("number",)) as sink:
            for batch in table.to_batches():
                sink.add(batch)
        return {"numbers": sink.written()}

    return make


def failing(error: BaseException) -> Make:
    def make(beside: Path) -> Mapping[str, WrittenTable]:
        (beside / "half.parquet").write_bytes(b"half")
        raise error

    return make


def files(path: Path) -> list[str]:
    return sorted(str(file.relative_to(path)) for file in path.rglob("*") if file.is_file())


def stages(path: Path) -> list[str]:
    return sorted(each.name for each in (path / "private" / "stages").iterdir())


@pytest.fixture
def folder(tmp_path: Path) -> RoundFolder:
    return RoundFolder.begin(tmp_path / "round", HEAD)


def test_a_sealed_stage_is_in_the_index_with_the_digest_of_every_table(folder: RoundFolder) -> None:
    sealed, made = folder.seal("one", {"a": 1}, making(1, 2, 3))
    assert made
    index = json.loads((folder.path / "round.json").read_text())
    (entry,) = index["stages"]
    assert (entry["name"], entry["attempt"], entry["folder"]) == ("one", 1, "private/stages/one")
    assert entry["tables"]["numbers"]["rows"] == 3
    assert set(entry["tables"]["numbers"]["columns"]) == {"number"}
    assert (sealed.path / entry["tables"]["numbers"]["file"]).is_file()


def test_a_stage_on_the_same_inputs_is_kept_and_not_made_again(folder: RoundFolder) -> None:
    first, _ = folder.seal("one", {"a": 1}, making(1, 2))
    again, made = RoundFolder.open(folder.path).seal("one", {"a": 1}, failing(AssertionError("made again")))
    assert not made
    assert again == first


def test_a_stage_on_other_inputs_is_a_new_attempt_and_the_old_one_stays(folder: RoundFolder) -> None:
    first, _ = folder.seal("one", {"a": 1}, making(1, 2))
    before = digest_bytes((first.path / "numbers.parquet").read_bytes())
    second, made = folder.seal("one", {"a": 2}, making(1, 2, 3))
    assert made
    assert (second.attempt, second.path.name) == (2, "one.2")
    assert digest_bytes((first.path / "numbers.parquet").read_bytes()) == before
    newest = folder.sealed("one")
    assert newest is not None
    assert newest.attempt == 2
    assert [entry["attempt"] for entry in folder.index["stages"]] == [1, 2]


def test_going_back_to_the_first_inputs_overwrites_no_attempt(folder: RoundFolder) -> None:
    for value in (1, 2, 1):
        folder.seal("one", {"a": value}, making(value, value + 1))
    assert stages(folder.path) == ["one", "one.2", "one.3"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("defect"), LittleGiantError([]), MemoryError()], ids=type)
def test_a_stage_that_stops_half_way_is_absent_and_those_before_are_whole(folder: RoundFolder, error: BaseException) -> None:
    folder.seal("one", {}, making(1, 2))
    before = files(folder.path)
    with pytest.raises(type(error)):
        folder.seal("two", {}, failing(error))
    assert files(folder.path) == before
    assert stages(folder.path) == ["one"]
    again = RoundFolder.open(folder.path)
    assert again.sealed("two") is None
    _, made = again.seal("two", {}, making(3, 4))
    assert made


def test_a_disk_failure_becomes_a_sentence_and_exit_code_3(folder: RoundFolder) -> None:
    with pytest.raises(LittleGiantError) as failed:
        folder.seal("one", {}, failing(OSError(28, "No space left on device")))
    assert failed.value.exit_code == 3
    assert str(failed.value) == f"{folder.path}: No space left on device.\n  Free space; sealed stages are whole."
    assert stages(folder.path) == []


def test_a_stage_whose_index_was_not_written_is_made_again(folder: RoundFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.seal("one", {}, making(1, 2))

    def stop(self: RoundFolder) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(RoundFolder, "save", stop)
        with pytest.raises(KeyboardInterrupt):
            folder.seal("two", {}, making(1, 2))
    again = RoundFolder.open(folder.path)
    assert again.sealed("two") is None
    sealed, made = again.seal("two", {}, making(5, 6))
    assert made
    assert (sealed.attempt, stages(folder.path)) == (1, ["one", "two"])


def test_a_sealed_stage_whose_folder_is_gone_is_made_again(folder: RoundFolder) -> None:
    sealed, _ = folder.seal("one", {}, making(1, 2))
    (sealed.path / "numbers.parquet").unlink()
    sealed.path.rmdir()
    _, made = RoundFolder.open(folder.path).seal("one", {}, making(1, 2))
    assert made


def test_the_same_round_is_continued(folder: RoundFolder) -> None:
    folder.seal("one", {}, making(1, 2))
    assert RoundFolder.begin(folder.path, HEAD).sealed("one") is not None


def test_another_round_is_refused_and_the_first_is_left_as_it_is(folder: RoundFolder) -> None:
    folder.seal("one", {}, making(1, 2))
    before = (folder.path / "round.json").read_bytes()
    with pytest.raises(LittleGiantError) as refused:
        RoundFolder.begin(folder.path, {**HEAD, "year": 2024})
    assert str(refused.value) == (
        f"{folder.path}: found a round that was begun with another programme, pack, standard or register, "
        "expected the same documents.\n  Give another --out; what was begun is kept as it is."
    )
    assert (refused.value.problems[0].code, refused.value.exit_code) == ("other-round", 2)
    assert (folder.path / "round.json").read_bytes() == before


def test_a_folder_with_something_else_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("x")
    with pytest.raises(LittleGiantError) as refused:
        RoundFolder.begin(tmp_path, HEAD)
    assert str(refused.value) == (
        f"{tmp_path}: found a file or folder that is no round, expected an empty or new folder.\n  Give another --out."
    )
    assert files(tmp_path) == ["thesis.txt"]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "round").write_text("x")
    with pytest.raises(LittleGiantError) as refused:
        RoundFolder.begin(tmp_path / "round", HEAD)
    assert refused.value.problems[0].code == "exists"


def test_a_folder_that_is_no_round_is_named_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(LittleGiantError) as refused:
        RoundFolder.open(tmp_path)
    assert str(refused.value) == (
        f"{tmp_path}: found no round (no round.json), expected the folder of a round.\n  Make one with `littlegiant run`."
    )


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", "5", "null", '"round"', '{"head": 1}', "\xff"])
def test_an_index_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "round.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(LittleGiantError) as refused:
        RoundFolder.open(tmp_path)
    assert str(refused.value) == (
        f"{tmp_path / 'round.json'}: found text that is no index of a round, expected the file as `littlegiant run` wrote it.\n"
        "  Restore it from a copy."
    )


def test_documents_are_kept_byte_for_byte(folder: RoundFolder) -> None:
    data = "format: 1  # 备注\r\n".encode()
    folder.add_documents({"pack/standards/x.yaml": data})
    assert (folder.path / "documents/pack/standards/x.yaml").read_bytes() == data
    assert folder.index["documents"] == {"pack/standards/x.yaml": digest_bytes(data)}


def test_nothing_half_written_stays_beside_a_file(folder: RoundFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:3])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(LittleGiantError) as failed:
        folder.write("report.html", b"<!doctype html>")
    assert failed.value.exit_code == 3
    assert files(folder.path) == ["round.json"]
