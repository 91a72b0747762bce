"""How R&D responds: the sum firm by firm in plain Python, draws common to all firms and designs, bands, drivers and grades,
and parameters that say where they come from."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from littlegiant.finance.response import CLASSES, Design, Parameter, Response, Roles, beats, read_parameters, respond
from littlegiant.finance.response.model import draw_parameters, hash_of
from littlegiant.finance.schedule import FloatArray
from littlegiant.problems import LittleGiantError

CELLS_AND_FIRMS = 3e-13  # as the reference states it
NEARLY = 1e-8  # what cells of log changes rounded to 1e-9 keep
ROUNDING = 1e-12
HEADER = "id,population,low,mode,high,unit,horizon,limit,source,evidence,status,note\n"
SHIPPED = read_parameters()
NAMES = Roles().names
# Fewer parameters for what does not hang on them: one effect of grants, and one elasticity, for all classes.
ONE_GRANT = Roles(grant=dict.fromkeys(CLASSES, "grant_beta_small"), beside_relief=dict.fromkeys(CLASSES, "mix_kappa_small"))
ONE_OF_EACH = replace(ONE_GRANT, elasticity=dict.fromkeys(CLASSES, "rd_eps_small"))

# Points and bands of the small files: all roles, none of them uncertain unless a test says so.
CERTAIN: dict[str, tuple[float, float, float]] = {
    **{f"rd_eps_{size}": (1.0, 1.0, 1.0) for size in CLASSES},
    **{f"grant_beta_{size}": (1.0, 1.0, 1.0) for size in CLASSES},
    **{f"mix_kappa_{size}": (1.0, 1.0, 1.0) for size in CLASSES},
    "rd_relabel_cn": (0.0, 0.0, 0.0),
    "guar_incremental_ca": (1.0, 1.0, 1.0),
}


# What the tests are made of


def written(folder: Path, rows: str, *, header: str = HEADER) -> Path:
    path = folder / "own.csv"
    path.write_text(header + rows, encoding="utf-8")
    return path


def own_parameters(
    folder: Path,
    bands: Mapping[str, tuple[float, float, float]] | None = None,
    *,
    evidence: Mapping[str, str] | None = None,
    limits: Mapping[str, float] | None = None,
) -> dict[str, Parameter]:
    rows = ""
    for name, (low, mode, high) in (CERTAIN | dict(bands or {})).items():
        limit = (limits or {}).get(name, "")
        kind = (evidence or {}).get(name, "meta")
        rows += f"{name},all,{low},{mode},{high},number,medium,{limit},A study,{kind},seen,\n"
    return read_parameters(written(folder, rows))


def design(name: str = "design", *, budget: float = 0.0, **columns: Any) -> Design:
    """Columns are cost_before, cost_after, grant and released; the last two are none unless given."""
    before = np.asarray(columns["cost_before"], np.float64)
    none = np.zeros(before.shape)
    return Design(
        name,
        before,
        np.asarray(columns["cost_after"], np.float64),
        np.asarray(columns.get("grant", none), np.float64),
        np.asarray(columns.get("released", none), np.float64),
        budget,
    )


def population(count: int, seed: int) -> tuple[FloatArray, npt.NDArray[np.str_], Design]:
    """Firms that face a handful of costs, with grants and released finance for some."""
    rng = np.random.default_rng(seed)
    research = rng.uniform(1e5, 1e7, count)
    size = rng.choice(np.array(CLASSES), count)
    before, after = rng.choice([0.20, 0.19], count), rng.choice([0.1647, 0.1333, 0.18], count)
    grant = np.where(rng.random(count) < 0.4, rng.uniform(0, 2e6, count), 0.0)
    released = np.where(rng.random(count) < 0.2, rng.uniform(0, 1e6, count), 0.0)
    return research, size, design(cost_before=before, cost_after=after, grant=grant, released=released, budget=1e7)


def one_response(research: Any, size: Any, which: Design, parameters: Mapping[str, Parameter], **how: Any) -> Response:
    settings: dict[str, Any] = {"draws": 40, "seed": 7, "roles": ONE_OF_EACH} | how
    (found,) = respond(np.asarray(research, np.float64), np.asarray(size, np.str_), [which], parameters, **settings)
    return found


def firm_by_firm(
    research: FloatArray, size: npt.NDArray[np.str_], which: Design, draws: Mapping[str, FloatArray], draw: int
) -> float:
    """The reference's formula, a firm after the other, for one draw."""
    each = []
    for number in range(len(research)):
        name = str(size[number])
        change = float(which.cost_after[number]) / float(which.cost_before[number])
        reported = float(research[number]) * change ** -float(draws[f"rd_eps_{name}"][draw]) - float(research[number])
        granted = float(draws[f"grant_beta_{name}"][draw]) * float(draws[f"mix_kappa_{name}"][draw]) * float(which.grant[number])
        let_go = float(draws["guar_incremental_ca"][draw]) * float(which.released[number])
        each.append(reported * (1 - float(draws["rd_relabel_cn"][draw])) + granted + let_go)
    return math.fsum(each)


@cache
def shipped_draws(draws: int, seed: int, *, backwards: bool = False) -> dict[str, FloatArray]:
    return draw_parameters([SHIPPED[name] for name in (reversed(NAMES) if backwards else NAMES)], draws=draws, seed=seed)


