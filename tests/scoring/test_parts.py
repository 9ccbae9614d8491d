"""Parts that gold does not have are not evaluated, and do not make wrong what is right without them."""

from __future__ import annotations

from dataclasses import replace

import pytest

import evalkit
from evalkit.analysis.judged import judge_articles
from evalkit.records import Annotations, Article, Entity, Example, LayerScope, Prediction, Quote, Scope, Span
from evalkit.report.render import render_report
from evalkit.results import Counts
from evalkit.scoring.pairs import pair_up
from evalkit.scoring.tasks.evaluable import not_evaluated
from evalkit.scoring.tasks.table import load_task

TEXT = "Ida Moen said the boats stay. Per Lund asked why. Nobody answered him today."
CONTENT = {name for name, own in load_task("quotes").conventions.items() if not own.needs}
"""The conventions that look at nothing but contents."""
NO_CUE = "cue: no gold quote has one"
NO_MENTION = "speaker span: no gold quote has one"
NOBODY = "speaker span or speaker_id: no gold quote has one"


def quote(number, start, end, kind="direct", *, cue=(), speaker=None, speaker_id=None):
    return Quote(
        id=f"q{number}", kind=kind, content=(Span(start, end),), cue=cue, speaker=speaker, speaker_id=speaker_id
    )


def example(*quotes, name="a", scope=None, **layers):
    return Example(article=Article(id=name, text=TEXT), gold=Annotations({"quotes": quotes} | layers, scope))


def predicted(*quotes, name="a", **layers):
    return Prediction(article_id=name, annotations=Annotations({"quotes": quotes} | layers))


WHOLE = (quote(1, 14, 29, cue=(Span(9, 13),), speaker=Span(0, 8), speaker_id="moen"), quote(2, 42, 49, "indirect"))
BARE = tuple(replace(one, cue=(), speaker=None, speaker_id=None) for one in WHOLE)
BY_ID = tuple(replace(one, cue=(), speaker=None) for one in WHOLE)


def score(gold, predictions, **words):
    return evalkit.score_predictions(
        gold, predictions, tasks="quotes", conventions="all", resamples=0, baseline=False, **words
    )


class TestNoGoldItemHasThePart:
    def test_neither_cue_nor_speaker(self):
        result = score([example(*BARE)], [predicted(*WHOLE)])
        assert set(result.tasks["quotes"]) == CONTENT
        assert result.tasks["quotes"]["exact"].micro.f1 == 1
        assert {name: reason for name, reason in result.not_evaluated.items() if name.startswith("quotes ")} == {
            "quotes cue-exact": NO_CUE,
            "quotes cue-type": NO_CUE,
            "quotes speaker-exact": NO_MENTION,
            "quotes speaker-overlap": NO_MENTION,
            "quotes speaker-entity": NOBODY,
            "quotes speaker-exact-given": NO_MENTION,
            "quotes speaker-overlap-given": NO_MENTION,
            "quotes speaker-entity-given": NOBODY,
            "quotes attribution-harm": NOBODY,
            "quotes joint": NOBODY,
        }
        assert "1 predicted quote has a cue, which the gold does not annotate: it is taken without that" in (
            result.notes
        )

    def test_speakers_by_id_alone(self):
        result = score([example(*BY_ID)], [predicted(*WHOLE)])
        # One gold quote says who speaks, by id, and the prediction names the same: 1 of 1.
        assert result.tasks["quotes"]["speaker-entity"].micro.f1 == 1
        assert result.tasks["quotes"]["joint"].micro.f1 == 1
        assert result.not_evaluated["quotes speaker-exact"] == NO_MENTION
        assert not any("have a speaker" in note for note in result.notes)

    def test_a_speaker_nobody_asked_for_is_no_error(self):
        pair = pair_up([example(*BARE)], [predicted(*WHOLE)])
        (judged,) = judge_articles("quotes", pair.pairs, ["exact"])
        assert [item.kind for item in judged.items[1]] == ["right", "right"]

    def test_one_that_has_it_is_enough(self):
        result = score([example(*BARE), example(*WHOLE, name="b")], [predicted(*WHOLE), predicted(*WHOLE, name="b")])
        # Two predicted cues, one of them where the gold quote has none.
        assert result.tasks["quotes"]["cue-exact"].micro.counts == Counts(1, 2, 1.0, 1.0)
        assert not [name for name in result.not_evaluated if name.startswith("quotes ")]

    def test_nothing_that_could_have_it(self):
        assert "quotes cue-exact" not in not_evaluated(pair_up([example()], [predicted(*WHOLE)]), conventions=["all"])

    def test_asked_for_alone(self):
        result = evalkit.score_predictions(
            [example(*BARE)], [predicted(*WHOLE)], conventions="cue-exact", resamples=0, baseline=False
        )
        assert (result.tasks, result.not_evaluated["quotes cue-exact"]) == ({}, NO_CUE)


def test_a_kind_that_gold_does_not_have_is_asked_about():
    note = (
        "1 predicted quote has a kind that no gold quote has (indirect 1); if the gold leaves these out, say so: "
        "--scope quotes:kinds=direct"
    )
    assert note in score([example(WHOLE[0])], [predicted(*WHOLE)]).notes
    for gold, scope in ((WHOLE, ()), (WHOLE[:1], "quotes:kinds=direct"), ((), ())):
        notes = score([example(*gold)], [predicted(*WHOLE)], scope=scope).notes
        assert not any("kind that no gold" in own for own in notes)


