"""A draw that anybody can repeat: against the same sentences written again with hashlib, and against what may go wrong."""

import hashlib
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from littlegiant.ledger.drawing import check_draw, commitment_of, new_secret, order, reveal, tickets, uniforms
from littlegiant.problems import LittleGiantError

CALL = "key-little-giants-2026"
SECRET = "0123456789abcdef" * 4
BEACON = "03 11 17 24 29 | 05"
FIRMS = [f"F{number:03d}" for number in range(40)] + ["某某科技", "Ünal", "F 7"]


def joined(*parts: str | bytes) -> bytes:
    """Each part as its length in eight bytes, then its bytes: the sentence of the module, written again."""
    text = b""
    for part in parts:
        data = part if isinstance(part, bytes) else part.encode("utf-8")
        text += len(data).to_bytes(8, "big")
        text += data
    return text


def sha(*parts: str | bytes) -> bytes:
    return hashlib.sha256(joined(*parts)).digest()


COMMITMENT = sha("littlegiant-draw:commit", CALL, SECRET).hex()
SEED = sha("littlegiant-draw:seed", CALL, SECRET, BEACON)


def told(problem: LittleGiantError) -> str:
    assert len(problem.problems) == 1, "one sentence"
    return str(problem)


def test_commitment_seed_and_tickets_are_those_of_the_description() -> None:
    assert commitment_of(CALL, SECRET) == COMMITMENT
    draw = reveal(CALL, COMMITMENT, SECRET, BEACON, "state lottery")
    assert draw.seed == SEED
    assert draw.source == "state lottery"
    assert tickets(SEED, FIRMS) == [sha(SEED, firm) for firm in FIRMS]


def test_the_order_is_that_of_the_tickets() -> None:
    assert order(SEED, FIRMS) == sorted(FIRMS, key=lambda firm: sha(SEED, firm))


def test_the_order_does_not_depend_on_the_order_given() -> None:
    drawn = order(SEED, FIRMS)
    assert order(SEED, FIRMS[::-1]) == drawn
    assert order(SEED, sorted(FIRMS, key=lambda firm: firm[::-1])) == drawn
    kept = FIRMS[::3]
    assert order(SEED, kept) == [firm for firm in drawn if firm in kept], "whoever stays away changes nobody else's place"


def test_uniforms_are_the_first_53_bits_of_the_tickets() -> None:
    for firm, number in zip(FIRMS, uniforms(SEED, FIRMS).tolist(), strict=True):
        assert number == (int(sha(SEED, firm).hex(), 16) >> (256 - 53)) / 2**53
        assert 0 <= number < 1


def test_numbers_put_firms_in_the_order_of_the_tickets() -> None:
    by_number = [FIRMS[at] for at in np.argsort(uniforms(SEED, FIRMS))]
    assert by_number == order(SEED, FIRMS)


def test_numbers_are_spread_evenly() -> None:
    count, cells = 20_000, 20
    numbers = uniforms(SEED, [f"F{number}" for number in range(count)])
    held = np.bincount((numbers * cells).astype(np.int64), minlength=cells)
    square = float(((held - count / cells) ** 2 / (count / cells)).sum())
    assert square < 43.8, "chi square with 19 degrees of freedom, one in a thousand"


def test_first_places_are_spread_evenly() -> None:
    first = Counter(order(sha("test", str(number)), ["a", "b", "c", "d"])[0] for number in range(4_000))
    assert all(abs(first[name] - 1_000) < 110 for name in "abcd"), "four standard deviations"


def test_another_secret_or_value_gives_another_order() -> None:
    drawn = order(SEED, FIRMS)
    for secret, beacon in (("f" * 64, BEACON), (SECRET, BEACON + "1")):
        assert order(reveal(CALL, commitment_of(CALL, secret), secret, beacon).seed, FIRMS) != drawn