def complaint(error: pytest.ExceptionInfo[LittleGiantError]) -> str:
    (problem,) = error.value.problems
    assert error.value.exit_code == 2
    return str(problem)


def ranks(values: FloatArray) -> FloatArray:
    return np.asarray(np.argsort(np.argsort(values)), np.float64)


def rank_correlation(first: FloatArray, second: FloatArray) -> float:
    return float(np.corrcoef(ranks(first), ranks(second))[0, 1])


def quantile_of(parameter: Parameter, share: float) -> float:
    low, mode, high = parameter.low, parameter.mode, parameter.high
    if share * (high - low) < mode - low:
        return low + math.sqrt(share * (high - low) * (mode - low))
    return high - math.sqrt((1 - share) * (high - low) * (high - mode))


# The formula, firm by firm


@pytest.mark.parametrize("seed", [1, 2])
def test_extra_research_is_the_sum_over_firms(seed: int) -> None:
    research, size, which = population(400, seed)
    found, draws = one_response(research, size, which, SHIPPED, draws=8, seed=seed, roles=Roles()), shipped_draws(8, seed)
    for draw in range(8):
        assert found.extra[draw] == pytest.approx(firm_by_firm(research, size, which, draws, draw), rel=NEARLY)


def test_cells_are_firms_to_the_last_digits_where_changes_are_round() -> None:
    research, size, which = population(400, 3)
    rng = np.random.default_rng(3)
    round_ = design(
        cost_before=np.ones(400),
        cost_after=np.exp(-rng.choice([0.05, 0.1, 0.2, 0.35], 400)),
        grant=which.grant,
        released=which.released,
    )
    found, draws = one_response(research, size, round_, SHIPPED, draws=8, seed=3, roles=Roles()), shipped_draws(8, 3)
    assert found.cells == 12
    for draw in range(8):
        assert found.extra[draw] == pytest.approx(firm_by_firm(research, size, round_, draws, draw), rel=CELLS_AND_FIRMS)


def test_cells_are_firms_to_the_last_digits_for_any_change() -> None:
    research, size, which = population(400, 4)
    found, draws = one_response(research, size, which, SHIPPED, draws=4, seed=4, roles=Roles()), shipped_draws(4, 4)
    for draw in range(4):
        assert found.extra[draw] == pytest.approx(firm_by_firm(research, size, which, draws, draw), rel=CELLS_AND_FIRMS)


def test_extra_research_is_the_sum_over_firms_where_no_two_costs_are_alike() -> None:
    rng = np.random.default_rng(30)
    research, size, which = population(300, 30)
    own = design(cost_before=rng.uniform(0.1, 0.3, 300), cost_after=rng.uniform(0.05, 0.3, 300), grant=which.grant)
    found, draws = one_response(research, size, own, SHIPPED, draws=8, seed=3, roles=Roles()), shipped_draws(8, 3)
    assert found.cells == 300
    for draw in range(8):
        assert found.extra[draw] == pytest.approx(firm_by_firm(research, size, own, draws, draw), rel=NEARLY)


def test_firms_of_a_class_that_face_the_same_costs_are_one_cell() -> None:
    research, size, which = population(500, 5)
    assert one_response(research, size, which, SHIPPED).cells == 3 * 2 * 3


def test_extra_research_is_split_by_class_and_adds_up() -> None:
    research, size, which = population(300, 6)
    found = one_response(research, size, which, SHIPPED, roles=Roles())
    assert list(found.by_class) == sorted(CLASSES)
    assert np.sum(list(found.by_class.values()), axis=0) == pytest.approx(found.extra, rel=ROUNDING)
    rows = size == "medium"
    alone = design(**{n: getattr(which, n)[rows] for n in ("cost_before", "cost_after", "grant", "released")})
    assert one_response(research[rows], size[rows], alone, SHIPPED, roles=Roles()).by_class["medium"] == pytest.approx(
        found.by_class["medium"], rel=ROUNDING
    )


def test_nothing_changes_where_no_cost_changes_and_nothing_is_given() -> None:
    research, size, which = population(100, 8)
    found = one_response(research, size, design(cost_before=which.cost_before, cost_after=which.cost_before), SHIPPED)
    assert np.array_equal(found.extra, np.zeros(40))


def test_dearer_research_shrinks_and_cheaper_research_grows_in_every_draw() -> None:
    research, size, which = population(100, 9)
    up = design(cost_before=which.cost_before, cost_after=which.cost_before * 1.1)
    down = design(cost_before=which.cost_before, cost_after=which.cost_before / 1.1)
    assert np.all(one_response(research, size, up, SHIPPED).extra < 0)
    assert np.all(one_response(research, size, down, SHIPPED).extra > 0)


def test_relabelled_research_does_not_count(tmp_path: Path) -> None:
    which = design(cost_before=[1.0], cost_after=[0.5], grant=[10.0], released=[4.0])
    found = one_response([100.0], ["small"], which, own_parameters(tmp_path, {"rd_relabel_cn": (0.25, 0.25, 0.25)}))
    assert found.extra == pytest.approx(100 * 0.75 + 10 + 4, rel=NEARLY)  # at elasticity 1 half the cost is twice the R&D


