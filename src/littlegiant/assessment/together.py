"""Several standards, or many variants of one, judged in one pass over a register.

The verdicts are those of the single query of each member (tested); what the members share is computed once.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from littlegiant.assessment.ranges import in_ranges
from littlegiant.assessment.relation import Subjects, check_year, empty_findings
from littlegiant.digests import KeyOrder
from littlegiant.engines import DuckDBEngine
from littlegiant.register import Register
from littlegiant.standards import Compiled, Joint, join_standards, query_together


def assess_together(
    register: Register,
    members: Sequence[Compiled],
    *,
    year: int,
    findings: pa.Table | None = None,
    others: Sequence[str] = (),
    threads: int | None = None,
) -> pa.Table:
    """Return one row a firm that has figures for `year`: case, the facts `others`, and what `query_together` gives."""
    check_year(register, year)
    joint = join_standards(members, others)
    subjects = Subjects(register, joint, year, findings if findings is not None else empty_findings())
    order = KeyOrder(("case",))
    batches = in_ranges(subjects, query_together(members, others), ('"case"',), threads or os.cpu_count() or 1)
    return pa.Table.from_batches([order.checked(batch) for batch in batches])


COUNTED = ("firms", "eligible", "open_finding", "open_data", "gained", "lost")


@dataclass(frozen=True)
class Counts:
    """How many firms come out how by each member; one row a member and group.

    Columns: member (its number), the facts counted by, firms, eligible, open_finding (all that can be computed is met,
    findings are open), open_data, and against the first member: gained (all that can be computed is met now, and was
    not), lost (it was, and is not now).
    """

    table: pa.Table


def count_together(
    register: Register,
    members: Sequence[Compiled],
    *,
    year: int,
    by: Sequence[str] = (),
    findings: pa.Table | None = None,
    threads: int | None = None,
) -> Counts:
    """Count the verdicts of all `members` in one pass, in groups of the facts `by`; no row a firm leaves the engine."""
    check_year(register, year)
    joint: Joint = join_standards(members, by)
    subjects = Subjects(register, joint, year, findings if findings is not None else empty_findings())
    groups = [f'"{name}"' for name in by]
    counted = ["count(*) AS firms"]
    for n in range(len(members)):
        counted += [
            f"count(*) FILTER (WHERE v{n}) AS eligible{n}",
            f"count(*) FILTER (WHERE m{n} AND v{n} IS NULL) AS open_finding{n}",
            f"count(*) FILTER (WHERE m{n} IS NULL) AS open_data{n}",
            f"count(*) FILTER (WHERE m{n} AND m0 IS NOT TRUE) AS gained{n}",
            f"count(*) FILTER (WHERE m0 AND m{n} IS NOT TRUE) AS lost{n}",
        ]
    grouping = f" GROUP BY {', '.join(groups)}" if groups else ""
    # Materialised: each count would otherwise compute the verdict it counts once more.
    judged = f"WITH judged AS MATERIALIZED ({query_together(members, by)})"
    text = f"{judged} SELECT {', '.join([*groups, *counted])} FROM judged{grouping}"
    ranges = pa.Table.from_batches(list(in_ranges(subjects, text, groups, threads or os.cpu_count() or 1)))
    return Counts(_added_up(ranges, len(members), groups))


def _added_up(ranges: pa.Table, members: int, groups: Sequence[str]) -> pa.Table:
    engine = DuckDBEngine(threads=1)
    engine.bind("ranges", ranges)
    columns = COUNTED[1:]
    parts = []
    for n in range(members):
        sums = ["CAST(sum(firms) AS BIGINT) AS firms", *(f"CAST(sum({c}{n}) AS BIGINT) AS {c}" for c in columns)]
        grouping = f" GROUP BY {', '.join(groups)}" if groups else ""
        parts.append(f"SELECT {n} AS member, {', '.join([*groups, *sums])} FROM ranges{grouping}")
    table = engine.table(" UNION ALL ".join(parts), order=("member", *groups))
    engine.close()
    return table
