"""The rules that drop options, in words: `options.parquet` keeps short English names, which people are told in their language."""

import re

from littlegiant.allocation.naming import Naming

# What a rule's name looks like, and the sentence for it; a group of the pattern is a value of the sentence.
_RULES = (
    (r"gate: not met", "rule_gate"),
    (r"gate: undetermined", "rule_open"),
    (r"no score", "rule_no_score"),
    (r"score below (?P<value>.+)", "rule_score"),
    (r"not entitled: (?P<value>.+)", "rule_entitled"),
    (r"no figures", "rule_figures"),
    (r"no benefit", "rule_benefit"),
    (r"intensity above (?P<value>.+)", "rule_intensity"),
    (r"small aid above (?P<value>.+)", "rule_small_aid"),
    (r"uses more of a row than it holds", "rule_larger"),
    (r"(?P<name>.+) not given", "rule_not_given"),
    (r"(?P<name>.+) below (?P<value>.+)", "rule_below"),
)


def rule_in_words(rule: str, naming: Naming) -> str:
    """Return what a rule says; the name itself where it is none of those that are known."""
    for pattern, sentence in _RULES:
        found = re.fullmatch(pattern, rule)
        if found is not None:
            return naming.say(sentence, **found.groupdict())
    return rule
