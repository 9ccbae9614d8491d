"""Groups shared out by labels, against every way of laying a few of them out."""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import product

import numpy as np
import pytest

from evalkit.dataset.splitting.stratify import Unit, stratified

SHARES = {"train": 0.5, "dev": 0.25, "test": 0.25}


def units_of(seed: int, number: int = 8) -> list[Unit]:
    drawn = random.Random(seed)
    return [
        Unit(f"u{n}", drawn.randint(1, 3), {label: drawn.randint(0, 4) for label in "AB"} | {"C": drawn.randint(0, 1)})
        for n in range(number)
    ]


def distance(units: list[Unit], split_of: Mapping[str, str]) -> float:
    """How far shares of articles and labels are from those that were asked for: the sum of squares, articles twice."""
    labels = sorted({label for unit in units for label in unit.labels})
    counts = np.array([[unit.articles, *(unit.labels[label] for label in labels)] for unit in units], dtype=float)
    total = counts.sum(axis=0)
    weights = np.array([len(labels), *[1] * len(labels)])
    far = 0.0
    for split, share in SHARES.items():
        own = counts[[split_of[unit.name] == split for unit in units]].sum(axis=0)
        far += float((weights * ((own - share * total) / np.maximum(total, 1)) ** 2).sum())
    return far


@pytest.mark.parametrize("seed", range(6))
def test_few_layouts_are_better(seed: int) -> None:
    units = units_of(seed)
    found = distance(units, stratified(units, SHARES, seed))
    names = [unit.name for unit in units]
    every = sorted(distance(units, dict(zip(names, way, strict=True))) for way in product(SHARES, repeat=len(units)))
    # Of 6561 layouts at most one in a hundred.
    assert sum(other < found - 1e-9 for other in every) <= 65


def test_neither_the_order_of_units_nor_of_labels_matters() -> None:
    units = units_of(1, 40)
    turned = [Unit(unit.name, unit.articles, dict(reversed(unit.labels.items()))) for unit in reversed(units)]
    assert stratified(units, SHARES, 3) == stratified(turned, SHARES, 3)


def test_the_rarest_label_is_in_every_split_that_can_have_it() -> None:
    units = [Unit(f"u{n}", 1, {"often": 5, "seldom": int(n < 4)}) for n in range(40)]
    split_of = stratified(units, SHARES, 0)
    assert sorted(split_of[f"u{n}"] for n in range(4)) == ["dev", "test", "train", "train"]


@pytest.mark.parametrize("units", [[], [Unit("u", 3, {})]])
def test_nothing_much_to_lay_out(units: list[Unit]) -> None:
    assert set(stratified(units, SHARES, 0)) == {unit.name for unit in units}
