"""Functions compiled to machine code. The first call of each compiles it and keeps the result beside the source."""

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Return `function` compiled without the interpreter's lock, so that threads run it side by side.

    Sums are added in the order written: no fast arithmetic, so that every machine gives the same digits.
    """
    return cast(F, njit(cache=True, nogil=True, error_model="numpy")(function))
