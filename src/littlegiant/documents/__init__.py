"""YAML documents with positions, validated whole, identified by two hashes. Start with `read_document`."""

from littlegiant.documents.document import Code, Document, Frozen, Identifier, Slug, parse_document, read_document
from littlegiant.documents.rows import read_rows
from littlegiant.documents.validity import Validity, applies_on, check_validity
from littlegiant.documents.yaml_positions import Position, YamlText, parse_yaml

__all__ = [
    "Code",
    "Document",
    "Frozen",
    "Identifier",
    "Position",
    "Slug",
    "Validity",
    "YamlText",
    "applies_on",
    "check_validity",
    "parse_document",
    "parse_yaml",
    "read_document",
    "read_rows",
]
