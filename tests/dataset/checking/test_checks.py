"""Each kind of problem is found, by a change of one thing in an example that has none."""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import evalkit.dataset.checking.checks as checks
from evalkit.dataset.checking.checks import FATAL, check_example, check_ids, check_scorable, check_spans
from evalkit.dataset.labels import load_inventory
from evalkit.formats.native.rows import claimed_surfaces, example_to_row
from evalkit.layers.table import all_layers
from evalkit.records import Annotations, Article, Entity, Example, LayerScope, Scope, Span, Stance, Zone

INVENTORY = load_inventory()
Change = Callable[[Example], Example]


def gold(example: Example, **layers: object) -> Example:
    return replace(example, gold=replace(example.gold, **layers))


def article(example: Example, **fields: object) -> Example:
    return replace(example, article=replace(example.article, **fields))


def entity(index: int, **fields: object) -> Change:
    def change(example: Example) -> Example:
        entities = list(example.gold.entities or ())
        entities[index] = replace(entities[index], **fields)
        return gold(example, entities=tuple(entities))

    return change


def quote(index: int, **fields: object) -> Change:
    def change(example: Example) -> Example:
        quotes = list(example.gold.quotes or ())
        quotes[index] = replace(quotes[index], **fields)
        return gold(example, quotes=tuple(quotes))

    return change


def stance(**fields: object) -> Change:
    return lambda example: gold(example, stances=tuple(replace(s, **fields) for s in example.gold.stances or ()))


def added(*entities: Entity) -> Change:
    return lambda example: gold(example, entities=(*(example.gold.entities or ()), *entities))


def second_stance(example: Example) -> Example:
    (first,) = example.gold.stances or ()
    return gold(example, stances=(first, replace(first, id="s2", label="favor")))


def two_topics(example: Example) -> Example:
    (first,) = example.gold.stances or ()
    other = replace(first, id="s2", target="topic:quays")
    return gold(example, stances=(replace(first, aliases=("quay",)), other))


def with_zone(*zones: Zone) -> Change:
    return lambda example: article(example, zones=(*example.article.zones, *zones))


def crossing_quotes(example: Example) -> Example:
    first, second = example.gold.quotes or ()
    return gold(example, quotes=(first, replace(second, content=(Span(first.content[0].start + 3, 40),))))


CASES = [
    pytest.param(entity(0, spans=(Span(10, 9999),)), "offset-out-of-range", "entities[0] (e1)", id="end-after-text"),
    pytest.param(entity(0, spans=(Span(-3, 4),)), "offset-out-of-range", "entities[0] (e1)", id="negative-start"),
    pytest.param(quote(0, cue=(Span(0, 9999),)), "offset-out-of-range", "quotes[0] (q1)", id="cue-after-text"),
    pytest.param(quote(1, speaker=Span(9998, 9999)), "offset-out-of-range", "quotes[1] (q2)", id="speaker-after-text"),
    pytest.param(with_zone(Zone("body", 0, 9999)), "offset-out-of-range", "zones[3] (body)", id="zone-after-text"),
    pytest.param(entity(1, spans=(Span(4, 4),)), "span-empty", "entities[1] (e2)", id="empty-span"),
    pytest.param(entity(1, spans=(Span(9, 4),)), "span-reversed", "entities[1] (e2)", id="reversed-span"),
    pytest.param(entity(1, spans=()), "span-missing", "entities[1] (e2)", id="no-span"),
    pytest.param(quote(0, content=()), "span-missing", "quotes[0] (q1)", id="no-content"),
    pytest.param(entity(0, spans=(Span(7, 16),)), "span-whitespace", "entities[0] (e1)", id="leading-space"),
    pytest.param(entity(0, label="PERSON"), "label-unknown", "entities[0] (e1)", id="label"),
    pytest.param(quote(0, kind="free"), "quote-kind-unknown", "quotes[0] (q1)", id="kind"),
    pytest.param(stance(label="pro"), "stance-label-unknown", "stances[0] (s1)", id="stance-label"),
    pytest.param(entity(1, id="e1"), "id-duplicate", "entities[1] (e1)", id="same-id"),
    pytest.param(
        lambda example: added(replace((example.gold.entities or ())[0], id="e9"))(example),
        "item-duplicate",
        "entities[4] (e9)",
        id="same-mention-twice",
    ),
    pytest.param(second_stance, "item-duplicate", "stances[1] (s2)", id="same-pair-twice"),
    pytest.param(quote(0, speaker_id="moem"), "reference-unknown", "quotes[0] (q1)", id="speaker-id"),
    pytest.param(stance(holder="nobody"), "reference-unknown", "stances[0] (s1)", id="holder"),
    pytest.param(stance(target="nothing"), "reference-unknown", "stances[0] (s1)", id="target"),
    pytest.param(stance(quote_id="q7"), "reference-unknown", "stances[0] (s1)", id="quote-id"),
    pytest.param(stance(target="topic:Port Plan"), "topic-form", "stances[0] (s1)", id="topic"),
    pytest.param(stance(aliases=("Port",)), "topic-form", "stances[0] (s1)", id="alias"),
    pytest.param(stance(target="moen", aliases=("ida",)), "alias-of-entity", "stances[0] (s1)", id="alias-of-entity"),
    pytest.param(two_topics, "alias-of-another", "stances[0] (s1)", id="alias-of-another-topic"),
    pytest.param(stance(evidence=()), "evidence-missing", "stances[0] (s1)", id="no-evidence"),
    pytest.param(
        added(Entity(id="e9", spans=(Span(8, 12),), label="ORG"), Entity(id="e8", spans=(Span(10, 16),), label="ORG")),
        "spans-cross",
        "entities[5] (e8)",
        id="crossing-entities",
    ),
    pytest.param(crossing_quotes, "spans-cross", "quotes[1] (q2)", id="crossing-quotes"),
    pytest.param(entity(3, entity_id="moen"), "entity-labels-differ", "entities[3] (e4)", id="one-id-two-labels"),
    pytest.param(with_zone(Zone("sidebar", 16, 17)), "zone-unknown", "zones[3] (sidebar)", id="zone-kind"),
    pytest.param(with_zone(Zone("lead", 3, 9)), "zone-overlap", "zones[3] (lead)", id="zone-overlap"),
    pytest.param(
        lambda example: added(Entity(id="e9", spans=(at(example, "Bergen in"),), label="GPE"))(example),
        "in-boilerplate",
        "entities[4] (e9)",
        id="in-boilerplate",
    ),
    pytest.param(lambda example: article(example, published="14 March"), "date-invalid", "published", id="date"),
    pytest.param(
        lambda example: article(example, published="2025-02-30"), "date-invalid", "published", id="no-such-day"
    ),
    pytest.param(lambda example: article(example, lang="English"), "lang-invalid", "lang", id="language"),
    pytest.param(lambda example: article(example, text=" "), "text-empty", "text", id="no-text"),
]


