"""A country's documents: vocabulary of facts, regions, sectors, currency, standards, notices. Start with `open_pack`."""

from littlegiant.packs.pack import Pack, open_pack
from littlegiant.packs.places import Region, SectorTitle
from littlegiant.packs.vocabulary import Fact, FactType

__all__ = ["Fact", "FactType", "Pack", "Region", "SectorTitle", "open_pack"]
