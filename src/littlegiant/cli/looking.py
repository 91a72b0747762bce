"""`compare`, `dossier`, `outlook`: looking at judged firms."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from littlegiant.cli.answering import parse_date, parse_language, say_json, table

if TYPE_CHECKING:
    from littlegiant.assessment.comparison import Side
    from littlegiant.packs import Pack
    from littlegiant.pages import Element
    from littlegiant.standards import Compiled


def compare_command(
    first: Path = typer.Argument(help="A round, or a register."),
    second: Path = typer.Argument(help="Another round or register; the same register to compare two versions."),
    standard: str | None = typer.Option(None, "--standard", help="For registers: id of the standard."),
    year: int | None = typer.Option(None, "--year", help="For registers: the year that is judged."),
    second_year: int | None = typer.Option(None, "--second-year", help="The year on the second side, where it differs."),
    on: str | None = typer.Option(None, "--on", help="For registers: reference date, as 2026-05-25."),
    second_on: str | None = typer.Option(None, "--second-on", help="Reference date of the second side, where it differs."),
    versions: str | None = typer.Option(None, "--versions", help="Two versions of the standard, as 2022,2026."),
    application: str = typer.Option("new", "--application", help="Kind of application: new or re-review."),
    out: Path | None = typer.Option(None, "--out", help="Write the page (HTML) here."),
    language: str = typer.Option("en", "--language", help="Language: zh or en."),
    pack: str = typer.Option("cn", "--pack", help="A built-in pack or the folder of one."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> None:
    """For analysts: whose result changed between two rounds, two registers or two versions, and why.

    Example: littlegiant compare rounds/demo-2025 rounds/demo-2026 --out compared.html
    """
    from littlegiant.assessment.comparison import compare
    from littlegiant.assessment.looking import comparison_elements
    from littlegiant.packs import open_pack

    named = versions.split(",") if versions else [None, None]
    opened = open_pack(pack)
    days = (on, second_on or on)
    years = (year, second_year or year)
    sides = [
        _side(path, opened, standard, given, day, version, application)
        for path, given, day, version in zip((first, second), years, days, named, strict=True)
    ]
    comparison = compare(*sides)
    if as_json:
        say_json({"flows": comparison.flows.to_pylist(), "changed": comparison.changed.to_pylist()})
        return
    tongue = parse_language(language)
    elements = comparison_elements(comparison, [side.compiled for side in sides], tongue)
    _print(elements[0])
    if out is not None:
        _page(
            elements,
            f"{first.name} → {second.name}",
            elements[0].sentence,
            out,
            tongue,
            synthetic=any(s.register.synthetic for s in sides),
        )


def _side(
    path: Path, pack: "Pack", standard: str | None, year: int | None, on: str | None, version: str | None, application: str
) -> "Side":
    from littlegiant.assessment.comparison import Side
    from littlegiant.assessment.relation import empty_findings
    from littlegiant.problems import refuse
    from littlegiant.register import open_register
    from littlegiant.rounds.sides import side_of_round

    if (path / "round.json").is_file():
        return side_of_round(path)
    if standard is None or year is None or on is None:
        refuse(
            str(path), "a register", "--standard, --year and --on beside it", "Say what to judge it by.", code="missing-option"
        )
    compiled = _compiled(pack, standard, on, application, version)
    return Side(open_register(path), year, empty_findings(), compiled)


def _compiled(pack: "Pack", standard: str, on: str, application: str, version: str | None) -> "Compiled":
    from littlegiant.standards import compile_standard, find_notices, find_standard

    day = parse_date(on, "--on")
    document = find_standard(pack, standard, version=version, on=day, application=application)
    notices = find_notices(pack, document, on=day, application=application)
    return compile_standard(document, pack, application=application, reference_date=day, notices=notices)


def outlook_command(
    register: Path = typer.Argument(help="Folder of a register with the titles that firms hold."),
    standard: str = typer.Option("little-giant", "--standard", help="Id of the standard whose title is looked at."),
    year: int = typer.Option(..., "--year", help="The year of the latest figures."),
    on: str = typer.Option(..., "--on", help="Reference date, as 2026-05-25; picks the version for re-reviews."),
    out: Path | None = typer.Option(None, "--out", help="Write the page (HTML) here."),
    language: str = typer.Option("en", "--language", help="Language: zh or en."),
    pack: str = typer.Option("cn", "--pack", help="A built-in pack or the folder of one."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> None:
    """For bureaus: recognised firms that would fail a re-review today, or will at the present trend, and when it is due.

    Example: littlegiant outlook rounds/demo-register --standard srdi --year 2025 --on 2026-05-25
    """
    from littlegiant.assessment.looking import outlook_elements
    from littlegiant.assessment.outlook import outlook
    from littlegiant.packs import open_pack
    from littlegiant.register import open_register

    opened, tongue = open_pack(pack), parse_language(language)
    compiled = _compiled(opened, standard, on, "re-review", None)
    register_ = open_register(register)
    found = outlook(register_, compiled, opened, year=year, language=tongue)
    if as_json:
        say_json(found)
        return
    elements = outlook_elements(found, tongue)
    typer.echo(elements[0].sentence)
    rows = elements[0].rows[:20]
    table([c.heading for c in elements[0].columns[:4]], [[str(row[c.key]) for c in elements[0].columns[:4]] for row in rows])
    if out is not None:
        _page(elements, elements[0].title, elements[0].sentence, out, tongue, synthetic=register_.synthetic)


def dossier_command(
    register: Path = typer.Argument(help="Folder of a register."),
    firm: str = typer.Argument(help="Id of the firm."),
    standard: str = typer.Option("little-giant", "--standard", help="Id of the standard."),
    year: int = typer.Option(..., "--year", help="The year that is judged."),
    on: str = typer.Option(..., "--on", help="Reference date, as 2026-05-25."),
    application: str = typer.Option("new", "--application", help="Kind of application: new or re-review."),
    out: Path = typer.Option(..., "--out", help="The page (HTML) to write."),
    language: str = typer.Option("zh", "--language", help="Language: zh or en."),
    pack: str = typer.Option("cn", "--pack", help="A built-in pack or the folder of one."),
) -> None:
    """For officers: one firm on a page – answer, reasons, figures, titles, duties, doubts.

    Example: littlegiant dossier rounds/demo-register SYN000000000000001 --year 2025 --on 2026-05-25 --out firm.html
    """
    from littlegiant.assessment.explanation import headline
    from littlegiant.assessment.judging import Judge
    from littlegiant.assessment.looking import dossier
    from littlegiant.assessment.lookup import case_of
    from littlegiant.assessment.relation import Subjects, empty_findings
    from littlegiant.packs import open_pack
    from littlegiant.problems import LittleGiantError
    from littlegiant.register import open_register
    from littlegiant.standards import Standard
    from littlegiant.words import text_in

    opened, tongue, found = open_pack(pack), parse_language(language), open_register(register)
    others = {}
    for id in opened.ids("standards"):
        if id == standard or opened.versions(Standard, "standards", id)[0].value.kind != "recognition":
            continue
        try:
            compiled = _compiled(opened, id, on, application, None)
        except LittleGiantError:
            continue  # no version of that standard on that day
        case, _ = case_of(Subjects(found, compiled, year, empty_findings()), firm)
        (judged,) = Judge(compiled).judge([case])
        others[text_in(compiled.standard.title, tongue)] = headline(judged, tongue)
    subjects = Subjects(found, _compiled(opened, standard, on, application, None), year, empty_findings())
    made = dossier(subjects, firm, opened, tongue, others)
    _page(list(made.elements), made.title, made.headline, out, tongue, synthetic=found.synthetic)


def _print(element: "Element") -> None:
    typer.echo(element.sentence)
    cells = [[row[c.key] if c.number else str(row[c.key]) for c in element.columns] for row in element.rows]
    table([c.heading for c in element.columns], cells)


def _page(elements: "list[Element]", title: str, lead: str, out: Path, language: str, *, synthetic: bool) -> None:
    import os

    from littlegiant.pages import page
    from littlegiant.problems import world_failed
    from littlegiant.words import say

    banners = [say("banner_synthetic", language)] if synthetic else []  # type: ignore[arg-type]
    footers = {language: [say("footer_how", language)]}  # type: ignore[arg-type]
    text = page({language: title}, {language: lead}, {language: elements}, banners={language: banners}, footers=footers)
    beside = out.with_name(f".{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, out)
    except OSError as error:
        raise world_failed(str(out), error.strerror or str(error), "Choose another --out.") from error
    typer.echo(str(out))
