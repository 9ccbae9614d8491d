from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.labels import Inventory
from evalkit.errors import InputError, UnknownNameError
from evalkit.records import (
    Annotations,
    Article,
    Entity,
    Example,
    Prediction,
    Quote,
    Span,
    Stance,
    Zone,
)
from evalkit.report.forms.terminal import render_terminal
from evalkit.report.of.diagnosis import document
from evalkit.report.render import render_report
from evalkit.scoring.tasks.table import load_task
from evalkit.workflows.looking.diagnose import Diagnosis, diagnose
from evalkit.workflows.running.run import run_extractor

TEXT = "Oslo wins. Ida Moen: “Yes.” Bergen sat."
#       0    5     11  15      20     28
OSLO, IDA, MOEN, YES, BERGEN = Span(0, 4), Span(11, 19), Span(15, 19), Span(21, 27), Span(28, 34)
INVENTORY = Inventory(labels={"entities": ("GPE", "PER")})


def article(name: str, section: str) -> Article:
    zones = (Zone("headline", 0, 10), Zone("body", 11, len(TEXT)))
    return Article(
        id=name,
        text=TEXT,
        source="@post",
        published="2025-01-01",
        zones=zones,
        metadata={"section": section, "story": "s"},
    )


def entity(span: Span, label: str, name: str | None = None, score: float | None = None) -> Entity:
    return Entity(id=f"e{span.start}", spans=(span,), label=label, entity_id=name, score=score)


GOLD = Annotations(
    entities=(entity(OSLO, "GPE", "oslo"), entity(IDA, "PER", "ida"), entity(BERGEN, "GPE", "bergen")),
    quotes=(Quote(id="q1", kind="direct", content=(YES,), speaker=IDA, speaker_id="ida"),),
    stances=(
        Stance(id="s1", holder="ida", target="topic:win", label="favor"),
        Stance(id="s2", holder="author", target="oslo", label="against"),
    ),
)


def gold(*sections: str) -> GoldDataset:
    examples = [Example(article=article(f"a{at}", section), gold=GOLD) for at, section in enumerate(sections)]
    return gold_dataset(examples, name="tiny", split="test", inventory=INVENTORY)


# a0: Oslo right, Ida Moen cut short, Bergen called PER. a1: everything right, and a spurious name.
FIRST = (entity(OSLO, "GPE", score=0.9), entity(MOEN, "PER", score=0.2), entity(BERGEN, "PER", score=0.3))
SECOND = (
    *(entity(span, label, score=0.8) for span, label in ((OSLO, "GPE"), (IDA, "PER"), (BERGEN, "GPE"))),
    entity(YES, "PER", score=0.1),
)


def predictions(*layers: tuple[Entity, ...], **more: Any) -> list[Prediction]:
    return [
        Prediction(article_id=f"a{at}", annotations=Annotations(entities=own, **more)) for at, own in enumerate(layers)
    ]


@pytest.fixture(scope="module")
def found() -> Diagnosis:
    return diagnose(predictions(FIRST, SECOND), gold("sport", "local"), resamples=50)


def rows(
    diagnosis: Diagnosis, by: str, task: str = "entities", convention: str = "exact"
) -> dict[str, tuple[Any, ...]]:
    """Value, or "value/label" → gold, predicted, right, articles."""
    return {
        f"{row.value}/{row.label}" if row.label else row.value: (
            row.scores.counts.gold,
            row.scores.counts.predicted,
            row.scores.counts.gold_credit,
            row.articles,
        )
        for row in diagnosis.slices
        if (row.by, row.task, row.convention) == (by, task, convention) and row.scores.counts is not None
    }


def test_errors_and_what_they_cost(found: Diagnosis) -> None:
    own = found.errors["entities"]
    # 4 right of 6 gold and 7 predicted: F1 = 8/13. One more right by label or boundary: 10/13. Without the spurious
    # item: 8/12.
    assert (own.right, own.f1) == (4, pytest.approx(8 / 13))
    assert {rung.kind: rung.errors for rung in own.ladder if rung.errors} == {"label": 1, "boundary": 1, "spurious": 1}
    gains = {rung.kind: rung.f1 for rung in own.ladder}
    assert gains["label"] == gains["boundary"] == pytest.approx(10 / 13)
    assert gains["spurious"] == pytest.approx(8 / 12)
    # Kinds without an error gain nothing in any resample, which is no interval.
    assert {rung.kind for rung in own.ladder if rung.ci} == {"label", "boundary", "spurious"}
    # Rows GPE, PER, spurious; columns GPE, PER, missed: Bergen was once taken for a person.
    assert (own.labels, own.confusion) == (("GPE", "PER"), ((3, 1, 0), (0, 2, 0), (0, 1, 0)))


