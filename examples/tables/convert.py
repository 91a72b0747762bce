"""Turn the published wide input-output table into a long one: convert.py china_2020_42.csv.gz OUT.csv."""

import argparse
import csv
import gzip
import io
import sys
import zlib
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import BinaryIO, cast

UNIT = 10_000  # the table is in 10,000 yuan
CODE, ENGLISH, CHINESE, ORIGIN, OUTPUT = "Code", "Description", "DescriptionInChinese", "Origin", "GO"
ORIGINS = {"Domestic": "domestic", "Imports": "imported"}
Row = dict[str, str]


class InputError(Exception):
    """What is wrong with the file, in one sentence."""


def read(path: Path) -> list[Row]:
    """Return the rows of the sectors, domestic and imported; those of totals and of value added are left out."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as packed:
            file = io.TextIOWrapper(cast(BinaryIO, packed), encoding="utf-8-sig", newline="")
            reader = csv.DictReader(file, strict=True)
            for name in (CODE, ENGLISH, CHINESE, ORIGIN, OUTPUT):
                if name not in (reader.fieldnames or ()):
                    raise InputError(f"{path}: the column {name!r} is missing.")
            return [row for row in reader if row[ORIGIN] in ORIGINS]
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file.") from None
    except (gzip.BadGzipFile, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: this is no CSV file in UTF-8, plain or gzipped ({error}).") from None


def yuan(row: Row, column: str) -> str:
    """Return an amount of 10,000 yuan in yuan."""
    try:
        amount = Decimal(row[column] or "") * UNIT
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise InputError(f"row {row[CODE]} {row[ORIGIN]}, column {column}: {row[column]!r} is no amount.")
    return str(int(amount.to_integral_value()))


def convert(source: Path, out: Path) -> int:
    """Write the long table and its titles; return the number of sectors. Nothing is written if anything is wrong."""
    titled = out.with_suffix(".titles.csv")
    if source.resolve() in (out.resolve(), titled.resolve()):
        raise InputError(f"{out}: the source would be overwritten; name another file.")
    rows = read(source)
    found: dict[str, dict[str, Row]] = {origin: {} for origin in ORIGINS}
    for row in rows:
        if row[CODE] in found[row[ORIGIN]]:
            raise InputError(f"{source}: the sector {row[CODE]!r} has two rows {row[ORIGIN]}.")
        found[row[ORIGIN]][row[CODE]] = row
    sectors = sorted(found["Domestic"])
    if not sectors or sectors != sorted(found["Imports"]):
        raise InputError(f"{source}: each sector needs a row Domestic and a row Imports.")
    for code in sectors:
        if code not in found["Domestic"][code]:
            raise InputError(f"{source}: the column {code!r} is missing.")
    long = [
        (code, to, ORIGINS[origin], yuan(found[origin][code], to)) for origin in ORIGINS for code in sectors for to in sectors
    ]
    long += [(code, "output", "total", yuan(found["Domestic"][code], OUTPUT)) for code in sectors]
    titles = [(code, found["Domestic"][code][ENGLISH], found["Domestic"][code][CHINESE]) for code in sectors]
    write(out, ("from", "to", "origin", "value"), long)
    write(titled, ("sector", "en", "zh"), titles)
    return len(sectors)


def write(path: Path, columns: Sequence[str], rows: Sequence[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(sorted(rows))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Turn the published wide input-output table into a long one, in yuan.")
    parser.add_argument("table", type=Path, help="the wide table, .csv or .csv.gz")
    parser.add_argument("out", type=Path, help="the long table to write; titles go beside it")
    given = parser.parse_args(arguments)
    try:
        print(f"{given.out}: {convert(given.table, given.out)} sectors")
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename or given.table}: {error.strerror or error}.", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