def test_grants_count_by_their_own_effect_times_that_beside_tax_relief(tmp_path: Path) -> None:
    bands = {"grant_beta_small": (0.5, 0.5, 0.5), "mix_kappa_small": (2.0, 2.0, 2.0), "guar_incremental_ca": (0.75, 0.75, 0.75)}
    which = design(cost_before=[1.0], cost_after=[1.0], grant=[30.0], released=[8.0])
    found = one_response([100.0], ["small"], which, own_parameters(tmp_path, bands))
    assert found.extra == pytest.approx(0.5 * 2 * 30 + 0.75 * 8)


def test_a_base_subsidised_whole_gives_one_more_per_unit_at_elasticity_one(tmp_path: Path) -> None:
    # R1 = R0 / (1 - s); the subsidy costs s R1; extra is R1 - R0 = s R1.
    research, designs = np.array([100.0, 250.0, 4000.0]), []
    for subsidy in (0.05, 0.176, 0.333, 0.6):
        budget = float((subsidy * research / (1 - subsidy)).sum())
        designs.append(design(cost_before=np.full(3, 0.2), cost_after=np.full(3, 0.2 * (1 - subsidy)), budget=budget))
    for found in respond(research, np.array(CLASSES), designs, own_parameters(tmp_path), draws=10, seed=1):
        assert found.per_cost == pytest.approx(1, rel=NEARLY)


def test_extra_per_unit_of_subsidy_at_other_elasticities(tmp_path: Path) -> None:
    subsidy, elasticities = 0.25, {"small": 2.6, "medium": 0.8, "large": 0.3}
    parameters = own_parameters(tmp_path, {f"rd_eps_{size}": (e, e, e) for size, e in elasticities.items()})
    which = design(cost_before=np.ones(3), cost_after=np.full(3, 1 - subsidy))
    found = one_response([100.0] * 3, list(elasticities), which, parameters, roles=ONE_GRANT)
    for size, elasticity in elasticities.items():
        paid = subsidy * 100 * (1 - subsidy) ** -elasticity
        assert found.by_class[size] / paid == pytest.approx((1 - (1 - subsidy) ** elasticity) / subsidy, rel=NEARLY)


@pytest.mark.parametrize("budget", [0.0, -5.0])
def test_extra_per_cost_is_not_defined_without_a_cost(budget: float) -> None:
    found = one_response([100.0], ["small"], design(cost_before=[1.0], cost_after=[0.9], budget=budget), SHIPPED)
    assert np.isnan(found.per_cost).all()
    assert found.budget == budget


def test_bands_are_the_5_50_and_95_per_cent_quantiles() -> None:
    research, size, which = population(50, 10)
    found = one_response(research, size, which, SHIPPED, draws=201)
    ordered = np.sort(found.extra)
    assert found.band() == pytest.approx((ordered[10], ordered[100], ordered[190]))
    small = np.sort(found.by_class["small"])
    assert found.band(found.by_class["small"]) == pytest.approx((small[10], small[100], small[190]))


def test_the_unit_rescales_everything() -> None:
    research, size, which = population(60, 11)
    other = design(
        cost_before=which.cost_before, cost_after=which.cost_after, grant=which.grant / 1e4, released=which.released / 1e4
    )
    here, there = one_response(research, size, which, SHIPPED), one_response(research / 1e4, size, other, SHIPPED)
    assert there.extra * 1e4 == pytest.approx(here.extra, rel=ROUNDING)
    assert dict(there.drivers) == pytest.approx(dict(here.drivers), rel=1e-9)
    assert there.extrapolated == pytest.approx(here.extrapolated, rel=ROUNDING)


def test_the_order_of_firms_does_not_matter() -> None:
    research, size, which = population(200, 12)
    order = np.random.default_rng(1).permutation(200)
    moved = design(**{n: getattr(which, n)[order] for n in ("cost_before", "cost_after", "grant", "released")})
    here, there = one_response(research, size, which, SHIPPED), one_response(research[order], size[order], moved, SHIPPED)
    assert there.extra == pytest.approx(here.extra, rel=ROUNDING)


def test_inputs_are_left_as_they_are() -> None:
    research, size, which = population(40, 13)
    columns: list[npt.NDArray[Any]] = [research, size, which.cost_before, which.cost_after, which.grant, which.released]
    kept = [column.copy() for column in columns]
    for column in columns:
        column.flags.writeable = False
    one_response(research, size, which, SHIPPED)
    for column, before in zip(columns, kept, strict=True):
        assert np.array_equal(column, before)


def test_an_empty_table_brings_nothing() -> None:
    found = one_response([], [], design(cost_before=[], cost_after=[]), SHIPPED)
    assert np.array_equal(found.extra, np.zeros(40))
    assert (dict(found.by_class), found.cells, found.extrapolated) == ({}, 0, 0.0)


# Unknown figures


@pytest.mark.parametrize(("before", "after"), [(float("nan"), 0.1), (0.2, float("nan"))])
def test_a_firm_of_unknown_cost_counts_nothing(before: float, after: float) -> None:
    which = design(cost_before=[0.2, before], cost_after=[0.16, after], grant=[5.0, 100.0], released=[1.0, 100.0])
    alone = design(cost_before=[0.2], cost_after=[0.16], grant=[5.0], released=[1.0])
    found = one_response([100.0, 1000.0], ["small", "small"], which, SHIPPED)
    assert found.extra == pytest.approx(one_response([100.0], ["small"], alone, SHIPPED).extra, rel=ROUNDING)


