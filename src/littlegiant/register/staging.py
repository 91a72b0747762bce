"""A mapping as SQL: from text columns to facts in their stored units, with the reason wherever a value is refused.

For each mapped column three things are computed: the value (null when refused or missing) and the rule it broke.
Money becomes whole fen and shares decimals, both read exactly as decimal text; nothing passes through a float.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from littlegiant.packs import Fact, Pack
from littlegiant.register.mapping import PER_CENT, Column, Source

_TRUE = ("true", "yes", "y", "1", "是", "有", "√")
_FALSE = ("false", "no", "n", "0", "否", "无", "×")
# Digits and signs as a full-width keyboard writes them.
_WIDE, _NARROW = "０１２３４５６７８９．，－％＋", "0123456789.,-%+"
_BLANKS = " \t\r\n\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\ufeff"
_EXACT = "DECIMAL(27, 12)"  # what a number of a file is read as: 15 digits before the point, 12 behind


@dataclass(frozen=True, slots=True)
class StagedFact:
    """The SQL of one mapped column."""

    fact: str
    column: str
    text: str  # what the column says, null where it says nothing; the other expressions read it as `read_as(fact)`
    value: str  # the stored value, null when missing or refused
    rule: str  # the code of the broken rule, null when fine or missing
    rounded: str  # true where digits beyond the stored precision were rounded away


def trimmed(relation: str, titles: Mapping[str, str]) -> str:
    """Return the query of a raw table without blanks, tabs and line ends around its texts."""
    columns = ", ".join(f"TRIM({column}, '{_BLANKS}') AS {column}" for column in titles.values())
    return f"SELECT {columns}, row FROM {relation}"


def read_as(fact: str) -> str:
    return f'"={fact}__read"'


def quoted_texts(values: tuple[str, ...]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)


def stage_fact(name: str, column: Column, source: Source, pack: Pack, titles: Mapping[str, str]) -> StagedFact:
    """Return the SQL that reads `column` as the fact `name`."""
    fact = pack.facts[name]
    missing = quoted_texts(tuple(dict.fromkeys(("", *source.missing, *column.missing))))
    raw, text = titles[column.column], read_as(name)
    if fact.numeric or fact.type in ("date", "boolean"):
        raw = f"TRANSLATE({raw}, '{_WIDE}', '{_NARROW}')"
    value, rule, rounded = _read(fact, column, text, pack, titles)
    return StagedFact(name, column.column, _said(raw, missing), value, rule, rounded)


def _said(raw: str, missing: str) -> str:
    return f"CASE WHEN {raw} NOT IN ({missing}) THEN {raw} END"


def _read(fact: Fact, column: Column, text: str, pack: Pack, titles: Mapping[str, str]) -> tuple[str, str, str]:
    """Return value, broken rule and whether digits were rounded away, as SQL over what the column says."""
    if fact.numeric:
        return _number(fact, column, text, pack, titles)
    if fact.type == "boolean":
        low = f"LOWER({text})"
        value = f"CASE WHEN {low} IN ({quoted_texts(_TRUE)}) THEN TRUE WHEN {low} IN ({quoted_texts(_FALSE)}) THEN FALSE END"
        return value, _when_lost(text, value, "not_yes_or_no"), "FALSE"
    if fact.type == "date":
        value = (
            f"TRY_CAST(TRY_STRPTIME({text}, {quoted_texts((column.date_format,))}) AS DATE)"
            if column.date_format
            else _date(text)
        )
        return value, _when_lost(text, value, "not_a_date"), "FALSE"
    if fact.type == "code":
        return _code(fact, column, text, pack)
    return text, "CAST(NULL AS VARCHAR)", "FALSE"


def stage_title(tier: str, column: Column, source: Source, titles: Mapping[str, str]) -> StagedFact:
    """Return the SQL that reads whether a firm holds a title.

    A text with a digit – the number of a certificate, a batch, a date – is a yes; any other text that says neither yes
    nor no (申报中) is not known.
    """
    missing = quoted_texts(tuple(dict.fromkeys(("", *source.missing, *column.missing))))
    name = f"title {tier}"
    text = read_as(name)
    held = f"LOWER({text}) IN ({quoted_texts(_TRUE)}) OR (LENGTH({text}) > 1 AND REGEXP_MATCHES({text}, '[0-9０-９]'))"
    value = f"CASE WHEN LOWER({text}) IN ({quoted_texts(_FALSE)}) THEN FALSE WHEN {held} THEN TRUE END"
    said = _said(titles[column.column], missing)
    return StagedFact(name, column.column, said, value, _when_lost(text, value, "not_yes_or_no"), "FALSE")


def _date(text: str) -> str:
    """Read a date as files write it: ISO, or with other signs between year, month and day. A month alone is no date.

    Spreadsheets show an empty or torn date as a day of 1900; it is none.
    """
    plain = f"REGEXP_REPLACE(REGEXP_REPLACE({text}, '[年月/.]', '-', 'g'), '日$', '')"
    ways = [f"TRY_STRPTIME({plain}, '%Y-%m-%d')", f"TRY_STRPTIME({text}, '%Y%m%d')", f"TRY_CAST({text} AS TIMESTAMP)"]
    read = f"TRY_CAST(COALESCE({', '.join(ways)}) AS DATE)"
    return f"CASE WHEN YEAR({read}) > 1900 THEN {read} END"


def _when_lost(text: str, value: str, rule: str) -> str:
    return f"CASE WHEN {text} IS NOT NULL AND ({value}) IS NULL THEN '{rule}' END"


def _number(fact: Fact, column: Column, text: str, pack: Pack, titles: Mapping[str, str]) -> tuple[str, str, str]:
    plain = f"REPLACE({text}, ',', '')"
    if fact.type == "share":  # 12% written out is twelve hundredths, whatever the unit of the column
        bare = f"LEFT({plain}, LENGTH({plain}) - 1)"
        if column.unit != PER_CENT:
            bare = f"CAST(TRY_CAST({bare} AS {_EXACT}) * CAST('0.01' AS DECIMAL(3, 2)) AS VARCHAR)"
        plain = f"CASE WHEN ENDS_WITH({plain}, '%') THEN {bare} ELSE {plain} END"
    digits = f"TRY_CAST({plain} AS {_EXACT})"
    minor = pack.header.currency.minor.per_main if fact.type == "money" else 1
    factor, places = unit_factor(fact, column, pack) * minor, fact.places
    low, high = (bound * minor for bound in fact.bounds())
    scaled = f"{digits} * {_decimal(factor)}"
    lost = "FALSE"
    if column.times:
        times = titles[column.times]
        per_row = f"TRY_CAST({times} AS DECIMAL(7, 0))"
        lost = f"({per_row} IS NULL OR {per_row} <> TRY_CAST({times} AS DECIMAL(27, 12)))"  # no factor, or no whole one
        scaled = f"{scaled} * {per_row}"
    # A product that does not fit 38 digits is far out of every range; it must not stop the import.
    scaled = f"TRY({scaled})"
    stored = "BIGINT" if fact.type in ("money", "count") else f"DECIMAL(18, {places})"
    inside = f"NOT {lost} AND {scaled} BETWEEN {_plain(low)} AND {_plain(high)}"
    value = f"CASE WHEN {inside} THEN CAST(ROUND({scaled}, {places}) AS {stored}) END"
    finite = f"TRY_CAST({plain} AS DOUBLE) BETWEEN -1e308 AND 1e308"
    rule = (
        f"CASE WHEN {text} IS NULL THEN NULL WHEN {digits} IS NULL AND NOT COALESCE({finite}, FALSE) THEN 'not_a_number' "
        f"WHEN {digits} IS NULL THEN 'out_of_range' WHEN {lost} THEN 'no_factor' "
        f"WHEN NOT COALESCE({inside}, FALSE) THEN 'out_of_range' END"
    )
    longer = f"TRY_CAST({plain} AS DECIMAL(38, 20)) <> {digits}"  # digits that the reading itself cut
    rounded = f"COALESCE({inside} AND ({scaled} <> ROUND({scaled}, {places}) OR {longer}), FALSE)"
    return value, rule, rounded


def unit_factor(fact: Fact, column: Column, pack: Pack) -> Decimal:
    """Return what one unit of the file's column is in the fact's unit."""
    if column.unit == PER_CENT:
        return Decimal("0.01")
    for multiple in pack.header.currency.multiples:
        if fact.type == "money" and multiple.unit == column.unit:
            return Decimal(multiple.factor)
    return Decimal(1)


def _decimal(value: Decimal) -> str:
    digits = format(value, "f")
    places = len(digits.partition(".")[2])
    return f"CAST('{digits}' AS DECIMAL({max(11, places + 1)}, {places}))" if places else f"CAST({digits} AS DECIMAL(11, 0))"


def _plain(value: Decimal) -> str:
    return format(value, "f")


def _code(fact: Fact, column: Column, text: str, pack: Pack) -> tuple[str, str, str]:
    table = column.values
    if table == "names":
        table = _names(fact, pack)
    if table is not None:
        arms = " ".join(f"WHEN {quoted_texts((key,))} THEN {quoted_texts((code,))}" for key, code in table.items())
        value = f"CASE {text} {arms} END"
        return value, _when_lost(text, value, "not_mapped"), "FALSE"
    codes = pack.codes(fact)
    upper = f"UPPER({text})" if fact.codes == "sectors" else text
    if codes is not None:
        value = f"CASE WHEN {upper} IN ({quoted_texts(codes)}) THEN {upper} END"
    else:
        prefixes = "|".join(sorted(pack.sectors))  # letters and digits only; a class may be longer by digits
        value = f"CASE WHEN REGEXP_FULL_MATCH({upper}, '({prefixes})[0-9]*') THEN {upper} END"
    return value, _when_lost(text, value, "unknown_code"), "FALSE"


def _names(fact: Fact, pack: Pack) -> dict[str, str]:
    """Return every title and other spelling of a region or sector with its code; the code stands for itself."""
    if fact.codes == "regions":
        return {
            spelling: code for code, region in pack.regions.items() for spelling in (code, *region.title.values(), *region.names)
        }
    return {spelling: code for code, title in pack.sectors.items() for spelling in (code, *title.values())}
