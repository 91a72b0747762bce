"""`allocate …`: an award call solved, explained, checked, played with, handed to outsiders."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from littlegiant.cli.answering import parse_date, parse_language, say_json, table, write_page, write_text
from littlegiant.cli.drawing import read_draw

if TYPE_CHECKING:
    from collections.abc import Callable

    from littlegiant.allocation.award import AwardCall
    from littlegiant.allocation.call_solving import CallSolution
    from littlegiant.allocation.carrying_out import Carried
    from littlegiant.allocation.naming import Naming

app = typer.Typer(
    help="Limited budgets to firms and packages, with prices and a certificate.", no_args_is_help=True, rich_markup_mode=None
)
_ON = typer.Option(..., "--on", help="The day whose law and rates hold, as 2026-05-25.")
_PACK = typer.Option("cn", "--pack", help="A built-in pack or the folder of one.")
_LANGUAGE = typer.Option("en", "--language", help="Language: zh or en.")
_JSON = typer.Option(False, "--json", help="Print as JSON.")
_AWARD = typer.Argument(help="The award call, as award.yaml.")
_FOLDER = typer.Argument(help="Folder that `allocate solve` wrote.")
_DRAW = typer.Option(None, "--draw", help="The draw, as `draw open` wrote it: decides ties and the lottery zone.")


def _call(path: Path) -> "AwardCall":
    from littlegiant.allocation.award import AwardCall
    from littlegiant.documents import read_document

    return read_document(path, AwardCall).value


def _solved(folder: Path) -> Path:
    """Return the folder, or refuse one that `allocate solve` did not write."""
    from littlegiant.problems import refuse

    if not (folder / "options.parquet").is_file() or not (folder / "attributes.json").is_file():
        refuse(str(folder), "no options.parquet", "a folder of `allocate solve`", "Check the path.", code="no-file")
    return folder


def _minor(pack: str) -> int:
    from littlegiant.packs import open_pack

    return open_pack(pack).header.currency.minor.per_main


@app.command("solve")
def solve_award(
    award: Path = _AWARD,
    register: Path = typer.Option(..., "--register", help="Folder of the register."),
    year: int = typer.Option(..., "--year", help="The year whose figures are used."),
    on: str = _ON,
    out: Path = typer.Option(..., "--out", help="Folder for options, allocation, certificate and page."),
    acts: Path | None = typer.Option(None, "--acts", help="Findings for the gate (acts.jsonl)."),
    criticality: Path | None = typer.Option(None, "--criticality", help="CSV with firm and criticality from 0 to 1."),
    draw: Path | None = _DRAW,
    audit: int = typer.Option(0, "--audit", min=0, max=1_000, help="Solve again so often with noisy benefits."),
    simulate: int = typer.Option(0, "--simulate", min=0, max=10_000, help="Simulated draws of the lottery, for propensities."),
    threads: int = typer.Option(1, "--threads", min=1, help="Threads; they change no digit."),
    no_page: bool = typer.Option(False, "--no-page", help="Leave out report.html with frontier, rules, fairness."),
    pack: str = _PACK,
    language: str = _LANGUAGE,
    as_json: bool = _JSON,
) -> None:
    """For programme offices: who gets which package, the prices that explain it, how far from the best it can be at most.

    Example: littlegiant allocate solve award.yaml --register register --year 2025 --on 2026-05-25 --out allocation
    """
    from littlegiant.allocation.beside import compare, elements
    from littlegiant.allocation.carrying_out import carry_out
    from littlegiant.allocation.naming import Naming
    from littlegiant.finance import open_catalogue
    from littlegiant.packs import open_pack
    from littlegiant.register import open_register
    from littlegiant.words import text_in

    tongue, call = parse_language(language), _call(award)
    catalogue = open_catalogue(open_pack(pack), parse_date(on, "--on"))
    naming = Naming(call, catalogue.pack, tongue)
    opened = open_register(register)
    done = carry_out(
        call, award.parent, opened, catalogue, out, year=year, draw=read_draw(draw), findings=_findings(call, catalogue, acts),
        criticality=_criticality(criticality), simulate=simulate, threads=threads,
    )  # fmt: skip
    found = done.found
    shown = [] if no_page else elements(found, compare(found, out, minor=naming.minor), naming)
    if as_json:
        say_json(json.loads((out / "certificate.json").read_text(encoding="utf-8")))
    else:
        _say_result(done, naming)
    if audit and not as_json:
        _say_audit(found, audit, call.seed, naming)
    if shown:
        title = text_in(call.title, tongue) or call.award
        write_page(shown, title, shown[0].sentence, out / "report.html", tongue, synthetic=opened.synthetic, quiet=as_json)


def _say_audit(found: "CallSolution", rounds: int, seed: int, naming: "Naming") -> None:
    from littlegiant.allocation.robustness import audit

    solved = found.solved
    done = audit(solved.call, solved.table, found.sigma, found.probability, rounds=rounds, seed=seed)
    values = {"rounds": done.holds, "mean": f"{done.mean_difference:.4f}", "largest": f"{done.largest_difference:.2f}"}
    typer.echo(naming.say("alloc_say_audit", **values))


def _say_result(done: "Carried", naming: "Naming") -> None:
    from littlegiant.allocation.report import rows_element, summary_element
    from littlegiant.allocation.rule_words import rule_in_words

    summary = summary_element(done.found, naming)
    if done.found.call.lottery is not None and done.found.lottery is None:
        typer.echo(naming.say("alloc_no_draw"))
    met, not_met, unknown = done.appraisal.gate
    counted = {"met": f"{met:,}", "not_met": f"{not_met:,}", "unknown": f"{unknown:,}"}
    typer.echo(naming.say("alloc_gate", **counted))
    for rule, count in done.appraisal.options.dropped.items():
        typer.echo("  " + naming.say("alloc_dropped", rule=rule_in_words(rule, naming), count=f"{count:,}"))
    typer.echo(summary.sentence)
    table([c.heading for c in summary.columns], [[row[c.key] for c in summary.columns] for row in summary.rows])
    rows = rows_element(done.found, naming)
    priced = [row for row in rows.rows if row["price"]]
    if priced:
        names = ("row", "floor", "ceiling", "use", "price")
        heads = {c.key: c.heading for c in rows.columns}
        table([heads[name] for name in names], [[row[name] for name in names] for row in priced])


def _findings(call: "AwardCall", catalogue: Any, acts: Path | None) -> Any:
    from littlegiant.rounds.acts import findings_table, read_acts
    from littlegiant.standards import compile_applying

    if acts is None or call.gate is None:
        return None
    compiled = compile_applying(catalogue.pack, call.gate, on=catalogue.on, application="new")
    return findings_table(read_acts(acts), compiled, acts.name)


def _criticality(path: Path | None) -> dict[str, float] | None:
    from littlegiant.documents import read_rows
    from littlegiant.problems import refuse

    if path is None:
        return None
    found = {}
    for place, row in read_rows(path, ("firm", "criticality")):
        try:
            value = float(row["criticality"])
        except ValueError:
            value = -1.0
        if not 0 <= value <= 1:
            refuse(
                f"{place}, column criticality",
                repr(row["criticality"]),
                "0 to 1",
                "Leave out firms that are not known.",
                code="range",
            )
        found[row["firm"]] = value
    return found


@app.command("letter")
def letter_of_case(
    folder: Path = _FOLDER,
    award: Path = typer.Option(..., "--award", help="The award call, as award.yaml."),
    case: str = typer.Option(..., "--case", help="Id of the project, or of the firm where there are no projects."),
    out: Path | None = typer.Option(None, "--out", help="Write the firm's own file (JSON), which it can check."),
    draw: Path | None = _DRAW,
    pack: str = _PACK,
    language: str = _LANGUAGE,
) -> None:
    """For firms: what a project gets and why, at which factor of the prices it would be funded, where its benefit comes from.

    Example: littlegiant allocate letter allocation --award award.yaml --case P00001
    """
    from littlegiant.allocation.carrying_out import option_row, solved_again
    from littlegiant.allocation.letters import benefit_terms, letter, terms
    from littlegiant.allocation.naming import Naming
    from littlegiant.allocation.publishing import firm_file, write_json
    from littlegiant.allocation.rule_words import rule_in_words
    from littlegiant.packs import open_pack
    from littlegiant.problems import refuse, suggestion

    call = _call(award)
    naming = Naming(call, open_pack(pack), parse_language(language))
    found = solved_again(call, award.parent, _solved(folder), minor=naming.minor, draw=read_draw(draw))
    cases = found.solved.table.cases
    if case not in cases:
        refuse("--case", f"no case {case!r}", "", suggestion(case, cases) or "Check the id.", code="unknown-case")
    number = cases.index(case)
    means = json.loads((folder / "means.json").read_text(encoding="utf-8"))
    typer.echo(letter(found, number, naming))
    for package in found.solved.table.packages:
        option = option_row(folder, case, package)
        if option and option["dropped"] == "":
            typer.echo(f"{naming.package(package)}: {terms(option, naming)}")
            typer.echo(f"  {benefit_terms(option, means, naming)}")
        elif option:
            typer.echo(f"{naming.package(package)}: {rule_in_words(option['dropped'], naming)}")
    if out is not None:
        write_json(out, firm_file(found.solved, number, {"award": found.call.award}))
        typer.echo(str(out))


@app.command("verify")
def verify_award(
    folder: Path = _FOLDER,
    firm: Path | None = typer.Option(None, "--firm", help="A firm's own file, as `allocate letter --out` wrote it."),
    public: bool = typer.Option(False, "--public", help="Check only what is public."),
    as_json: bool = _JSON,
) -> None:
    """For everybody, firms and auditors: recount an allocation without a solver, as far as one's own files reach.

    Example: littlegiant allocate verify allocation
    """
    from littlegiant.problems import refuse
    from littlegiant_verifier.award import check_firm, check_public, check_whole

    if not (folder / "certificate.json").is_file():
        refuse(str(folder), "no certificate.json", "a folder of `allocate solve`", "Check the path.", code="no-file")
    if firm is not None and not firm.is_file():
        refuse(str(firm), "no such file", "a file of `allocate letter --out`", "Check the path.", code="no-file")
    if firm is not None:
        checks = _checked(lambda: list(check_firm(firm, folder)), firm)
    elif public or not (folder / "award_options.parquet").is_file():
        checks = _checked(lambda: list(check_public(folder)), folder)
    else:
        checks = _checked(lambda: list(check_whole(folder)), folder)
    if as_json:
        say_json([{"what": each.what, "wrong": each.wrong} for each in checks])
    else:
        for each in checks:
            typer.echo(f"{'holds' if not each.wrong else 'FAILS'}  {each.what}{': ' + each.wrong if each.wrong else ''}")
        typer.echo(f"{sum(not each.wrong for each in checks)} of {len(checks)} hold.")
    if any(each.wrong for each in checks):
        raise typer.Exit(1)


def _checked(check: "Callable[[], list[Any]]", what: Path) -> list[Any]:
    """Return the checks, or say in a sentence that the files are not those of an allocation."""
    from littlegiant.problems import refuse

    try:
        return check()
    except (KeyError, ValueError, TypeError, IndexError, ArithmeticError, OSError) as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        refuse(str(what), f"files that cannot be checked ({told})", "those of an allocation", "Fetch them again.", code="damaged")


@app.command("games")
def play_games(
    folder: Path = _FOLDER,
    award: Path = typer.Option(..., "--award", help="The award call, as award.yaml."),
    factor: float = typer.Option(1.5, "--factor", help="How much more the players ask for."),
    share: float = typer.Option(0.1, "--share", help="Share of the projects that play."),
    baseline: float = typer.Option(0.2, "--baseline", help="By how much players report a lower baseline."),
    seed: int = typer.Option(0, "--seed", min=0, help="Chooses who plays."),
    pack: str = _PACK,
    as_json: bool = _JSON,
) -> None:
    """For analysts: what asking for more, or reporting a lower baseline, would gain, by how benefits are estimated.

    Example: littlegiant allocate games allocation --award award.yaml
    """
    from littlegiant.allocation.carrying_out import builder_of
    from littlegiant.allocation.gaming import ask_for_more, lower_baseline

    builder = builder_of(_call(award), award.parent, _solved(folder), minor=_minor(pack))
    played = ask_for_more(builder, factor=factor, share=share, seed=seed)
    lower = lower_baseline(builder, by=baseline, share=share, seed=seed)
    if as_json:
        say_json({"ask_for_more": played, "lower_baseline": lower})
        return
    rows: list[list[Any]] = [[f"ask {factor:g} times", each.rule, *_played(each)] for each in played]
    rows.append([f"baseline lower by {100 * baseline:g} %", lower.rule, *_played(lower)])
    table(["game", "benefit", "players", "selected before", "selected after", "money", "true value"], rows)


def _played(each: Any) -> list[Any]:
    return [each.players, f"{100 * each.before:.1f} %", f"{100 * each.after:.1f} %", f"{each.money:.2f} ×", f"{each.value:.4f} ×"]


@app.command("export")
def export_pb(
    folder: Path = _FOLDER,
    package: str = typer.Option(..., "--package", help="Id of the package."),
    budget: float = typer.Option(..., "--budget", help="The budget, in the main unit."),
    out: Path = typer.Option(..., "--out", help="The .pb file to write."),
    measure: str = typer.Option("committed", "--measure", help="What a project costs: a column of options.parquet."),
    pack: str = _PACK,
) -> None:
    """For outsiders: one package against one budget as a pabulib file, for tools of participatory budgeting.

    Example: littlegiant allocate export allocation --package full --budget 120000000 --out call.pb
    """
    from littlegiant.allocation.carrying_out import attributes_of
    from littlegiant.allocation.option_table import read_options
    from littlegiant.allocation.pabulib import write_pb
    from littlegiant.problems import refuse

    if not 0 <= budget < float("inf"):
        refuse("--budget", f"{budget:g}", "0 or more, in the main unit", "", code="range")
    options = read_options(_solved(folder) / "options.parquet", attributes_of(folder))
    write_text(out, write_pb(options, package, measure, round(budget * _minor(pack)), description=folder.name))
    typer.echo(str(out))


@app.command("import")
def import_pb(file: Path = typer.Argument(help="A .pb file of pabulib."), as_json: bool = _JSON) -> None:
    """For outsiders: the projects of most points within the budget of a pabulib file, with the bound no choice exceeds.

    Example: littlegiant allocate import call.pb
    """
    from littlegiant.allocation import allocate
    from littlegiant.allocation.pabulib import read_pb

    election = read_pb(file)
    found = allocate(election.instance())
    assert found.chosen is not None
    assert found.certificate is not None
    won = [name for name, option in zip(election.projects, found.chosen.tolist(), strict=True) if option >= 0]
    if as_json:
        say_json({"points": found.value, "bound": float(found.certificate.bound), "status": found.status, "projects": won})
        return
    most = f"{float(found.certificate.bound):,.1f}"
    typer.echo(f"{len(won):,} of {len(election.projects):,} projects, {found.value:,} points; no choice has more than {most}.")
    typer.echo(", ".join(won))