@pytest.mark.parametrize(
    ("research", "grant", "released"),
    [
        pytest.param(float("nan"), 100.0, 0.0, id="research unknown, the grant counts"),
        pytest.param(1000.0, float("nan"), 0.0, id="grant unknown, the research counts"),
        pytest.param(1000.0, 0.0, float("nan"), id="released finance unknown, the research counts"),
    ],
)
def test_a_firm_with_any_unknown_figure_counts_nothing(research: float, grant: float, released: float) -> None:
    which = design(cost_before=[0.2, 0.2], cost_after=[0.16, 0.16], grant=[5.0, grant], released=[1.0, released])
    alone = design(cost_before=[0.2], cost_after=[0.16], grant=[5.0], released=[1.0])
    found = one_response([100.0, research], ["small", "small"], which, SHIPPED)
    assert found.extra == pytest.approx(one_response([100.0], ["small"], alone, SHIPPED).extra, rel=ROUNDING)


def test_research_that_becomes_free_is_not_said_to_stay_the_same() -> None:
    try:
        found = one_response([100.0], ["small"], design(cost_before=[0.2], cost_after=[0.0]), SHIPPED)
    except LittleGiantError:
        return
    assert np.all(found.extra != 0)


@pytest.mark.parametrize("size", ["", "tiny", "Small"])
def test_an_unknown_size_class_is_refused(size: str) -> None:
    with pytest.raises(LittleGiantError) as refused:
        one_response([1.0, 1.0], ["small", size], design(cost_before=[1.0, 1.0], cost_after=[0.9, 0.9]), SHIPPED)
    sentence = complaint(refused)
    assert repr(size) in sentence
    assert "small, medium, large" in sentence


# Draws


def test_all_designs_are_on_the_same_draws_and_a_uniformly_better_one_always_wins() -> None:
    research, size, which = population(200, 14)
    better = design("better", cost_before=which.cost_before, cost_after=which.cost_after * 0.999, grant=which.grant)
    plain = design("plain", cost_before=which.cost_before, cost_after=which.cost_after, grant=which.grant)
    more = design("more", cost_before=which.cost_before, cost_after=which.cost_after, grant=which.grant * 1.001)
    first, second, third, again = respond(research, size, [better, plain, more, plain], SHIPPED, draws=2000, seed=3)
    assert (beats(first, second), beats(second, first)) == (1.0, 0.0)
    assert (beats(third, second), beats(second, third)) == (1.0, 0.0)
    assert np.array_equal(second.extra, again.extra)
    assert beats(second, again) == 0.5
    assert (first.design, second.design, third.design) == ("better", "plain", "more")
    (fresh,) = respond(research, size, [better], SHIPPED, draws=2000, seed=4)
    assert 0.4 < beats(fresh, second) < 0.6  # what fresh draws would make of the same comparison


def test_a_design_has_the_same_response_alone_as_beside_others() -> None:
    research, size, which = population(50, 15)
    other = design("other", cost_before=which.cost_before, cost_after=which.cost_after * 0.5)
    (alone,) = respond(research, size, [which], SHIPPED, draws=30, seed=1)
    _, beside = respond(research, size, [other, which], SHIPPED, draws=30, seed=1)
    assert np.array_equal(alone.extra, beside.extra)


def test_draws_do_not_depend_on_how_many_firms_there_are() -> None:
    many = 64
    one = one_response([100.0], ["small"], design(cost_before=[1.0], cost_after=[0.8]), SHIPPED)
    alike = design(cost_before=np.ones(many), cost_after=np.full(many, 0.8))
    assert one_response(np.full(many, 100.0), ["small"] * many, alike, SHIPPED).extra == pytest.approx(
        one.extra * many, rel=ROUNDING
    )
    with_large = design(cost_before=np.ones(2), cost_after=np.full(2, 0.8))
    beside = one_response([100.0, 5000.0], ["small", "large"], with_large, SHIPPED)
    assert np.array_equal(beside.by_class["small"], one.by_class["small"])


