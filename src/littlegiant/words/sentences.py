"""The engine's own sentences, kept beside this module in `sentences.yaml`, one entry a code and language."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal, get_args

import yaml

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
Text = Mapping[str, str]  # language -> text


@cache
def _sentences() -> dict[str, dict[str, str]]:
    raw = resources.files("littlegiant.words").joinpath("sentences.yaml").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, str]] = yaml.load(raw, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return loaded


def sentence_codes() -> list[str]:
    return sorted(_sentences())


def say(code: str, language: Language, /, **values: object) -> str:
    """Return the sentence `code` with its values filled in; a missing code or value is a defect, not an input error."""
    return _sentences()[code][language].format(**values)


def text_in(text: Text, language: Language) -> str:
    """Return `text` in `language`, or in the first language it has; empty where it has none."""
    return text.get(language) or next(iter(text.values()), "")
