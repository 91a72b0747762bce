"""Who may read what. Every column has a class; a column without one is closed. Enforced here, where files are written."""

from typing import Literal

import pyarrow as pa

from littlegiant.documents import Frozen
from littlegiant.problems import LittleGiantError, Problem

Access = Literal["public", "firm", "office", "restricted"]


class AccessPolicy(Frozen):
    """`policy.yaml` of a pack: table -> column -> class; `*` stands for all columns of a table not named."""

    format: Literal[1]
    tables: dict[str, dict[str, Access]]

    def of(self, table: str, column: str) -> Access:
        columns = self.tables.get(table, {})
        return columns.get(column, columns.get("*", "restricted"))


def public_table(name: str, table: pa.Table, policy: AccessPolicy) -> pa.Table:
    """Return `table` for publication; raises when a column of it is not public, naming each."""
    closed = [column for column in table.column_names if policy.of(name, column) != "public"]
    if closed:
        raise LittleGiantError(
            Problem(
                f"table {name}, column {column}",
                f"the class {policy.of(name, column)!r}",
                "'public'",
                "Leave the column out, or change its class in the pack's policy.yaml.",
                "access",
            )
            for column in closed
        )
    return table
