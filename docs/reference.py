"""Write the reference pages from the program itself: its commands, the models of its documents, the facts of a pack.

`python docs/reference.py` writes `docs/reference/*.md`; with `--check` it writes nothing and exits 1 when they are stale.
What a field means stands in its model as a comment, or in `docs/fields.yaml`; a field without either is a problem.
"""

import ast
import re
import sys
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from inspect import cleandoc, getsource
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import typer.main
import yaml
from pydantic import BaseModel, RootModel
from pydantic.fields import FieldInfo

from littlegiant.cli import app
from littlegiant.documents import Frozen
from littlegiant.packs import Fact, Pack, open_pack
from littlegiant.rounds.kinds import KINDS

DOCS = Path(__file__).parent
FIELDS: dict[str, Any] = yaml.safe_load((DOCS / "fields.yaml").read_text(encoding="utf-8"))
MATRIX = "<!-- matrix -->"
GENERATED = "<!-- Written by docs/reference.py; change the program, not this page. -->"
Command: Any = Any  # typer keeps its own copy of click, which has no public types


def pages() -> dict[Path, str]:
    """Return every generated page by its path."""
    texts = {"commands": commands_page(), "documents": documents_page(), "facts": facts_page(open_pack("cn"))}
    written = {DOCS / "reference" / f"{name}.md": text for name, text in texts.items()}
    head, _, rest = _read(DOCS / "engines.md").partition(MATRIX)
    return {
        **written,
        DOCS / "engines.md": f"{head}{MATRIX}\n\n{engine_matrix()}\n<!-- end -->{rest.partition('<!-- end -->')[2]}",
    }


