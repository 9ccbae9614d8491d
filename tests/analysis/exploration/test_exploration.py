"""What is drawn of single items is what the scores and the explanations say of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from evalkit.analysis.changes import changes_of_pairs
from evalkit.analysis.explain import explain_pair
from evalkit.analysis.exploration.exploration import Exploration
from evalkit.analysis.exploration.facets import gaps
from evalkit.analysis.exploration.outcomes import outcomes_since
from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.errors import InputError
from evalkit.options import Scoring
from evalkit.predictions.facts import GoldReference
from evalkit.predictions.run import Run
from evalkit.workflows.looking.explain import explain_run
from evalkit.workflows.looking.view import list_items, view_runs
from evalkit.workflows.scoring.pairing import pair_run
from evalkit.workflows.scoring.score import score_predictions


def items_of(seen: Exploration, run: int, layer: str, side: int, article: int) -> list[dict[str, Any]]:
    """The items of a side of an article with kind, partner and credits."""
    own = seen.runs[run].judged[layer]
    items = (own.gold, own.predicted)[side]
    names = own.task.kinds if own.task is not None else ()
    told = []
    for position in range(items.first[article], items.first[article + 1]):
        credits = dict(zip(own.measures, own.credits[side][position].tolist(), strict=True))
        kind = own.kinds[side][position]
        told.append({"record": items.records[position], "kind": names[kind] if kind >= 0 else None, "credits": credits})
    return told


class TestCredits:
    def test_every_credit_is_that_of_explain(self, seen: Exploration, gold: GoldDataset, rules: Run, other: Run):
        # Under the default conventions, to 1e-9, item by item in the order of places.
        compared = 0
        for number, run in enumerate((rules, other)):
            for at, pair in enumerate(pair_run(gold, run, Scoring()).mapped.pairs):
                for part in explain_pair(pair, conventions=()).layers:
                    task = {"entities": "entities", "quotes": "quotes", "stances": "stances"}[part.layer]
                    for side, name in enumerate(("gold", "predicted")):
                        ours = items_of(seen, number, part.layer, side, at)
                        theirs = [shown for shown in part.items if shown.item.side == name]
                        assert Counter(one["kind"] for one in ours) == Counter(shown.item.kind for shown in theirs)
                        mine = Counter(
                            _key(
                                one["kind"], one["record"], {c: v for (t, c), v in one["credits"].items() if t == task}
                            )
                            for one in ours
                        )
                        assert mine == Counter(_key(shown.item.kind, None, shown.credits) for shown in theirs)
                        compared += len(ours)
        assert compared > 500

    @pytest.mark.parametrize("convention", ["surface", "surface:in-place"])
    def test_what_depends_on_the_whole_split_is_the_same_for_one_article(
        self, gold: GoldDataset, rules: Run, convention: str
    ):
        # An article twice, with its names found in the second only.
        (first, *_), (found, *_) = gold.examples, rules.predictions
        again = f"{first.article.id}-again"
        pair = [replace(first, readings={}), replace(first, article=replace(first.article, id=again), readings={})]
        twice = gold_dataset(pair, name="twice", split="test", inventory=gold.inventory)
        emptied = replace(found, annotations=found.annotations.with_layers(entities=[]))
        both = (emptied, replace(found, article_id=again))
        run = replace(rules, predictions=both, gold=GoldReference.of(twice), dataset=twice, admitted=(), result=None)
        seen = view_runs(run, tasks=["entities"], conventions=[convention], overview=False)
        alone = 0
        for at, pair in enumerate(pair_run(twice, run, Scoring()).mapped.pairs):
            told = explain_run(run, pair.article.id, tasks=["entities"], conventions=[convention])
            (by_itself,) = explain_pair(pair, tasks=["entities"], conventions=[convention]).layers
            for side, name in enumerate(("gold", "predicted")):
                theirs = [one.credits[convention] for one in told.layers[0].items if one.item.side == name]
                ours = [one["credits"]["entities", convention] for one in items_of(seen, 0, "entities", side, at)]
                assert Counter(map(str, theirs)) == Counter("None" if one != one else str(one) for one in ours)
                alone += theirs != [one.credits[convention] for one in by_itself.items if one.item.side == name]
        # Articles by themselves say something else.
        assert alone

    def test_costs_are_those_of_the_counts(self, seen: Exploration, gold: GoldDataset, rules: Run):
        result = score_predictions(gold, rules, resamples=0, baseline=False)
        for task, by_convention in seen.runs[0].costs.items():
            for convention, cost in by_convention.items():
                counts = result.tasks[task][convention].micro.counts
                if counts is not None:
                    lost = counts.gold + counts.predicted - counts.gold_credit - counts.predicted_credit
                    assert cost.sum() == pytest.approx(lost, abs=1e-9)

    def test_a_layer_that_is_not_claimed_has_gold_and_no_verdict(self, seen: Exploration):
        own = seen.runs[2].judged["quotes"]
        assert own.task is None
        assert len(own.gold.records) == len(seen.runs[0].judged["quotes"].gold.records)
        assert not own.predicted.there.any()

    def test_conventions_that_are_named_are_the_ones_that_come(self, gold: GoldDataset, rules: Run):
        seen = view_runs(rules, dataset=gold, overview=False, tasks=["entities"], conventions=["iou:0.7", "exact"])
        assert seen.explored.measures["entities"] == (("entities", "iou:0.7"), ("entities", "exact"))
        assert seen.explored.measures["quotes"] == ()


def _key(kind: str | None, _: object, credits: Any) -> tuple[Any, ...]:
    return kind, tuple(
        (name, None if value is None or value != value else round(value, 9)) for name, value in sorted(credits.items())
    )


class TestOutcomes:
    def test_they_are_the_changes_of_compared_runs(self, seen: Exploration, gold: GoldDataset, rules: Run, other: Run):
        pairs = [pair_run(gold, run, Scoring()).mapped.pairs for run in (rules, other)]
        expected = Counter((change.layer, change.direction, change.article) for change in changes_of_pairs(*pairs))
        texts = [article.text for article in seen.explored.articles]
        found: Counter[tuple[str, str, str]] = Counter()
        for layer, own in seen.runs[1].judged.items():
            changed = outcomes_since(seen.runs[0].judged[layer], own, texts)
            assert changed is not None
            for word, numbers in changed.by_article(own).items():
                for at, number in enumerate(numbers.tolist()):
                    found[layer, word, seen.explored.articles[at].id] += number
        assert +found == expected
        assert len({word for _, word, _ in expected}) == 4

    def test_a_baseline_marks_what_is_not_as_it_was(self, seen: Exploration):
        assert not seen.runs[0].since["entities"].broken.any()
        assert seen.runs[1].since["entities"].broken.any()
        # Its layers are those that both have.
        assert set(seen.runs[2].since) == {"entities"}

    def test_articles_that_the_baseline_does_not_have_are_not_held_against_it(
        self, gold: GoldDataset, rules: Run, other: Run
    ):
        fewer = replace(rules, predictions=rules.predictions[1:], admitted=())
        seen = view_runs(other, dataset=gold, baseline=fewer, overview=False)
        assert seen.explored.baseline is not None
        assert len(seen.explored.baseline.common) == len(gold) - 1
        own, since = seen.runs[0].judged["entities"], seen.runs[0].since["entities"]
        assert not since.broken[own.gold.article == 0].any()
        assert since.broken[own.gold.article > 0].any()


class TestRefusals:
    def test_six_runs(self, gold: GoldDataset, rules: Run):
        with pytest.raises(InputError, match="1 to 5 runs can be looked at side by side, found 6; leave some out"):
            view_runs([rules] * 6, dataset=gold)

    def test_no_run(self, gold: GoldDataset):
        with pytest.raises(InputError, match="found 0"):
            view_runs([], dataset=gold)

    def test_other_gold(self, gold: GoldDataset, rules: Run):
        elsewhere = replace(rules, gold=replace(rules.gold, fingerprint="0" * 16))
        with pytest.raises(InputError, match="only runs over the same gold can be compared"):
            view_runs([rules, elsewhere], dataset=gold)


class TestItems:
    def test_each_gold_item_has_one_row_and_each_lonely_prediction(self, seen: Exploration):
        rows = seen.items().rows
        for run in seen.runs:
            for layer, own in run.judged.items():
                if own.task is not None:
                    mine = [row for row in rows if row["run"] == run.name and row["task"] == own.task.name]
                    assert sum(row["gold"] is not None for row in mine) == len(own.gold.records)
                    assert sum(row["predicted"] is not None for row in mine) == len(own.predicted.records), layer

    def test_rows_say_what_stands_there(self, seen: Exploration):
        texts = {article.id: article.text for article in seen.explored.articles}
        for row in seen.items().rows:
            if row["task"] == "entities" and row["gold"] is not None and " … " not in row["gold"]:
                text = texts[row["article"]]
                assert text[row["gold_start"] : row["gold_end"]] == row["gold"]
                assert f"[{row['gold']}]" in row["around"]
                assert row["around"].replace("[", "").replace("]", "") in text.replace("[", "").replace("]", "")
                assert row["gold_credit"] == (row["kind"] == "right")

    def test_a_baseline_is_said_in_a_column(self, seen: Exploration, gold: GoldDataset, rules: Run):
        assert (
            {"broken", "fixed", "added", None}
            >= {row["since_baseline"] for row in seen.items().rows}
            >= {"broken", None}
        )
        assert "since_baseline" not in list_items(rules, dataset=gold).rows[0]

    def test_frames_have_a_row_an_item(self, seen: Exploration):
        frame = seen.to_pandas()
        assert len(frame) == len(seen.items().rows)
        assert set(frame["run"]) == {"rules", "other", "few"}


def test_gaps_are_differences():
    # 3, 4 and 9.
    assert gaps([3, 4, 9]) == [3, 1, 5]
    assert gaps([]) == []
