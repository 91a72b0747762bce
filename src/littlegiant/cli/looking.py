"""`compare`, `dossier`, `outlook`: looking at judged firms."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from littlegiant.cli.answering import parse_date, parse_language, print_element, say_json, table, write_page

if TYPE_CHECKING:
    from littlegiant.assessment.comparison import Side
    from littlegiant.packs import Pack


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
    from littlegiant.problems import refuse

    named = versions.split(",") if versions else [None, None]
    if len(named) != 2:
        refuse("--versions", repr(versions), "two versions", "Write them as 2022,2026.", code="versions")
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
    print_element(elements[0])
    if out is not None:
        write_page(
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
    from littlegiant.standards import compile_applying

    if (path / "round.json").is_file():
        return side_of_round(path)
    if standard is None or year is None or on is None:
        refuse(
            str(path), "a register", "--standard, --year and --on beside it", "Say what to judge it by.", code="missing-option"
        )
    day = parse_date(on, "--on")
    compiled = compile_applying(pack, standard, on=day, application=application, version=version)
    return Side(open_register(path), year, empty_findings(), compiled)


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
    from littlegiant.standards import compile_applying

    opened, tongue = open_pack(pack), parse_language(language)
    compiled = compile_applying(opened, standard, on=parse_date(on, "--on"), application="re-review")
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
        write_page(elements, elements[0].title, elements[0].sentence, out, tongue, synthetic=register_.synthetic)


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
    from littlegiant.assessment.looking import answers_elsewhere, dossier
    from littlegiant.assessment.relation import Subjects, empty_findings
    from littlegiant.packs import open_pack
    from littlegiant.register import open_register
    from littlegiant.standards import compile_applying

    opened, tongue, found, day = open_pack(pack), parse_language(language), open_register(register), parse_date(on, "--on")
    compiled = compile_applying(opened, standard, on=day, application=application)
    others = answers_elsewhere(found, firm, opened, tongue, but=standard, year=year, on=day, application=application)
    made = dossier(Subjects(found, compiled, year, empty_findings()), firm, opened, tongue, others)
    write_page(list(made.elements), made.title, made.headline, out, tongue, synthetic=found.synthetic)


def visits_command(
    register: Path = typer.Argument(help="Folder of a register."),
    standard: str = typer.Option("technology-sme", "--standard", help="Id of a standard with verification triggers."),
    year: int = typer.Option(..., "--year", help="The year whose figures count."),
    on: str = typer.Option(..., "--on", help="Reference date, as 2026-06-01."),
    seed: int = typer.Option(..., "--seed", help="For the random share; the same seed draws the same firms."),
    application: str = typer.Option("new", "--application", help="Kind of application: new or re-review."),
    out: Path | None = typer.Option(None, "--out", help="Write one row a firm to this Parquet file."),
    pack: str = typer.Option("cn", "--pack", help="A built-in pack or the folder of one."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> None:
    """For bureaus: whom to look at before publication – triggers met, triggers nobody can tell, and the random share.

    Example: littlegiant visits rounds/demo-register --year 2025 --on 2026-06-01 --seed 1
    """
    import pyarrow.parquet as pq

    from littlegiant.assessment.visits import visits
    from littlegiant.packs import open_pack
    from littlegiant.register import open_register
    from littlegiant.standards import compile_applying

    opened = open_pack(pack)
    compiled = compile_applying(opened, standard, on=parse_date(on, "--on"), application=application)
    found = visits(open_register(register), compiled, opened, year=year, seed=seed)
    if out is not None:
        pq.write_table(found, out)
    if as_json:
        say_json(found.to_pylist())
        return
    states, drawn = found["visit"].to_pylist(), sum(found["drawn"].to_pylist())
    table(["visit", "firms"], [[state, states.count(state)] for state in ("yes", "cannot_tell", "no")])
    met = [trigger for triggers in found["met"].to_pylist() for trigger in triggers]
    table(["because of", "firms"], [*([id, met.count(id)] for id in dict.fromkeys(sorted(met))), ["drawn at random", drawn]])
