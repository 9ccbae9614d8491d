"""Errors of released tools: the right value beside the wrong one, where possible with the tool itself."""

from __future__ import annotations

import math

import pytest

from evalkit.formats.tags.articles import to_examples
from evalkit.formats.tags.reading import read_tag_columns
from evalkit.formats.tags.schemes import decode_tags
from evalkit.records import Annotations, Article, Entity, Prediction, Quote, Span
from evalkit.results import Counts, f1_score
from evalkit.scoring.counts import CountTable, macro, merge_tables, micro
from evalkit.scoring.pairs import Pair, pair_up
from evalkit.scoring.tasks.table import score_task


def nervaluate(gold, predicted, labels):
    from nervaluate.evaluator import Evaluator

    sides = [
        [[{"label": label, "start": a, "end": b} for label, a, b in document] for document in side]
        for side in (gold, predicted)
    ]
    return Evaluator(sides[0], sides[1], tags=labels, loader="dict").evaluate()["overall"]


def test_half_credits_survive_merging(table):
    # 2 equal and 3 overlapping of 5: (2 + 3 * 0.5) / 5 = .70; nervaluate 1.0 and 1.1 printed .40 (2 / 5)
    parts = [
        table("partial", "X 0-4; X 10-14", "X 0-4; X 10-14"),
        table("partial", "X 0-4; X 10-14; X 20-24", "X 0-6; X 10-16; X 20-26"),
    ]
    renamed = [CountTable.of_dense((f"d{at}",), part.labels, part.dense()) for at, part in enumerate(parts)]
    assert micro(merge_tables(renamed)).f1 == pytest.approx(0.70)


def test_an_empty_document_changes_nothing(table):
    # one half of one: .5; nervaluate 1.0 and 1.1 fell to 0 with an empty document after it
    assert micro(table("partial", ["X 0-4"], ["X 0-6"])).f1 == 0.5
    assert micro(table("partial", ["X 0-4", ""], ["X 0-6", ""])).f1 == 0.5


def test_the_order_of_predictions_is_irrelevant(table):
    # right: 1 of 2 predicted, 1 of 1 gold: F1 2/3
    assert micro(table("exact", "X 0-4", "X 2-8; X 0-4")).f1 == pytest.approx(2 / 3)
    assert micro(table("exact", "X 0-4", "X 0-4; X 2-8")).f1 == pytest.approx(2 / 3)
    # wrong: the overlapping prediction, coming first, uses up the gold item
    gold, predicted = [[("X", 0, 3)]], [("X", 2, 7), ("X", 0, 3)]
    assert nervaluate(gold, [predicted], ["X"])["strict"].f1 == 0.0
    assert nervaluate(gold, [predicted[::-1]], ["X"])["strict"].f1 == pytest.approx(2 / 3)


def test_a_wrong_label_does_not_use_up_gold_under_type(table):
    # 0-4 X and 2-8 Y touch gold 0-8 Y; right: 1 of 2 and 1 of 1; nervaluate lets X use the gold up
    assert micro(table("type", "Y 0-8", "X 0-4; Y 5-8")).f1 == pytest.approx(2 / 3)
    assert nervaluate([[("Y", 0, 7)]], [[("X", 0, 3), ("Y", 5, 7)]], ["X", "Y"])["ent_type"].f1 == 0.0


def test_neighbours_do_not_overlap(table):
    # half-open [0, 4) and [4, 8) share nothing; read with inclusive ends they share character 4
    assert micro(table("type", "X 0-4", "X 4-8")).f1 == 0.0
    assert nervaluate([[("X", 0, 4)]], [[("X", 4, 8)]], ["X"])["ent_type"].f1 == 1.0


def test_no_label_vanishes(table):
    # a missed LOC is missed: P 1/1, R 1/2, F1 2/3; outside the list of tags it vanishes and F1 is 1
    assert micro(table("exact", "PER 0-4; LOC 5-9", "PER 0-4")).f1 == pytest.approx(2 / 3)
    assert nervaluate([[("PER", 0, 3), ("LOC", 5, 8)]], [[("PER", 0, 3)]], ["PER"])["strict"].f1 == 1.0


