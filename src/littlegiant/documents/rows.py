"""The rows of a CSV file with their places, for small files that people write: every mistake by its row."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from littlegiant.documents.titles import own_titles
from littlegiant.problems import refuse, suggestion


def read_rows(path: Path, needed: Sequence[str], perhaps: Sequence[str] = ()) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each row with its place ("links.csv, row 7"), the titles in row 1; refuses a file without the columns `needed`.

    Columns `needed` and `perhaps` are also known under other titles (`TITLES`).
    """
    if not path.is_file():
        refuse(str(path), "no such file", f"a CSV with {', '.join(needed)}", code="no-file")
    try:
        reader = csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines())
        reader.fieldnames = own_titles(reader.fieldnames or [], [*needed, *perhaps])
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        refuse(path.name, f"what is no CSV ({error})", "rows of cells", "Save it as CSV UTF-8.", code="csv")
    except UnicodeDecodeError:
        refuse(path.name, "a text that is not UTF-8", "UTF-8", "Save it as CSV UTF-8.", code="encoding")
    have = list(reader.fieldnames or [])
    lacking = [name for name in needed if name not in have]
    if lacking:
        remedy = suggestion(lacking[0], have)
        refuse(path.name, f"no column {', '.join(lacking)}", f"{', '.join(needed)} among the columns", remedy, code="columns")
    for number, row in rows:
        if None in row or None in row.values():
            refuse(f"{path.name}, row {number}", "another number of cells than titles", f"{len(have)} cells", code="columns")
        yield f"{path.name}, row {number}", row
