"""A second, plain reading of standards: one firm at a time, exact fractions, three values, no code shared with src."""
