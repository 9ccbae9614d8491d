"""The drawings of the manual. What they show is computed when the manual is built, or made up and says so."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from evalkit import (
    Annotations,
    Article,
    Entity,
    EvalResult,
    Example,
    Prediction,
    Span,
    diagnose,
    load_dataset,
    run_extractor,
    score_predictions,
)
from manual_site.svg import Drawing

__all__ = ["DRAWINGS", "with_drawings"]

_MARK = re.compile(r"^<!-- drawing: ([\w-]+) -->$", re.MULTILINE)


def with_drawings(markdown: str) -> str:
    """The text of a page with the drawings that it asks for by `<!-- drawing: NAME -->`."""
    return _MARK.sub(lambda match: DRAWINGS[match[1]](), markdown)


TEXT = "The Bank of Norway will not follow, said Ida Moen in Oslo."
GOLD = [("Bank of Norway", "ORG"), ("Ida Moen", "PER"), ("Oslo", "GPE")]
PREDICTED = [("The Bank of Norway", "ORG"), ("Ida Moen", "PER"), ("Oslo", "ORG")]
SHOWN = ("exact", "trimmed", "boundary", "partial", "type", "overlap", "token")


def _spans(items: Sequence[tuple[str, str]]) -> Annotations:
    entities = (
        Entity(id=f"e{number}", spans=(Span(TEXT.index(words), TEXT.index(words) + len(words)),), label=label)
        for number, (words, label) in enumerate(items)
    )
    return Annotations(entities=tuple(entities))


@cache
def _example() -> EvalResult:
    """The sentence of the drawings, scored under the conventions that they show."""
    gold = [Example(article=Article(id="a", text=TEXT, lang="en"), gold=_spans(GOLD))]
    predictions = [Prediction(article_id="a", annotations=_spans(PREDICTED))]
    return score_predictions(gold, predictions, tasks=["entities"], conventions=SHOWN, resamples=0, baseline=False)


@cache
def _measured() -> tuple[EvalResult, Any]:
    """The extractor `rules` on the bundled test split: its scores, and what its errors cost."""
    gold = load_dataset(split="test")
    run = run_extractor("rules", gold)
    result = score_predictions(gold, run, tasks=["entities"], conventions=["exact"])
    return result, diagnose(run, gold, tasks=["entities"], resamples=0).to_json()["errors"]["entities"]


def credit() -> str:
    """One sentence with gold above and predictions below, and what each convention makes of it."""
    rows = {name: one.micro for name, one in _example().tasks["entities"].items()}
    told = "; ".join(f"{name}: precision {prf.precision:.2f}, recall {prf.recall:.2f}" for name, prf in rows.items())
    drawing = Drawing(
        "credit",
        "One sentence, seven conventions",
        f"Gold and predicted spans over “{TEXT}” {told}.",
        168 + 24 * len(rows),
        made_up=True,
    )
    left, width = 20.0, 680 / len(TEXT)
    for row, (items, kind, y) in enumerate(((GOLD, "gold", 28), (PREDICTED, "predicted", 84))):
        drawing.text(left, y - 12 if row == 0 else y + 40, ("gold", "predicted")[row], kind=f"small {kind}")
        for words, label in items:
            start = TEXT.index(words)
            x = left + start * width
            drawing.box(x, y, len(words) * width, 18, kind)
            drawing.text(x + len(words) * width / 2, y + 13, label, anchor="middle", kind="small strong")
    for number, letter in enumerate(TEXT):
        drawing.text(left + (number + 0.5) * width, 70, letter, anchor="middle", kind="mono")
    y = 158
    for x, head in ((20, "convention"), (190, "credit of 3 predicted items"), (440, "P"), (520, "R"), (600, "F1")):
        drawing.text(x, y, head, kind="small muted")
    for name, prf in rows.items():
        y += 24
        counts = prf.counts
        assert counts is not None
        drawing.text(20, y, name, kind="mono")
        drawing.box(190, y - 12, 200, 14, "frame")
        drawing.box(190, y - 12, 200 * counts.precision, 14, "right")
        for x, value in ((440, prf.precision), (520, prf.recall), (600, prf.f1)):
            drawing.text(x, y, f"{value:.2f}")
    return drawing.figure()


def four_numbers() -> str:
    """Items and credits of both sides as bars, and the two quotients."""
    counts = _measured()[0].tasks["entities"]["exact"].micro.counts
    assert counts is not None
    drawing = Drawing(
        "four-numbers",
        "Four numbers make every score",
        f"{counts.gold} gold items earned {counts.gold_credit:g}, {counts.predicted} predicted items earned "
        f"{counts.predicted_credit:g}: recall {counts.recall:.3f}, precision {counts.precision:.3f}.",
        140,
    )
    longest = max(counts.gold, counts.predicted)
    sides = (
        ("gold items", counts.gold, counts.gold_credit, "gold", f"recall {counts.recall:.3f}"),
        (
            "predicted items",
            counts.predicted,
            counts.predicted_credit,
            "predicted",
            f"precision {counts.precision:.3f}",
        ),
    )
    for number, (name, items, earned, kind, score) in enumerate(sides):
        y = 26 + 60 * number
        scale = 430 / longest
        drawing.text(20, y - 8, name, kind=f"small {kind}")
        drawing.box(20, y, items * scale, 20, "frame")
        drawing.box(20, y, earned * scale, 20, kind)
        drawing.text(28, y + 15, f"{earned:g} of {items} earned credit", kind="small strong")
        drawing.text(480, y + 15, f"{earned:g} / {items} = {score}", kind="small")
    return drawing.figure()


def one_to_one() -> str:
    """Two predictions over one gold item: one of them is matched."""
    drawing = Drawing(
        "one-to-one",
        "Each item is matched at most once",
        "Two predicted items overlap one gold item. The better one is matched; the other earns nothing.",
        150,
        made_up=True,
    )
    drawing.text(20, 36, "gold", kind="small gold")
    drawing.box(120, 20, 300, 24, "gold")
    drawing.text(270, 37, "Union for Renewal · ORG", anchor="middle", kind="small strong")
    drawing.text(20, 114, "predicted", kind="small predicted")
    for x, width, words, kept in ((120, 90, "Union", False), (230, 190, "for Renewal", True)):
        drawing.box(x, 98, width, 24, "predicted" if kept else "muted")
        drawing.text(x + width / 2, 115, words, anchor="middle", kind="small strong")
        drawing.line(x + width / 2, 98, 270, 44, "right thick" if kept else "dashed")
        drawing.text(x + width / 2, 142, "matched" if kept else "duplicate: no credit", anchor="middle", kind="small")
    drawing.text(450, 68, "The largest credit in all,", kind="small muted")
    drawing.text(450, 86, "whatever the order of the items", kind="small muted")
    return drawing.figure()


def interval() -> str:
    """F1 of a thousand resamples of the articles, and the interval that is made of them."""
    result = _measured()[0]
    exact = result.tasks["entities"]["exact"]
    table = exact.table
    assert table is not None
    cells = np.zeros((len(table["articles"]), 4))
    for column, name in enumerate(("gold", "predicted", "gold_credit", "predicted_credit")):
        np.add.at(cells[:, column], table["article"], table[name])
    articles = len(cells)
    drawn = np.random.default_rng(0).integers(articles, size=(1000, articles))
    sums = cells[drawn].sum(axis=1)
    recall, precision = sums[:, 2] / sums[:, 0], sums[:, 3] / sums[:, 1]
    values = 2 * precision * recall / (precision + recall)
    low, high = exact.micro.ci["f1"]
    bars, edges = np.histogram(values, bins=32)
    drawing = Drawing(
        "interval",
        "An interval comes from drawing the articles again",
        f"A histogram of F1 over 1,000 resamples of {articles} articles, around {exact.micro.f1:.3f}; the interval is "
        f"{low:.3f} to {high:.3f}.",
        210,
    )
    first, last = edges[0] - 0.004, edges[-1] + 0.004

    def place(value: float) -> float:
        return 30 + 660 * (value - first) / (last - first)

    for number, start, end in zip(bars, edges, edges[1:], strict=False):
        height = 110 * number / bars.max()
        inside = low <= (start + end) / 2 <= high
        drawing.box(
            place(start) + 1, 130 - height, place(end) - place(start) - 2, height, "right" if inside else "muted"
        )
    drawing.line(30, 130, 690, 130)
    drawing.line(place(exact.micro.f1), 12, place(exact.micro.f1), 146, "stroke thick")
    drawing.line(place(low), 160, place(high), 160, "right thick")
    for value in (low, high):
        drawing.line(place(value), 152, place(value), 168, "right thick")
        drawing.text(place(value), 186, f"{value:.3f}", anchor="middle", kind="small")
    drawing.text(place(exact.micro.f1), 186, f"F1 {exact.micro.f1:.3f}", anchor="middle", kind="small strong")
    drawing.text(360, 206, f"F1 of 1,000 resamples of {articles} articles", anchor="middle", kind="small muted")
    return drawing.figure()


def scale() -> str:
    """Floor, score and ceiling on one line from 0 to 1."""
    result = _measured()[0]
    floor, score, ceiling, reached = (
        own["entities"]["exact"].micro.f1 for own in (result.floor, result.tasks, result.ceiling, result.reached)
    )
    share = reached / ceiling
    drawing = Drawing(
        "scale",
        "A score stands between floor and ceiling",
        f"Floor {floor:.3f}, score {score:.3f}, ceiling {ceiling:.3f}; the score is {share:.0%} of the ceiling.",
        120,
    )
    drawing.box(30, 50, 660, 14, "frame")
    drawing.box(30, 50, 660 * floor, 14, "muted")
    drawing.box(30 + 660 * floor, 50, 660 * (score - floor), 14, "right")
    marks = (
        (0.0, "0", "start"),
        (floor, f"floor {floor:.3f}", "middle"),
        (score, f"score {score:.3f}", "middle"),
        (ceiling, f"ceiling {ceiling:.3f}", "end"),
    )
    for value, words, anchor in marks:
        drawing.line(30 + 660 * value, 42, 30 + 660 * value, 72)
        drawing.text(30 + 660 * value, 34, words, anchor=anchor, kind="small strong")
    drawing.text(30 + 660 * floor / 2, 92, "what costs nothing", anchor="middle", kind="small muted")
    drawing.text(30 + 660 * (floor + score) / 2, 92, "what the system adds", anchor="middle", kind="small muted")
    drawing.text(
        690, 112, f"{share:.0%} of what readers reach, over the same articles", anchor="end", kind="small muted"
    )
    return drawing.figure()


def ladder() -> str:
    """What F1 would be if one kind of error after the other were mended."""
    errors = _measured()[1]
    steps = [("as it is", errors["f1"], 0)] + [
        (one["kind"], one["cumulative"], one["errors"]) for one in errors["kinds"]
    ]
    told = ", ".join(f"{name} {value:.3f}" for name, value, _ in steps)
    drawing = Drawing(
        "ladder", "What each kind of error costs", f"F1, mended one kind after the other: {told}.", 40 + 26 * len(steps)
    )
    before = 0.0
    for number, (name, value, items) in enumerate(steps):
        y = 20 + 26 * number
        drawing.text(150, y + 13, f"{name} ({items})" if number else name, anchor="end", kind="small")
        drawing.box(160, y, 480 * before, 16, "frame")
        drawing.box(160 + 480 * before, y, 480 * (value - before), 16, "right" if number else "muted")
        drawing.text(650, y + 13, f"{value:.3f}", kind="small")
        before = value
    return drawing.figure()


FIRST = (0.71, 0.78, 0.66, 0.83, 0.74, 0.69, 0.80, 0.62)
SECOND = (0.75, 0.81, 0.70, 0.82, 0.79, 0.73, 0.80, 0.68)
"""F1 of two systems on eight articles, made up."""


def paired() -> str:
    """Two systems on the same articles, and how often chance alone would part them so far."""
    differences = np.subtract(SECOND, FIRST)
    swapped = np.array([differences @ signs for signs in product((1, -1), repeat=len(differences))]) / len(differences)
    p = float(np.mean(np.abs(swapped) >= abs(differences.mean()) - 1e-12))
    wins, losses = int((differences > 0).sum()), int((differences < 0).sum())
    ties = len(differences) - wins - losses
    drawing = Drawing(
        "paired",
        "Two systems on the same articles",
        f"Eight articles (made up): the second system is better in {wins}, equal in {ties}, worse in {losses}; mean "
        f"difference {differences.mean():+.3f}; of all {len(swapped)} ways to swap the two, {p:.1%} part them as far.",
        210,
        made_up=True,
    )
    for number, (first, second) in enumerate(zip(FIRST, SECOND, strict=True)):
        x = 50 + 40 * number
        low, high = (176 - 130 * (value - 0.6) / 0.24 for value in (first, second))
        drawing.line(x, low, x, high, "stroke")
        drawing.dot(x, low, "gold")
        drawing.dot(x, high, "predicted")
    drawing.text(30, 22, "F1 on each of eight articles", kind="small strong")
    drawing.text(30, 204, "first ●", kind="small gold")
    drawing.text(90, 204, "second ●", kind="small predicted")
    drawing.text(170, 204, f"W/T/L {wins}/{ties}/{losses}", kind="small")
    bars, edges = np.histogram(swapped, bins=25)
    for count, start, end in zip(bars, edges, edges[1:], strict=False):
        beyond = min(abs(start), abs(end)) >= abs(differences.mean()) - (end - start)
        x = 400 + 290 * (start - edges[0]) / (edges[-1] - edges[0])
        height = 110 * count / bars.max()
        drawing.box(x, 160 - height, 290 / len(bars) - 1, height, "right" if beyond else "muted")
    drawing.line(400, 160, 690, 160)
    drawing.text(400, 22, "the difference, had chance dealt the two", kind="small strong")
    drawing.text(
        545, 178, f"difference {differences.mean():+.3f}: as far apart in {p:.1%}", anchor="middle", kind="small"
    )
    drawing.text(545, 196, f"of all {len(swapped)} ways to swap them, so p is {p:.3f}", anchor="middle", kind="small")
    return drawing.figure()


def gate() -> str:
    """Three drops beside what a rule allows: passed, failed, and not to be told."""
    drawing = Drawing(
        "gate",
        "What a gate says of a drop",
        "Made up. A drop of .004 within the allowed .01 passes. A drop of .03 whose interval excludes 0 fails. A drop "
        "of .02 whose interval includes 0 cannot be told from noise.",
        170,
        made_up=True,
    )

    def place(value: float) -> float:
        return 470 + value * 6500

    drawing.box(place(-0.01), 14, place(0.0) - place(-0.01), 116, "allowed")
    drawing.line(place(0), 10, place(0), 136)
    drawing.line(place(-0.01), 10, place(-0.01), 136, "dashed")
    cases = (
        ("pass (0)", -0.004, 0.009, "right"),
        ("fail (1)", -0.03, 0.013, "predicted"),
        ("cannot tell (3)", -0.02, 0.027, "gold"),
    )
    for number, (verdict, drop, half, kind) in enumerate(cases):
        y = 34 + 38 * number
        drawing.text(20, y + 5, verdict, kind="small strong")
        drawing.line(place(drop - half), y, place(drop + half), y, f"{kind} thick")
        drawing.dot(place(drop), y, kind)
    drawing.text(place(0) + 4, 156, "no difference", kind="small muted")
    drawing.text(place(0) - 4, 156, "allowed", anchor="end", kind="small muted")
    drawing.text(place(-0.04), 156, "worse", anchor="middle", kind="small muted")
    return drawing.figure()


DRAWINGS: Mapping[str, Callable[[], str]] = {
    "credit": credit,
    "four-numbers": four_numbers,
    "gate": gate,
    "interval": interval,
    "ladder": ladder,
    "one-to-one": one_to_one,
    "paired": paired,
    "scale": scale,
}
"""The name by which a page asks → what draws it."""
