"""How many examples the slow tests by chance draw: a third in CI, all with LITTLEGIANT_THOROUGH=1 (`make evidence`)."""

import os


def breadth(examples: int) -> int:
    """Return how many of `examples` to draw here."""
    return examples if thorough() else max(1, examples // 3)


def thorough() -> bool:
    """Whether everything is asked for."""
    return bool(os.environ.get("LITTLEGIANT_THOROUGH"))
