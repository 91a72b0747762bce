"""The rule that applies: version and notices looked up, compiled – what every command does before it judges."""

from collections.abc import Sequence
from datetime import date

from littlegiant.packs import Pack
from littlegiant.standards.find import find_notices, find_standard
from littlegiant.standards.plan import Compiled, compile_standard


def compile_applying(
    pack: Pack,
    standard: str,
    *,
    on: date,
    application: str,
    version: str | None = None,
    notices: Sequence[str] | None = None,
) -> Compiled:
    """Return `standard` compiled as it applies to `application` on the day `on`.

    The version is the one that holds on that day unless named; so are the notices.
    """
    document = find_standard(pack, standard, version=version, on=on, application=application)
    found = find_notices(pack, document, on=on, application=application, named=notices)
    return compile_standard(document, pack, application=application, reference_date=on, notices=found)
