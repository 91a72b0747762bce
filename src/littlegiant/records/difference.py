"""The first row in which two tables differ, by key: what a failed check shows."""

from collections.abc import Sequence

import pyarrow as pa


def first_difference(a: pa.Table, b: pa.Table, key: Sequence[str]) -> str:
    """Return one sentence on the first difference between `a` and `b` in key order, empty when there is none."""
    if a.column_names != b.column_names:
        odd = sorted(set(a.column_names) ^ set(b.column_names))
        return f"columns differ: {', '.join(odd) or 'in their order'}"
    order = [(name, "ascending") for name in key]
    left, right = (table.sort_by(order).combine_chunks() if key else table.combine_chunks() for table in (a, b))
    if left.equals(right):
        return ""
    shared = min(left.num_rows, right.num_rows)
    low, high = 0, shared  # the first row at which the prefixes part, by bisection
    while low < high:
        middle = (low + high) // 2
        if left.slice(0, middle + 1).equals(right.slice(0, middle + 1)):
            low = middle + 1
        else:
            high = middle
    if low == shared:
        return f"{left.num_rows} rows against {right.num_rows}"
    x, y = left.slice(low, 1).to_pylist()[0], right.slice(low, 1).to_pylist()[0]
    where = ", ".join(f"{name} {x[name]}" for name in key)
    changed = ", ".join(f"{name} {x[name]!r} against {y[name]!r}" for name in x if x[name] != y[name])
    return f"{where}: {changed}"