def test_the_hardest_article_comes_first(found: Diagnosis) -> None:
    worst = found.hardest["entities"]
    # a0: a wrong boundary and a wrong label, each lost on both sides; a1: one spurious name.
    assert [(own.article, own.lost) for own in worst] == [("a0", 4), ("a1", 1)]
    assert {kind: number for kind, number in worst[0].kinds.items() if number} == {
        "right": 1,
        "label": 1,
        "boundary": 1,
    }
    assert (worst[1].kinds["missed"], worst[1].kinds["spurious"]) == (0, 1)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        pytest.param("label", {"GPE": (4, 3, 3, 2), "PER": (2, 4, 1, 2)}, id="label"),
        # The spurious name stands in the body, as everything but Oslo does.
        pytest.param(
            "zone",
            {"headline": (2, 2, 2, 2), "body": (4, 5, 2, 2), "headline/GPE": (2, 2, 2, 2)}
            | {"body/GPE": (2, 1, 1, 2), "body/PER": (2, 4, 1, 2)},
            id="zone",
        ),
        # Ida Moen is two words, cut short she is one.
        pytest.param(
            "length",
            {"1": (4, 6, 3, 2), "2": (2, 1, 1, 2), "1/GPE": (4, 3, 3, 2), "1/PER": (0, 3, 0, 2), "2/PER": (2, 1, 1, 2)},
            id="length",
        ),
        pytest.param("nested", {"flat": (6, 7, 4, 2), "flat/GPE": (4, 3, 3, 2), "flat/PER": (2, 4, 1, 2)}, id="nested"),
        pytest.param(
            "section",
            {"sport": (3, 3, 1, 1), "local": (3, 4, 3, 1), "sport/GPE": (2, 1, 1, 1), "sport/PER": (1, 2, 0, 1)}
            | {"local/GPE": (2, 2, 2, 1), "local/PER": (1, 2, 1, 1)},
            id="section",
        ),
    ],
)
def test_slices_of_entities(found: Diagnosis, by: str, expected: dict[str, tuple[int, ...]]) -> None:
    assert rows(found, by) == expected


def test_slices_have_intervals_but_not_those_of_one_article(found: Diagnosis) -> None:
    # Every slice is in two articles or in one.
    assert not any(row.scores.ci for row in found.slices)
    four = diagnose(predictions(FIRST, SECOND, FIRST, SECOND), gold("a", "a", "b", "c"), resamples=200)
    low, high = next(row.scores.ci["f1"] for row in four.slices if row.value == "body" and not row.label)
    # a0 alone has F1 0 in the body, a1 alone 2 · 2 / (2 + 3) = 0.8.
    assert (low, high) == (0.0, pytest.approx(0.8))
    sections = {row.value: row.scores.ci for row in four.slices if row.by == "section" and not row.label}
    assert [name for name, ci in sections.items() if ci] == ["a"]


def test_an_article_slice_is_drawn_inside_itself() -> None:
    found = diagnose(predictions(SECOND, SECOND, FIRST), gold("local", "local", "sport"), resamples=50)
    ci = {row.value: row.scores.ci.get("f1") for row in found.slices if row.by == "section" and not row.label}
    # Both local articles are alike: 3 right of 3 and 4, F1 = 6/7 in every draw of them, which says nothing.
    assert ci == {"local": None, "sport": None}
    found = diagnose(predictions(SECOND, SECOND[:3], FIRST), gold("local", "local", "sport"), resamples=50)
    ci = {row.value: row.scores.ci.get("f1") for row in found.slices if row.by == "section" and not row.label}
    assert ci == {"local": (pytest.approx(6 / 7), 1.0), "sport": None}


def test_seen_needs_training_data(found: Diagnosis) -> None:
    assert not rows(found, "seen")
    assert "there is no train split beside this gold, so nothing is sliced by seen and unseen" in found.notes
    text = "Oslo"
    train = gold_dataset(
        [Example(article=Article(id="t", text=text), gold=Annotations(entities=(entity(OSLO, "GPE"),)))],
        name="train", split="train", inventory=INVENTORY,
    )  # fmt: skip
    own = diagnose(predictions(FIRST, SECOND), gold("x", "x"), slices=["seen"], train=train, resamples=0)
    assert {name: row for name, row in rows(own, "seen").items() if "/" not in name} == {
        "seen": (2, 2, 2, 2),
        "unseen": (4, 5, 2, 2),
    }


