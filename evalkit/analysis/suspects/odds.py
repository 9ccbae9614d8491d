"""How likely it is that gold has an item, from what the systems say: a regression fitted on the gold itself.

Most of the gold is right, so it tells how far each system can be trusted: a logistic regression predicts whether gold
has a candidate, from the share of the systems that have it, from each system's own vote and score beside that, from
rivals, from the label, and from how the same words are marked elsewhere. Systems that err alike share one weight, as in
any regression, so a family of three does not count three times. Weights are shrunk (ridge) towards those of plain
votes, which is what little gold leaves.

What the gold says of a place has no part in what is predicted there: places are dealt into folds, and each fold is
predicted by a regression on the others. Candidates that nobody but the gold has are predicted and not learnt from, as
those that nobody has, gold neither, are not there to be learnt from beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalkit.analysis.suspects.candidates import GOLD, Candidates
from evalkit.analysis.suspects.surfaces import ELSEWHERE, marked_elsewhere
from evalkit.layers.table import load_layer
from evalkit.records import Article

__all__ = ["Odds", "odds_of"]

Floats = NDArray[np.float64]

FOLDS = 5
STEPS = 30
LARGEST = 20.0
"""Log odds are cut here, so that no figure overflows."""
SURE = 0.01
"""Scores are cut at so much from 0 and 1 before their log odds are taken."""

OFFSET, SHARE, OWN, RIVALS, RIVAL, SCORE, LABEL, SAME, ECHO = range(9)
PRIORS = {
    OFFSET: (-2.0, 0.01),
    SHARE: (5.0, 0.02),
    OWN: (0.0, 1.0),
    RIVALS: (-1.0, 0.1),
    RIVAL: (0.0, 3.0),
    SCORE: (0.1, 2.0),
    LABEL: (0.0, 2.0),
    SAME: (0.0, 1.0),
    ECHO: (1.0, 1.0),
}
"""For each kind of column where its weight is drawn to, and how strongly: the precision of a normal prior."""


@dataclass(frozen=True)
class Odds:
    """What was predicted.

    Attributes:
        odds: for each candidate the odds that gold has it.
        weights: system → what its vote adds to the log odds, beside that of all others alike.
    """

    odds: Floats
    weights: dict[str, float]


def odds_of(candidates: Candidates, articles: Sequence[Article]) -> Odds:
    """The odds of each candidate."""
    columns = list(_columns(candidates, articles))
    kinds = [kind for kind, _ in columns]
    table = np.column_stack([values for _, values in columns]) if candidates.rows else np.zeros((0, len(columns)))
    prior = np.array([PRIORS[kind][0] for kind in kinds])
    strength = np.array([PRIORS[kind][1] for kind in kinds])
    in_gold = np.array([float(GOLD in row.voters) for row in candidates.rows])
    learnt = np.array([any(voter != GOLD for voter in row.voters) for row in candidates.rows], dtype=bool)
    fold = np.array([row.place % FOLDS for row in candidates.rows], dtype=np.int64)
    log_odds = np.zeros(len(candidates.rows))
    for number in range(FOLDS):
        inside = learnt & (fold != number)
        weights = _fitted(table[inside], in_gold[inside], prior, strength)
        log_odds[fold == number] = table[fold == number] @ weights
    whole = _fitted(table[learnt], in_gold[learnt], prior, strength)
    common = whole[kinds.index(SHARE)] / max(len(candidates.systems), 1) if SHARE in kinds else 0.0
    own = [float(weight) + float(common) for kind, weight in zip(kinds, whole, strict=True) if kind == OWN]
    names = [candidates.voters[system] for system in candidates.systems]
    return Odds(np.exp(np.clip(log_odds, -LARGEST, LARGEST)), dict(zip(names, own, strict=True)))


def _columns(candidates: Candidates, articles: Sequence[Article]) -> Iterator[tuple[int, Floats]]:
    """What is known of each candidate, column by column."""
    layer, rows, systems = load_layer(candidates.layer), candidates.rows, candidates.systems
    yield OFFSET, np.ones(len(rows))
    votes, against = candidates.votes[:, systems], candidates.against[:, systems]
    there = ~np.isnan(votes)
    if systems:
        yield SHARE, candidates.share
        yield RIVALS, against.sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    for number, system in enumerate(systems):
        # An article that the system says nothing of says nothing of the system.
        rate = votes[there[:, number], number].mean() if there[:, number].any() else 0.0
        yield OWN, np.where(there[:, number], np.nan_to_num(votes[:, number]) - rate, 0.0)
        yield RIVAL, against[:, number] - against[:, number].mean()
        scores = np.array([_log_odds(getattr(row.voters.get(system), "score", None)) for row in rows])
        scored = ~np.isnan(scores)
        if scored.any() and (spread := scores[scored].std()) > 0:
            yield SCORE, np.where(scored, np.nan_to_num((scores - scores[scored].mean()) / spread), 0.0)
    labels = np.array([layer.label(row.item) for row in rows])
    yield from ((LABEL, (labels == label).astype(np.float64)) for label in sorted(set(labels.tolist())))
    if candidates.echo is not None:
        yield ECHO, np.nan_to_num(candidates.votes[:, candidates.echo])
        yield ECHO, -candidates.against[:, candidates.echo]
    elsewhere = marked_elsewhere(candidates, articles)
    yield from ((SAME, elsewhere[:, number]) for number in range(len(ELSEWHERE)))


def _log_odds(score: float | None) -> float:
    if score is None:
        return float("nan")
    cut = min(max(score, SURE), 1 - SURE)
    return float(np.log(cut / (1 - cut)))


def _fitted(table: Floats, in_gold: Floats, prior: Floats, strength: Floats) -> Floats:
    """The weights of a logistic regression with normal priors, by Newton's method."""
    weights = prior.copy()
    for _ in range(STEPS):
        likely = 1 / (1 + np.exp(-np.clip(table @ weights, -LARGEST, LARGEST)))
        slope = table.T @ (likely - in_gold) + strength * (weights - prior)
        curve = (table * (likely * (1 - likely))[:, None]).T @ table + np.diag(strength)
        step = np.linalg.solve(curve, slope)
        # A step that is too long overshoots where the curve is flat.
        weights = weights - step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-8:
            break
    return weights
