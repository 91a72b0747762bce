"""A register judged by a standard: outcomes, reasons, what is missing, what would have to change. Start with `assess`."""

from littlegiant.assessment.advice import Advice, advise
from littlegiant.assessment.explanation import Explanation, Reason, explain
from littlegiant.assessment.judging import Judge, Judged
from littlegiant.assessment.subjects import CaseFacts
from littlegiant.assessment.summary import Summary, summarise
from littlegiant.assessment.whole_register import Assessment, assess
from littlegiant.assessment.worked_cases import CaseResult, resolve_case, run_cases

__all__ = [
    "Advice",
    "Assessment",
    "CaseFacts",
    "CaseResult",
    "Explanation",
    "Judge",
    "Judged",
    "Reason",
    "Summary",
    "advise",
    "assess",
    "explain",
    "resolve_case",
    "run_cases",
    "summarise",
]
