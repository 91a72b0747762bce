"""A strongly tied core of essential links makes a plateau, as in the published ranking of a country; all kernels see it."""

import numpy as np

from littlegiant.networks import build, make_network, rank, systemic_risk


def test_a_core_of_essential_links_is_a_plateau_for_every_kernel() -> None:
    draw = np.random.Generator(np.random.PCG64(4))
    n, core = 600, np.arange(12)
    supplier, buyer = draw.integers(12, n, 3000), draw.integers(0, n, 3000)
    value = draw.lognormal(0, 1, 3000)
    around = np.concatenate([np.roll(core, 1), np.roll(core, 5)])
    everybody = np.arange(12, n)
    seller = core[draw.integers(0, 12, len(everybody))]
    sector = np.concatenate([core, 12 + draw.integers(0, 5, n - 12)])  # each of the core makes an input of its own
    matrix = np.ones((17, 17), np.uint8)
    matrix[:12, :12] = 2
    network = make_network(
        np.concatenate([supplier, core, core, seller]),
        np.concatenate([buyer, around, everybody]),
        np.concatenate([value, np.full(24, 5.0), np.full(len(everybody), 8.0)]),
        sector=sector,
        essentiality=matrix,
        revenue=np.full(n, 1e4),
    )
    layout = build(network)
    exact = systemic_risk(layout, delta=0.0)
    assert np.allclose(exact.esri, systemic_risk(layout, kernel="batched").esri, atol=1e-12)
    assert np.allclose(exact.esri, systemic_risk(layout, kernel="dense").esri, atol=1e-12)
    plateau = exact.downstream[:12]
    assert plateau.max() - plateau.min() < 0.002, "whoever of the core fails, the core fails"
    assert plateau.min() > 2 * exact.downstream[12:].max()
    assert set(np.argsort(-rank(layout, exact=12).esri)[:12].tolist()) == set(range(12))
