"""A pack: a folder of documents. Which version applies is looked up by kind, id, date and application."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from importlib import resources
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel

from littlegiant.documents import Document, Frozen, Slug, Validity, applies_on, check_validity, read_document
from littlegiant.packs.places import Region, Regions, Sectors, SectorTitle
from littlegiant.packs.vocabulary import Fact, Niche, Outcome, Outcomes, Plausible, Vocabulary
from littlegiant.problems import LittleGiantError, refuse, suggestion

M = TypeVar("M", bound=BaseModel)


class Titled(Frozen):
    id: Slug
    title: dict[str, str]


class Multiple(Frozen):
    """A unit an officer's file may use for money."""

    unit: str
    factor: int
    title: dict[str, str]


class Minor(Frozen):
    title: dict[str, str]
    per_main: int


class Currency(Frozen):
    """Money is kept in whole numbers of the smallest unit; `per_main` of them make one main unit."""

    code: str
    title: dict[str, str]
    minor: Minor
    multiples: tuple[Multiple, ...]


class Tier(Titled):
    """A title that a firm may hold; `headers` are the column titles under which officers' files carry it."""

    headers: dict[str, tuple[str, ...]] = {}


class Identifier(Frozen):
    """The official number of a firm: a module of python-stdnum that knows its check digit, and its usual column titles."""

    scheme: str
    title: dict[str, str]
    headers: dict[str, tuple[str, ...]] = {}


class HeadingWords(Frozen):
    """Words of the country's languages in the column titles of officers' files, by what they tell."""

    years: tuple[str, ...] = ()  # usual titles of a column with the year
    year_starts: tuple[str, ...] = ()  # what may stand before a year, and behind it
    year_ends: tuple[str, ...] = ()
    relative_years: dict[int, tuple[str, ...]] = {}  # words for a year, by how many years before the latest
    per_cent: tuple[str, ...] = ("%",)
    unit_marks: tuple[str, ...] = ()  # what may stand before a unit
    usual_unit: str = ""  # in which officers usually write money
    starts: tuple[str, ...] = ()  # what may be left out at the start of a title, and at its end
    ends: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()  # ends of words over several columns that name none of them
    other_figures: tuple[str, ...] = ()  # words that make another figure of the one named
    total_rows: tuple[str, ...] = ()  # what stands in place of a firm in a row of totals
    skip: tuple[str, ...] = ("skip",)  # answers that leave a column out
    missing: tuple[str, ...] = ()  # what people write where they have nothing


class GroupRules(Frozen):
    """When firms belong together: linked count in full, partners by their share."""

    linked_above: Decimal = Decimal("0.5")  # a share above it links; at it, it does not
    partner_from: Decimal = Decimal("0.25")  # a share from it makes a partner
    control: tuple[str, ...] = ("control",)  # kinds of holding that link whatever the share
    excepted: tuple[str, ...] = ()  # kinds of investors that make no partner as long as they are not linked to each other


class PackHeader(Frozen):
    """`pack.yaml`."""

    format: Literal[1]
    pack: str
    title: dict[str, str]
    languages: tuple[Literal["zh", "en"], ...]
    currency: Currency
    identifier: Identifier | None = None
    headings: HeadingWords = HeadingWords()
    groups: GroupRules = GroupRules()
    tiers: tuple[Tier, ...]
    applications: tuple[Titled, ...]
    roles: tuple[Titled, ...] = ()