def test_documents_without_gold_count(table):
    # one right and one spurious: precision 1/2; spaCy skips a document without annotation and prints 1.0
    assert micro(table("exact", ["X 0-4", ""], ["X 0-4", "X 0-4"])).precision == 0.5


def test_strict_is_strict_and_labels_keep_their_first_letter():
    import warnings

    from seqeval.metrics import f1_score as seqeval_f1

    # wrong: mode="strict" without a scheme is ignored, I- alone equals B-
    assert seqeval_f1([["B-PER"]], [["I-PER"]], mode="strict") == 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # wrong: "PER" is read as prefix P and label ER, which is right wherever both sides have it
        from seqeval.metrics.sequence_labeling import get_entities

        assert get_entities(["PER", "O"])[0][0] != "PER"
    assert [tuple(span) for span in decode_tags(["PER", "O", "ORG"]).spans] == [(0, 1, "PER"), (2, 3, "ORG")]


def test_no_stop_word_deletes_gold(table):
    # US is gold like any other: missed, recall 0; presidio-evaluator drops it and prints nothing missed
    assert micro(table("exact", "LOC 0-2", "")).recall == 0.0
    assert table("exact", "LOC 0-2", "").counts().gold == 1


@pytest.mark.parametrize("convention", ["type", "partial", "fuzzy", "boundary", "exact", "iou:0.1"])
def test_one_blob_over_two_golds_is_not_two_finds(convention, table):
    # presidio-evaluator printed P = R = 1
    found = micro(table(convention, "X 0-4; X 5-9", "X 0-9"))
    assert found.recall <= 0.5


def test_neighbours_are_not_merged(table):
    # two gold names side by side are two
    assert table("exact", "PER 0-4; PER 5-9", "PER 0-9").counts() == Counts(2, 1, 0.0, 0.0)


def test_precision_and_recall_are_not_swapped(table):
    # 4 of 16 predicted characters, 4 of 8 gold ones
    found = micro(table("overlap", "X 0-8", "X 4-20"))
    assert (found.precision, found.recall) == (0.25, 0.5)


@pytest.mark.parametrize("convention", ["exact", "boundary", "partial", "type", "fuzzy", "overlap", "iou:0.5"])
def test_duplicates_are_spurious(convention, table):
    # three copies of the one right item: precision 1/3; Citron counts every copy as right (1.0)
    assert micro(table(convention, "X 0-8", "X 0-8; X 0-8; X 0-8")).precision == pytest.approx(1 / 3)


def quotes(gold, predicted, convention):
    def side(items):
        return tuple(
            Quote(id=str(at), kind="direct", content=(Span(*content),), speaker=speaker and Span(*speaker))
            for at, (content, speaker) in enumerate(items)
        )

    pair = Pair(Article(id="a", text="x " * 50), Annotations(quotes=side(gold)), Annotations(quotes=side(predicted)))
    return score_task("quotes", [pair], [convention])[convention].table.counts()


def test_nested_gold_earns_no_more_than_one():
    # prediction 0-24 over gold 0-24 and 4-24: the plain sum 24/24 + 20/24 = 1.83 is what Citron prints
    counts = quotes([((0, 24), None), ((4, 24), None)], [((0, 24), None)], "overlap")
    assert (counts.precision, counts.recall) == (1.0, 1.0)


def test_duplicate_quotes_are_not_all_right():
    counts = quotes([((0, 24), None)], [((0, 24), None)] * 3, "exact")
    assert counts.precision == pytest.approx(1 / 3)
    assert quotes([((0, 24), None)], [((0, 24), None)] * 3, "overlap").precision == pytest.approx(1 / 3)


