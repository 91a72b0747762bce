"""`python -m littlegiant_verifier ROUND`: exit code 0 when everything is as the index says, else 1."""

import sys
from pathlib import Path

from littlegiant_verifier.checks import check_round


def main() -> int:
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "round.json").is_file():
        print("Usage: python -m littlegiant_verifier ROUND   (a folder with round.json)", file=sys.stderr)
        return 2
    findings = list(check_round(Path(sys.argv[1])))
    for finding in findings:
        if finding.wrong:
            print(f"{finding.what}: {finding.wrong}")
    good = sum(not finding.wrong for finding in findings)
    print(f"{good} of {len(findings)} documents and tables are as the index says")
    return 0 if good == len(findings) else 1


if __name__ == "__main__":
    sys.exit(main())