def at(example: Example, text: str) -> Span:
    start = example.article.text.index(text)
    return Span(start, start + len(text))


@pytest.mark.parametrize(("change", "code", "place"), CASES)
def test_change_is_found_where_it_was_made(good: Example, change: Change, code: str, place: str) -> None:
    found = check_example(change(good), INVENTORY)
    assert (code, place) in {(problem.code, problem.place) for problem in found}
    assert {problem.article_id for problem in found} == {"harbour-strike"}


def test_good_example_has_no_problem(good: Example) -> None:
    row = example_to_row(good)
    assert check_example(good, INVENTORY, surfaces=claimed_surfaces(row, "here"), sha256=row["text_sha256"]) == []


def test_every_documented_code_is_tested(good: Example) -> None:
    documented = set(re.findall(r"^([a-z]+(?:-[a-z]+)+)  ", checks.__doc__ or "", re.MULTILINE))
    elsewhere = {"text-hash", "text-mismatch", "offset-unit"}
    assert documented == {str(case.values[1]) for case in CASES} | elsewhere


def test_all_problems_are_reported_in_order(good: Example) -> None:
    broken = entity(0, label="PERSON")(entity(2, spans=())(stance(evidence=())(good)))
    codes = [problem.code for problem in check_example(broken, INVENTORY)]
    assert codes == ["label-unknown", "span-missing", "evidence-missing"]


def test_changed_text_is_found_by_its_hash(good: Example) -> None:
    claimed = example_to_row(good)["text_sha256"]
    changed = article(good, text=good.article.text.replace("Friday", "Monday"))
    assert [p.code for p in check_example(changed, sha256=claimed)] == ["text-hash"]


TEXT = "🚢 Åse Ek left Oslo."
# Code points: 🚢 0, Å 2, Ek ends at 8, Oslo 14-18. UTF-16: the ship is two units, so all moves by 1.
# UTF-8: the ship is four bytes and Å two, so Oslo moves by 3 + 1 = 4.


@pytest.mark.parametrize(
    ("span", "cause"),
    [
        pytest.param(Span(15, 19), "UTF-16 code units", id="utf-16"),
        pytest.param(Span(18, 22), "UTF-8 bytes", id="utf-8"),
        pytest.param(Span(14, 17), "inclusive ends", id="inclusive"),
        pytest.param(Span(2, 5), "stands at [14, 18]", id="elsewhere"),
    ],
)
def test_wrong_surface_names_the_way_of_counting(span: Span, cause: str) -> None:
    example = Example(
        article=Article(id="a", text=TEXT), gold=Annotations(entities=(Entity(id="e1", spans=(span,), label="GPE"),))
    )
    (problem,) = (p for p in check_example(example, surfaces={("entities", 0): "Oslo"}) if p.code == "text-mismatch")
    assert cause in problem.message


