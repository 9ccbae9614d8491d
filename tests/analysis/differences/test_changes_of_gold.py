"""Changes between two versions of gold: what they are called, and that they lead from one to the other."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from evalkit.analysis.differences.apply import apply_changes, changed_examples
from evalkit.analysis.differences.change import ItemChange, change_of, changes_to_json, read_changes
from evalkit.analysis.differences.dataset_diff import DatasetDiff, diff_examples
from evalkit.analysis.differences.matching import Version, changes_between
from evalkit.analysis.differences.naming import renamed_things
from evalkit.dataset.gold import gold_dataset
from evalkit.dataset.labels import unlisted_inventory
from evalkit.errors import FormatError, InputError
from evalkit.formats.native.canonical import canonical_annotations
from evalkit.records import AUTHOR, Annotations, Category, Entity, Example, Quote, Span, Stance
from tests.analysis.differences.versions import TEXT, drawn_annotations, example_of, span_of


def changes(old: Annotations, new: Annotations) -> list[ItemChange]:
    return changes_between([Version(example_of(old).article, old, new)])


def entity(words: str, label: str = "PER", entity_id: str | None = None, name: str = "e1") -> Entity:
    return Entity(id=name, spans=(span_of(words),), label=label, entity_id=entity_id)


QUOTE = Quote(id="q1", kind="direct", content=(span_of("We knew,"),), cue=(span_of("said"),), speaker_id="moen")
STANCE = Stance(id="s1", holder="brun", target="topic:toll", label="against", evidence=(span_of("opposed the toll"),))


@pytest.mark.parametrize(
    ("layer", "old", "new", "kind", "differing"),
    [
        ("entities", entity("Ida Moen"), None, "removed", ()),
        ("entities", None, entity("Ida Moen"), "added", ()),
        ("entities", entity("Ida Moen"), entity("Ida Moen", "ORG"), "relabelled", ("label",)),
        ("entities", entity("Ida Moen"), entity("Ida"), "moved", ("spans",)),
        ("entities", entity("Ida Moen"), entity("Ida", "ORG"), "relabelled", ("spans", "label")),
        ("entities", entity("Oslo", "GPE"), entity("Oslo", "GPE", "oslo"), "re-attributed", ("entity_id",)),
        ("entities", entity("Oslo"), replace(entity("Oslo"), link="Q585"), "changed", ("link",)),
        ("quotes", QUOTE, replace(QUOTE, content=(span_of("We"),)), "moved", ("content",)),
        ("quotes", QUOTE, replace(QUOTE, kind="indirect"), "relabelled", ("kind",)),
        ("quotes", QUOTE, replace(QUOTE, speaker_id="brun"), "re-attributed", ("speaker_id",)),
        ("quotes", QUOTE, replace(QUOTE, speaker=span_of("Moen", nth=1)), "re-attributed", ("speaker",)),
        ("quotes", QUOTE, replace(QUOTE, cue=()), "changed", ("cue",)),
        ("stances", STANCE, replace(STANCE, label="favor"), "relabelled", ("label",)),
        ("stances", STANCE, replace(STANCE, holder=AUTHOR), "re-attributed", ("holder",)),
        ("stances", STANCE, replace(STANCE, target="topic:roads"), "re-attributed", ("target",)),
        ("stances", STANCE, replace(STANCE, evidence=()), "moved", ("evidence",)),
        ("stances", STANCE, replace(STANCE, aliases=("road-toll",)), "changed", ("aliases",)),
        ("categories", Category(id="c1", label="a"), Category(id="c1", label="b"), "relabelled", ("label",)),
    ],
)
def test_what_a_change_is_called(layer: str, old: Any, new: Any, kind: str, differing: tuple[str, ...]) -> None:
    sides = [Annotations({layer: [] if item is None else [item]}) for item in (old, new)]
    (change,) = changes(*sides)
    assert (change.layer, change.kind, change.old, change.new) == (layer, kind, old, new)
    assert change.differing == differing


def test_a_version_has_no_difference_to_itself_whatever_its_ids_and_order() -> None:
    random = Random(7)
    for _ in range(60):
        drawn = drawn_annotations(random)
        shuffled = Annotations({name: random.sample(items, len(items)) for name, items in drawn.layers.items()})
        assert changes(drawn, drawn) == changes(drawn, shuffled) == []
        assert changes(drawn, canonical_annotations(drawn, renumber=True)) == []


def test_changes_made_on_the_old_version_give_the_new_one() -> None:
    random = Random(3)
    kinds = set()
    for _ in range(250):
        old, new = drawn_annotations(random), drawn_annotations(random)
        found = changes(old, new)
        kinds |= {change.kind for change in found}
        read = read_changes(json.loads(json.dumps(changes_to_json(found))))
        assert list(read) == found
        (made,) = changed_examples([example_of(old)], read)
        assert canonical_annotations(made.gold, renumber=True) == canonical_annotations(new, renumber=True)
    assert kinds == {"added", "removed", "moved", "relabelled", "re-attributed", "changed"}


def test_changes_do_not_depend_on_the_order_of_items() -> None:
    random = Random(11)
    for _ in range(60):
        old, new = drawn_annotations(random), drawn_annotations(random)
        mixed = Annotations({name: random.sample(items, len(items)) for name, items in old.layers.items()})
        assert changes(old, new) == changes(mixed, new)


def test_an_added_item_gets_an_id_that_is_free_and_who_refers_to_it_knows() -> None:
    old = Annotations(quotes=[QUOTE], stances=[])
    other = replace(QUOTE, content=(span_of("The toll stays"),), speaker_id="brun")
    new = Annotations(quotes=[other, replace(QUOTE, id="q9")], stances=[replace(STANCE, quote_id="q1")])
    added, stance = changes(old, new)
    assert (added.kind, added.new.id, stance.new.quote_id) == ("added", "q2", "q2")
    (made,) = changed_examples([example_of(old)], [stance, added])
    assert made.gold.stances[0].quote_id == "q2"
    # Where the id is taken meanwhile, both are called otherwise.
    taken = example_of(old.with_layers(quotes=[QUOTE, replace(other, id="q2", speaker_id="x")]))
    (made,) = changed_examples([taken], [stance, added])
    assert [quote.id for quote in made.gold.quotes] == ["q1", "q2", "q3"]
    assert made.gold.stances[0].quote_id == "q3"


def diff(old: Annotations, new: Annotations, **options: bool) -> DatasetDiff:
    sides = ([("test", example_of(one))] for one in (old, new))
    return diff_examples(*sides, names=("old", "new"), **options)


PEOPLE = Annotations(
    entities=[entity("Ida Moen", entity_id="moen"), entity("Ola Brun", entity_id="brun", name="e2")],
    quotes=[QUOTE],
    stances=[STANCE, replace(STANCE, id="s2", holder="moen", label="favor", evidence=(span_of("We knew,"),))],
)


def test_what_is_only_called_otherwise_is_no_change_of_items() -> None:
    names = {"moen": "ida-moen", "brun": "ola", "topic:toll": "topic:road-toll"}
    done = diff(PEOPLE, renamed_things(PEOPLE, names))
    assert (done.changes, done.renamed, done.figures()["renamed"]) == ((), {"a1": names}, 3)
    # Two who change names are two renamed ones.
    swapped = renamed_things(PEOPLE, {"moen": "brun", "brun": "moen"})
    assert diff(PEOPLE, swapped).renamed == {"a1": {"moen": "brun", "brun": "moen"}}
    # What is joined or split is no name.
    joined = renamed_things(PEOPLE, {"brun": "moen"})
    assert {change.kind for change in diff(PEOPLE, joined).changes} == {"re-attributed"}
    assert {change.kind for change in diff(joined, PEOPLE).changes} == {"re-attributed"}


def test_a_topic_that_both_versions_have_keeps_its_meaning() -> None:
    two = PEOPLE.with_layers(stances=[STANCE, replace(PEOPLE.stances[1], target="topic:road")])
    half = PEOPLE.with_layers(stances=[replace(STANCE, target="topic:road"), PEOPLE.stances[1]])
    for other in (two, half):
        assert not diff(PEOPLE, other).renamed
        assert [change.kind for change in diff(PEOPLE, other).changes] == ["re-attributed"]


def test_what_is_not_scored_may_be_left_aside() -> None:
    other = replace(STANCE, evidence=(span_of("opposed"),), aliases=("fee",))
    new = PEOPLE.with_layers(stances=[other, replace(PEOPLE.stances[1], label="neutral", aliases=("fee",))])
    assert [change.kind for change in diff(PEOPLE, new).changes] == ["relabelled", "moved"]
    done = diff(PEOPLE, new, scored=True)
    assert [change.kind for change in done.changes] == ["relabelled"]
    assert done.unscored == {"aliases": 1, "evidence": 1}


def test_a_patch_with_names_gives_the_new_version(tmp_path: Path) -> None:
    random = Random(17)
    renamed = 0
    for number in range(150):
        old, new = drawn_annotations(random), drawn_annotations(random)
        if number % 3 == 0:
            new = renamed_things(old, {name: f"{name}-x" for name in ("moen", "brun", "topic:toll")})
        done = diff(old, new)
        renamed += bool(done.renamed)
        gold = gold_dataset([example_of(old)], name="gold", split="test", inventory=unlisted_inventory())
        patch = tmp_path / "patch.json"
        patch.write_text(json.dumps(done.to_json()))
        for changes in (done, patch):
            (made,) = apply_changes(gold, changes)
            assert canonical_annotations(made.gold, renumber=True) == canonical_annotations(new, renumber=True)
    assert renamed > 40
    patch.write_text(json.dumps({"changes": [], "renamed": {"a1": ["moen"]}}))
    with pytest.raises(FormatError, match="renamed"):
        apply_changes(gold, patch)


def refused(gold: Annotations, *wanted: ItemChange) -> str:
    with pytest.raises(InputError) as error:
        changed_examples([example_of(gold)], wanted)
    return str(error.value)


def test_a_change_of_what_is_not_there_is_refused() -> None:
    gold = Annotations(entities=[entity("Ida Moen")])
    old, new = entity("Ida Moen", "ORG"), entity("Ida Moen", "GPE")
    change = change_of("a1", "entities", old, new, TEXT)
    assert change is not None
    message = refused(gold, change)
    assert "article 'a1'" in message
    assert "entity 'e1' (ORG 'Ida Moen')" in message
    assert "PER" in message
    removed = ItemChange("a1", "entities", "removed", entity("Ida Moen"), None)
    # One item is there for one change.
    assert "is changed twice in this patch; keep one" in refused(gold, removed, removed)
    assert "did you mean 'a1'" in refused(gold, replace(removed, article_id="a2"))
    assert "outside the text" in refused(
        gold, ItemChange("a1", "entities", "added", None, Entity(id="e2", spans=(Span(90, 999),), label="PER"))
    )
    assert "another version of the text" in refused(gold, replace(removed, old_text="Ola Moen"))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"layer": "entites"}, "did you mean 'entities'"),
        ({"kind": "moves"}, "there is no kind 'moves'"),
        ({"article_id": 3}, "'article_id' must be a string"),
        ({"kind": "added"}, "has 'new' and nothing else"),
        ({"new": {"id": "e1", "spans": [[0, 8]], "label": "ORG"}, "old": None}, "'old' and 'new' and nothing else"),
        ({"new": {"id": "e1", "spans": [[0, "8"]], "label": "ORG"}}, "changes[0]: 'new'"),
        ({"new": {"id": "e1", "spans": [[0, 8]], "lable": "ORG"}}, "'label' must be a string"),
        ({"new": {"id": "e1", "spans": [[0, 8]], "label": "ORG", "entityid": "x"}}, "did you mean 'entity_id'"),
        ({"new": {"id": "e9", "spans": [[0, 8]], "label": "PER"}}, "say the same"),
    ],
)
def test_a_damaged_patch_is_refused_with_its_place(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    whole = {
        "article_id": "a1",
        "layer": "entities",
        "kind": "relabelled",
        "old": {"id": "e1", "spans": [[0, 8]], "label": "PER"},
        "new": {"id": "e1", "spans": [[0, 8]], "label": "ORG"},
    }
    patch = tmp_path / "patch.json"
    patch.write_text(json.dumps({"changes": [whole | changed]}))
    with pytest.raises((FormatError, InputError), match=r"patch\.json: changes") as error:
        read_changes(patch)
    assert message in str(error.value)
    patch.write_text("[]")
    with pytest.raises(FormatError, match="no patch"):
        read_changes(patch)


def test_articles_without_a_change_stay_the_very_same() -> None:
    one, other = example_of(Annotations(entities=[entity("Oslo")])), example_of(Annotations(entities=[]), "b")
    made: tuple[Example, ...] = changed_examples(
        [one, other], [ItemChange("b", "entities", "added", None, entity("Oslo"))]
    )
    assert made[0] is one
    assert made[1].gold.entities == (entity("Oslo"),)
