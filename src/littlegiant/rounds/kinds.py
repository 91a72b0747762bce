"""Every kind of document, with the model that says what it may hold."""

from pydantic import BaseModel

from littlegiant.allocation.award import AwardCall
from littlegiant.assessment.single import FirmFile
from littlegiant.criticality.key_links import KeyLinks
from littlegiant.criticality.scenarios import SupplyShock
from littlegiant.criticality.supply_file import SupplyFile
from littlegiant.finance.alignment import LocalRules
from littlegiant.finance.catalogue import Columns, InstrumentFile
from littlegiant.finance.ceilings import CeilingTable
from littlegiant.finance.rates import RatesFile, ReferenceTables
from littlegiant.finance.stress import Relief, Scenario
from littlegiant.finance.taxes import TaxRegime
from littlegiant.networks.essentiality import Essentiality
from littlegiant.packs.pack import PackHeader
from littlegiant.packs.places import Regions, Sectors
from littlegiant.packs.vocabulary import Outcomes, Vocabulary
from littlegiant.records import AccessPolicy
from littlegiant.register.calibration import Calibration
from littlegiant.register.mapping import Mapping
from littlegiant.rounds.acts import Act
from littlegiant.rounds.programme import Programme
from littlegiant.standards import Notice, SizeTable, Standard
from littlegiant.standards.model import Overlay
from littlegiant.standards.reforming import Reform

KINDS: dict[str, type[BaseModel]] = {
    "programme": Programme,
    "standard": Standard,
    "notice": Notice,
    "overlay": Overlay,
    "reform": Reform,
    "size_class": SizeTable,
    "mapping": Mapping,
    "firm": FirmFile,
    "act": Act,
    "pack": PackHeader,
    "facts": Vocabulary,
    "outcomes": Outcomes,
    "regions": Regions,
    "sectors": Sectors,
    "policy": AccessPolicy,
    "calibration": Calibration,
    "instrument": InstrumentFile,
    "tax": TaxRegime,
    "references": ReferenceTables,
    "rates": RatesFile,
    "columns": Columns,
    "scenario": Scenario,
    "relief": Relief,
    "local_rules": LocalRules,
    "ceilings": CeilingTable,
    "supply": SupplyFile,
    "shock": SupplyShock,
    "key_links": KeyLinks,
    "essentiality": Essentiality,
    "award": AwardCall,
}