@pytest.mark.parametrize(
    ("start", "end", "cause"),
    [
        # 19 code points, 20 UTF-16 units, 23 bytes; "Oslo." is the end of it in each.
        pytest.param(15, 20, "UTF-16 code units", id="utf-16"),
        pytest.param(18, 23, "UTF-8 bytes", id="utf-8"),
        pytest.param(20, 23, "is it the text that was annotated?", id="bytes that begin inside a word"),
        pytest.param(15, 50, "is it the text that was annotated?", id="neither"),
    ],
)
def test_offset_after_the_text_names_the_unit(start: int, end: int, cause: str) -> None:
    annotations = Annotations(entities=(Entity(id="e1", spans=(Span(start, end),), label="GPE"),))
    (problem,) = check_spans(Article(id="a", text=TEXT), annotations)
    assert problem.code == "offset-out-of-range"
    assert cause in problem.message


def test_nesting_and_touching_do_not_cross() -> None:
    spans = [(0, 9), (0, 4), (4, 9), (5, 9)]
    entities = tuple(Entity(id=f"e{n}", spans=(Span(*s),), label="ORG") for n, s in enumerate(spans))
    example = Example(article=Article(id="a", text="abcdefghij"), gold=Annotations(entities=entities))
    assert check_example(example) == []


def test_items_in_boilerplate_are_fine_if_it_was_annotated(good: Example) -> None:
    span = at(good, "Bergen in")
    changed = added(Entity(id="e9", spans=(span,), label="GPE"))(good)
    assert [p.code for p in check_example(changed)] == ["in-boilerplate"]
    assert check_example(gold(changed, scope=Scope(zones=("body", "boilerplate")))) == []


def test_a_layer_that_was_not_annotated_is_not_referred_to(good: Example) -> None:
    assert check_example(gold(good, entities=None)) == []


def test_without_text_nothing_is_compared_with_it(good: Example) -> None:
    row, bare = example_to_row(good), article(good, text="")
    claims: dict[str, object] = {"surfaces": claimed_surfaces(row, "here"), "sha256": row["text_sha256"]}
    assert check_scorable(bare, INVENTORY, **claims) == []
    assert [p.code for p in check_example(bare, INVENTORY, **claims)] == ["text-empty"]
    broken = entity(0, spans=(Span(-1, 4),))(entity(1, spans=(Span(9, 4),))(entity(2, spans=(Span(4, 4),))(bare)))
    codes = ["offset-out-of-range", "span-reversed", "span-empty"]
    assert [p.code for p in check_scorable(broken, INVENTORY, **claims)] == codes


def test_article_ids_given_twice() -> None:
    assert [(p.article_id, p.code) for p in check_ids([(name, "") for name in "babb"])] == [("b", "id-duplicate")]
    (problem,) = check_ids([("b", "x:1"), ("a", "x:2"), ("b", "x:3")])
    assert problem.message == "two articles have the id 'b' (x:1 and x:3); rename or remove one"


offsets = st.integers(-5, 30)
spans = st.builds(Span, offsets, offsets)
entities = st.lists(
    st.builds(Entity, id=st.sampled_from(["e1", "e2"]), spans=st.tuples(spans), label=st.sampled_from(["PER", "X"])),
    max_size=4,
)
stances = st.lists(
    st.builds(Stance, id=st.just("s1"), holder=st.just("a"), target=st.just("b"), label=st.just("favor")), max_size=2
)


@given(text=st.text(max_size=20), entities=entities, stances=stances)
def test_scorable_problems_are_the_fatal_ones_of_all(text: str, entities: list[Entity], stances: list[Stance]) -> None:
    example = Example(
        article=Article(id="a", text=text), gold=Annotations(entities=tuple(entities), stances=tuple(stances))
    )
    everything = check_example(example, INVENTORY)
    fatal = FATAL | {layer.label_code for layer in all_layers()}
    assert check_scorable(example, INVENTORY) == [problem for problem in everything if problem.code in fatal]
    # Where there is no text, nothing can be said about where it ends.
    length = len(text) or sys.maxsize
    valid = all(0 <= e.spans[0].start < e.spans[0].end <= length for e in entities)
    assert (not check_spans(example.article, example.gold)) == valid


def test_evidence_that_was_not_marked_is_not_missed(good: Example) -> None:
    bare = stance(evidence=())(good)
    scoped = gold(bare, scope=replace(bare.gold.scope, of=(LayerScope(layer="stances", parts=()),)))
    assert "evidence-missing" in {problem.code for problem in check_example(bare)}
    assert "evidence-missing" not in {problem.code for problem in check_example(scoped)}


def test_spans_cross_where_two_of_them_do():
    text, draw = "x" * 12, random.Random(3)
    for _ in range(300):
        spans = [Span(*sorted(draw.sample(range(13), 2))) for _ in range(draw.randrange(1, 6))]
        entities = tuple(Entity(id=f"e{n}", spans=(span,), label=str(n)) for n, span in enumerate(spans))
        crossing = any(a < c < b < d for a, b in spans for c, d in spans)
        example = Example(article=Article(id="a", text=text), gold=Annotations(entities=entities))
        found = check_example(example)
        assert ("spans-cross" in {problem.code for problem in found}) == crossing
