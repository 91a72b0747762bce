"""What an outsider runs to check a round; imports nothing of littlegiant and implements its digests a second time.

`python -m littlegiant_verifier ROUND` holds the bytes of every document and the content of every table against
`round.json`. It does not judge again: that is what `littlegiant verify` does.
"""

from littlegiant_verifier.checks import Finding, check_round

__all__ = ["Finding", "check_round"]