def test_wrong_and_missed_speakers_count_in_recall():
    # 3 quotes: speaker right, speaker wrong, quote missed: recall 1/3. CoreNLP and Quootstrap leave out the wrong
    # one (1/2); over matched quotes only it is 1/2 too, and says so by its name.
    gold = [((0, 9), (90, 94)), ((20, 29), (90, 94)), ((40, 49), (90, 94))]
    predicted = [((0, 9), (90, 94)), ((20, 29), (80, 84))]
    assert quotes(gold, predicted, "speaker-exact").recall == pytest.approx(1 / 3)
    assert quotes(gold, predicted, "speaker-exact-given").recall == pytest.approx(1 / 2)


def test_quotes_without_overlap_earn_no_roles():
    # the only two quotes of an article share a speaker and nothing else; GermEval SpkAtt pairs them all the same
    counts = quotes([((0, 9), (90, 94))], [((20, 29), (90, 94))], "speaker-exact")
    assert (counts.gold_credit, counts.predicted_credit) == (0, 0)


@pytest.mark.parametrize("convention", ["exact", "boundary", "partial", "type", "fuzzy", "overlap", "iou:0.5"])
def test_an_empty_span_divides_by_nothing(convention, table):
    assert micro(table(convention, "X 5-5", "X 5-5")).f1 == 1.0
    assert micro(table(convention, "X 5-5", "X 0-9")).f1 == 0.0


def test_a_long_article_is_scored_to_its_end(table):
    # 10,000 tokens, an item at the end: HF evaluate crashes on what was truncated
    text = "word " * 10_000
    assert micro(table("token", "X 49990-49999", "X 49990-49999", text)).f1 == 1.0
    assert micro(table("exact", "X 49990-49999", "X 0-4", text)).f1 == 0.0


def test_a_failed_article_is_missed_and_named():
    gold = Annotations(entities=(Entity(id="e", spans=(Span(0, 4),), label="X"),))
    from evalkit.records import Example

    failed = Prediction(article_id="a", annotations=Annotations(), error="out of memory")
    paired = pair_up([Example(article=Article(id="a", text="some"), gold=gold)], [failed], layers=["entities"])
    assert paired.failed == {"a": "out of memory"}
    assert paired.pairs[0].predicted.entities == ()


@pytest.mark.parametrize("convention", ["exact", "boundary", "partial", "type", "fuzzy", "overlap", "iou:0.5", "token"])
@pytest.mark.parametrize(("gold", "predicted"), [("", ""), ("X 0-4", ""), ("", "X 0-4")])
def test_no_nan_and_no_tiny_denominator(convention, gold, predicted, table):
    found = table(convention, gold, predicted, "some text")
    for prf in (micro(found), macro(found)):
        # exactly 0.0: with 1e-100 in a denominator it would be tiny or huge, without anything nan
        assert (prf.precision, prf.recall, prf.f1) == (0.0, 0.0, 0.0)


def test_f1_of_nothing():
    assert f1_score(0.0, 0.0) == 0.0
    assert not math.isnan(Counts().f1)


def test_tokens_are_never_glued(tmp_path):
    # masakhaner's scorer joined tokens without a space: "Ida" + "Moen" became "IdaMoen", and a system that found
    # "Ida Moen" in the text scored 0 where 1 is right.
    gold = tmp_path / "gold.conll"
    gold.write_text("Ida B-PER\nMoen I-PER\nleft O\nOslo B-LOC\n", encoding="utf-8")
    (example,) = to_examples(read_tag_columns(gold)).examples
    text = example.article.text
    found = [text[e.spans[0].start : e.spans[0].end] for e in example.gold.entities or ()]
    assert found == ["Ida Moen", "Oslo"]
    predicted = Prediction(
        article_id=example.article.id,
        annotations=Annotations(
            entities=tuple(
                Entity(id=name, spans=(Span(text.index(name), text.index(name) + len(name)),), label=label)
                for name, label in (("Ida Moen", "PER"), ("Oslo", "LOC"))
            )
        ),
    )
    table = score_task("entities", pair_up([example], [predicted]).with_layers(["entities"]), ("exact",))["exact"].table
    assert table.counts().f1 == 1.0
