"""The main job: a programme carried out stage by stage into a folder that anyone can check. Start with `run`."""

from littlegiant.rounds.acts import Act, read_acts
from littlegiant.rounds.programme import Programme, read_programme
from littlegiant.rounds.reading import round_table
from littlegiant.rounds.run import STAGES, RunResult, run
from littlegiant.rounds.verify import Check, verify

__all__ = ["STAGES", "Act", "Check", "Programme", "RunResult", "read_acts", "read_programme", "round_table", "run", "verify"]
