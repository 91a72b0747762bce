"""Instances as pabulib files: written and read back, votes of other files, files with mistakes."""

from pathlib import Path

import numpy as np
import pytest

from littlegiant.allocation import allocate
from littlegiant.allocation.instance import ABSENT
from littlegiant.allocation.pabulib import read_pb, write_pb
from littlegiant.problems import LittleGiantError

from .award_samples import plain, random_table, table_of

BY_HAND = """META
key;value
description;A town
country;Nowhere
num_projects;3
num_votes;4
budget;100
vote_type;approval
rule;greedy
PROJECTS
project_id;cost;name;category
1;60;"A park; with trees";green
2;50;A bridge;roads
3;40;A pool;sport
VOTES
voter_id;age;vote
v1;30;1,2
v2;41;2, 3
v3;22;2
v4;50;3
"""


def written(folder: Path, text: str) -> Path:
    (folder / "call.pb").write_text(text, encoding="utf-8")
    return folder / "call.pb"


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    table = random_table(1, 40)
    path = written(tmp_path, write_pb(table, "half", "committed", 1_000_000, description="a call"))
    found = read_pb(path)
    offered = np.flatnonzero((table.benefit[:, 1] != ABSENT) & (table.measures["committed"][:, 1] > 0))
    assert found.budget == 1_000_000
    assert found.projects == tuple(table.cases[c] for c in offered)
    assert found.cost == tuple(table.measures["committed"][offered, 1].tolist())
    assert found.points == tuple(table.benefit[offered, 1].tolist())


def test_the_problem_of_a_file_is_the_best_within_the_budget(tmp_path: Path) -> None:
    found = read_pb(written(tmp_path, BY_HAND))
    assert (found.budget, found.projects, found.cost, found.points) == (100, ("1", "2", "3"), (60, 50, 40), (1, 3, 2))
    best = allocate(found.instance())
    assert best.chosen is not None
    assert best.chosen.tolist() == [-1, 0, 0]
    assert best.value == 5


def test_cumulative_votes_give_what_voters_gave(tmp_path: Path) -> None:
    text = BY_HAND.replace("voter_id;age;vote", "voter_id;age;vote;points")
    for line, points in (("v1;30;1,2", "3,1"), ("v2;41;2, 3", "2,2"), ("v3;22;2", "4"), ("v4;50;3", "1")):
        text = text.replace(line, f"{line};{points}")
    assert read_pb(written(tmp_path, text)).points == (3, 7, 3)


def test_a_file_without_votes_has_no_points(tmp_path: Path) -> None:
    assert read_pb(written(tmp_path, BY_HAND[: BY_HAND.index("VOTES")])).points == (0, 0, 0)


def test_a_voter_who_gave_nothing_gives_nothing(tmp_path: Path) -> None:
    assert read_pb(written(tmp_path, BY_HAND + "v5;20;\n")).points == (1, 3, 2)
    text = BY_HAND.replace("voter_id;age;vote", "voter_id;age;vote;points")
    head = text[: text.index("v1;30")]
    assert read_pb(written(tmp_path, head + "v1;30;1;5\nv2;20;;\n")).points == (5, 0, 0)


def test_a_name_with_the_sign_between_cells_survives(tmp_path: Path) -> None:
    table = table_of([plain("a;b", 5, 100, region="x;y"), plain("c", 4, 100)])
    found = read_pb(written(tmp_path, write_pb(table, "full", "committed", 100, description="x;y")))
    assert found.projects == ("a;b", "c")
    assert found.points == (5, 4)


@pytest.mark.parametrize(
    ("package", "measure", "told"),
    [("ful", "committed", "Did you mean 'full'"), ("full", "comitted", "Did you mean 'committed'")],
)
def test_an_unknown_name_is_one_sentence(package: str, measure: str, told: str) -> None:
    with pytest.raises(LittleGiantError, match=told):
        write_pb(random_table(1, 5), package, measure, 5, description="")


MISTAKES = {
    "no sections": ("nothing\n", "no section META"),
    "no projects": (BY_HAND[: BY_HAND.index("PROJECTS")], "no section PROJECTS"),
    "no cost": (BY_HAND.replace("project_id;cost", "project_id;price"), "no column cost"),
    "no budget": (BY_HAND.replace("budget;100\n", ""), "budget"),
    "a budget that is none": (BY_HAND.replace("budget;100", "budget;much"), "'much'"),
    "a cost below 0": (BY_HAND.replace("2;50;", "2;-50;"), "cost of 2"),
    "a cost that is not whole": (BY_HAND.replace("2;50;", "2;50.5;"), "cost of 2"),
    "a cost without end": (BY_HAND.replace("2;50;", "2;inf;"), "cost of 2"),
    "a vote for nobody": (BY_HAND.replace("v4;50;3", "v4;50;7"), "'7', which is no project"),
    "no vote column": (BY_HAND.replace("voter_id;age;vote", "voter_id;age;voted"), "no column vote"),
    "a row cut off": (BY_HAND.replace("2;50;A bridge;roads", "2"), "call.pb"),
    "a vote cut off": (BY_HAND.replace("v4;50;3", "v4"), "call.pb"),
    "more points than names": (
        BY_HAND.replace("voter_id;age;vote", "voter_id;vote;points").replace("v1;30;1,2", "v1;1,2;3,4,5"),
        "call.pb",
    ),
    "a project twice": (BY_HAND.replace("3;40;A pool;sport", "3;40;A pool;sport\n2;10;Again;roads"), "'2'"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_bad_file_is_one_sentence(tmp_path: Path, name: str) -> None:
    text, told = MISTAKES[name]
    with pytest.raises(LittleGiantError) as problem:
        read_pb(written(tmp_path, text))
    assert told in str(problem.value)
    assert len(problem.value.problems) == 1


def test_bytes_that_are_no_text_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "call.pb").write_bytes(BY_HAND.replace("town", "münchen").encode("latin-1"))
    with pytest.raises(LittleGiantError, match="UTF-8"):
        read_pb(tmp_path / "call.pb")


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(LittleGiantError, match="no such file"):
        read_pb(tmp_path / "none.pb")