def test_parts_do_not_run_into_each_other() -> None:
    assert commitment_of("ab", SECRET) != commitment_of("a", SECRET)
    assert sha("ab", "c") != sha("a", "bc"), "else this test would show nothing"
    seeds = {
        reveal(call, commitment_of(call, SECRET), SECRET, beacon).seed
        for call, beacon in (("ab", "c"), ("a", "bc"), ("a", "b c"), ("abc", "-"), ("-", "abc"))
    }
    assert len(seeds) == 5
    assert tickets(b"seed", ["a", "bc"])[1] != tickets(b"seedb", ["c"])[0]
    assert tickets(b"seeda", ["b"]) != tickets(b"seed", ["ab"])


def test_new_secrets_are_of_the_form_and_not_the_same() -> None:
    made = [new_secret() for _ in range(5)]
    assert len(set(made)) == 5
    assert all(commitment_of(CALL, secret) for secret in made)


@pytest.mark.parametrize(
    ("call", "commitment", "secret", "beacon", "code"),
    [
        (CALL, COMMITMENT, "f" * 64, BEACON, "commitment"),
        ("another call", COMMITMENT, SECRET, BEACON, "commitment"),
        (CALL, "0" * 64, SECRET, BEACON, "commitment"),
        (CALL, COMMITMENT, SECRET, "  ", "beacon"),
        (CALL, COMMITMENT, SECRET, "", "beacon"),
        (CALL, COMMITMENT, "abc", BEACON, "secret"),
        (CALL, COMMITMENT, SECRET.upper(), BEACON, "secret"),
        (CALL, COMMITMENT, SECRET[:-1] + "g", BEACON, "secret"),
        (CALL, COMMITMENT, SECRET + "\n", BEACON, "secret"),
        (CALL, COMMITMENT, "", BEACON, "secret"),
    ],
)
def test_what_was_not_committed_to_is_refused_in_one_sentence(
    call: str, commitment: str, secret: str, beacon: str, code: str
) -> None:
    with pytest.raises(LittleGiantError) as problem:
        reveal(call, commitment, secret, beacon)
    assert told(problem.value)
    assert problem.value.problems[0].code == code
    if secret:
        assert secret.strip() not in str(problem.value), "a secret is not told in a message"


def test_a_malformed_secret_cannot_be_committed_to() -> None:
    with pytest.raises(LittleGiantError, match="64 hexadecimal digits"):
        commitment_of(CALL, "12")


def test_a_commitment_is_read_as_people_copy_it() -> None:
    assert reveal(CALL, f" {COMMITMENT.upper()}\n", SECRET, f" {BEACON}\n").seed == SEED


def test_who_stands_twice_is_named() -> None:
    with pytest.raises(LittleGiantError) as problem:
        order(SEED, ["a", "b", "a", "c", "c"])
    assert [each.found for each in problem.value.problems] == ["'a' twice", "'c' twice"]
    assert {each.code for each in problem.value.problems} == {"twice"}


def test_a_published_order_is_checked_to_its_first_difference() -> None:
    draw = reveal(CALL, COMMITMENT, SECRET, BEACON)
    right = order(draw.seed, FIRMS)
    assert check_draw(draw, right).outcome == "exact"
    for place in (0, 7, len(right) - 2):
        wrong = right.copy()
        wrong[place], wrong[place + 1] = wrong[place + 1], wrong[place]
        found = check_draw(draw, wrong)
        assert found.outcome == "differs"
        assert f"place {place + 1} " in found.found
        assert right[place] in found.found
        assert wrong[place] in found.found


def test_a_draw_of_another_secret_is_noticed_when_it_is_checked() -> None:
    from dataclasses import replace

    draw = replace(reveal(CALL, COMMITMENT, SECRET, BEACON), secret="e" * 64)
    found = check_draw(draw, order(draw.seed, FIRMS))
    assert found.outcome == "differs"
    assert "commitment" in found.found


def test_nobody_and_one() -> None:
    assert order(SEED, []) == []
    assert order(SEED, ["a"]) == ["a"]
    assert uniforms(SEED, []).tolist() == []
    assert all(a < b for a, b in pairwise(tickets(SEED, order(SEED, FIRMS))))
