"""Official numbers of firms, checked by the scheme the pack names (a module of python-stdnum)."""

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from littlegiant.packs import Pack
from littlegiant.problems import refuse


def scheme_of(pack: Pack) -> Any:
    """Return the module that knows the check digit, or None where the pack names no scheme."""
    if pack.header.identifier is None:
        return None
    name = pack.header.identifier.scheme
    try:
        return import_module(f"stdnum.{name}")
    except ImportError:
        refuse(f"pack {pack.id}", f"no identifier scheme {name!r}", "a module of python-stdnum", code="unknown-scheme")


def wrong_identifiers(pack: Pack, firms: Iterable[str]) -> dict[str, str]:
    """Return what is wrong with each id that looks like one of the scheme: `length`, `sign` or `check_digit`.

    Ids of another look (names, invented ids) are none of the scheme and not reported.
    """
    scheme = scheme_of(pack)
    if scheme is None:
        return {}
    from stdnum.exceptions import InvalidChecksum, InvalidLength, ValidationError

    wrong = {}
    for firm in firms:
        if not _looks_like_one(firm):
            continue
        try:
            scheme.validate(firm)
        except InvalidChecksum:
            wrong[firm] = "check_digit"
        except InvalidLength:
            wrong[firm] = "length"
        except ValidationError:
            wrong[firm] = "sign"
    return wrong


def _looks_like_one(firm: str) -> bool:
    return firm.isascii() and firm.isalnum() and 15 <= len(firm) <= 20 and sum(sign.isdigit() for sign in firm) >= 8