@dataclass(frozen=True)
class Pack:
    """The documents of a country at `path`; each is read when first asked for."""

    path: Path
    header: PackHeader

    @property
    def id(self) -> str:
        return self.header.pack

    @cached_property
    def facts(self) -> dict[str, Fact]:
        return self._read("facts.yaml", Vocabulary).facts

    def evidence_title(self, code: str, language: str) -> str:
        """Return the name of a kind of evidence; a pack that names none shows its codes as words."""
        titles = self._read("facts.yaml", Vocabulary).evidence.get(code, {})
        return titles.get(language) or next(iter(titles.values()), code.replace("_", " "))

    @cached_property
    def outcomes(self) -> dict[str, Outcome]:
        """What the programme wants to move; empty where the pack does not say."""
        path = self.path / "outcomes.yaml"
        return self._read("outcomes.yaml", Outcomes).outcomes if path.is_file() else {}

    @cached_property
    def plausible(self) -> Plausible | None:
        return self._read("facts.yaml", Vocabulary).plausible

    @cached_property
    def niche(self) -> Niche | None:
        return self._read("facts.yaml", Vocabulary).niche

    @cached_property
    def regions(self) -> dict[str, Region]:
        """Regions by code; none where the pack has no such file."""
        return self._regions.regions

    @cached_property
    def areas(self) -> dict[str, dict[str, str]]:
        """Titles of the larger areas that regions lie in."""
        return self._regions.areas

    @cached_property
    def _regions(self) -> Regions:
        there = (self.path / "regions.yaml").is_file()
        return self._read("regions.yaml", Regions) if there else Regions(format=1, regions={})

    @cached_property
    def sectors(self) -> dict[str, SectorTitle]:
        return self._read("sectors.yaml", Sectors).sectors

    def _read(self, name: str, model: type[M]) -> M:
        return read_document(self.path / name, model, name=f"{self.id}/{name}").value

    def codes(self, fact: Fact) -> tuple[str, ...] | None:
        """Return the codes a code fact may take; None where any longer code of a listed prefix is allowed."""
        if fact.codes == "regions":
            return tuple(self.regions)
        return None if fact.codes == "sectors" else fact.codes

    def paths(self, folder: str, id: str = "") -> list[Path]:
        """Return the documents of a folder, in order of their names."""
        return sorted((self.path / folder / id).glob("*.yaml"))

    def document(self, path: Path, model: type[M]) -> Document[M]:
        return read_document(path, model, name=f"{self.id}/{path.relative_to(self.path)}")

    def ids(self, folder: str) -> list[str]:
        return sorted(path.name for path in (self.path / folder).iterdir() if path.is_dir())

    def versions(self, model: type[M], folder: str, id: str) -> list[Document[M]]:
        """Return all versions of one document, refusing overlapping validity and unknown ids."""
        paths = self.paths(folder, id)
        if not paths:
            known = self.ids(folder)
            remedy = suggestion(id, known) or f"Known: {', '.join(known)}."
            refuse(f"pack {self.id}", f"no {id!r} under {folder}/", "", remedy, code="unknown-document")
        documents = [self.document(path, model) for path in paths]
        problems = check_validity([(d.place("applies"), _applies(d.value)) for d in documents], id)
        if problems:
            raise LittleGiantError(problems)
        return documents

    def version(self, model: type[M], folder: str, id: str, version: str) -> Document[M]:
        documents = self.versions(model, folder, id)
        for document in documents:
            if getattr(document.value, "version", None) == version:
                return document
        known = ", ".join(str(getattr(document.value, "version", "")) for document in documents)
        refuse(f"pack {self.id}", f"no version {version!r} of {id}", "", f"Known: {known}.", code="unknown-version")

    def check_application(self, application: str) -> None:
        """Refuse a kind of application that the pack does not know."""
        known = [titled.id for titled in self.header.applications]
        if application not in known:
            remedy = suggestion(application, known) or f"Known: {', '.join(known)}."
            refuse(f"pack {self.id}", f"no application {application!r}", "", remedy, code="unknown-name")

    def find(self, model: type[M], folder: str, id: str, *, on: date, application: str) -> Document[M]:
        """Return the version of `id` that applies to `application` on the day `on`."""
        documents = self.versions(model, folder, id)
        for document in documents:
            if applies_on(_applies(document.value), on, application):
                return document
        known = "; ".join(_validity_text(document.value) for document in documents)
        refuse(
            f"pack {self.id}",
            f"no version of {id} for {application!r} on {on}",
            "",
            f"There are: {known}.",
            code="version-gap",
        )


def _applies(value: Any) -> tuple[Validity, ...]:
    return tuple(value.applies)


def _validity_text(value: Any) -> str:
    spans = ", ".join(f"{v.application} {v.from_}–{v.until or '…'}" for v in value.applies)
    return f"{value.version} ({spans})"


ENTRY_POINTS = "littlegiant.packs"  # an installed package offers its pack here: name = "module whose folder holds pack.yaml"


def _built_in(folder: Path) -> list[str]:
    return sorted(path.parent.name for path in folder.glob("*/pack.yaml") if not path.parent.name.startswith("_"))


def _installed(name: str) -> Path | None:
    """Return the folder of the pack that an installed package offers under `name`."""
    for entry in entry_points(group=ENTRY_POINTS, name=name):
        try:
            return Path(str(resources.files(entry.value)))
        except (ImportError, TypeError) as error:
            found = f"the installed pack {name!r}, whose module {entry.value!r} cannot be found"
            remedy = "Install the package again; its entry point must name the module whose folder holds pack.yaml."
            refuse("littlegiant.packs", found, "", f"{remedy} ({error})", code="unknown-pack")
    return None


def open_pack(where: str | Path) -> Pack:
    """Return the pack built in under the name `where`, the one an installed package offers, or the folder `where`."""
    built_in = Path(str(resources.files("littlegiant.packs")))
    path = Path(where)
    if isinstance(where, str) and (built_in / where / "pack.yaml").is_file():
        path = built_in / where
    elif isinstance(where, str) and not (path / "pack.yaml").is_file():
        path = _installed(where) or path
    if not (path / "pack.yaml").is_file():
        known = [*_built_in(built_in), *sorted(entry.name for entry in entry_points(group=ENTRY_POINTS))]
        refuse(
            f"pack {str(where)!r}",
            "no pack.yaml there",
            "",
            f"Built in: {', '.join(known)}; or give a folder.",
            code="unknown-pack",
        )
    header = read_document(path / "pack.yaml", PackHeader, name=f"{path.name}/pack.yaml").value
    return Pack(path, header)
