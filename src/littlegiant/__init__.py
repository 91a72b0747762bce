"""Selective support programmes for small innovative firms: standards as code, assessment, checkable rounds.

`import littlegiant` is light: what is named here is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from littlegiant.assessment.interface import Assessed as Assessed
    from littlegiant.assessment.interface import assess as assess
    from littlegiant.packs import open_pack as open_pack
    from littlegiant.problems import LittleGiantError as LittleGiantError
    from littlegiant.register import import_register as import_register
    from littlegiant.register import open_register as open_register
    from littlegiant.register import synthesise as synthesise
    from littlegiant.rounds import round_table as round_table
    from littlegiant.rounds.run import run as run
    from littlegiant.rounds.verify import verify as verify

__version__ = "0.1.0"

_HOMES = {
    "Assessed": "littlegiant.assessment.interface",
    "LittleGiantError": "littlegiant.problems",
    "assess": "littlegiant.assessment.interface",
    "import_register": "littlegiant.register",
    "open_pack": "littlegiant.packs",
    "open_register": "littlegiant.register",
    "round_table": "littlegiant.rounds",
    "run": "littlegiant.rounds",
    "synthesise": "littlegiant.register",
    "verify": "littlegiant.rounds",
}
__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'littlegiant' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