def test_quotes_and_stances_by_who_speaks() -> None:
    quote = replace(GOLD.quotes[0], speaker=None, speaker_id=None)  # type: ignore[index]
    # The label of Ida's stance is wrong, the author's is right; a stance of somebody unknown is spurious.
    stances = (
        replace(GOLD.stances[0], label="neutral"),  # type: ignore[index]
        GOLD.stances[1],  # type: ignore[index]
        Stance(id="s3", holder="nobody", target="topic:rain", label="favor"),
    )
    made = predictions(GOLD.entities or (), quotes=(quote,), stances=stances)
    found = diagnose(made, gold("sport"), slices=["speaker", "holder", "target"], resamples=0)
    assert rows(found, "label", "quotes")["direct"] == (1, 1, 1, 1)
    assert {name: own for name, own in rows(found, "speaker", "quotes").items() if "/" not in name} == {
        "name": (1, 0, 1, 1),
        "(none)": (0, 1, 0, 1),
    }
    assert rows(found, "speaker", "quotes", "speaker-entity")["name"] == (1, 0, 0, 1)
    holders = rows(found, "holder", "stances", "right")
    assert {name: own for name, own in holders.items() if "/" not in name} == {
        "PER": (1, 1, 0, 1),
        "author": (1, 1, 1, 1),
        "(none)": (0, 1, 0, 1),
    }
    assert holders["PER/favor"] == (1, 0, 0, 1)
    assert rows(found, "target", "stances", "right")["topic"] == (1, 2, 0, 1)
    assert found.detection == ()


@pytest.mark.parametrize(
    "by",
    [
        pytest.param(pd.DataFrame({"desk": ["x", "y"]}, index=["a0", "a1"]), id="frame"),
        pytest.param(pd.Series(["x", "y"], index=["a0", "a1"], name="desk"), id="series"),
        pytest.param({"desk": {"a0": "x", "a1": "y"}}, id="mapping"),
    ],
)
def test_slices_by_what_the_caller_brings(by: Any) -> None:
    found = diagnose(predictions(FIRST, SECOND), gold("s", "s"), by=by, slices=["zone"], resamples=0)
    assert {name: own for name, own in rows(found, "desk").items() if "/" not in name} == {
        "x": (3, 3, 1, 1),
        "y": (3, 4, 3, 1),
    }
    assert not rows(found, "length")


def test_rare_values_are_pooled() -> None:
    names = [f"a{at}" for at in range(60)]
    found = diagnose(
        predictions(*[SECOND] * 60), gold(*["s"] * 60), by={"url": {name: f"u{name}" for name in names}}, resamples=0
    )
    values = {row.value: row.articles for row in found.slices if row.by == "url" and not row.label}
    assert (len(values), values["(other)"], sum(values.values())) == (50, 11, 60)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"slices": ["zones"]}, "unknown slice 'zones'; did you mean 'zone'", id="slice"),
        pytest.param({"cluster": "stories"}, "unknown cluster field 'stories'; did you mean 'story'", id="cluster"),
        pytest.param({"tasks": ["chains"]}, "unknown task 'chains'; did you mean 'chain'", id="task"),
        pytest.param({"conventions": ["exakt"]}, "did you mean 'exact'", id="convention"),
        pytest.param({"by": {"desk": {"zz": 1}}}, "'desk' has no value for any article", id="keys"),
        pytest.param({"by": 7}, "cannot slice by int", id="by"),
        pytest.param({"by": {"desk": 7}}, "'desk' is int; give values by article id", id="values"),
        pytest.param({"interval": "bcaa"}, "unknown bootstrap method 'bcaa'", id="interval"),
    ],
)
def test_refuses(options: dict[str, Any], message: str) -> None:
    with pytest.raises((InputError, UnknownNameError), match=message):
        diagnose(predictions(FIRST, SECOND), gold("s", "s"), **options)


def test_scores_and_the_best_threshold(found: Diagnosis) -> None:
    scores = found.scores["entities"]
    calibration = scores.calibration
    assert calibration is not None
    # Bins of .1, .2, .3, .8, .9: gaps .1 + .2 + .3 + 3 · .2 + .1 over 7 items.
    assert calibration.expected_error == pytest.approx(1.3 / 7)
    # From 0.8 on 4 of 4 are right, of 6 gold items.
    assert scores.sweep.best() == (0.8, pytest.approx(0.8))
    assert scores.f1 == pytest.approx(8 / 13)