def test_the_band_of_a_total_does_not_shrink_with_the_number_of_firms() -> None:
    def width(count: int) -> float:
        alike = design(cost_before=np.ones(count), cost_after=np.full(count, 0.8))
        low, middle, high = one_response(np.full(count, 100.0), ["small"] * count, alike, SHIPPED, draws=500).band()
        return (high - low) / middle

    assert width(1000) == pytest.approx(width(1), rel=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_draws_do_not_depend_on_which_other_parameters_are_drawn(name: str) -> None:
    alone = draw_parameters([SHIPPED[name]], draws=30, seed=5)[name]
    assert np.array_equal(alone, shipped_draws(30, 5)[name])
    assert np.array_equal(alone, shipped_draws(30, 5, backwards=True)[name])


def test_seeds_matter_and_repeat() -> None:
    parameters = [SHIPPED[name] for name in NAMES]
    first, again, other = (draw_parameters(parameters, draws=30, seed=seed) for seed in (1, 1, 2))
    for name in NAMES:
        assert np.array_equal(first[name], again[name])
        assert not np.any(first[name] == other[name])


def test_more_draws_only_add_to_the_earlier_ones() -> None:
    few, many = shipped_draws(30, 1), shipped_draws(3000, 1)
    for name in NAMES:
        assert np.array_equal(few[name], many[name][:30])


@pytest.mark.parametrize(("text", "number"), [("", 0x811C9DC5), ("a", 0xE40C292C), ("foobar", 0xBF9CF968)])
def test_the_number_of_a_name_is_the_same_everywhere(text: str, number: int) -> None:
    assert hash_of(text) == number  # published values of this function, FNV-1a with 32 bits


@pytest.mark.parametrize("name", NAMES)
def test_drawn_parameters_have_the_triangular_distribution_of_their_file(name: str) -> None:
    parameter, draws = SHIPPED[name], 20_000
    values = np.sort(draw_parameters([parameter], draws=draws, seed=2)[name])
    assert parameter.low <= values[0]
    assert values[-1] <= parameter.high
    for share in (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99):
        # As a share of draws below the true quantile: within five standard errors.
        below = np.searchsorted(values, quantile_of(parameter, share)) / draws
        assert below == pytest.approx(share, abs=5 * math.sqrt(share * (1 - share) / draws))


@pytest.mark.parametrize("band", [(0.0, 0.0, 1.0), (0.0, 1.0, 1.0), (2.0, 2.0, 2.0), (-0.05, -0.045, -0.04)])
def test_bands_at_the_limits_are_drawn_too(tmp_path: Path, band: tuple[float, float, float]) -> None:
    parameter = own_parameters(tmp_path, {"rd_eps_small": band})["rd_eps_small"]
    values = draw_parameters([parameter], draws=10_000, seed=1)["rd_eps_small"]
    assert np.all((values >= band[0]) & (values <= band[2]))
    assert values.mean() == pytest.approx(sum(band) / 3, abs=0.02 * (band[2] - band[0]))
    assert values.std() == pytest.approx(
        math.sqrt(sum(x * x for x in band) / 18 - (band[0] * band[1] + band[0] * band[2] + band[1] * band[2]) / 18), abs=0.01
    )


def test_parameters_are_drawn_independently_unless_declared_otherwise() -> None:
    draws = shipped_draws(4000, 3)
    for first, second in combinations(NAMES, 2):
        assert abs(rank_correlation(draws[first], draws[second])) < 0.08, (first, second)


@pytest.mark.parametrize("declared", [0.8, -0.8, 0.3])
def test_a_declared_correlation_is_found_in_the_draws(declared: float) -> None:
    names = ["rd_eps_small", "rd_eps_medium", "rd_eps_large"]
    parameters = [SHIPPED[name] for name in names]
    draws = draw_parameters(parameters, draws=10_000, seed=3, correlations={("rd_eps_small", "rd_eps_large"): declared})
    found = rank_correlation(draws["rd_eps_small"], draws["rd_eps_large"])
    assert found == pytest.approx(6 / math.pi * math.asin(declared / 2), abs=0.02)  # of two normals, by rank
    assert abs(found - declared) < 0.04
    assert np.array_equal(draws["rd_eps_medium"], draw_parameters(parameters, draws=10_000, seed=3)["rd_eps_medium"])
    for name in ("rd_eps_small", "rd_eps_large"):
        for share in (0.05, 0.5, 0.95):
            below = np.mean(draws[name] < quantile_of(SHIPPED[name], share))
            assert below == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / 10_000))


def test_correlations_widen_the_band_of_a_sum() -> None:
    which = design(cost_before=np.ones(3), cost_after=np.full(3, 0.8))
    together = dict.fromkeys(combinations([f"rd_eps_{size}" for size in CLASSES], 2), 0.8)
    free = one_response([100.0] * 3, list(CLASSES), which, SHIPPED, draws=4000, roles=ONE_GRANT)
    bound = one_response([100.0] * 3, list(CLASSES), which, SHIPPED, draws=4000, roles=replace(ONE_GRANT, correlations=together))
    assert np.std(bound.extra) > 1.15 * np.std(free.extra)


@pytest.mark.parametrize(
    "correlations",
    [
        {("rd_eps_small", "rd_eps_large"): 1.2},
        {
            ("rd_eps_small", "rd_eps_medium"): 0.9,
            ("rd_eps_medium", "rd_eps_large"): 0.9,
            ("rd_eps_small", "rd_eps_large"): -0.9,
        },
    ],
)
def test_correlations_that_cannot_all_hold_are_refused(correlations: dict[tuple[str, str], float]) -> None:
    which = design(cost_before=[1.0], cost_after=[0.8])
    with pytest.raises(LittleGiantError) as refused:
        one_response([1.0], ["small"], which, SHIPPED, roles=Roles(correlations=correlations))
    assert "correlations that cannot all hold" in complaint(refused)


def test_a_correlation_with_a_parameter_that_is_not_drawn_is_refused() -> None:
    which = design(cost_before=[1.0], cost_after=[0.8])
    with pytest.raises(LittleGiantError) as refused:
        one_response([1.0], ["small"], which, SHIPPED, roles=Roles(correlations={("rd_eps_small", "guar_fee_cn"): 0.5}))
    assert "rd_eps_small with guar_fee_cn" in complaint(refused)


