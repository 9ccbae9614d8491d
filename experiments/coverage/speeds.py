"""How often the intervals of a speed hold the true one, and how often two equal speeds look as if one were slower."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.speed import slowdown, speed_figures
from evalkit.predictions.speed import Speed

DRAWS = 4000
RNG = np.random.default_rng(0)
PASSES: dict[str, Callable[[int], NDArray[np.float64]]] = {
    "5 %": lambda number: RNG.normal(1, 0.05, number),
    "20 %": lambda number: np.abs(RNG.normal(1, 0.2, number)),
    "lognormal, 30 %": lambda number: RNG.lognormal(-0.045, 0.3, number),
    "one in ten is held up by half": lambda number: (
        RNG.normal(1, 0.02, number) * np.where(RNG.random(number) < 0.1, 1.5, 1) / 1.05
    ),
}
"""How passes of one second differ → their seconds."""


def speed_of(seconds: NDArray[np.float64]) -> Speed:
    """A measurement of one article with these passes."""
    about = {"extractor": "x", "gold": "x", "split": "x", "articles": "x", "machine": "x"}
    return Speed(
        **about,
        passes=tuple(seconds.tolist()),
        latencies=(1.0,),
        characters=(100,),
        warm_up=1.0,
        batch_size=1,
        workers=1,
        peak_memory=None,
        failed=0,
    )


def main() -> None:
    """Prints a row for each way to differ and number of passes."""
    for name, draw in PASSES.items():
        for number in (2, 3, 5, 10):
            hold = above = 0
            for _ in range(DRAWS):
                first, second = speed_of(draw(number)), speed_of(draw(number))
                low, high = speed_figures(first).ci or (0.0, 0.0)
                hold += low <= 1 <= high
                above += (slowdown(first, second)[1] or (0.0, 0.0))[0] > 1
            print(f"{name:30} {number:3} hold {hold / DRAWS:.3f}, above 1 {above / DRAWS:.3f}")


if __name__ == "__main__":
    main()
