"""`register import | check | synthesise`."""

from pathlib import Path

import typer

from littlegiant.cli.answering import say_json, table

app = typer.Typer(help="Bring files in, look at a register, make a synthetic one.", no_args_is_help=True, rich_markup_mode=None)


@app.command("import")
def import_command(
    mapping: Path = typer.Argument(help="The mapping file: which column is which fact."),
    out: Path = typer.Option(..., "--out", help="Folder of the register to write; an old register there is replaced."),
    pack: str = typer.Option("cn", "--pack", help="A built-in pack or the folder of one."),
    as_json: bool = typer.Option(False, "--json", help="Print the counts as JSON."),
) -> None:
    """For the office: bring files in by a mapping; what does not fit goes to rejects and gaps, and the counts add up.

    Example: littlegiant register import examples/ashare/mapping.yaml --out rounds/ashare-register
    """
    from littlegiant.packs import open_pack
    from littlegiant.register import import_register, read_mapping

    opened = open_pack(pack)
    report = import_register(read_mapping(mapping, opened), mapping.parent, opened, out)
    if as_json:
        say_json(report.as_dict())
        return
    table(
        ["file", "read", "used", "filtered", "rejected"],
        [[s.file.rpartition("/")[2], s.read, s.used, s.filtered, s.rejected] for s in report.sources],
    )
    typer.echo("")
    rows = [[c.column, c.fact, c.supplied, c.missing, c.unmapped, c.rejected, c.rounded] for c in report.columns]
    table(["column", "fact", "supplied", "missing", "not mapped", "rejected", "rounded"], rows)
    typer.echo(
        f"\n{out}: {report.firms:,} firms, {report.firm_years:,} firm-years; rejects.parquet and gaps.parquet say what and why"
    )


@app.command("check")
def check(
    register: Path = typer.Argument(help="Folder of a register."),
    as_json: bool = typer.Option(False, "--json", help="Print as JSON."),
) -> None:
    """For the office: hold every table of a register against its index. Exit code 1 when one has changed.

    Example: littlegiant register check rounds/demo-register
    """
    from littlegiant.register.checking import check_register

    results = check_register(register)
    if as_json:
        say_json(results)
    else:
        table(["table", "rows", "state"], [[r["table"], r["rows"], r["difference"] or "as indexed"] for r in results])
    raise typer.Exit(1 if any(r["difference"] for r in results) else 0)


@app.command("load")
def load_command(
    register: Path = typer.Argument(help="Folder of a register."),
    database: str = typer.Argument(help="Address, as postgresql://host/database?schema=firms."),
) -> None:
    """For offices with a database: copy a register into PostgreSQL, to be judged there.

    Example: littlegiant register load register postgresql://localhost/office?schema=firms_2025
    """
    from littlegiant.register import open_register
    from littlegiant.register.database import load_register

    rows = load_register(open_register(register), database)
    typer.echo(f"{rows:,} rows loaded")


@app.command("groups")
def groups_command(
    register: Path = typer.Argument(help="Folder of a register with the table ownership (owner, firm, share, kind)."),
    out: Path = typer.Option(..., "--out", help="Folder of the register to write, with what the groups tell filled in."),
    pack: str = typer.Option("cn", "--pack", help="A built-in pack or the folder of one."),
) -> None:
    """For offices: put firms that belong together into groups, add up their figures, see who stands beside a titled firm.

    Example: littlegiant register groups register --pack eu --out register-with-groups
    """
    from littlegiant.packs import open_pack
    from littlegiant.register import open_register
    from littlegiant.register.consolidation import write_groups

    found = write_groups(open_register(register), open_pack(pack), out)
    sizes = found.members["size"].to_pylist()
    linked = sum(1 for size in sizes if size > 1)
    typer.echo(f"{out}: {len(sizes):,} firms, {linked:,} linked to another, the largest group has {max(sizes, default=0):,}")
    for ring in found.cycles:
        typer.echo(f"owns itself in a ring: {' → '.join([*ring, ring[0]])}")


@app.command("synthesise")
def synthesise_command(
    out: Path = typer.Option(..., "--out", help="Folder of the register to write."),
    firms: int = typer.Option(100_000, "--firms", help="How many firms."),
    from_year: int = typer.Option(2023, "--from", help="First year."),
    to_year: int = typer.Option(2025, "--to", help="Last year."),
    more: bool = typer.Option(
        False, "--more", help="Add links, ownership, awards with a planted effect, and dirt with its truth."
    ),
    seed: int = typer.Option(..., "--seed", help="The same seed gives the same register on every machine."),
    pack: str = typer.Option("cn", "--pack", help="A built-in pack or the folder of one."),
) -> None:
    """For trying things out: make a register of invented firms from the pack's published moments.

    Example: littlegiant register synthesise --firms 10000 --seed 7 --out rounds/invented
    """
    from littlegiant.packs import open_pack
    from littlegiant.register import open_register, synthesise

    rows = synthesise(open_pack(pack), out, firms=firms, years=tuple(range(from_year, to_year + 1)), seed=seed, more=more)
    typer.echo(f"{out}: {firms:,} invented firms, {rows:,} firm-years, digest {open_register(out).digest}")


@app.command("niches")
def niches_command(
    register: Path = typer.Argument(help="Folder of a register."),
    year: int = typer.Option(..., "--year", help="The year whose figures count."),
    pack: str = typer.Option("cn", "--pack", help="A built-in pack or the folder of one."),
    as_json: bool = typer.Option(False, "--json", help="Print all niches as JSON."),
) -> None:
    """For the office: put the firms of a niche beside each other – implied markets, shares, who calls itself first.

    Example: littlegiant register niches rounds/demo-register --year 2025
    """
    from littlegiant.packs import open_pack
    from littlegiant.register import open_register
    from littlegiant.register.alike import niches

    found = niches(open_register(register), open_pack(pack), year).to_pylist()
    if as_json:
        say_json(found)
        return
    flagged = [row for row in found if row["flags"]]
    typer.echo(f"{len(found):,} niches, {len(flagged):,} to look at: what does not agree is named, nobody is accused")
    names = ("niche", "product", "firms", "shares", "first", "flags")
    rows = [["" if row[name] is None else row[name] for name in names] for row in flagged[:30]]
    table(list(names), [[*row[:3], str(row[3]), *row[4:]] for row in rows])