@pytest.mark.parametrize(
    "correlations",
    [
        pytest.param({("rd_eps_small", "rd_eps_small"): 0.1}, id="with itself: its width shrinks to a third"),
        pytest.param({("rd_eps_small", "rd_eps_large"): float("nan")}, id="nan: every draw is nan"),
        pytest.param(
            {("rd_eps_small", "rd_eps_large"): 0.8, ("rd_eps_large", "rd_eps_small"): -0.8}, id="0.8 and -0.8: the last one wins"
        ),
    ],
)
def test_correlations_that_make_no_sense_are_refused(correlations: dict[tuple[str, str], float]) -> None:
    with pytest.raises(LittleGiantError):
        draw_parameters([SHIPPED["rd_eps_small"], SHIPPED["rd_eps_large"]], draws=5, seed=1, correlations=correlations)


# Drivers, grades, extrapolation


def test_drivers_are_shares_of_the_variance_that_each_makes_alone() -> None:
    research, size, which = population(60, 16)
    found, draws = one_response(research, size, which, SHIPPED, draws=300, seed=9, roles=Roles()), shipped_draws(300, 9)
    variance = {}
    for name in NAMES:
        varied = {other: draws[other] if other == name else np.full(300, SHIPPED[other].mode) for other in NAMES}
        variance[name] = float(np.var([firm_by_firm(research, size, which, varied, draw) for draw in range(300)]))
    total = sum(variance.values())
    assert dict(found.drivers) == pytest.approx({name: each / total for name, each in variance.items()}, rel=1e-5, abs=1e-12)
    assert sum(found.drivers.values()) == pytest.approx(1, rel=ROUNDING)
    assert list(found.drivers.values()) == sorted(found.drivers.values(), reverse=True)


def test_a_parameter_without_width_drives_nothing(tmp_path: Path) -> None:
    parameters = own_parameters(tmp_path, {"rd_eps_small": (0.5, 1.2, 2.6), "grant_beta_small": (0.5, 1.0, 1.5)})
    which = design(cost_before=[1.0], cost_after=[0.8], grant=[10.0])
    drivers = one_response([100.0], ["small"], which, parameters, draws=200).drivers
    assert {name for name, share in drivers.items() if share > 1e-20} == {"rd_eps_small", "grant_beta_small"}
    assert sum(drivers.values()) == pytest.approx(1, rel=ROUNDING)


def test_a_parameter_without_width_drives_exactly_nothing(tmp_path: Path) -> None:
    parameters = own_parameters(tmp_path, {"rd_eps_small": (0.5, 1.2, 2.6)})
    which = design(cost_before=[1.0], cost_after=[0.8])
    drivers = one_response([100.0], ["small"], which, parameters, draws=200, roles=ONE_GRANT).drivers
    assert drivers["rd_relabel_cn"] == 0
    assert drivers["rd_eps_large"] == 0


def test_without_any_width_nothing_drives(tmp_path: Path) -> None:
    found = one_response([100.0], ["small"], design(cost_before=[1.0], cost_after=[0.8]), own_parameters(tmp_path))
    assert set(found.drivers.values()) == {0.0}
    assert found.extra == pytest.approx(25, rel=NEARLY)


GRADES = {
    "regression discontinuity": "A",
    "difference in differences": "A",
    "instrumental variables": "A",
    "meta": "B",
    "structural": "B",
    "matching": "C",
    "panel": "C",
    "synthesis": "D",
    "assumption": "D",
    "": "D",
}


@pytest.mark.parametrize(("evidence", "grade"), GRADES.items())
def test_every_kind_of_evidence_has_its_grade(tmp_path: Path, evidence: str, grade: str) -> None:
    assert own_parameters(tmp_path, evidence={"rd_eps_small": evidence})["rd_eps_small"].grade == grade


def graded(
    folder: Path, bands: Mapping[str, tuple[float, float, float]], evidence: Mapping[str, str], grant: float, draws: int = 16
) -> str:
    others = dict.fromkeys(CERTAIN, "regression discontinuity")
    parameters = own_parameters(folder, bands, evidence=others | dict(evidence))
    return one_response(
        [100.0], ["small"], design(cost_before=[1.0], cost_after=[0.8], grant=[grant]), parameters, draws=draws, roles=ONE_GRANT
    ).grade


WIDE = dict.fromkeys(CERTAIN, (0.2, 0.3, 0.4))


@pytest.mark.parametrize(
    ("evidence", "grant", "grade"),
    [
        ({}, 10.0, "A"),
        ({"rd_relabel_cn": "structural"}, 10.0, "B"),
        ({"rd_relabel_cn": "structural", "rd_eps_small": "panel"}, 10.0, "C"),
        ({"rd_relabel_cn": "structural", "grant_beta_small": "assumption"}, 10.0, "D"),
        ({"rd_relabel_cn": "structural", "grant_beta_small": "assumption"}, 0.0, "B"),
        ({"rd_eps_large": "synthesis", "guar_incremental_ca": "synthesis"}, 10.0, "A"),
    ],
    ids=["all of the best", "relabelling", "elasticity", "grants", "no grants", "other firms, other finance"],
)
def test_the_grade_is_that_of_the_weakest_parameter_used(
    tmp_path: Path, evidence: dict[str, str], grant: float, grade: str
) -> None:
    assert graded(tmp_path, WIDE, evidence, grant) == grade


