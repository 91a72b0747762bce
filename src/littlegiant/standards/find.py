"""Find the standard and the notices that apply, by id, version or date."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from littlegiant.documents import Document, applies_on, read_document
from littlegiant.packs import Pack
from littlegiant.problems import refuse, suggestion
from littlegiant.standards.model import Notice, Standard
from littlegiant.standards.overlaying import find_overlay, lay_over, overlays, split_name


def read_standard(path: Path) -> Document[Standard]:
    """Return a standard from a file outside any pack."""
    return read_document(path, Standard)


def find_standard(pack: Pack, id: str, *, version: str | None, on: date, application: str) -> Document[Standard]:
    """Return the named version, or the one that applies to `application` on the day `on`; `id+overlay` lays an overlay over."""
    pack.check_application(application)
    plain, overlay = split_name(id)
    if version is not None:
        document = pack.version(Standard, "standards", plain, version)
    else:
        document = pack.find(Standard, "standards", plain, on=on, application=application)
    return document if overlay is None else lay_over(document, find_overlay(pack, overlay, document), pack)


def find_versions(pack: Pack, id: str, version: str | None = None) -> list[Document[Standard]]:
    """Return all versions of `id`, or the named one; with `id+overlay` those that the overlay is for."""
    plain, overlay = split_name(id)
    documents = [pack.version(Standard, "standards", plain, version)] if version else pack.versions(Standard, "standards", plain)
    if overlay is None:
        return documents
    known = overlays(pack)
    fitting = [d for d in documents if overlay not in known or d.value.version in known[overlay].value.versions]
    return [lay_over(each, find_overlay(pack, overlay, each), pack) for each in fitting or documents]


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
