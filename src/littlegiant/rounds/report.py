"""`report.html` of a round, for the office: Chinese and English on one page, readable without scripts."""

from collections.abc import Iterator, Mapping

import littlegiant
from littlegiant.appraisal.entitlement_report import register_elements
from littlegiant.appraisal.entitlements import Entitlements
from littlegiant.assessment import Summary
from littlegiant.assessment.relation import empty_findings
from littlegiant.assessment.report import elements
from littlegiant.assessment.whole_register import Assessment
from littlegiant.criticality import Criticality
from littlegiant.criticality.report import elements as criticality_elements
from littlegiant.digests import digest_file
from littlegiant.pages import Column, Element, page
from littlegiant.records import RoundFolder
from littlegiant.register import Register
from littlegiant.rounds.money import catalogue_of
from littlegiant.rounds.setting import Setting
from littlegiant.words import Language, date_text, say, text_in

CRITICALITY_PAGE = "private/criticality.html"
_LANGUAGES: tuple[Language, ...] = ("zh", "en")


def write_report(
    folder: RoundFolder,
    setting: Setting,
    summary: Summary,
    register: Register,
    money: Entitlements | None = None,
    critical: Criticality | None = None,
    award: Mapping[Language, list[Element]] | None = None,
) -> None:
    """Write the page and note its digest; the page says whose words are official and what is invented."""
    year = setting.programme.value.year
    assessment = Assessment(register, setting.compiled, year, empty_findings(), None, None)
    by_language: dict[str, list[Element]] = {}
    for language in _LANGUAGES:
        own = elements(summary, assessment, setting.pack, language)
        claims = register_elements(money, catalogue_of(setting), language) if money is not None else []
        chains = [_apart(language)] if critical is not None else []
        given = award[language] if award is not None else []
        by_language[language] = [*given, *own, *claims, *chains, *_import(register, language), _method(setting, folder, language)]
    texts = {language: _Texts(setting, register, language) for language in _LANGUAGES}
    html = page(
        {language: text.title() for language, text in texts.items()},
        {language: text.lead() for language, text in texts.items()},
        by_language,
        banners={language: text.banners() for language, text in texts.items()},
        footers={language: text.footer() for language, text in texts.items()},
    )
    path = folder.write("report.html", html.encode())
    folder.index["rendered"] = {"report.html": digest_file(path)}
    if critical is not None:
        folder.index["rendered"][CRITICALITY_PAGE] = _write_criticality(folder, critical, texts)
    folder.save()


def _apart(language: Language) -> Element:
    """Say where the page is that not everybody in the office may read."""
    return Element("supply", say("sup_title_page", language), say("sup_page_apart", language, page=CRITICALITY_PAGE))


def _write_criticality(folder: RoundFolder, critical: Criticality, texts: Mapping[Language, "_Texts"]) -> str:
    """Write the restricted page of criticality into the private part of the round; return its digest."""
    html = page(
        {language: say("sup_title_page", language) for language in texts},
        {language: text.lead() for language, text in texts.items()},
        {language: criticality_elements(critical, language) for language in texts},
        banners={language: [*text.banners(), say("sup_restricted", language)] for language, text in texts.items()},
        footers={language: text.footer() for language, text in texts.items()},
    )
    return digest_file(folder.write(CRITICALITY_PAGE, html.encode()))


class _Texts:
    def __init__(self, setting: Setting, register: Register, language: Language) -> None:
        self.setting, self.register, self.language = setting, register, language

    def title(self) -> str:
        programme = self.setting.programme.value
        return text_in(programme.title or {"en": programme.programme}, self.language)

    def lead(self) -> str:
        compiled = self.setting.compiled
        return say(
            "lead",
            self.language,
            standard=text_in(compiled.standard.title, self.language),
            number=compiled.standard.law.number,
            application=self._application(),
            date=date_text(compiled.reference_date, self.language),
            year=self.setting.programme.value.year,
        )

    def _application(self) -> str:
        titles = {each.id: each.title for each in self.setting.pack.header.applications}
        return text_in(titles[self.setting.compiled.application], self.language)

    def banners(self) -> list[str]:
        texts = []
        if self.register.synthetic:
            texts.append(say("banner_synthetic", self.language))
        if self.setting.programme.value.exercise:
            texts.append(say("banner_exercise", self.language) + text_in(self.setting.programme.value.exercise, self.language))
        return texts

    def footer(self) -> list[str]:
        fingerprint = self.setting.compiled.fingerprint
        return [
            say("footer_how", self.language),
            say(
                "footer_digests",
                self.language,
                register=self.register.digest,
                fingerprint=fingerprint,
                version=littlegiant.__version__,
            ),
            *([say("banner_synthetic", self.language)] if self.register.synthetic else []),
        ]


def _import(register: Register, language: Language) -> Iterator[Element]:
    """Say what became of the rows and values of the files a register was imported from."""
    report = register.manifest.get("import")
    if report is None:
        return
    columns = [Column("file", say("col_file", language))]
    columns += [Column(key, say(f"col_rows_{key}", language), True) for key in ("read", "used", "filtered", "rejected")]
    rows = [{**source, "file": source["file"].rpartition("/")[2]} for source in report["sources"]]
    sentence = say(
        "say_import",
        language,
        used=f"{sum(r['used'] for r in rows):,}",
        read=f"{sum(r['read'] for r in rows):,}",
        firms=f"{report['firms']:,}",
    )
    yield Element("import", say("title_import", language), sentence, columns, rows)
    keys = ("supplied", "missing", "unmapped", "rejected", "rounded")
    columns = [Column("column", say("col_column", language)), Column("fact", say("col_fact", language))]
    columns += [Column(key, say(f"col_values_{key}", language), True) for key in keys]
    yield Element("values", say("title_values", language), say("say_values", language), columns, report["columns"], fold=True)


def _method(setting: Setting, folder: RoundFolder, language: Language) -> Element:
    compiled = setting.compiled
    rows = [
        {"name": document.name, "title": text_in(document.value.title, language), "hash": document.meaning_hash[:16]}
        for document in compiled.documents
    ]
    columns = [
        Column("title", say("col_document", language)),
        Column("name", say("col_file", language)),
        Column("hash", say("col_hash", language)),
    ]
    notes = [say(code, language) for code in ("note_unknown", "note_ties", "note_findings", "note_verify")]
    ties = text_in(compiled.standard.ties, language) if compiled.standard.ties else ""
    notes += [say("note_ties_text", language, text=ties)] if ties else []
    return Element("method", say("title_method", language), say("say_method", language), columns, rows, notes=notes)
