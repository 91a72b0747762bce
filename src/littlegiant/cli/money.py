"""`instruments …`, `entitlements`, `stress`: the money side of a pack and of a register."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from littlegiant.cli.answering import parse_date, parse_language, print_element, say_json, table, write_page

if TYPE_CHECKING:
    from littlegiant.finance import Catalogue
    from littlegiant.finance.instruments import Instrument
    from littlegiant.finance.stress import Relief, Scenario

app = typer.Typer(help="Grants, loans, guarantees, tax relief on one footing.", no_args_is_help=True, rich_markup_mode=None)
_ON = typer.Option(..., "--on", help="The day whose law and rates hold, as 2026-05-25.")
_PACK = typer.Option("cn", "--pack", help="A built-in pack or the folder of one.")
_YEAR = typer.Option(..., "--year", help="The year whose figures are used.")
_OUT = typer.Option(None, "--out", help="Write the page (HTML) here.")
_LANGUAGE = typer.Option("en", "--language", help="Language: zh or en.")
_JSON = typer.Option(False, "--json", help="Print as JSON.")
_BENCHMARK = typer.Option("reference", "--benchmark", help="What loans are held against: reference, bank_offer or policy_rate.")


_SHOWN = ("firms", "committed", "gross", "worth", "cost", "user_cost")  # in the terminal; the page has all


def _catalogue(pack: str, on: str, benchmark: str = "reference") -> "Catalogue":
    from littlegiant.finance import open_catalogue
    from littlegiant.finance.rates import BENCHMARKS
    from littlegiant.packs import open_pack
    from littlegiant.problems import refuse, suggestion

    known = [name for name in BENCHMARKS if name == benchmark]
    if not known:
        remedy = suggestion(benchmark, BENCHMARKS) or f"Known: {', '.join(BENCHMARKS)}."
        refuse("--benchmark", repr(benchmark), "a benchmark", remedy, code="unknown-name")
    return open_catalogue(open_pack(pack), parse_date(on, "--on"), benchmark=known[0])


@app.command("list")
def list_instruments(on: str = _ON, pack: str = _PACK, language: str = _LANGUAGE, as_json: bool = _JSON) -> None:
    """For everyone: the instruments of a pack on a day: kind, level, days to cash; with --json law, shares and sources too.

    Example: littlegiant instruments list --on 2026-05-25
    """
    from littlegiant.words import say, text_in

    tongue, catalogue = parse_language(language), _catalogue(pack, on)
    if as_json:
        say_json([each.model_dump(mode="json", by_alias=True, exclude_defaults=True) for each in catalogue.instruments])
        return
    names = ("kind", "level", "time_to_cash")
    rows: list[list[Any]] = [
        [each.id, *(str(getattr(each, name) or "–") for name in names), text_in(each.title, tongue)]
        for each in catalogue.instruments
    ]
    table(["id", *(say(f"fin_{name}", tongue) for name in names), say("fin_instrument", tongue)], rows)


@app.command("compare")
def compare_instruments(
    register: Path = typer.Argument(help="Folder of a register."),
    year: int = _YEAR,
    on: str = _ON,
    only: str = typer.Option("", "--only", help="Ids of instruments, parted by commas; without it all."),
    all_firms: bool = typer.Option(False, "--all-firms", help="As if every firm might have each, not only those entitled."),
    benchmark: str = _BENCHMARK,
    pack: str = _PACK,
    out: Path | None = _OUT,
    language: str = _LANGUAGE,
    as_json: bool = _JSON,
) -> None:
    """For programme offices: what each instrument is worth to a register's firms and costs each level, on one footing.

    Example: littlegiant instruments compare rounds/demo-register --year 2025 --on 2026-05-25 --out footing.html
    """
    import numpy as np

    from littlegiant.appraisal.entitlements import entitled
    from littlegiant.finance import evaluate
    from littlegiant.finance.report import footing
    from littlegiant.register import open_register

    tongue, catalogue = parse_language(language), _catalogue(pack, on, benchmark)
    opened = open_register(register)
    chosen = _chosen(catalogue, only)
    firms, eligible = entitled(opened, catalogue, chosen, year=year)
    if all_firms:
        eligible |= {each.id: np.ones(len(firms), np.bool_) for each in chosen}
    values = evaluate(firms, chosen, catalogue.rules, catalogue.rates, background=catalogue.background, eligible=eligible)
    element = footing(values, chosen, firms, catalogue.pack, tongue)
    if as_json:
        say_json([dict(row) for row in element.rows])
        return
    typer.echo(element.sentence)
    narrow = [column for column in element.columns if column.key in _SHOWN]
    table(["id", *(column.heading for column in narrow)], [[row["id"], *(row[c.key] for c in narrow)] for row in element.rows])
    if out is not None:
        write_page([element], element.title, element.sentence, out, tongue, synthetic=opened.synthetic)


def _chosen(catalogue: "Catalogue", only: str) -> "list[Instrument]":
    if not only:
        return sorted(catalogue.instruments, key=lambda each: each.id)
    return [catalogue.instrument(name.strip()) for name in only.split(",")]


@app.command("explain")
def explain_instrument(
    instrument: str = typer.Argument(help="Id of an instrument."),
    register: Path = typer.Argument(help="Folder of a register."),
    firm: str = typer.Option(..., "--firm", help="Id of the firm."),
    year: int = _YEAR,
    on: str = _ON,
    target: float | None = typer.Option(None, "--target", help="Say instead which size makes the grant equivalent so large."),
    benchmark: str = _BENCHMARK,
    pack: str = _PACK,
    language: str = _LANGUAGE,
    as_json: bool = _JSON,
) -> None:
    """For auditors: the value of an instrument to a firm term by term; or the size that gives a wanted value.

    Example: littlegiant instruments explain vat-extra register --firm SYN000000000000021 --year 2025 --on 2026-05-25
    """
    import numpy as np

    from littlegiant.appraisal.entitlements import entitled
    from littlegiant.finance import breakeven, explain_value
    from littlegiant.finance.report import terms_element
    from littlegiant.problems import refuse
    from littlegiant.register import open_register
    from littlegiant.words import text_in

    tongue, catalogue = parse_language(language), _catalogue(pack, on, benchmark)
    one = catalogue.instrument(instrument)
    firms, eligible = entitled(open_register(register), catalogue, [one], year=year)
    places = {name: number for number, name in enumerate(firms.ids)}
    if firm not in places:
        refuse(str(register), f"no firm {firm!r} with figures for {year}", "", "Check the id and the year.", code="unknown-firm")
    row = places[firm]
    eligible[one.id] = np.ones(len(firms), np.bool_)  # what it would be worth, whoever may have it
    if target is not None:
        alone = firms.part(slice(row, row + 1))
        size = breakeven(alone, one, catalogue.rules, catalogue.rates, quantity="gross", target=target)
        say_json({"size": size}) if as_json else typer.echo(f"{size:,.2f}")
        return
    rules, rates = catalogue.rules, catalogue.rates
    told = explain_value(firms, row, one, rules, rates, background=catalogue.background, eligible=eligible)
    if as_json:
        say_json(told)
        return
    element = terms_element(told, text_in(one.title, tongue), tongue)
    print_element(element)
    for note in element.notes:
        typer.echo(f"  {note}")


@app.command("align")
def align_instruments(
    region: str = typer.Option(..., "--region", help="Code of the region, as 440000."),
    on: str = _ON,
    measures: Path | None = typer.Option(None, "--measures", help="Folder with instruments of the region that the pack lacks."),
    pack: str = _PACK,
    out: Path | None = _OUT,
    language: str = _LANGUAGE,
    as_json: bool = _JSON,
) -> None:
    """For provinces and auditors: a region's measures beside the national ones, and conditions that higher law bars or doubts.

    Example: littlegiant instruments align --region 440000 --on 2026-05-25
    """
    from littlegiant.documents import read_document
    from littlegiant.finance.alignment import align, covers, lint_measures, read_local_rules
    from littlegiant.finance.catalogue import InstrumentFile
    from littlegiant.finance.report import align_elements
    from littlegiant.problems import refuse

    tongue, catalogue = parse_language(language), _catalogue(pack, on)
    if measures is not None and not measures.is_dir():
        refuse("--measures", f"no folder {str(measures)!r}", "a folder with instruments", "Check the path.", code="no-file")
    paths = sorted(measures.glob("*.yaml")) if measures is not None else []
    more = [read_document(path, InstrumentFile, name=path.name).value.root for path in paths]
    rows = align(catalogue, region, more=more)
    shown = [each for each in (*catalogue.instruments, *more) if each.level == "national" or covers(each.region, region)]
    doubts = lint_measures(shown, read_local_rules(catalogue.pack))
    if as_json:
        say_json({"purposes": rows, "doubts": [{"instrument": d.instrument, "condition": d.condition} for d in doubts]})
        return
    elements = align_elements(rows, doubts, shown, region, tongue)
    for element in elements:
        print_element(element)
    if out is not None:
        write_page(elements, elements[0].title, elements[0].sentence, out, tongue, synthetic=False)


@app.command("respond")
def respond_to_instruments(
    register: Path = typer.Argument(help="Folder of a register."),
    designs: list[str] = typer.Option(..., "--design", help="Instruments of a design, joined by +; say it for each design."),
    year: int = _YEAR,
    on: str = _ON,
    draws: int = typer.Option(5000, "--draws", min=100, max=200_000, help="Draws of the parameters, common to all designs."),
    seed: int = typer.Option(0, "--seed", min=0, help="Seed of the draws."),
    parameters: Path | None = typer.Option(None, "--parameters", help="Your own parameters, each with a source (CSV)."),
    pack: str = _PACK,
    out: Path | None = _OUT,
    language: str = _LANGUAGE,
    as_json: bool = _JSON,
) -> None:
    """For analysts: how much R&D each design brings, with bands, what drives them, how good the evidence is.

    Example: littlegiant instruments respond rounds/demo-register --design rd-super-deduction --year 2025 --on 2026-05-25
    """
    from littlegiant.appraisal.designs import design_of
    from littlegiant.appraisal.entitlements import entitled
    from littlegiant.finance.report import response_element
    from littlegiant.finance.response import read_parameters, respond
    from littlegiant.register import open_register

    tongue, catalogue = parse_language(language), _catalogue(pack, on)
    opened = open_register(register)
    sets = {name: [catalogue.instrument(id.strip()) for id in name.split("+")] for name in designs}
    firms, eligible = entitled(opened, catalogue, [each for members in sets.values() for each in members], year=year)
    made = [design_of(name, members, firms, catalogue, eligible=eligible) for name, members in sets.items()]
    found = respond(firms.rd, firms.size, made, read_parameters(parameters), draws=draws, seed=seed)
    element = response_element(found, catalogue.pack, tongue)
    if as_json:
        say_json([{**dict(row), "drivers": each.drivers} for row, each in zip(element.rows, found, strict=True)])
        return
    print_element(element)
    if out is not None:
        write_page([element], element.title, element.sentence, out, tongue, synthetic=opened.synthetic)


@app.command("cumulate")
def cumulate_aid(
    aid: Path = typer.Argument(help="CSV: aid, undertaking, granted_on, measure, level, equivalent, cost, status, small_aid."),
    on: str = _ON,
    costs: Path | None = typer.Option(None, "--costs", help="CSV of eligible costs: undertaking, cost, amount."),
    intensity: float | None = typer.Option(None, "--intensity", help="Highest share of aid in an eligible cost, as 0.5."),
    small_aid: float | None = typer.Option(None, "--small-aid", help="Most small aid of an undertaking in three years."),
    as_json: bool = _JSON,
) -> None:
    """For the levels together: what aid over the same cost adds up to, which ceilings it breaks, who has to cut by how much.

    Example: littlegiant instruments cumulate aid.csv --costs costs.csv --intensity 0.5 --on 2026-05-25
    """
    from littlegiant.finance.aid_files import read_aids, read_costs
    from littlegiant.finance.cumulation import Ceilings, cumulate
    from littlegiant.problems import refuse

    if intensity is None and small_aid is None:
        refuse(
            "--intensity", "no ceiling", "--intensity, --small-aid or both", "Say what is to be checked.", code="missing-option"
        )
    day, ceilings = parse_date(on, "--on"), Ceilings(intensity=intensity, small_aid=small_aid)
    eligible = {} if costs is None else read_costs(costs)
    found = [cumulate(own, eligible.get(name, {}), ceilings, on=day) for name, own in read_aids(aid).items()]
    if as_json:
        say_json(found)
        return
    rows: list[list[Any]] = []
    for each in found:
        rows += [[each.undertaking, cut.aid, cut.level, f"{cut.from_:,.2f}", f"{cut.to:,.2f}", cut.why] for cut in each.cuts]
        rows += [[each.undertaking, "", "", "", "", flag] for flag in each.flags]
    broken = sum(bool(each.over) for each in found)
    typer.echo(f"Undertakings: {len(found):,}, above a ceiling: {broken:,}. Aid at a ceiling is within it.")
    if rows:
        table(["undertaking", "aid", "level", "from", "to", "why"], rows)


def entitlements_command(
    register: Path = typer.Argument(help="Folder of a register."),
    year: int = _YEAR,
    on: str = _ON,
    firm: str | None = typer.Option(None, "--firm", help="The page of one firm instead."),
    aid: Path | None = typer.Option(None, "--aid", help="What was claimed: CSV or Parquet with firm and measure."),
    table_to: Path | None = typer.Option(None, "--table", help="Write one row a firm and instrument to this Parquet file."),
    benchmark: str = _BENCHMARK,
    pack: str = _PACK,
    out: Path | None = _OUT,
    language: str = _LANGUAGE,
    as_json: bool = _JSON,
) -> None:
    """For firms and bureaus: who may claim what, on which ground, what it is worth, what is left unclaimed.

    Example: littlegiant entitlements rounds/demo-register --year 2025 --on 2026-05-25 --firm SYN000000000000021
    """
    import tempfile

    from littlegiant.appraisal.entitlement_report import firm_entitlements, register_elements
    from littlegiant.appraisal.entitlements import entitlements, read_aid
    from littlegiant.problems import refuse
    from littlegiant.register import open_register

    tongue, catalogue = parse_language(language), _catalogue(pack, on, benchmark)
    opened = open_register(register)
    if firm is not None:
        if aid is not None or table_to is not None:
            refuse("--firm", "with --aid or --table", "one firm, or the register", "Leave one out.", code="options")
        found = firm_entitlements(opened, catalogue, firm, year=year, language=tongue)
        if as_json:
            say_json([{name: row[name] for name in row if name != "order"} for row in found.rows])
            return
        for element in found.elements[:2]:
            print_element(element)
        if out is not None:
            head = found.elements[0]
            write_page(found.elements, head.title, head.sentence, out, tongue, synthetic=opened.synthetic)
        return
    claimed = None if aid is None else read_aid(aid, catalogue)
    with tempfile.TemporaryDirectory(prefix="littlegiant-") as scratch:
        to = table_to or Path(scratch) / "entitlements.parquet"
        result = entitlements(opened, catalogue, year=year, to=to, aid=claimed)
        if as_json:
            say_json({"joint": result.joint, "groups": result.groups.to_pylist()})
            return
        elements = register_elements(result, catalogue, tongue)
    print_element(elements[0])
    for note in elements[0].notes:
        typer.echo(note)
    if table_to is not None:
        typer.echo(f"{table_to}: {result.written.rows:,} rows, digest {result.written.digest}")
    if out is not None:
        write_page(elements, elements[0].title, elements[0].sentence, out, tongue, synthetic=opened.synthetic)


def stress_command(
    register: Path = typer.Argument(help="Folder of a register."),
    scenario: str = typer.Option("severe", "--scenario", help="Id of a scenario of the pack, or a YAML or CSV file."),
    year: int = _YEAR,
    on: str = _ON,
    draws: int = typer.Option(0, "--draws", min=0, max=100_000, help="Replications with the scenario's uncertain factors."),
    seed: int = typer.Option(0, "--seed", min=0, help="Seed of the draws."),
    instruments: bool = typer.Option(
        False, "--instruments", help="What the pack's own instruments close, for firms that may have them."
    ),
    tax_rate: float = typer.Option(0.0, "--tax-rate", min=0, max=1, help="Tax on each month's profit, as 0.25."),
    pack: str = _PACK,
    out: Path | None = _OUT,
    language: str = _LANGUAGE,
    as_json: bool = _JSON,
) -> None:
    """For programme offices: who falls short of money in a scenario, by how much, and what each kind of help closes.

    Example: littlegiant stress rounds/demo-register --scenario severe --year 2025 --on 2026-05-25 --draws 200 --out stress.html
    """
    from littlegiant.appraisal.entitlements import entitled
    from littlegiant.appraisal.positions import positions
    from littlegiant.assessment.relation import check_year
    from littlegiant.finance.report import draws_element, stress_elements
    from littlegiant.finance.stress import Behaviour, close, monte_carlo, run
    from littlegiant.finance.stress.instruments import close_by
    from littlegiant.problems import refuse
    from littlegiant.register import open_register
    from littlegiant.words import text_in

    tongue, catalogue = parse_language(language), _catalogue(pack, on)
    opened = open_register(register)
    chosen, reliefs = _scenario(catalogue, scenario), _reliefs(catalogue)
    check_year(opened, year)
    firms = positions(opened, catalogue, year=year)
    how = Behaviour(tax_rate=tax_rate)
    before = run(firms, chosen, behaviour=how)
    closed = [(text_in(each.title, tongue), close(firms, chosen, each, before, behaviour=how)) for each in reliefs]
    if instruments:
        _, eligible = entitled(opened, catalogue, catalogue.instruments, year=year)
        rules, rates = catalogue.rules, catalogue.rates
        for one in sorted(catalogue.instruments, key=lambda each: each.id):
            found = close_by(firms, chosen, one, rules, rates, before, eligible=eligible[one.id], behaviour=how)
            closed += [(text_in(one.title, tongue), found)] if found is not None else []
    elements = stress_elements(firms, chosen, before, closed, catalogue.pack, tongue)
    if draws:
        if tax_rate:
            refuse(
                "--tax-rate", "with --draws", "one of the two", "The draws are made without tax; leave one out.", code="options"
            )
        if not chosen.uncertain:
            found_ = f"--draws with the scenario {chosen.scenario}, in which nothing is uncertain"
            refuse("--draws", found_, "a scenario with `uncertain:`", "Leave --draws out, or add it.", code="options")
        elements.insert(1, draws_element(monte_carlo(firms, chosen, draws=draws, seed=seed), draws, catalogue.pack, tongue))
    if as_json:
        say_json({element.id: [dict(row) for row in element.rows] for element in elements})
        return
    for element in elements[: 3 if draws else 2]:
        print_element(element)
    if out is not None:
        write_page(elements, text_in(chosen.title, tongue), elements[0].sentence, out, tongue, synthetic=opened.synthetic)


def _scenario(catalogue: "Catalogue", name: str) -> "Scenario":
    from littlegiant.documents import read_document
    from littlegiant.finance.stress import Scenario, scenario_from_file
    from littlegiant.problems import refuse, suggestion

    path = Path(name)
    if path.suffix == ".csv":
        return scenario_from_file(path)
    if path.suffix in (".yaml", ".yml"):
        return read_document(path, Scenario, name=path.name).value
    known = {each.stem: each for each in catalogue.pack.paths("scenarios")}
    if name not in known:
        remedy = suggestion(name, known) or f"Known: {', '.join(known)}."
        refuse("--scenario", f"no scenario {name!r}", "", remedy, code="unknown-name")
    return catalogue.pack.document(known[name], Scenario).value


def _reliefs(catalogue: "Catalogue") -> "list[Relief]":
    from littlegiant.finance.stress import Relief

    return [catalogue.pack.document(path, Relief).value for path in catalogue.pack.paths("reliefs")]
