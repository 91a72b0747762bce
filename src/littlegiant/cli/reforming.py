"""`standard reform | admit | compare`: what a change of the rules does to a register."""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from littlegiant.cli.answering import parse_date, parse_language, print_element, say_json, write_page

if TYPE_CHECKING:
    from littlegiant.assessment.reforms import Setting
    from littlegiant.packs import Pack
    from littlegiant.standards import Compiled
    from littlegiant.words import Language

_REGISTER = typer.Option(..., "--register", help="Folder of a register.")
_YEAR = typer.Option(..., "--year", help="The year that is judged.")
_ON = typer.Option(..., "--on", help="Reference date, as 2026-05-25.")
_APPLICATION = typer.Option("new", "--application", help="Kind of application: new or re-review.")
_PACK = typer.Option("cn", "--pack", help="A built-in pack or the folder of one.")
_OUT = typer.Option(None, "--out", help="Write the page (HTML) here.")
_LANGUAGE = typer.Option("en", "--language", help="Language: zh or en.")
_JSON = typer.Option(False, "--json", help="Print as JSON.")


def reform_command(
    reform: Path = typer.Argument(help="A reform: YAML with variants and grids of parameters."),
    register: Path = _REGISTER,
    year: int = _YEAR,
    on: str = _ON,
    application: str = _APPLICATION,
    by: str | None = typer.Option(None, "--by", help="Count by a fact of the firm too, as region."),
    pack: str = _PACK,
    out: Path | None = _OUT,
    language: str = _LANGUAGE,
    as_json: bool = _JSON,
) -> None:
    """For authors: what changed thresholds and clauses would do, every variant and grid point counted in one pass.

    Example: littlegiant standard reform examples/reform/debt.yaml --register register --year 2025 --on 2026-05-25
    """
    from littlegiant.assessment.reform_report import reform_elements
    from littlegiant.assessment.reforms import judge_reform
    from littlegiant.documents import read_document
    from littlegiant.standards.reforming import Reform

    setting, tongue = _setting(register, pack, year, on, application), parse_language(language)
    _check_group(setting, by)
    document = read_document(reform, Reform)
    reformed = judge_reform(document, setting, [by] if by else [])
    if as_json:
        say_json({"cases": reformed.totals(), "counts": reformed.counts.to_pylist()})
        return
    elements = reform_elements(reformed, setting.pack, tongue)
    print_element(elements[0])
    if out is not None:
        title = document.value.title.get(tongue) or document.value.reform
        write_page(elements, title, elements[0].sentence, out, tongue, synthetic=setting.register.synthetic)


def admit_command(
    standard: str = typer.Argument(help="Id of a standard of the pack, such as srdi."),
    parameter: str = typer.Argument(help="The parameter whose value is looked for."),
    firms: int = typer.Option(..., "--firms", help="How many firms may meet all that can be computed.", min=0),
    lowest: str = typer.Option(..., "--from", help="Lowest value that is tried."),
    highest: str = typer.Option(..., "--to", help="Highest value that is tried."),
    grain: str = typer.Option("0.001", "--grain", help="The value is found to this step."),
    register: Path = _REGISTER,
    year: int = _YEAR,
    on: str = _ON,
    application: str = _APPLICATION,
    version: str | None = typer.Option(None, "--version", help="One version; without it the one that applies on --on."),
    pack: str = _PACK,
    as_json: bool = _JSON,
) -> None:
    """For authors: the value of one threshold that admits a wanted number of firms, and not one more.

    Example: littlegiant standard admit srdi rd_share_floor --firms 300 --from 0 --to 0.2 --register r --year 2025 --on 2026-05-25
    """
    from littlegiant.assessment.reforms import admitting
    from littlegiant.standards import find_standard

    setting = _setting(register, pack, year, on, application)
    document = find_standard(setting.pack, standard, version=version, on=setting.on, application=application)
    span = (_number(lowest, "--from"), _number(highest, "--to"))
    found = admitting(document, parameter, firms, setting, span=span, grain=_number(grain, "--grain"))
    if as_json:
        say_json(found)
        return
    typer.echo(f"{parameter} = {found.value:f}: {found.firms:,} firms meet all that can be computed")
    if found.beyond is not None:
        typer.echo(f"{parameter} = {found.beyond:f}: {found.firms_beyond:,} firms")
    typer.echo(f"at present, {parameter} = {found.present:f}: {found.firms_at_present:,} firms")


