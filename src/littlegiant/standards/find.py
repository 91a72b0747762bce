"""Find the standard and the notices that apply, by id, version or date."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from littlegiant.documents import Document, applies_on, read_document
from littlegiant.packs import Pack
from littlegiant.problems import refuse, suggestion
from littlegiant.standards.model import Notice, Standard


def read_standard(path: Path) -> Document[Standard]:
    """Return a standard from a file outside any pack."""
    return read_document(path, Standard)


def find_standard(pack: Pack, id: str, *, version: str | None, on: date, application: str) -> Document[Standard]:
    """Return the named version, or the one that applies to `application` on the day `on`."""
    pack.check_application(application)
    if version is not None:
        return pack.version(Standard, "standards", id, version)
    return pack.find(Standard, "standards", id, on=on, application=application)


def find_notices(
    pack: Pack, standard: Document[Standard], *, on: date, application: str, named: Sequence[str] | None = None
) -> list[Document[Notice]]:
    """Return the notices called `named`, or all that apply to the standard's version on that day."""
    documents = [pack.document(path, Notice) for path in pack.paths("notices")]
    if named is not None:
        by_id = {document.value.notice: document for document in documents}
        for id in named:
            if id not in by_id:
                refuse(
                    f"pack {pack.id}",
                    f"no notice {id!r}",
                    "",
                    suggestion(id, by_id) or f"Known: {', '.join(by_id)}.",
                    code="unknown-document",
                )
        return [by_id[id] for id in named]
    fits = []
    for document in documents:
        notice = document.value
        same = notice.standard == standard.value.standard and standard.value.version in notice.versions
        if same and applies_on(notice.applies, on, application):
            fits.append(document)
    return fits
