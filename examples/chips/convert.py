"""Turn the published chip supply data into the tables that `littlegiant supply` reads: convert.py FOLDER_OF_ETO OUT."""

import argparse
import csv
import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

Row = dict[str, str]
COLUMNS = {
    "inputs.csv": ("input_id", "input_name", "type", "stage_id"),
    "providers.csv": ("provider_name", "alias", "provider_id", "provider_type", "country"),
    "provision.csv": ("provider_id", "provided_id", "share_provided", "year", "source"),
    "sequence.csv": ("input_id", "goes_into_id", "is_type_of_id"),
    "stages.csv": ("stage_id", "stage_name"),
}
STAGES = {"": "", "S1": "design", "S2": "fabrication", "S3": "assembly"}  # S3 is assembly, testing and packaging
MANY = "Various countries"  # a provider that is no one country


class InputError(Exception):
    """What is wrong with the files, in one sentence."""


def read(path: Path) -> list[Row]:
    """Return the rows of one of the files, spaces around cells taken off."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            names = reader.fieldnames or ()
            missing = [name for name in COLUMNS[path.name] if name not in names]
            if missing:
                raise InputError(f"{path}: the column {missing[0]!r} is missing; found: {', '.join(names) or 'nothing'}.")
            return [{name: (row[name] or "").strip() for name in COLUMNS[path.name]} for row in reader]
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{path}: there is no such file; the folder must hold {', '.join(COLUMNS)}.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: this is no CSV file in UTF-8 ({error}).") from None


def share(percent: str, where: str) -> str:
    """Return 12.3 (per cent) as 0.123, exactly; empty stays empty."""
    if not percent:
        return ""
    try:
        value = Decimal(percent)
    except InvalidOperation:
        value = Decimal("Infinity")
    if value.is_nan() or not 0 <= value <= 100:
        raise InputError(f"{where}: the share is {percent!r}; expected a number from 0 to 100.")
    exact = f"{value / 100:f}"
    return exact.rstrip("0").rstrip(".") if "." in exact else exact


def products(inputs: Sequence[Row], stages: Sequence[Row]) -> list[Row]:
    """Return a row an input, and one for each of the three stages, for which the source lists shares too."""
    for row in (*inputs, *stages):
        if row["stage_id"] not in STAGES:
            raise InputError(f"stages.csv, inputs.csv: the stage {row['stage_id']!r} is new; known: S1, S2, S3.")
    rows = [
        {"product": row["input_id"], "title": row["input_name"], "stage": STAGES[row["stage_id"]], "kind": row["type"]}
        for row in inputs
    ]
    return rows + [{"product": row["stage_id"], "title": row["stage_name"], "stage": "", "kind": "stage"} for row in stages]


def chain(sequence: Sequence[Row], known: set[str]) -> list[Row]:
    """Return a row a link: what a product goes into, and the wider product it is a type of."""
    rows = []
    for row in sequence:
        for relation, column in (("goes_into", "goes_into_id"), ("type_of", "is_type_of_id")):
            if row[column]:
                for name in (row["input_id"], row[column]):
                    if name not in known:
                        raise InputError(f"sequence.csv: the input {name!r} is not in inputs.csv.")
                rows.append({"product": row["input_id"], "relation": relation, "of": row[column]})
    return rows


def providers(listed: Sequence[Row]) -> dict[str, Row]:
    """Return the providers by id; rows that only give another alias of the same id are one provider."""
    found: dict[str, Row] = {}
    for row in listed:
        name = row["provider_name"]
        if row["provider_type"] == "country":
            kind, country, title = ("collective" if name == MANY else "country"), name, row["alias"] or name
        elif row["provider_type"] == "organization":
            kind, country, title = "organisation", row["country"], name
        else:
            raise InputError(
                f"providers.csv: the type {row['provider_type']!r} of {name!r} is new; known: country, organization."
            )
        new = {"provider": row["provider_id"], "title": title, "kind": kind, "country": country}
        if found.setdefault(row["provider_id"], new) != new:
            raise InputError(f"providers.csv: two different providers have the id {row['provider_id']!r}.")
    return found


def provision(listed: Sequence[Row], known: set[str], providers: dict[str, Row]) -> list[Row]:
    """Return a row a product and provider."""
    rows = []
    for row in listed:
        product, provider = row["provided_id"], row["provider_id"]
        if product not in known:
            raise InputError(f"provision.csv: the product {product!r} is not in inputs.csv.")
        if provider not in providers:
            raise InputError(f"provision.csv: the provider {provider!r} is not in providers.csv.")
        rows.append(
            {
                "product": product,
                "provider": provider,
                "kind": providers[provider]["kind"],
                "country": providers[provider]["country"],
                "share": share(row["share_provided"], f"provision.csv, {product}, {provider}"),
                "year": row["year"],
                "source": row["source"],
            }
        )
    return rows


def write(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Write the rows in order and return how many there are."""
    ordered = sorted([row[name] for name in columns] for row in rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(ordered)
    return len(ordered)


def convert(source: Path, out: Path) -> dict[str, int]:
    """Write the tables into the folder `out`; return the number of rows of each. Nothing is written if anything is wrong."""
    if out.resolve() == source.resolve():
        raise InputError(f"{out}: the folder of the source would be overwritten; name another one.")
    inputs, listed, shares, sequence, stages = (read(source / name) for name in COLUMNS)
    goods = products(inputs, stages)
    known = {row["product"] for row in goods}
    who = providers(listed)
    tables = {
        "products.csv": (("product", "title", "stage", "kind"), goods),
        "chain.csv": (("product", "relation", "of"), chain(sequence, known)),
        "providers.csv": (("provider", "title", "kind", "country"), list(who.values())),
        "provision.csv": (
            ("product", "provider", "kind", "country", "share", "year", "source"),
            provision(shares, known, who),
        ),
    }
    out.mkdir(parents=True, exist_ok=True)
    return {name: write(out / name, columns, rows) for name, (columns, rows) in tables.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Turn the published chip supply data into tables for littlegiant supply.")
    parser.add_argument("folder", type=Path, help="the folder with inputs.csv, providers.csv, provision.csv, …")
    parser.add_argument("out", type=Path, help="the folder to write into; made if it does not exist")
    given = parser.parse_args(arguments)
    try:
        for name, rows in convert(given.folder, given.out).items():
            print(f"{given.out / name}: {rows:,} rows")
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename}: {error.strerror}.", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
