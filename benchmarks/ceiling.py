"""How close to the simulated biology a score can come that reads it perfectly off the images.

python benchmarks/ceiling.py
"""

from __future__ import annotations

import numpy as np
from scipy.stats import spearmanr

from deeptepp.simulate.hazards import PRESETS
from deeptepp.simulate.simulated_study import IMAGE_CORRELATION

N = 200_000
N_PER_BIN = 500


def main() -> None:
    """Read the biology off the images, turn it into the risk that women like her have, and correlate."""
    rng = np.random.default_rng(0)
    z = rng.standard_normal(N)
    seen = IMAGE_CORRELATION * z + np.sqrt(1 - IMAGE_CORRELATION**2) * rng.standard_normal(N)
    risk = np.empty(N)
    order = np.argsort(seen)
    of_neighbours = PRESETS["paper"].five_year_event_share(z)[order].reshape(-1, N_PER_BIN).mean(axis=1)
    risk[order] = np.repeat(of_neighbours, N_PER_BIN)
    log_odds = np.log(risk / (1 - risk))
    print(f"images carry z with {IMAGE_CORRELATION}; correlation with z of the best possible")
    print(f"  probability {np.corrcoef(risk, z)[0, 1]:.3f}")
    print(f"  log odds    {np.corrcoef(log_odds, z)[0, 1]:.3f}")
    print(f"  ranks       {spearmanr(seen, z).statistic:.3f}")


if __name__ == "__main__":
    main()
