from __future__ import annotations

import pytest

from evalkit.analysis.explain import Explanation, LayerExplanation, explain_pair, find_places
from evalkit.errors import InputError, UnknownNameError
from evalkit.records import Annotations, Article, Entity, Quote, Span, Stance
from evalkit.scoring.pairs import Pair
from evalkit.scoring.tasks.table import choose_conventions, score_task

TEXT = "Ida Moen left Oslo, said Jo."


def entity(start: int, end: int, label: str) -> Entity:
    return Entity(id=f"e{start}", spans=(Span(start, end),), label=label)


def pair(gold: Annotations, predicted: Annotations) -> Pair:
    return Pair(Article(id="a", text=TEXT), gold, predicted)


ENTITIES = pair(
    Annotations(entities=(entity(0, 8, "PER"), entity(14, 18, "GPE"))),
    Annotations(entities=(entity(4, 8, "PER"), entity(14, 18, "ORG"))),
)


def layer(explanation: Explanation, name: str) -> LayerExplanation:
    return next(own for own in explanation.layers if own.layer == name)


def test_an_item_has_its_credit_under_each_convention() -> None:
    own = layer(explain_pair(ENTITIES), "entities")

    moen = next(shown for shown in own.items if shown.item.side == "gold" and shown.item.text == "Ida Moen")
    assert moen.item.kind == "boundary"
    assert own.items[moen.partner_number - 1].item.text == "Moen"  # type: ignore[operator]
    # Half of the spans agree in nothing but overlap: 0.5 under partial; 4 of 8 characters; 1 of 2 tokens; the
    # intersection is 4 of 8 characters, which is not below the threshold of 0.5.
    assert moen.credits == {
        "exact": 0,
        "boundary": 0,
        "partial": 0.5,
        "type": 1,
        # "Moen" covers 4 of the 8 gold characters, half of them; it is another name than "Ida Moen".
        "partial:0.5": 0.5,
        "type:0.5": 1,
        "fuzzy": 1,
        "overlap": 0.5,
        "iou:0.5": 1,
        "trimmed": 0,
        "token": 0.5,
        "surface": 0,
        "surface:in-place": 0,
        # It has no link, so it is no item of this one.
        "linked": None,
    }


def test_a_wrong_label_is_told_with_its_partner() -> None:
    own = layer(explain_pair(ENTITIES, conventions=("exact", "boundary")), "entities")

    oslo = [shown for shown in own.items if shown.item.text == "Oslo"]
    assert [(shown.item.side, shown.item.kind, shown.credits) for shown in oslo] == [
        ("gold", "label", {"exact": 0, "boundary": 1}),
        ("predicted", "label", {"exact": 0, "boundary": 1}),
    ]


QUOTES = pair(
    Annotations(
        quotes=(Quote(id="q1", kind="direct", content=(Span(0, 18),), cue=(Span(20, 24),), speaker=Span(25, 27)),)
    ),
    Annotations(
        quotes=(
            Quote(id="p1", kind="direct", content=(Span(0, 18),), cue=(Span(20, 24),), speaker=Span(0, 8)),
            Quote(id="p2", kind="direct", content=(Span(14, 18),)),
        )
    ),
)


def test_a_quote_has_content_cue_and_speaker() -> None:
    own = layer(explain_pair(QUOTES), "quotes")

    gold, first, second = own.items
    assert (gold.item.kind, first.item.kind, second.item.kind) == ("speaker", "speaker", "duplicate")
    assert gold.roles == {"cue": "said", "speaker": "Jo"}
    assert {name: gold.credits[name] for name in ("exact", "cue-exact", "speaker-exact", "joint")} == {
        "exact": 1,
        "cue-exact": 1,
        "speaker-exact": 0,
        "joint": 0,
    }
    # The second prediction has neither cue nor speaker and is matched with nothing: these do not count it.
    assert second.credits["cue-exact"] is None
    assert second.credits["speaker-exact-given"] is None
    # Its one token, Oslo, is counted with the first prediction, which touches it too; both of its tokens are right.
    assert second.credits["token"] is None
    assert first.credits["token"] == 1


def stances(*own: tuple[str, str]) -> Annotations:
    return Annotations(
        stances=tuple(
            Stance(id=f"s{number}", holder="jo", target=target, label=label, evidence=(Span(0, 18),))
            for number, (target, label) in enumerate(own)
        )
    )


STANCES = pair(
    stances(("topic:a", "favor"), ("topic:b", "against")), stances(("topic:a", "against"), ("topic:b", "against"))
)


def test_a_stance_is_found_or_right() -> None:
    own = layer(explain_pair(STANCES), "stances")

    golds = {shown.item.text: shown for shown in own.items if shown.item.side == "gold"}
    assert {text: (shown.item.kind, shown.credits) for text, shown in golds.items()} == {
        "jo → topic:a (Ida Moen left Oslo)": (
            "label",
            {"given": 0, "found": 1, "right": 0, "found-named": 1, "right-named": 0},
        ),
        "jo → topic:b (Ida Moen left Oslo)": (
            "right",
            {"given": 1, "found": 1, "right": 1, "found-named": 1, "right-named": 1},
        ),
    }


@pytest.mark.parametrize(
    ("task", "shown"),
    [
        pytest.param("entities", ENTITIES, id="entities"),
        pytest.param("quotes", QUOTES, id="quotes"),
        pytest.param("stances", STANCES, id="stances"),
    ],
)
def test_credits_add_up_to_the_table(task: str, shown: Pair) -> None:
    """What is explained is what was scored: item by item it adds up to the counts, where items are what is counted."""
    own = layer(explain_pair(shown), task)
    tables = score_task(task, [shown], choose_conventions(task, ("all",)))

    for name in own.conventions:
        if name in ("token", "attribution-harm"):
            continue  # their rows may be several an item
        counts = tables[name].table.counts()
        gold = [item.credits[name] for item in own.items if item.item.side == "gold"]
        assert sum(credit or 0 for credit in gold) == pytest.approx(counts.gold_credit), name
        assert sum(credit is not None for credit in gold) == counts.gold, name
        if name != "given":
            predicted = [item.credits[name] for item in own.items if item.item.side == "predicted"]
            assert sum(credit or 0 for credit in predicted) == pytest.approx(counts.predicted_credit), name
            assert sum(credit is not None for credit in predicted) == counts.predicted, name


def test_only_what_touches_a_place_is_shown() -> None:
    own = layer(explain_pair(ENTITIES, places=((0, 2),)), "entities")

    # [0, 2] touches the gold item alone; its partner "Moen" comes along.
    assert [shown.item.text for shown in own.items] == ["Ida Moen", "Moen"]


def test_a_layer_that_is_not_claimed_is_left_out() -> None:
    assert [own.layer for own in explain_pair(ENTITIES).layers] == ["entities"]


def test_an_unknown_convention_names_what_was_meant() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'exact'"):
        explain_pair(ENTITIES, conventions=("exat",))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param("14-18", ((14, 18),), id="offsets"),
        pytest.param("Oslo", ((14, 18),), id="words"),
        pytest.param("I", ((0, 1),), id="every-occurrence"),
        pytest.param("d", ((1, 2), (23, 24)), id="several"),
    ],
)
def test_places(wanted: str, expected: object) -> None:
    assert find_places(TEXT, wanted) == expected


@pytest.mark.parametrize("wanted", ["18-14", "0-900", "5-5", "Bergen", ""])
def test_places_that_are_not_there(wanted: str) -> None:
    with pytest.raises(InputError, match="article"):
        find_places(TEXT, wanted)
