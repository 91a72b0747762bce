"""Which inputs a sector cannot do without: a matrix of classes by sector, from a pack's rules or a file of one's own."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from littlegiant.documents import Frozen
from littlegiant.networks.network import ESSENTIAL, NEGLIGIBLE, REPLACEABLE, Codes
from littlegiant.problems import refuse, suggestion

Class = Literal["essential", "non_essential", "negligible"]
_CODES: dict[Class, int] = {"essential": ESSENTIAL, "non_essential": REPLACEABLE, "negligible": NEGLIGIBLE}


class EssentialityRule(Frozen):
    """Inputs of sectors that begin with one of `from` into sectors that begin with one of `to` have the class."""

    from_: tuple[str, ...] = Field(alias="from")
    to: tuple[str, ...]
    class_: Class = Field(alias="class")
    reason: dict[str, str] = {}


class Essentiality(Frozen):
    """A pack's matrix as rules, the first that fits counts; with what it rests on and how sure that is."""

    format: Literal[1]
    essentiality: str
    title: dict[str, str]
    source: str
    confidence: Literal["measured", "derived", "assumed"]
    rules: tuple[EssentialityRule, ...]
    otherwise: Class
    known: tuple[str, ...]  # beginnings of the codes that the rules were made for
    unknown_class: Class | None = None  # for codes outside; None refuses them

    @model_validator(mode="after")
    def _has_rules(self) -> "Essentiality":
        if not self.known:
            raise ValueError("`known:` names no sector")
        return self


def matrix_of(document: Essentiality, codes: Sequence[str], *, unknown_class: Class | None = None) -> Codes:
    """Return the matrix for `codes`, rows supply, columns buy; refuses codes the document was not made for.

    `unknown_class`: the class for those, where the caller takes the responsibility.
    """
    outside = [code for code in codes if not code.startswith(document.known)]
    default = unknown_class or document.unknown_class
    if outside and default is None:
        named = ", ".join(sorted(set(outside))[:8]) or "an empty code"
        remedy = "Correct the sectors, or opt in with unknown_class (as non_essential)."
        refuse(f"essentiality {document.essentiality}", f"no class for the sectors {named}", "", remedy, code="unknown-sector")
    matrix = np.full((len(codes), len(codes)), _CODES[document.otherwise], np.uint8)
    for rule in reversed(document.rules):
        rows = [number for number, code in enumerate(codes) if code.startswith(rule.from_)]
        columns = [number for number, code in enumerate(codes) if code.startswith(rule.to)]
        matrix[np.ix_(rows, columns)] = _CODES[rule.class_]
    if outside and default is not None:
        strange = [number for number, code in enumerate(codes) if code in set(outside)]
        matrix[strange, :] = matrix[:, strange] = _CODES[default]
    return matrix


def read_matrix(path: Path, codes: Sequence[str], *, unknown_class: Class | None = None) -> Codes:
    """Return the matrix in a CSV with a first row and column of codes, as 0, 1, 2; refuses codes it lacks."""
    try:
        rows = [row for row in csv.reader(path.read_text(encoding="utf-8-sig").splitlines()) if row]
    except FileNotFoundError:
        refuse(str(path), "no such file", "a CSV with codes in its first row and column", code="missing-file")
    except UnicodeDecodeError:
        refuse(path.name, "a text that is not UTF-8", "UTF-8", "Save it as CSV UTF-8.", code="encoding")
    if len(rows) < 2:
        refuse(path.name, "no matrix", "codes in the first row and column, with 0, 1 and 2 between them", code="empty")
    names = rows[0][1:]
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(names) + 1 or any(cell not in ("0", "1", "2") for cell in row[1:]):
            refuse(f"{path.name}, row {number}", "cells that are not 0, 1 or 2, one a column", f"{len(names)} of these")
    given = {row[0]: row[1:] for row in rows[1:]}
    column_of = {name: column for column, name in enumerate(names)}
    missing = [code for code in codes if code not in given or code not in names]
    if missing and unknown_class is None:
        remedy = suggestion(missing[0], names) or "Add them, or opt in with unknown_class."
        refuse(path.name, f"no row and column for {', '.join(missing[:8])}", "", remedy, code="unknown-sector")
    default = _CODES[unknown_class] if unknown_class else 0
    matrix = np.full((len(codes), len(codes)), default, np.uint8)
    for at, supplier in enumerate(codes):
        for beside, buyer in enumerate(codes):
            if supplier in given and buyer in column_of:
                matrix[at, beside] = int(given[supplier][column_of[buyer]])
    return matrix