@pytest.mark.parametrize(
    ("score", "note"),
    [
        pytest.param(None, "entities have no scores, so there is no calibration and no threshold", id="none"),
        pytest.param(3.0, "scores of entities lie between 3 and 3, not 0 and 1; no calibration", id="no-probability"),
    ],
)
def test_scores_that_cannot_be_judged(score: float | None, note: str) -> None:
    own = tuple(replace(one, score=score) for one in FIRST)
    found = diagnose(predictions(own), gold("s"), resamples=0)
    assert note in found.notes
    assert all(own.calibration is None for own in found.scores.values())


def test_some_entities_without_a_score() -> None:
    found = diagnose(predictions((*FIRST[:2], replace(FIRST[2], score=None))), gold("s"), resamples=0)
    assert not found.scores
    assert "1 of 3 predicted entities has no score; no calibration" in found.notes


def test_what_the_gold_can_show(found: Diagnosis) -> None:
    (own,) = found.detection
    assert (own.task, own.convention, own.units) == ("entities", "exact", 2)
    assert own.f1 == pytest.approx(8 / 13)
    # Two articles show no difference, however large; how many more would, their standard error says.
    assert own.smallest is None
    assert own.more_for_point is not None
    assert own.more_for_point > 1000


def test_nothing_varies_in_one_cluster() -> None:
    found = diagnose(predictions(FIRST, SECOND), gold("s", "s"), cluster="story", resamples=20)
    (own,) = found.detection
    assert (own.units, own.smallest, own.more_for_point) == (1, None, None)
    assert found.method == "bootstrap20/cluster:story/seed0/expanded"


def test_tokens_are_sliced_by_the_items_that_they_belong_to() -> None:
    found = diagnose(predictions(FIRST, SECOND), gold("s", "s"), conventions=["token"], resamples=0)
    whole = rows(found, "section", convention="token")["s"]
    parts = [row for name, row in rows(found, "zone", convention="token").items() if "/" not in name]
    # Gold tokens: Oslo, Ida, Moen and Bergen, twice.
    assert whole[:2] == (8, sum(row[1] for row in parts))
    assert sum(row[0] for row in parts) == 8
    assert "token counts no entities, so their scores cannot be judged under it" in found.notes


def test_frames(found: Diagnosis) -> None:
    slices = found.to_pandas()
    body = slices[(slices["value"] == "body") & (slices["label"] == "")].iloc[0]
    assert (body["gold"], body["predicted"], body["articles"]) == (4, 5, 2)
    assert found.to_pandas("errors").set_index(["task", "kind"]).loc[("entities", "label"), "errors"] == 1
    confusion = found.to_pandas("confusion").set_index(["task", "gold", "predicted"])["items"]
    assert confusion["entities", "GPE", "PER"] == 1
    assert found.to_pandas("hardest")["article"].tolist() == ["a0", "a1"]
    assert found.to_pandas("detection")["units"].tolist() == [2]
    assert found.to_pandas("calibration")["items"].sum() == 7
    assert found.to_pandas("sweep")["kept"].max() == 7
    with pytest.raises(UnknownNameError, match="unknown section 'slice'; did you mean 'slices'"):
        found.to_pandas("slice")


def test_frames_of_what_is_not_there() -> None:
    found = diagnose(
        [Prediction(article_id="a0", annotations=Annotations(stances=()))], gold("s"), resamples=0, slices=["section"]
    )
    assert found.not_evaluated.keys() == {"entities", "quotes"}
    assert all(found.to_pandas(name).empty for name in ("detection", "calibration", "sweep"))
    # Stances are evaluated, and both are missed.
    assert found.to_pandas("errors").set_index("kind")["errors"].to_dict() == {"label": 0, "missed": 2, "spurious": 0}


def test_json_is_the_same_twice(found: Diagnosis) -> None:
    again = diagnose(list(reversed(predictions(FIRST, SECOND))), gold("sport", "local"), resamples=50)
    assert json.dumps(again.to_json(), allow_nan=False) == json.dumps(found.to_json(), allow_nan=False)


