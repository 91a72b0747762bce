"""A document: its value as a frozen model, where its parts stand, and its two hashes.

`bytes_hash` changes with every character, `meaning_hash` only with what the document says: comments, order of keys,
quoting and defaults written out leave it alone.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from littlegiant.digests import digest_bytes, digest_json
from littlegiant.documents.yaml_positions import YamlText, parse_yaml
from littlegiant.problems import LittleGiantError, Problem, suggestion, world_failed

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]  # a name that expressions may use
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=60)]  # an id that is not used in expressions
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$", max_length=60)]


class Frozen(BaseModel):
    """The base of every document model: frozen, closed, defaults validated."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Document(Generic[M]):
    """A validated document and the text it came from."""

    name: str
    source: bytes
    text: YamlText
    value: M

    @cached_property
    def bytes_hash(self) -> str:
        return digest_bytes(self.source)

    @cached_property
    def meaning_hash(self) -> str:
        return digest_json(self.value.model_dump(mode="python", exclude_defaults=True, by_alias=True))

    @property
    def deciding(self) -> "tuple[Document[Any], ...]":
        """The documents that this one comes from: itself, unless it was put together."""
        return (self,)

    def place(self, *path: str | int) -> str:
        return self.text.place(self.name, path)


def read_document(path: Path, model: type[M], *, name: str | None = None) -> Document[M]:
    """Return the document at `path` as `model`; raises LittleGiantError with all its problems at once."""
    name = name or path.name
    try:
        source = path.read_bytes()
    except FileNotFoundError as error:
        problem = Problem(
            str(path), "no such file", "", "Check the path; it is taken from where the command runs.", "missing-file"
        )
        raise LittleGiantError([problem]) from error
    except IsADirectoryError as error:
        raise LittleGiantError([Problem(str(path), "a folder", "a file", "Name the file in it.", "missing-file")]) from error
    except OSError as error:
        raise world_failed(str(path), error.strerror or str(error), "Check permissions and the disk.") from error
    return parse_document(source, model, name)


def parse_document(source: bytes, model: type[M], name: str) -> Document[M]:
    try:
        text = parse_yaml(source.decode("utf-8"), name)
    except UnicodeDecodeError as error:
        place = f"{name}, byte {error.start}"
        problem = Problem(place, "bytes that are not UTF-8", "a UTF-8 text", "Save the file as UTF-8.", "encoding")
        raise LittleGiantError([problem]) from error
    if not isinstance(text.value, dict):
        raise LittleGiantError([Problem(name, "no mapping of keys to values", "a YAML document", code="yaml")])
    try:
        value = model.model_validate(text.value)
    except ValidationError as error:
        raise LittleGiantError([_problem(item, text, name, model) for item in error.errors()]) from error
    return Document(name, source, text, value)


def _problem(error: Any, text: YamlText, name: str, model: type[BaseModel]) -> Problem:
    path = _written_path(error["loc"], text)
    place = text.place(name, path)
    if error["type"] == "extra_forbidden":
        key = str(path[-1])
        return Problem(
            place,
            f"the unknown key {key!r}",
            "",
            suggestion(key, _keys_near(model, path[:-1]) - {key}) or "Remove it.",
            "unknown-key",
        )
    if error["type"] == "missing":
        return Problem(text.place(name, path[:-1]), f"no {path[-1]!r}", "", f"Add `{path[-1]}:`.", "missing-key")
    if error["type"] == "union_tag_invalid":
        context = error["ctx"]
        tags = [tag.strip("'") for tag in context["expected_tags"].split(", ")]
        key = context["discriminator"].strip("'")
        remedy = suggestion(context["tag"], tags) or f"Known: {', '.join(tags)}."
        return Problem(text.place(name, (*path, key)), f"the {key} {context['tag']!r}", "", remedy, "unknown-kind")
    if error["type"] == "value_error":
        return Problem(place, str(error["ctx"]["error"]), "", code="value")
    return Problem(place, repr(error["input"])[:80], error["msg"][:1].lower() + error["msg"][1:], code=error["type"])


def _written_path(loc: tuple[str | int, ...], text: YamlText) -> tuple[str | int, ...]:
    """Return the keys and places of the document in `loc`, without what the validator puts between them."""
    path: list[str | int] = []
    at: Any = text.value
    for number, part in enumerate(loc):
        last = number == len(loc) - 1
        if (isinstance(at, dict) and part in at) or (isinstance(at, list) and isinstance(part, int) and part < len(at)):
            path.append(part)
            at = _part_of(at, part)
        elif last and isinstance(at, dict) and not _is_union_tag(part):
            path.append(part)
    return tuple(path)


def _part_of(value: Any, part: str | int) -> Any:
    return value[part]


def _is_union_tag(part: str | int) -> bool:
    return isinstance(part, str) and (
        part.startswith(("function-", "list[", "dict[")) or part in ("int", "str", "bool", "decimal", "date")
    )


def _keys_near(model: type[BaseModel], path: tuple[str | int, ...]) -> set[str]:
    """Collect the keys of `model` and of the models it holds, for the nearest-name suggestion."""
    keys: set[str] = set()
    schema = model.model_json_schema()
    keys |= set(schema.get("properties", {}))
    for definition in schema.get("$defs", {}).values():
        keys |= set(definition.get("properties", {}))
    return keys
