"""The rules that drop options, in words: `options.parquet` keeps short English names, which people are told in their language."""

import re

from littlegiant.allocation.naming import Naming

# What a rule's name looks like, and the sentence for it; a group of the pattern is a value of the sentence.
_RULES = (
    (r"gate: not met", "alloc_rule_gate"),
    (r"gate: undetermined", "alloc_rule_open"),
    (r"no score", "alloc_rule_no_score"),
    (r"score below (?P<value>.+)", "alloc_rule_score"),
    (r"not entitled: (?P<value>.+)", "alloc_rule_entitled"),
    (r"no figures", "alloc_rule_figures"),
    (r"no benefit", "alloc_rule_benefit"),
    (r"intensity above (?P<value>.+)", "alloc_rule_intensity"),
    (r"small aid above (?P<value>.+)", "alloc_rule_small_aid"),
    (r"uses more of a row than it holds", "alloc_rule_larger"),
    (r"(?P<name>.+) not given", "alloc_rule_not_given"),
    (r"(?P<name>.+) below (?P<value>.+)", "alloc_rule_below"),
)


def rule_in_words(rule: str, naming: Naming) -> str:
    """Return what a rule says; the name itself where it is none of those that are known."""
    for pattern, sentence in _RULES:
        found = re.fullmatch(pattern, rule)
        if found is not None:
            return naming.say(sentence, **found.groupdict())
    return rule