def engine_matrix() -> str:
    """Return the table feature x engine from the marks `matrix` of the tests."""
    engines = ("folder", "postgresql", "spark")
    rows: dict[str, dict[str, str]] = {}
    for path in sorted((DOCS.parent / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            for mark in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.matrix":
                    (feature,) = (ast.literal_eval(each) for each in mark.args)
                    for keyword in mark.keywords:
                        rows.setdefault(feature, {})[keyword.arg or ""] = ast.literal_eval(keyword.value)
    titles = ["", "folder (DuckDB)", "PostgreSQL", "Spark"]
    return "\n".join(_table(titles, [[name, *(cells.get(each, "–") for each in engines)] for name, cells in rows.items()]))


def problems() -> list[str]:
    """Return what keeps the reference from being complete and fresh, a sentence each."""
    found = [f"{path.relative_to(DOCS.parent)} is stale" for path, text in pages().items() if _read(path) != text]
    known: dict[str, set[str]] = {"*": set(FIELDS["fields"]["*"])}
    for model in all_models():
        known[model.__name__] = {_key(name, field) for name, field in model.model_fields.items()}
        found += [f"docs/fields.yaml lacks {model.__name__}.{key}" for key in known[model.__name__] if not _sentence(model, key)]
    for name, keys in FIELDS["fields"].items():
        found += [f"docs/fields.yaml has {name}.{key}, which no model has" for key in set(keys) - known.get(name, set())]
    found += [f"docs/fields.yaml: {kind} is a kind on one side only" for kind in set(FIELDS["kinds"]) ^ set(KINDS)]
    return sorted(found)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _table(headings: list[str], rows: list[list[str]]) -> Iterator[str]:
    for row in (headings, ["---"] * len(headings), *rows):
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |"
    yield ""


# --- commands -----------------------------------------------------------------------------------------------------


def commands_page() -> str:
    lines = ["# Commands", "", GENERATED, "", "For everyone who types `littlegiant`. The same text comes from `--help`.", ""]
    root = typer.main.get_command(app)
    lines += [cleandoc(root.help or ""), ""]
    lines += _table(["exit code", "meaning"], [[str(code), text] for code, text in FIELDS["exit_codes"].items()])
    for path, command in leaves("littlegiant", root):
        lines += _command(path, command)
    return "\n".join(lines).rstrip() + "\n"


def leaves(path: str, command: Command) -> Iterator[tuple[str, Command]]:
    """Yield every command that does something, with the words that call it."""
    for name, inner in getattr(command, "commands", {}).items():
        if hasattr(inner, "commands"):
            yield from leaves(f"{path} {name}", inner)
        else:
            yield f"{path} {name}", inner


def _command(path: str, command: Command) -> Iterator[str]:
    text, _, example = cleandoc(command.help or "").partition("Example:")
    arguments = [parameter for parameter in command.params if not parameter.opts[0].startswith("-")]
    options = [parameter for parameter in command.params if parameter.opts[0].startswith("-")]
    yield from (f"## {path.removeprefix('littlegiant ')}", "", text.strip(), "")
    shown = " ".join(p.name.upper() if p.required else f"[{p.name.upper()}]" for p in arguments)
    yield from ("```text", f"{path} [OPTIONS] {shown}".rstrip(), "```", "")
    if arguments:
        yield from _table(["argument", "", "meaning"], [[f"`{p.name.upper()}`", _need(p), p.help or ""] for p in arguments])
    rows = [[f"`{' '.join([*p.opts, *p.secondary_opts])}`", _kind(p), _need(p), p.help or ""] for p in options]
    yield from _table(["option", "type", "", "meaning"], rows)
    if example:
        yield from ("```console", f"$ {example.strip()}", "```", "")


def _kind(parameter: Any) -> str:
    names = {"str": "text", "Path": "path", "int": "whole number", "bool": "yes or no"}
    name = parameter.type_descriptor.annotation.__name__
    return "switch" if parameter.is_bool_flag else names.get(name, name)


def _need(parameter: Any) -> str:
    if parameter.required:
        return "required"
    return "" if parameter.default in (None, False, "") else f"default `{parameter.default}`"


# --- documents ----------------------------------------------------------------------------------------------------


def documents_page() -> str:
    lines = ["# Documents", "", GENERATED, "", *FIELDS["opening"].splitlines(), ""]
    rows = [[f"[{kind}](#{_anchor(kind)})", FIELDS["kinds"].get(kind, "")] for kind in KINDS]
    lines += _table(["kind", "what it is"], rows)
    seen: set[type[BaseModel]] = set()
    for kind, model in KINDS.items():
        lines += [f"## {kind}", "", *_model(model)]
        seen.add(model)
        for inner in _below(model):
            if inner not in seen:
                seen.add(inner)
                lines += [f"### {inner.__name__}", "", *_model(inner)]
    return "\n".join(lines).rstrip() + "\n"


def all_models() -> list[type[BaseModel]]:
    found = dict.fromkeys(inner for model in KINDS.values() for inner in (model, *_below(model)))
    return [model for model in found if not issubclass(model, RootModel)]


def _below(model: type[BaseModel]) -> list[type[BaseModel]]:
    """Return the models that `model` holds, in the order in which they are met."""
    found: dict[type[BaseModel], None] = {}

    def visit(each: type[BaseModel]) -> None:
        for annotation in get_type_hints(each).values():
            for inner in _models_in(annotation):
                if inner is not model and inner not in found:
                    found[inner] = None
                    visit(inner)

    visit(model)
    return list(found)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _model(model: type[BaseModel]) -> Iterator[str]:
    doc = model.__dict__.get("__doc__") or ""
    if doc:
        yield from (cleandoc(doc), "")
    if issubclass(model, RootModel):  # one of several models, each of which follows
        return
    hints, rows = get_type_hints(model), []
    for name, field in model.model_fields.items():
        key = _key(name, field)
        rows.append([f"`{key}`", _type(hints[name]), _default(field), _sentence(model, key)])
    yield from _table(["field", "type", "default", "meaning"], rows)


def _key(name: str, field: FieldInfo) -> str:
    return field.alias or name


_source = cache(getsource)  # a class is looked up in its whole file, and asked for a sentence a field


def _sentence(model: type[BaseModel], key: str) -> str:
    """Return what a field means: from `fields.yaml`, for the model or one it inherits from, else the comment in the source."""
    fields, above = FIELDS["fields"], [each for each in model.__mro__ if each not in (Frozen, *Frozen.__mro__)]
    sentences = [fields.get(each.__name__, {}).get(key, "") for each in above]
    behind = re.compile(rf"^    {key}_?: .*?  # (.+)$", re.MULTILINE)
    comments = [match.group(1) for each in above for match in behind.finditer(_source(each))]
    return next((text for text in (*sentences, *comments, fields["*"].get(key, "")) if text), "")


_WORDS = {str: "text", int: "whole number", bool: "true or false", Decimal: "number", NoneType: "empty", Any: "any value"}


def _type(annotation: Any) -> str:
    """Return a type as an author reads it, models with a link to their table."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(arguments[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" if value != "" else "empty" for value in arguments)
    if origin in (Union, UnionType):
        return " or ".join(_type(each) for each in arguments if each is not NoneType)
    if origin is tuple:
        parts = [_type(each) for each in arguments if each is not Ellipsis]
        return f"list of {parts[0]}" if Ellipsis in arguments else f"list ({', '.join(parts)})"
    if origin is dict:
        return f"mapping of {_type(arguments[0])} to {_type(arguments[1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        names = {model: kind for kind, model in KINDS.items()}
        return f"[{annotation.__name__}](#{_anchor(names.get(annotation, annotation.__name__))})"
    return _WORDS.get(annotation) or str(getattr(annotation, "__name__", annotation))


def _anchor(title: str) -> str:
    return title.lower()


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value in (None, "", (), {}):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`" if not isinstance(value, tuple) else f"`{list(value)}`"


# --- facts --------------------------------------------------------------------------------------------------------


def facts_page(pack: Pack) -> str:
    """Return the vocabulary of `pack`: what a register may say of a firm."""
    lines = [f"# Facts of pack {pack.id}", "", GENERATED, "", *FIELDS["facts_opening"].splitlines(), ""]
    for period, heading in (("static", "What does not change from year to year"), ("year", "One value a year")):
        lines += [f"## {heading}", ""]
        for name, fact in pack.facts.items():
            if fact.period == period:
                lines += _fact(name, fact, pack)
    return "\n".join(lines).rstrip() + "\n"


def _fact(name: str, fact: Fact, pack: Pack) -> Iterator[str]:
    yield from (f"### {name}", "", f"{fact.title['en']} · {fact.title['zh']}", "")
    if fact.definition:
        yield from (f"{fact.definition['en']} · {fact.definition['zh']}", "")
    rows = [["type", fact.type], ["stored as", f"`{fact.arrow_type()}`"]]
    if fact.numeric:
        unit = pack.header.currency.title["en"] if fact.type == "money" else fact.unit or "a fraction"
        low, high = fact.bounds()
        rows += [["unit", unit], ["range", f"{low:,} to {high:,}"]]
    if fact.type == "code":
        codes = fact.codes if isinstance(fact.codes, tuple) else (f"`{fact.codes}.yaml` of the pack",)
        rows.append(["codes", ", ".join(codes)])
    rows += [["usual headings", ", ".join([*fact.headers.get("zh", ()), *fact.headers.get("en", ())])]]
    rows += [["evidence", ", ".join(fact.evidence)]] if fact.evidence else []
    rows += [["a firm can move it", {True: "either way", False: "no"}.get(fact.adjustable) or str(fact.adjustable)]]
    yield from _table(["", ""], [*rows, ["access", fact.access]])


def main() -> int:
    if "--check" in sys.argv[1:]:
        found = problems()
        print("\n".join(found) or "the reference is fresh")
        return 1 if found else 0
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(DOCS.parent))
    return 0


if __name__ == "__main__":
    sys.exit(main())
