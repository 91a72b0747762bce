"""Which firm and year a row is about: the columns of the key as SQL, the same wherever it is asked."""

from collections.abc import Mapping

from littlegiant.engines import DuckDBEngine
from littlegiant.register.mapping import Source
from littlegiant.register.reading import Raw
from littlegiant.register.staging import quoted_texts, trimmed

# Letters and digits as a full-width keyboard writes them.
WIDE = "".join(chr(sign + 0xFEE0) for sign in range(0x30, 0x7B) if chr(sign).isalnum())
NARROW = "".join(chr(ord(sign) - 0xFEE0) for sign in WIDE)
_NUMBER = "[0-9A-Za-z]{15,20}"  # official numbers of firms: letters and digits, at least one digit
_TORN = r"[0-9]+[.]?[0-9]*[eE][+]?[0-9]+"  # what a spreadsheet makes of a long number


def firm_sql(source: Source, titles: Mapping[str, str]) -> str:
    """Return the firm of a row, null where there is none; official numbers in narrow capitals, names as they stand."""
    text = titles[source.key.firm]
    missing = quoted_texts(tuple(dict.fromkeys(("", *source.missing))))
    narrow = f"TRANSLATE({text}, '{WIDE}', '{NARROW}')"
    number = f"REGEXP_FULL_MATCH({narrow}, '{_NUMBER}') AND REGEXP_MATCHES({narrow}, '[0-9]')"
    return f"CASE WHEN {text} IN ({missing}) THEN NULL WHEN {number} THEN UPPER({narrow}) ELSE {text} END"


def torn_number_sql(source: Source, titles: Mapping[str, str]) -> str:
    """Return the test that the firm's number was kept as a number and has lost its last digits."""
    return f"COALESCE(REGEXP_FULL_MATCH({titles[source.key.firm]}, '{_TORN}'), FALSE)"


def year_sql(source: Source, titles: Mapping[str, str]) -> str:
    """Return the year of a row: the source's own, or that of its column – 2024, 2024.0 or 2024年; 2024.5 is none."""
    if source.key.year_column is None:
        return f"CAST({source.key.year if isinstance(source.key.year, int) else 'NULL'} AS INTEGER)"
    text = f"TRANSLATE({titles[source.key.year_column]}, '{WIDE}', '{NARROW}')"
    exact = f"TRY_CAST({text} AS DECIMAL(18, 6))"
    written = f"TRY_CAST(REGEXP_EXTRACT({text}, '^[^0-9.]*((?:19|20|21)[0-9][0-9])[^0-9.]*$', 1) AS INTEGER)"
    return f"CASE WHEN {exact} IS NULL THEN {written} WHEN {exact} = ROUND({exact}, 0) THEN CAST({exact} AS INTEGER) END"


def row_keys(source: Source, raw: Raw) -> list[tuple[int, str, int | None]]:
    """Return row, firm (empty where there is none) and year of every row of a source, in the order of the rows."""
    engine = DuckDBEngine()
    engine.bind("raw", raw.table)
    firm, year = firm_sql(source, raw.titles), year_sql(source, raw.titles)
    found = engine.table(
        f"SELECT row, COALESCE({firm}, '') AS firm, {year} AS year FROM ({trimmed('raw', raw.titles)})", order=("row",)
    ).to_pylist()
    engine.close()
    return [(one["row"], one["firm"], one["year"]) for one in found]
