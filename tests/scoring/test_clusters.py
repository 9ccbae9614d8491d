"""Clusters: worked examples of the papers and of the reference scorer, and the definitions tried on random cases."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.analysis.figures import figures_of
from evalkit.records import Annotations, Article, Entity, Example, Prediction, Span
from evalkit.results import Counts, EvalResult
from evalkit.scoring.counts import CountTable, macro, merge_tables, micro
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.table import ScoredTable, check_tasks, score_task
from evalkit.workflows.scoring.score import score_predictions

# Clusters as sets of mentions, each a number.
Clusters = list[set[int]]


def annotated(clusters: Clusters) -> Annotations:
    return Annotations(
        entities=[
            Entity(id=f"e{mention}", spans=(Span(2 * mention, 2 * mention + 1),), label="PER", entity_id=f"c{number}")
            for number, cluster in enumerate(clusters)
            for mention in sorted(cluster)
        ]
    )


def scored(gold: Clusters, predicted: Clusters, convention: str) -> ScoredTable:
    pair = Pair(Article(id="a", text=""), annotated(gold), annotated(predicted))
    return score_task("clusters", [pair], [convention])[convention]


def f1(gold: Clusters, predicted: Clusters, convention: str) -> float:
    return micro(scored(gold, predicted, convention).table).f1


def figures(gold: Clusters, predicted: Clusters, convention: str) -> tuple[float, float]:
    found = micro(scored(gold, predicted, convention).table)
    return found.recall, found.precision


# The CoNLL reference scorer's own cases TC-A-1 to TC-A-4 (Pradhan et al. 2014): recall and precision of each metric.
# Key: {1}, {2, 3}, {4, 5, 6}.
KEY = [{1}, {2, 3}, {4, 5, 6}]
CONLL_CASES = [
    pytest.param(
        [{1}, {2, 3}, {4, 5, 6}], {"muc": (1, 1), "b3": (1, 1), "ceaf": (1, 1), "lea": (1, 1)}, id="TC-A-1-perfect"
    ),
    pytest.param(
        [{1}, {4, 5}],
        # lea: 1 for {1}, 0 for {2, 3}, 1 of 3 links of {4, 5, 6}: (1 + 3/3) / 6
        {"muc": (1 / 3, 1), "b3": (7 / 3 / 6, 1), "ceaf": (0.6, 0.9), "lea": (2 / 6, 1)},
        id="TC-A-2-mentions-missing",
    ),
    pytest.param(
        [{1}, {2, 3, 7}, {4, 5, 6, 8}, {9}],
        # lea precision: 1 for {1}, 1 of 3 links for 3 mentions, 3 of 6 for 4, 0 for {9}: (1 + 1 + 2 + 0) / 9
        {"muc": (1, 3 / 5), "b3": (1, (4 + 7 / 12) / 9), "ceaf": (0.88571, 0.66429), "lea": (1, 4 / 9)},
        id="TC-A-3-mentions-too-many",
    ),
    pytest.param(
        [{1}, {2, 3, 7}, {4, 8}, {9}],
        # lea recall: 1 for {1}, 2 for {2, 3}, 0; precision: 1, 1 of 3 links for 3 mentions, 0, 0
        {"muc": (1 / 3, 1 / 3), "b3": ((3 + 1 / 3) / 6, 17 / 42), "ceaf": (0.73333, 0.55), "lea": (3 / 6, 2 / 7)},
        id="TC-A-4-both",
    ),
]


@pytest.mark.parametrize(("response", "expected"), CONLL_CASES)
def test_the_cases_of_the_reference_scorer(response, expected):
    for metric, values in expected.items():
        assert figures(KEY, response, metric) == pytest.approx(values, abs=5e-6), metric


# Luo 2005, table 1: twelve mentions; F1 of muc, b3 and ceaf with phi 4.
TRUTH = [{1, 2, 3, 4, 5}, {6, 7}, {8, 9, 10, 11, 12}]
LUO_CASES = [
    pytest.param([{1, 2, 3, 4, 5}, {6, 7, 8, 9, 10, 11, 12}], (0.947, 0.865, 0.733), id="a"),
    pytest.param([{1, 2, 3, 4, 5, 8, 9, 10, 11, 12}, {6, 7}], (0.947, 0.737, 0.667), id="b"),
    pytest.param([set(range(1, 13))], (0.900, 0.545, 0.294), id="c-all-in-one"),
    pytest.param([{mention} for mention in range(1, 13)], (0.0, 0.400, 0.178), id="d-each-alone"),
]


@pytest.mark.parametrize(("response", "expected"), LUO_CASES)
def test_the_table_of_luo(response, expected):
    assert [f1(TRUTH, response, name) for name in ("muc", "b3", "ceaf")] == pytest.approx(expected, abs=5e-4)


def test_the_example_of_lea():
    # Moosavi & Strube 2016, section 3: K1 = abc, K2 = defg; R1 = ab, R2 = cd, R3 = fghi; recall .24, precision .33.
    key, response = [{1, 2, 3}, {4, 5, 6, 7}], [{1, 2}, {3, 4}, {6, 7, 8, 9}]
    # K1: 1 of 3 links, K2: 1 of 6: (3/3 + 4/6) / 7. R1: 1 of 1, R2 none, R3: 1 of 6: (2 + 0 + 4/6) / 8.
    assert figures(key, response, "lea") == pytest.approx((5 / 3 / 7, 8 / 3 / 8))


def test_conll_is_the_mean_of_three():
    response = [{1}, {2, 3, 7}, {4, 8}, {9}]
    expected = sum(f1(KEY, response, name) for name in ("muc", "b3", "ceaf")) / 3
    found = scored(KEY, response, "conll")
    assert (micro(found.table).f1, micro(found.table).labels, micro(found.table).counts) == (
        pytest.approx(expected),
        3,
        None,
    )
    # What is resampled and compared is the same figure.
    figure_list = figures_of(found)
    values = zip(figure_list.names, figure_list.point(), strict=True)
    names = {(name.scope, name.score): value for name, value in values}
    assert names["micro", "f1"] == pytest.approx(expected)
    # Its rows are the metrics; without a link in the gold muc is 0 and counts, as in the reference scorer.
    assert found.table.labels == ("b3", "ceaf", "muc")
    alone = scored([{1}, {2}], [{1}, {2}], "conll").table
    assert (micro(alone).f1, macro(alone).f1) == (pytest.approx(2 / 3), 1.0)


def test_its_table_is_kept_and_merged_as_what_it_is():
    table = scored(KEY, KEY, "conll").table
    assert CountTable.from_json(table.to_json()).apart
    assert merge_tables([table]).apart
    assert table.select([0]).with_labels(["b3", "ceaf", "muc"]).apart


def test_only_mentions_that_both_sides_have():
    # 4, 5, 6 without 6 and with 8: over both {4, 5} is {4, 5}.
    assert f1([{4, 5, 6}], [{4, 5, 8}], "b3:both") == 1.0
    assert figures([{4, 5, 6}], [{4, 5, 8}], "b3") == pytest.approx((4 / 9, 4 / 9))
    assert scored([{4, 5, 6}], [{4, 5, 8}], "muc:both").table.counts() == Counts(1, 1, 1.0, 1.0)


def test_a_mention_without_a_name_is_alone():
    gold = annotated([{1, 2}])
    nameless = Annotations(entities=[Entity(id=f"e{n}", spans=(Span(2 * n, 2 * n + 1),), label="PER") for n in (1, 2)])
    pair = Pair(Article(id="a", text=""), gold, nameless)
    counts = score_task("clusters", [pair], ["b3"])["b3"].table.counts()
    assert (counts.recall, counts.precision) == (0.5, 1.0)


def test_links_count_under_the_label_of_the_mention():
    sides = [
        Annotations(
            entities=[
                Entity(id="e1", spans=(Span(0, 1),), label="PER", entity_id="a"),
                Entity(id="e2", spans=(Span(2, 3),), label="PER", entity_id="a"),
                Entity(id="e3", spans=(Span(4, 5),), label="ORG", entity_id=name),
                Entity(id="e4", spans=(Span(6, 7),), label="ORG", entity_id="b"),
            ]
        )
        for name in ("b", "c")
    ]
    table = score_task("clusters", [Pair(Article(id="x", text=""), *sides)], ["muc"])["muc"].table
    assert {label: table.counts(label).recall for label in table.labels} == {"ORG": 0.0, "PER": 1.0}


SIDES = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 3)), max_size=8).map(
    lambda pairs: [c for c in ({m for m, k in dict(pairs).items() if k == name} for name in range(4)) if c]
)


def phi4(key: set[int], response: set[int]) -> float:
    return 2 * len(key & response) / (len(key) + len(response))


def numbers(side: Clusters, other: Clusters) -> dict[str, tuple[float, float]]:
    """Numerator and denominator of each metric for one side, straight from the definitions."""
    where = {mention: cluster for cluster in map(frozenset, other) for mention in cluster}
    muc = b3 = lea = 0.0
    for cluster in side:
        parts = len({where.get(mention, mention) for mention in cluster})
        muc += len(cluster) - parts
        b3 += sum(len(cluster & where.get(mention, set())) / len(cluster) for mention in cluster)
        links = set(itertools.combinations(sorted(cluster), 2)) or {(m, m) for m in cluster if where.get(m) == cluster}
        there = {pair for c in other for pair in itertools.combinations(sorted(c), 2)}
        there |= {(m, m) for c in other if len(c) == 1 for m in c}
        lea += len(cluster) * len(links & there) / max(len(links), 1)
    small, large = sorted((side, other), key=len)
    ways = (zip(small, way, strict=True) for way in itertools.permutations(large, len(small)))
    ceaf = max((sum(phi4(a, b) for a, b in way) for way in ways), default=0.0)
    mentions = sum(map(len, side))
    return {
        "muc": (muc, mentions - len(side)), "b3": (b3, mentions), "ceaf": (ceaf, len(side)), "lea": (lea, mentions)
    }  # fmt: skip


@given(gold=SIDES, predicted=SIDES)
@settings(max_examples=80)
def test_the_definitions(gold, predicted):
    for metric, (credit, items) in numbers(gold, predicted).items():
        counts = scored(gold, predicted, metric).table.counts()
        assert (counts.gold_credit, counts.gold) == (pytest.approx(credit, abs=1e-8), items), metric
    for metric, (credit, items) in numbers(predicted, gold).items():
        counts = scored(gold, predicted, metric).table.counts()
        assert (counts.predicted_credit, counts.predicted) == (pytest.approx(credit, abs=1e-8), items), metric


class TestArticlesWithoutNames:
    """Where nobody gave names, mentions are not things that are alone."""

    NAMED, NAMELESS = annotated([{1, 2}]), Annotations(entities=[Entity(id="e1", spans=(Span(2, 3),), label="PER")])
    NOTHING = Annotations(entities=())

    @staticmethod
    def result(*golds: Annotations, **scoring: Sequence[str]) -> EvalResult:
        texts = [Article(id=f"a{number}", text="Ida saw Bo.") for number in range(len(golds))]
        gold = [Example(article=article, gold=own) for article, own in zip(texts, golds, strict=True)]
        made = [Prediction(article_id=article.id, annotations=annotated([{1, 2}])) for article in texts]
        return score_predictions(gold, made, resamples=0, baseline=False, **scoring)

    def test_they_are_left_out_and_counted(self):
        result = self.result(self.NAMED, self.NAMELESS, self.NOTHING, conventions=["muc"])
        # One link in the first; the third has no gold and a predicted link; the second is left out.
        assert result.tasks["clusters"]["muc"].micro.counts == Counts(1, 2, 1.0, 1.0)
        assert result.not_evaluated["clusters, 1 of 3 articles"] == "none of their gold items has entity_id"

    def test_without_any_name_it_is_not_evaluated(self):
        result = self.result(self.NAMELESS, tasks=["clusters"])
        assert "clusters" not in result.tasks
        assert result.not_evaluated["clusters conll"] == "entity_id: no gold entity has one"

    def test_nobody_hears_of_it_who_did_not_ask(self):
        result = self.result(self.NAMED, self.NAMELESS)
        assert list(result.tasks) == ["entities"]
        assert not [what for what in result.not_evaluated if "clusters" in what]

    def test_it_has_a_floor(self):
        gold = [Example(article=Article(id="a", text="She saw Bo and Bo."), gold=Annotations(entities=self.BOS))]
        made = [Prediction(article_id="a", annotations=Annotations(entities=self.BOS))]
        result = score_predictions(gold, made, resamples=0, tasks="clusters", conventions=("conll", "muc"))
        # The baseline finds both Bo and calls equal strings one thing.
        assert result.floor["clusters"]["muc"].micro.f1 == result.floor["clusters"]["conll"].micro.f1 == 1.0

    BOS = tuple(Entity(id=f"e{n}", spans=(Span(n, n + 2),), label="PER", entity_id="bo") for n in (8, 15))


def test_linked_is_not_evaluated_where_no_gold_entity_has_a_link():
    gold = [Example(article=Article(id="a", text="Ida saw Bo."), gold=annotated([{1}]))]
    made = [Prediction(article_id="a", annotations=annotated([{1}]))]
    result = score_predictions(gold, made, resamples=0, baseline=False, conventions=["linked", "exact"])
    assert list(result.tasks["entities"]) == ["exact"]
    assert result.not_evaluated["entities linked"] == "link: no gold entity has one"


def test_it_is_scored_where_it_is_asked_for():
    assert "clusters" not in check_tasks(())
    assert "clusters" in check_tasks((), ("lea",))
    assert "clusters" in check_tasks((), ("b3:both", "exact"))
    assert check_tasks(("clusters",)) == ("clusters",)