def test_tables_fit_a_narrow_terminal(found: Diagnosis) -> None:
    wide = diagnose(predictions(*[SECOND] * 6), gold(*(f"a-long-section-{at}" for at in range(6))), resamples=0)
    lines = render_terminal(document(wide), width=60).splitlines()
    # Captions go on over the edge, so that they can be copied; tables do not.
    assert max(len(line) for line in lines if line.startswith(" ")) <= 60
    assert "entities · exact · by section and label, F1 (gold items), continued" in " ".join(lines)
    assert all(any(f" a-long-section-{at} " in f"{line} " for line in lines) for at in range(6))


def test_markdown_and_html_are_harmless() -> None:
    hostile = gold("<b>@all</b>", "x|y")
    found = diagnose(predictions(FIRST, SECOND), hostile, slices=["section"], resamples=0)
    text = render_report(found)
    assert "<b>" not in text.replace("\\<b\\>", "")
    assert "@all" not in text
    assert "x\\|y" in text
    assert text.endswith("\n")
    html = found._repr_html_()
    assert "&lt;b&gt;@all&lt;/b&gt;" in html
    assert "<b>" not in html


def test_a_run_that_was_just_made() -> None:
    own = {"a0": FIRST, "a1": SECOND}
    made = run_extractor(
        lambda article: [(*one.spans[0], one.label) for one in own[article.id]], gold("sport", "local"), cache=False
    )
    again = diagnose(predictions(FIRST, SECOND), gold("s", "s"), resamples=0)
    assert diagnose(made, resamples=0).errors == again.errors
    other = diagnose(made, gold("x", "y"), slices=["section"], resamples=0)
    assert rows(other, "section").keys() >= {"x", "y"}


def test_a_file_of_predictions(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(json.dumps({"id": "a0", "entities": [{"spans": [OSLO], "label": "GPE"}]}), encoding="utf-8")
    found = diagnose(path, gold("s"), resamples=0)
    assert (found.run, found.errors["entities"].right) == ("mine", 1)


def test_a_label_map_changes_entities_alone() -> None:
    made = predictions(FIRST, SECOND, quotes=GOLD.quotes, stances=GOLD.stances)
    found = diagnose(made, gold("s", "s"), labels=["PER"], slices=["holder"], resamples=0)
    # Of the people 1 of 2 is right, of 4 predicted.
    assert rows(found, "label") == {"PER": (2, 4, 1, 2)}
    # Stances still know that Oslo is a place and who holds them.
    assert {name for name in rows(found, "holder", "stances", "right") if "/" not in name} == {"PER", "author"}


def test_the_chain_says_which_link_is_weakest() -> None:
    run = run_extractor("rules", split="dev", limit=6)
    found = diagnose(run, resamples=0)
    chain = found.errors["chain"]
    links = load_task("chain").links
    assert tuple(rung.kind for rung in chain.ladder) == links
    assert all(rung.f1 == pytest.approx(chain.f1 + rung.gain) for rung in chain.ladder)
    assert [rung.cumulative for rung in chain.ladder] == sorted(rung.cumulative for rung in chain.ladder)
    frame = found.to_pandas("errors")
    assert tuple(frame[frame["task"] == "chain"]["kind"]) == links
    assert "weakest link: " in render_report(found) or "no link alone" in render_report(found)


def test_there_is_no_chain_without_all_layers(found: Diagnosis) -> None:
    assert "chain" not in found.errors


def test_quotes_and_stances_have_prices_too() -> None:
    speaker = replace(GOLD.quotes[0], speaker=OSLO, speaker_id=None)  # type: ignore[index]
    label = replace(GOLD.stances[0], label="neutral")  # type: ignore[index]
    made = predictions(GOLD.entities or (), quotes=(speaker,), stances=(label, *(GOLD.stances or ())[1:]))
    found = diagnose(made, gold("s"), resamples=0)
    quotes, stances = found.errors["quotes"], found.errors["stances"]
    # One quote with the wrong speaker: nothing is right as a whole, and everything if the speaker were.
    assert (quotes.right, quotes.f1) == (0, 0)
    assert {rung.kind: rung.gain for rung in quotes.ladder if rung.errors} == {"speaker": 1}
    # One of two stances is right, the other has another label.
    assert (stances.right, stances.f1) == (1, 0.5)
    assert {rung.kind: rung.gain for rung in stances.ladder if rung.errors} == {"label": 0.5}
    # Against, favor, neutral, spurious by against, favor, neutral, missed: favor was once taken for neutral.
    assert stances.confusion == ((1, 0, 0, 0), (0, 0, 1, 0), (0, 0, 0, 0), (0, 0, 0, 0))
