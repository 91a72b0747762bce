"""Key links of chains: a pack's catalogue, and which firm's products belong to which link."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Literal

from pydantic import model_validator

from littlegiant.documents import Frozen, Slug
from littlegiant.packs import Pack
from littlegiant.problems import refuse, suggestion


def _plain(text: str) -> str:
    """Return a title without case, and without blanks beside Chinese characters."""
    return re.sub(r"(?<=[一-鿿])\s+|\s+(?=[一-鿿])", "", " ".join(text.lower().split()))


class Chain(Frozen):
    """A chain with its stages, from upstream to downstream."""

    title: dict[str, str]
    stages: dict[str, dict[str, str]]


class KeyLink(Frozen):
    """A product that a chain cannot do without; `words` recognise it in the title of a product, the longest counts."""

    id: Slug
    chain: str
    stage: str
    title: dict[str, str]
    words: tuple[str, ...]
    hs: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    source: str
    confidence: Literal["sure", "likely", "assumed"]


class KeyLinks(Frozen):
    """`key-links.yaml`: the catalogue of a pack."""

    format: Literal[1]
    key_links: Slug
    title: dict[str, str]
    source: str
    chains: dict[str, Chain]
    links: tuple[KeyLink, ...]

    @model_validator(mode="after")
    def _fits_together(self) -> "KeyLinks":
        ids = [link.id for link in self.links]
        twice = {id for id in ids if ids.count(id) > 1}
        if twice:
            raise ValueError(f"the link {min(twice)!r} stands twice")
        for link in self.links:
            if link.chain not in self.chains:
                raise ValueError(f"link {link.id}: no chain {link.chain!r}. {suggestion(link.chain, self.chains)}")
            stages = self.chains[link.chain].stages
            if link.stage not in stages:
                raise ValueError(f"link {link.id}: no stage {link.stage!r} of {link.chain}. {suggestion(link.stage, stages)}")
            for need in link.needs:
                if need not in ids:
                    raise ValueError(f"link {link.id} needs {need!r}, which is no link. {suggestion(need, ids)}")
        words: dict[str, str] = {}
        for link in self.links:
            for word in link.words:
                if not word.strip():
                    raise ValueError(f"link {link.id}: an empty word fits every product")
                if words.setdefault(_plain(word), link.id) != link.id:
                    raise ValueError(f"the word {word!r} stands with {words[_plain(word)]} and with {link.id}")
        try:
            TopologicalSorter({link.id: link.needs for link in self.links}).prepare()
        except CycleError as error:
            raise ValueError(f"links need each other in a circle: {' → '.join(error.args[1])}") from error
        return self


@dataclass(frozen=True)
class Catalogue:
    """The key links of a pack, ready to recognise products."""

    document: KeyLinks

    @cached_property
    def links(self) -> Mapping[str, KeyLink]:
        return {link.id: link for link in self.document.links}

    @cached_property
    def _words(self) -> list[tuple[re.Pattern[str], str]]:
        """The words, the longest first; a Latin one fits only where a word of the title begins."""
        pairs = [(_plain(word), link.id) for link in self.document.links for word in link.words]
        ordered = sorted(pairs, key=lambda pair: (-len(pair[0]), pair))
        return [(re.compile(r"(?<![a-z0-9])" * word[:1].isascii() + re.escape(word)), id) for word, id in ordered]

    def recognise(self, title: str) -> str:
        """Return the id of the link a product belongs to: its id, its code, or the longest word; empty where none."""
        if title in self.links:
            return title
        plain = _plain(title)
        if plain.isdigit():  # a code of the Harmonized System
            return next((link.id for link in self.document.links if any(plain.startswith(code) for code in link.hs)), "")
        return next((id for word, id in self._words if word.search(plain)), "")

    def neighbours(self, id: str) -> frozenset[str]:
        """Return the links next to `id`: what it needs, what needs it, and those of its stage in the same chain."""
        link = self.links[id]
        beside = {other.id for other in self.document.links if other.chain == link.chain and other.stage == link.stage}
        return frozenset({*link.needs, *(other.id for other in self.document.links if id in other.needs), *beside} - {id})

    def recognised(self, titles: Iterable[str]) -> dict[str, str]:
        return {title: self.recognise(title) for title in set(titles)}


def open_key_links(pack: Pack, id: str) -> Catalogue:
    """Return the catalogue `id` of `pack`."""
    documents = [pack.document(path, KeyLinks).value for path in sorted(pack.path.glob("key-links*.yaml"))]
    for document in documents:
        if id in (document.key_links, "key-links"):
            return Catalogue(document)
    known = [document.key_links for document in documents]
    remedy = suggestion(id, known) or (f"The pack has {', '.join(known)}." if known else "The pack has none.")
    refuse(f"pack {pack.id}", f"no catalogue of key links {id!r}", "", remedy, code="unknown-name")
