"""Sentences, numbers, money and dates in the reader's language. Start with `say`."""

from littlegiant.words.formats import date_text, distance, exact_number, money, percent
from littlegiant.words.sentences import LANGUAGES, Language, Text, say, sentence_codes, text_in

__all__ = [
    "LANGUAGES",
    "Language",
    "Text",
    "date_text",
    "distance",
    "exact_number",
    "money",
    "percent",
    "say",
    "sentence_codes",
    "text_in",
]