def test_the_grade_does_not_hang_on_how_many_draws_there_are(tmp_path: Path) -> None:
    shipped = {name: (SHIPPED[name].low, SHIPPED[name].mode, SHIPPED[name].high) for name in NAMES}
    found = [graded(tmp_path, shipped, {"rd_eps_large": "assumption"}, 10.0, draws=draws) for draws in (16, 200, 1000)]
    assert found == ["A", "A", "A"]


@pytest.mark.parametrize(
    ("bands", "evidence", "grade"),
    [
        pytest.param(WIDE | {"rd_eps_small": (1.0, 1.0, 1.0)}, {"rd_eps_small": "assumption"}, "D", id="used but certain: A"),
        pytest.param({}, {"rd_eps_large": "assumption"}, "A", id="all certain, not used: D"),
    ],
)
def test_the_grade_minds_parameters_without_width(
    tmp_path: Path, bands: dict[str, tuple[float, float, float]], evidence: dict[str, str], grade: str
) -> None:
    assert graded(tmp_path, bands, evidence, 0.0) == grade


def test_the_share_of_research_whose_cost_moves_further_than_its_source_saw(tmp_path: Path) -> None:
    limits = {"rd_eps_small": 0.35, "rd_eps_medium": 0.6}  # none for large firms
    parameters = own_parameters(tmp_path, limits=limits)
    research = [100.0, 200.0, 300.0, 400.0, 1000.0]
    size = ["small", "small", "small", "medium", "large"]
    changes = np.exp([-0.36, 0.36, -0.34, -0.5, -2.0])
    found = one_response(research, size, design(cost_before=np.ones(5), cost_after=changes), parameters, roles=ONE_GRANT)
    assert found.extrapolated == pytest.approx(300 / 2000)
    calm = one_response(research, size, design(cost_before=np.ones(5), cost_after=np.full(5, 0.9)), parameters, roles=ONE_GRANT)
    assert calm.extrapolated == 0


# The file of parameters


def test_every_parameter_that_ships_has_a_source_and_numbers_that_rise() -> None:
    assert len(SHIPPED) > 30
    for name, parameter in SHIPPED.items():
        assert parameter.id == name
        assert parameter.source.strip()
        assert parameter.evidence.strip()
        assert parameter.status.strip()
        assert parameter.low <= parameter.mode <= parameter.high
    assert set(NAMES) <= set(SHIPPED)


@pytest.mark.parametrize(
    ("name", "band"),
    [
        ("rd_eps_small", (0.5, 1.2, 2.6)),
        ("rd_eps_medium", (0.3, 0.8, 1.6)),
        ("rd_eps_large", (0.05, 0.3, 1.0)),
        ("guar_incremental_ca", (0.658, 0.748, 0.838)),
    ],
)
def test_the_bands_of_the_reference_ship(name: str, band: tuple[float, float, float]) -> None:
    parameter = SHIPPED[name]
    assert (parameter.low, parameter.mode, parameter.high) == band


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("rd_eps_meta", 0.15),
        ("rd_eps_short_panel", 0.50),
        ("rd_eps_uk_sme_rdd", 2.6),
        ("rd_eps_uk_did", 1.18),
        ("rd_eps_cn_reported", 2.0),
        ("rd_eps_cn_real", 1.14),
    ],
)
def test_the_points_of_the_studies_ship(name: str, mode: float) -> None:
    assert SHIPPED[name].mode == mode


@pytest.mark.parametrize(("size", "limits"), [("small", (1.0, 2.0)), ("medium", (0.7, 1.3)), ("large", (0.4, 1.0))])
def test_grants_beside_tax_relief_have_the_ranges_of_the_reference(size: str, limits: tuple[float, float]) -> None:
    parameter = SHIPPED[f"mix_kappa_{size}"]
    assert (parameter.low, parameter.high) == limits


def test_a_finding_of_which_only_the_sign_is_known_is_no_parameter() -> None:
    assert "gvc_share" not in SHIPPED


def test_our_own_synthesis_makes_the_headline_a_d() -> None:
    research, size, which = population(30, 17)
    assert one_response(research, size, which, SHIPPED).grade == "D"


GOOD = "a,all,1,2,3,number,medium,0.35,A study,meta,seen,\n"