def test_a_mention_is_not_judged_where_the_gold_says_the_speaker_by_id():
    by_id = quote(3, 50, 66, speaker_id="lund")
    gold = [example(WHOLE[0], by_id)]
    guess = [predicted(WHOLE[0], replace(by_id, speaker=Span(30, 38), speaker_id="lund"))]
    result = score(gold, guess)
    # Of two predicted mentions one stands where the gold says who speaks and not where: 1 of 1 is left.
    for name in ("speaker-exact", "speaker-overlap", "speaker-exact-given"):
        assert result.tasks["quotes"][name].micro.counts == Counts(1, 1, 1.0, 1.0)
    assert result.tasks["quotes"]["speaker-entity"].micro.counts == Counts(2, 2, 2.0, 2.0)


class TestDeclared:
    def scope(self, **declared):
        return Scope(of=(LayerScope(layer="quotes", **declared),))

    def test_kinds(self):
        gold = example(WHOLE[0], scope=self.scope(labels=("direct",)))
        result = score([gold], [predicted(*WHOLE)])
        assert result.tasks["quotes"]["exact"].micro.precision == 1
        assert "1 predicted quote outside the annotated scope, set aside" in result.notes

    def test_another_kind_where_a_gold_item_stands_is_judged(self):
        gold = example(WHOLE[0], scope=self.scope(labels=("direct",)))
        result = score([gold], [predicted(replace(WHOLE[0], kind="mixed"), WHOLE[1])])
        assert result.tasks["quotes"]["exact"].micro.f1 == 1

    def test_a_part_that_is_left_out(self):
        gold = example(*WHOLE, scope=self.scope(parts=("speaker",)))
        result = score([gold], [predicted(*WHOLE)])
        assert result.not_evaluated["quotes cue-exact"] == "cue: the scope of the gold leaves it out"
        assert result.tasks["quotes"]["joint"].micro.f1 == 1

    def test_a_part_that_was_looked_for_and_is_not_there(self):
        gold = example(*BARE, scope=self.scope(parts=("cue",)))
        result = score([gold], [predicted(*WHOLE)])
        # No gold quote has a cue, and that is known: the predicted one is spurious.
        assert result.tasks["quotes"]["cue-exact"].micro.counts == Counts(0, 1, 0, 0)
        assert result.not_evaluated["quotes speaker-exact"] == "speaker span: the scope of the gold leaves it out"

    def test_speakers_by_id_are_no_mentions(self):
        gold = example(*BY_ID, scope=self.scope(parts=("speaker",)))
        result = score([gold], [predicted(*WHOLE)])
        assert result.not_evaluated["quotes speaker-exact"] == NO_MENTION
        assert result.tasks["quotes"]["speaker-entity"].micro.f1 == 1

    def test_only_the_articles_that_have_the_part(self):
        gold = [example(*BARE, scope=self.scope(parts=())), example(*WHOLE, name="b")]
        result = score(gold, [predicted(*WHOLE), predicted(*WHOLE, name="b")])
        assert result.tasks["quotes"]["cue-exact"].micro.counts == Counts(1, 1, 1.0, 1.0)
        assert result.tasks["quotes"]["exact"].micro.counts == Counts(4, 4, 4.0, 4.0)
        assert list(result.tasks["quotes"]) == list(score(gold[1:], [predicted(*WHOLE, name="b")]).tasks["quotes"])


@pytest.mark.parametrize("form", ["terminal", "markdown", "html"])
def test_every_form_says_it(form):
    text = render_report(score([example(*BARE)], [predicted(*WHOLE)]), form)
    assert "quotes cue-exact, cue-type: not evaluated" in " ".join(text.split())


def test_a_table_of_values_has_a_row_for_each():
    rows = render_report(score([example(*BARE)], [predicted(*WHOLE)]), "tsv").splitlines()
    names = rows[0].split("\t")
    told = [dict(zip(names, row.split("\t"), strict=True)) for row in rows[1:]]
    assert {row["convention"] for row in told if row["not_evaluated"] == NO_CUE} == {"cue-exact", "cue-type"}
    assert all(row["f1"] == "" for row in told if row["not_evaluated"])


def test_an_explanation_leaves_them_out():
    gold = [example(*BARE)]
    run = evalkit.run_extractor(lambda article: Annotations(quotes=WHOLE), gold, cache=False)
    (part,) = evalkit.explain_run(run, "a", tasks=["quotes"]).layers
    assert set(part.conventions) == CONTENT


def test_other_layers():
    entity = Entity(id="e1", spans=(Span(0, 8),), label="PER")
    paired = pair_up([example(entities=(entity,))], [predicted(entities=(entity,))])
    assert paired.without("entities", ["entity_id"]) == "entity_id: no gold entity has one"
    named = replace(entity, entity_id="moen")
    assert pair_up([example(entities=(named,))], [predicted()]).without("entities", ["entity_id"]) is None
