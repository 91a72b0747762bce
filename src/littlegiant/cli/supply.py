"""`supply …`: criticality of firms, chokepoints, shocks, missing links; restricted, and each page says so."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from littlegiant.cli.answering import parse_language, print_element, say_json, write_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from littlegiant.criticality import Known
    from littlegiant.criticality.placing import Placed
    from littlegiant.networks.risk import Measure
    from littlegiant.pages import Element

app = typer.Typer(
    help="Supply networks: critical firms, chokepoints, shocks, missing links.", no_args_is_help=True, rich_markup_mode=None
)
_SUPPLY = typer.Argument(help="The supply file: what is known of the network, and where it lies.")
_REGISTER = typer.Option(..., "--register", help="Folder of a register.")
_YEAR = typer.Option(..., "--year", help="The year whose figures are used.")
_PACK = typer.Option("cn", "--pack", help="A built-in pack or the folder of one.")
_OUT = typer.Option(None, "--out", help="Write the page (HTML) here.")
_LANGUAGE = typer.Option("en", "--language", help="Language: zh or en.")
_JSON = typer.Option(False, "--json", help="Print as JSON.")
_THREADS = typer.Option(None, "--threads", min=1, help="Threads; without it as many as there are. They change nothing.")


def _known(supply: Path, register: Path, pack: str, year: int) -> "Known":
    from littlegiant.criticality import open_supply
    from littlegiant.packs import open_pack
    from littlegiant.register import open_register

    return open_supply(supply, open_register(register), open_pack(pack), year=year)


def _answer(elements: "Sequence[Element]", out: Path | None, language: str, as_json: bool, *, synthetic: bool) -> None:
    tongue = parse_language(language)
    if as_json:
        say_json({each.id: [dict(row) for row in each.rows] for each in elements})
    else:
        for each in elements:
            typer.echo(f"\n{each.title}" if each is not elements[0] else each.title)
            print_element(each)
            for note in each.notes:
                typer.echo(f"  {note}")
    if out is not None:
        write_page(elements, elements[0].title, elements[0].sentence, out, tongue, synthetic=synthetic, quiet=as_json)


@app.command("criticality")
def criticality_command(
    supply: Path = _SUPPLY,
    register: Path = _REGISTER,
    year: int = _YEAR,
    firm: list[str] = typer.Option(
        [], "--firm", help="Measure this firm exactly and draw it among its partners; may be repeated."
    ),
    table: Path | None = typer.Option(None, "--table", help="Write the table of firms (Parquet) here; it is restricted."),
    keep: Path | None = typer.Option(None, "--keep", help="Keep the network's arrays in this folder, for `supply firm`."),
    spark: str = typer.Option("", "--spark", help="Measure in this Spark session, as local[2]; --keep where all workers see it."),
    pack: str = _PACK,
    out: Path | None = _OUT,
    threads: int | None = _THREADS,
    language: str = _LANGUAGE,
    as_json: bool = _JSON,
) -> None:
    """For programme offices: how critical each firm is, how concentrated the risk, what is known of each chain.

    Example: littlegiant supply criticality supply.yaml --register register --year 2025 --out criticality.html
    """
    from littlegiant.criticality import criticality
    from littlegiant.criticality.report import elements, firm_element
    from littlegiant.criticality.writing import write_criticality

    tongue = parse_language(language)
    known = _known(supply, register, pack, year)
    for name in firm:
        _needs_network(known).find(name)
    if keep is not None:
        from littlegiant.criticality.keeping import keep as keep_network

        keep_network(_needs_network(known), keep, synthetic=known.register.synthetic)
    measure = _on_spark(spark, keep) if spark else None
    found = criticality(known, named=firm, threads=threads, measure=measure, progress=lambda step: typer.echo(step, err=True))
    shown = elements(found, tongue)
    if found.ranking is not None:
        shown += [firm_element(found, name, tongue) for name in firm]
    if table is not None:
        write_criticality(found.table, table)
        typer.echo(str(table), err=True)
    _answer(shown, out, language, as_json, synthetic=known.register.synthetic)


def _on_spark(master: str, keep: Path | None) -> "Measure":
    from littlegiant.criticality.keeping import layout_of
    from littlegiant.engines.spark_engine import SparkEngine
    from littlegiant.networks import measured_by
    from littlegiant.problems import refuse

    if keep is None:
        refuse("--spark", "no --keep", "a folder that all workers see", "Add --keep FOLDER.", code="missing-option")
    engine = SparkEngine(master)
    return measured_by(engine, layout_of(keep), workers=engine.workers)


@app.command("firm")
def firm_command(
    network: Path = typer.Argument(help="Folder of a network, made with `supply criticality … --keep`."),
    firm: str = typer.Argument(help="Id of the firm."),
    as_json: bool = _JSON,
) -> None:
    """For analysts: what the failure of one firm costs, at once, from the arrays of a network that was kept.

    Example: littlegiant supply firm network SYN000000000000021
    """
    from littlegiant.criticality.keeping import about, firm_risk
    from littlegiant.words import say

    kept = about(network)
    found = firm_risk(network, firm)
    if found is None:
        said = say("sup_not_measured", "en", firm=firm)
        say_json({"firm": firm, "esri": None}) if as_json else typer.echo(said)
        return
    names = ("esri", "downstream", "upstream", "bound", "steps", "converged")
    row = {name: getattr(found, name)[0].item() for name in names}
    if as_json:
        say_json({"firm": firm, **row, **kept, "restricted": True})
        return
    part = f"downstream {row['downstream']:.4%}, upstream {row['upstream']:.4%}"
    settled = "settled" if row["converged"] else "not settled: a lower bound"
    how = f"{part}; {row['steps']} sweeps, {settled}"
    typer.echo(f"{firm}: {row['esri']:.4%} of the sales in the network are lost when it fails ({how}).")
    grade = say(f"sup_grade_{kept['grade']}", "en")
    typer.echo(say("sup_say_kept", "en", links=f"{kept['links']:,}", year=kept["year"], grade=grade))
    typer.echo(say("sup_restricted", "en"))
    if kept["synthetic"]:
        typer.echo(say("banner_synthetic", "en"))


@app.command("chokepoints")
def chokepoints_command(
    supply: Path = _SUPPLY,
    register: Path | None = typer.Option(None, "--register", help="Folder of a register: who of it could fill them."),
    year: int = typer.Option(0, "--year", help="The year whose figures are used, with --register."),
    product: str = typer.Option("", "--product", help="Say what stands upstream of this product, and the weakest of it."),
    pack: str = _PACK,
    out: Path | None = _OUT,
    language: str = _LANGUAGE,
    as_json: bool = _JSON,
) -> None:
    """For analysts: products on which the country depends most, by stage, with years and gaps of the data.

    Example: littlegiant supply chokepoints chips/supply.yaml --out chokepoints.html
    """
    from littlegiant.criticality import open_supply, read_supply
    from littlegiant.criticality.chokepoints import read_chokepoints
    from littlegiant.criticality.firm_criticality import made_by
    from littlegiant.criticality.report import chokepoint_element, readiness_element, stage_element
    from littlegiant.criticality.trade_files import judged_trade, trade_element
    from littlegiant.packs import open_pack
    from littlegiant.problems import refuse
    from littlegiant.register import open_register

    tongue = parse_language(language)
    document = read_supply(supply)
    given = document.value
    if given.dependence is None and given.trade is None:
        expected = "who provides which share of which product, or trade by product"
        refuse(document.name, "no `dependence:` and no `trade:`", expected, code="no-dependence")
    if product and given.dependence is None:
        refuse("--product", "no `dependence:`", "a chain of products", code="no-dependence")
    shown, synthetic = [], False
    if given.dependence is not None:
        found = read_chokepoints(given.dependence, supply.parent, given.home)
        made = {}
        if register is not None:
            if not year:
                refuse("--year", "nothing", "the year whose figures are used", "Add --year 2025.", code="missing-option")
            known = open_supply(supply, open_register(register), open_pack(pack), year=year)
            made, synthetic = made_by(known), known.register.synthetic
        shown += [chokepoint_element(found, made, tongue), stage_element(found, tongue)]
    if given.trade is not None:
        shown.append(trade_element(given.trade, judged_trade(given.trade, supply.parent, given.home), tongue))
    if product:
        shown.append(readiness_element(found, product, tongue))
    _answer(shown, out, language, as_json, synthetic=synthetic)


@app.command("shock")
def shock_command(
    supply: Path = _SUPPLY,
    shock: Path = typer.Argument(help="The scenario: who is hit, how losses recover, perhaps a measure."),
    register: Path = _REGISTER,
    year: int = _YEAR,
    firm: str = typer.Option("", "--firm", help="Explain the loss of this firm instead of those that lose most."),
    pack: str = _PACK,
    out: Path | None = _OUT,
    language: str = _LANGUAGE,
    as_json: bool = _JSON,
) -> None:
    """For analysts: what a shock costs firm by firm, sector, region, with the links that carried it, before and after a measure.

    Example: littlegiant supply shock supply.yaml shock.yaml --register register --year 2025
    """
    from littlegiant.criticality import read_shock, run_shock
    from littlegiant.criticality.shock_report import shock_elements

    tongue = parse_language(language)
    known = _known(supply, register, pack, year)
    scenario = read_shock(shock).value
    placed = _needs_network(known)
    if firm:
        placed.find(firm)
    result = run_shock(placed, scenario)
    _answer(shock_elements(result, known.pack, tongue, firm), out, language, as_json, synthetic=known.register.synthetic)


def _needs_network(known: "Known") -> "Placed":
    from littlegiant.problems import refuse

    if known.placed is None:
        refuse(f"supply {known.supply.supply}", "no links between firms", "`links:` or `declared:`", code="no-links")
    return known.placed


@app.command("missing")
def missing_command(
    supply: Path = _SUPPLY,
    register: Path = _REGISTER,
    year: int = _YEAR,
    top: int | None = typer.Option(None, "--top", min=1, help="How many are valued in full; without it as the file says."),
    pack: str = _PACK,
    out: Path | None = _OUT,
    threads: int | None = _THREADS,
    language: str = _LANGUAGE,
    as_json: bool = _JSON,
) -> None:
    """For programme offices: the missing links worth most, and the firms of the register nearest to filling them.

    Example: littlegiant supply missing supply.yaml --register register --year 2025 --top 10
    """
    from littlegiant.criticality.candidates import missing_links
    from littlegiant.criticality.report import missing_element

    tongue = parse_language(language)
    known = _known(supply, register, pack, year)
    placed = _needs_network(known)
    typer.echo("missing links", err=True)
    found = missing_links(
        placed,
        failure=known.supply.failure,
        share=known.supply.share,
        full=top if top is not None else known.supply.gaps,
        links=known.key_links,
        catalogue=known.catalogue,
        threads=threads,
    )
    _answer([missing_element(found, known, tongue)], out, language, as_json, synthetic=known.register.synthetic)


@app.command("coverage")
def coverage_command(
    supply: Path = _SUPPLY,
    register: Path = _REGISTER,
    year: int = _YEAR,
    pack: str = _PACK,
    out: Path | None = _OUT,
    language: str = _LANGUAGE,
    as_json: bool = _JSON,
) -> None:
    """For everyone in the office: what can and what cannot be said about each chain with the data at hand.

    Example: littlegiant supply coverage supply.yaml --register register --year 2025
    """
    from littlegiant.criticality import coverage_of
    from littlegiant.criticality.report import coverage_element
    from littlegiant.problems import refuse

    known = _known(supply, register, pack, year)
    if known.catalogue is None:
        refuse(f"supply {known.supply.supply}", "no `catalogue:`", "the id of a catalogue of key links", code="no-catalogue")
    element = coverage_element(coverage_of(known), known.catalogue, parse_language(language))
    _answer([element], out, language, as_json, synthetic=known.register.synthetic)


@app.command("sectors")
def sectors_command(
    table: Path = typer.Argument(help="CSV of an input-output table: from, to, origin (domestic, imported), value."),
    register: Path | None = typer.Option(
        None, "--register", help="Draw networks of this register's sizes; with --map and --year."
    ),
    sector_map: Path | None = typer.Option(
        None, "--map", help="CSV: register, table; which sector of the table a code belongs to."
    ),
    year: int = typer.Option(0, "--year", help="The year of the sizes."),
    links: float = typer.Option(0.0, "--links", help="Links to draw; without it eight a firm."),
    draws: int = typer.Option(20, "--draws", min=20, help="Networks drawn."),
    seed: int = typer.Option(0, "--seed", min=0, help="Seed of the draws."),
    pack: str = _PACK,
    out: Path | None = _OUT,
    language: str = _LANGUAGE,
    as_json: bool = _JSON,
) -> None:
    """For analysts without firm-to-firm data: what a sector table says, and what drawn networks would look like. Never of a firm.

    Example: littlegiant supply sectors table.csv
    """
    from littlegiant.criticality.tables import drawn_element, read_table, sectors_element
    from littlegiant.packs import open_pack
    from littlegiant.problems import refuse
    from littlegiant.register import open_register

    tongue = parse_language(language)
    read = read_table(table)
    shown, synthetic = [sectors_element(read, tongue)], False
    if register is not None:
        if sector_map is None:
            refuse(
                "--map",
                "nothing",
                "a CSV: register, table",
                "Say which sector of the table a code belongs to.",
                code="missing-option",
            )
        opened = open_register(register)
        synthetic = opened.synthetic
        typer.echo(f"drawing {draws} networks", err=True)
        shown.append(
            drawn_element(
                read, opened, open_pack(pack), sector_map, year=year, links=links, draws=draws, seed=seed, language=tongue
            )
        )
    _answer(shown, out, language, as_json, synthetic=synthetic)