def compare_versions_command(
    standard: str = typer.Argument(help="Id of a standard of the pack, such as little-giant."),
    old: str = typer.Argument(help="One version, as 2022."),
    new: str = typer.Argument(help="The version it is held against, as 2026."),
    register: Path | None = typer.Option(None, "--register", help="Folder of a register; without it only the solver answers."),
    year: int | None = typer.Option(None, "--year", help="The year that is judged."),
    on: str = _ON,
    application: str = _APPLICATION,
    pack: str = _PACK,
    out: Path | None = _OUT,
    language: str = _LANGUAGE,
    as_json: bool = _JSON,
) -> None:
    """For authors: two versions on one register: who gains and loses, on which clause, where, and what is newly asked.

    Without a register: whether the new version can admit whom the old refuses, and the other way round, with an example
    each, or whether both decide alike for every firm (needs the extra `analysis`).

    Example: littlegiant standard compare srdi 2022 2026 --register register --year 2025 --on 2026-05-25 --out change.html
    """
    from littlegiant.assessment.reform_report import version_elements
    from littlegiant.assessment.version_effects import version_effects
    from littlegiant.packs import open_pack
    from littlegiant.problems import refuse
    from littlegiant.standards import compile_applying

    tongue, opened, day = parse_language(language), open_pack(pack), parse_date(on, "--on")
    first, second = (
        compile_applying(opened, standard, on=day, application=application, version=version) for version in (old, new)
    )
    if register is None:
        _compare_by_solver(first, second, opened, tongue, as_json=as_json)
        return
    if year is None:
        refuse("--year", "no year", "the year that is judged", "Give --year beside --register.", code="missing-option")
    setting = _setting(register, pack, year, on, application)
    effects = version_effects(setting.register, first, second, setting.pack, year=year)
    if as_json:
        say_json({name: getattr(effects, name).to_pylist() for name in ("flows", "groups", "clauses", "asked")})
        return
    elements = version_elements(effects, first, second, setting.pack, tongue)
    for element in elements[:3]:
        print_element(element)
    if out is not None:
        title = f"{standard}: {old} → {new}"
        write_page(elements, title, elements[0].sentence, out, tongue, synthetic=setting.register.synthetic)


def _compare_by_solver(first: "Compiled", second: "Compiled", pack: "Pack", language: "Language", *, as_json: bool) -> None:
    from littlegiant.assessment.deep import versions_told

    told = versions_told(first, second, pack, language)
    if as_json:
        say_json(told)
    for line in told if not as_json else ():
        typer.echo(line)


def _setting(register: Path, pack: str, year: int, on: str, application: str) -> "Setting":
    from littlegiant.assessment.reforms import Setting
    from littlegiant.packs import open_pack
    from littlegiant.register import open_register

    return Setting(open_register(register), open_pack(pack), year, parse_date(on, "--on"), application)


def _check_group(setting: "Setting", by: str | None) -> None:
    from littlegiant.problems import refuse, suggestion

    codes = [name for name, fact in setting.pack.facts.items() if fact.type == "code" and fact.period == "static"]
    if by is not None and by not in codes:
        remedy = suggestion(by, codes) or f"Known: {', '.join(codes)}."
        refuse("--by", repr(by), "a code of the firm that does not change", remedy, code="unknown-name")


def _number(text: str, option: str) -> Any:
    from littlegiant.problems import refuse

    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        refuse(option, repr(text), "a number", "Write digits, as 0.05 or 50000000.", code="type")
    return value
