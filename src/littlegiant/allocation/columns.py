"""Options as the columns of a linear problem: their uses of rows, and one entry in the row that says one option a unit."""

import numpy as np

from littlegiant.allocation.instance import Floats, Ints, Loose, ranges, starts


def option_entries(part: Loose, options: Ints, scale: Floats, own: Ints) -> tuple[Ints, Ints, Floats]:
    """Return starts, rows and values by column. scale: what uses are divided by, by row; own: the row of each option's unit, -1
    where it needs none."""
    lengths = part.use_start[options + 1] - part.use_start[options]
    places = ranges(part.use_start[options], part.use_start[options + 1])
    start = starts(lengths + (own >= 0))
    row, value = np.empty(start[-1], np.int64), np.empty(start[-1])
    inside = ranges(start[:-1], start[:-1] + lengths)
    row[inside], value[inside] = part.row[places], part.use[places] / scale[part.row[places]]
    last = start[1:][own >= 0] - 1
    row[last], value[last] = own[own >= 0], 1.0
    return start, row, value