def test_a_file_of_parameters_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("\ufeff" + HEADER + GOOD + 'b,all,-1,0,0.5,,,,"A study, with a comma",panel,ours,\n', encoding="utf-8")
    found = read_parameters(path)
    assert list(found) == ["a", "b"]
    a, b = found["a"], found["b"]
    assert (a.low, a.mode, a.high, a.limit, a.horizon, a.unit, a.grade) == (1, 2, 3, 0.35, "medium", "number", "B")
    assert (b.low, b.mode, b.high, b.limit, b.source, b.grade) == (-1, 0, 0.5, None, "A study, with a comma", "C")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("b,all,1,2,3,,,,,meta,seen,\n", ["own.csv, row 3", "'b' without a source", "Name the source or leave it out."]),
        ("b,all,1,2,3,,,,   ,meta,seen,\n", ["own.csv, row 3", "'b' without a source"]),
        ("b,all,,,,,,,,meta,seen,\n", ["own.csv, row 3", "'b' without a source"]),
        ("b,all,3,2,1,,,,A study,meta,seen,\n", ["own.csv, row 3", "3, 2, 1", "low, mode and high that rise"]),
        ("b,all,1,4,3,,,,A study,meta,seen,\n", ["own.csv, row 3", "1, 4, 3", "low, mode and high that rise"]),
        ("b,all,nan,nan,nan,,,,A study,meta,seen,\n", ["own.csv, row 3"]),
        ("b,all,low,2,3,,,,A study,meta,seen,\n", ["own.csv, row 3", "a text among the numbers"]),
        ("b,all,1,2,3,,,wide,A study,meta,seen,\n", ["own.csv, row 3", "a text among the numbers"]),
    ],
)
def test_a_parameter_that_does_not_fit_is_refused_with_its_row(tmp_path: Path, row: str, said: Sequence[str]) -> None:
    with pytest.raises(LittleGiantError) as refused:
        read_parameters(written(tmp_path, GOOD + row))
    sentence = complaint(refused)
    for words in said:
        assert words in sentence


def test_all_that_is_wrong_with_a_file_is_said_at_once(tmp_path: Path) -> None:
    rows = "b,,1,2,3,,,,,meta,,\n" + GOOD + "c,,3,2,1,,,,A study,meta,,\nd,,x,2,1,,,,A study,meta,,\n"
    with pytest.raises(LittleGiantError) as refused:
        read_parameters(written(tmp_path, rows))
    assert [problem.place for problem in refused.value.problems] == ["own.csv, row 2", "own.csv, row 4", "own.csv, row 5"]
    assert [problem.code for problem in refused.value.problems] == ["no-source", "order", "type"]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LittleGiantError) as refused:
        read_parameters(tmp_path / "none.csv")
    assert "no such file" in complaint(refused)


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        pytest.param(HEADER, "a,all,1,2,inf,,,,A study,meta,seen,\n", id="inf is taken for a number"),
        pytest.param(HEADER, "a,all,1,,3,,,,A study,meta,seen,\n", id="no mode: dropped without a word"),
        pytest.param(HEADER, GOOD + "a,all,4,5,6,,,,A study,meta,seen,\n", id="the same id twice: the last one wins"),
        pytest.param(HEADER, ",all,1,2,3,,,,A study,meta,seen,\n", id="no id: the parameter '' is kept"),
        pytest.param("name,low,mode,high,source\n", "a,1,2,3,A study\n", id="no column id: KeyError"),
        pytest.param("", "", id="an empty file: no parameters"),
    ],
)
def test_other_bad_files_of_parameters_are_refused_too(tmp_path: Path, header: str, rows: str) -> None:
    refusal = None
    try:
        read_parameters(written(tmp_path, rows, header=header))
    except Exception as error:
        refusal = error
    assert isinstance(refusal, LittleGiantError)


def test_the_row_named_is_the_row_in_the_file(tmp_path: Path) -> None:
    with pytest.raises(LittleGiantError) as refused:
        read_parameters(written(tmp_path, "\n\na,all,3,2,1,,,,A study,meta,seen,\n"))
    assert "row 4" in complaint(refused)


@pytest.mark.parametrize(
    ("roles", "said"),
    [
        (Roles(relabelled="rd_relabel_ch"), ["no parameter 'rd_relabel_ch'", "Did you mean 'rd_relabel_cn'?"]),
        (
            Roles(elasticity={size: f"rd_epz_{size}" for size in CLASSES}),
            ["no parameter 'rd_epz_small'", "Did you mean 'rd_eps_small'?"],
        ),
        (Roles(released="zzz"), ["no parameter 'zzz'", "without a source is not computed with"]),
        (Roles(released="gvc_share"), ["no parameter 'gvc_share'"]),
    ],
)
def test_a_parameter_that_is_not_known_is_refused_with_the_nearest_name(roles: Roles, said: Sequence[str]) -> None:
    with pytest.raises(LittleGiantError) as refused:
        one_response([1.0], ["small"], design(cost_before=[1.0], cost_after=[0.9]), SHIPPED, roles=roles)
    sentence = complaint(refused)
    for words in said:
        assert words in sentence


def test_other_parameters_may_play_the_parts() -> None:
    own = Roles(elasticity=dict.fromkeys(CLASSES, "rd_eps_cn_real"))
    which = design(cost_before=[1.0], cost_after=[0.8])
    found = one_response([100.0], ["large"], which, SHIPPED, roles=own, draws=5, seed=2)
    draws = draw_parameters([SHIPPED["rd_eps_cn_real"], SHIPPED["rd_relabel_cn"]], draws=5, seed=2)
    wanted = [100 * (0.8**-eps - 1) * (1 - r) for eps, r in zip(draws["rd_eps_cn_real"], draws["rd_relabel_cn"], strict=True)]
    assert found.extra == pytest.approx(wanted, rel=NEARLY)
    assert found.grade == "B"
