"""Leaving items out on purpose: what goes, what stays, and that all of it is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.dataset.making.convert import convert_dataset
from evalkit.dataset.making.dropping import Dropped, drop_items
from evalkit.errors import FormatError, UnknownNameError
from evalkit.formats.native.rows import example_to_row
from evalkit.records import Annotations, Article, Category, Entity, Example, Quote, Span, Stance
from tests.cli.conftest import write_lines

TEXT = "The University of Oslo said: “No.”"


def entity(name: str, *places: tuple[int, int], label: str = "ORG") -> Entity:
    return Entity(id=name, spans=tuple(Span(*place) for place in places), label=label, entity_id=name)


def example(*entities: Entity) -> Example:
    quote = Quote(id="q1", kind="direct", content=(Span(29, 34),), cue=(Span(23, 27),))
    stance = Stance(id="s1", holder="e1", target="topic:port", label="against", evidence=(Span(29, 34),), quote_id="q1")
    gold = Annotations(entities=entities, quotes=[quote], stances=[stance])
    return Example(article=Article(id="a", text=TEXT), gold=gold)


def names(examples: tuple[Example, ...]) -> list[str]:
    return [one.id for one in examples[0].gold["entities"] or ()]


@pytest.mark.parametrize(
    ("places", "drop", "stays", "counts"),
    [
        # "University of Oslo", in it "Oslo" and "of Oslo": the outermost stays.
        pytest.param([(4, 22), (18, 22), (15, 22)], "nested", ["e1"], {"nested, dropped": 2}, id="nested"),
        pytest.param([(4, 22), (4, 22)], "nested", ["e1", "e2"], {}, id="at one place is not nested"),
        # "University of" and "of Oslo": the longer stays.
        pytest.param([(15, 22), (4, 17)], "crossing", ["e2"], {"crossing, dropped": 1}, id="crossing"),
        pytest.param([(15, 22), (4, 17)], "nested", ["e1", "e2"], {}, id="crossing is not nested"),
        pytest.param([(4, 22), (18, 22)], "crossing", ["e1", "e2"], {}, id="nested is not crossing"),
    ],
)
def test_what_goes_and_what_stays(
    places: list[tuple[int, int]], drop: str, stays: list[str], counts: dict[str, int]
) -> None:
    dropped = Dropped()
    given = [entity(f"e{number}", place) for number, place in enumerate(places, 1)]
    assert names(drop_items([example(*given)], [drop], dropped)) == stays
    assert dict(dropped.items.get("entities", {})) == counts


def test_discontinuous_items_go() -> None:
    dropped = Dropped()
    given = [entity("e1", (4, 14), (18, 22)), entity("e2", (18, 22))]
    assert names(drop_items([example(*given)], ["discontinuous"], dropped)) == ["e2"]
    assert dropped.items == {"entities": {"discontinuous, dropped": 1}}


def test_what_stands_nowhere_is_in_nothing() -> None:
    dropped = Dropped()
    categories = [Category(id="c1", label="politics"), Category(id="c2", label="sport")]
    gold = Annotations(entities=[entity("e1", (4, 22)), entity("e2", (18, 22))], categories=categories)
    (done,) = drop_items([Example(article=Article(id="a", text=TEXT), gold=gold)], ["nested"], dropped)
    assert list(done.gold["categories"] or ()) == categories
    assert dropped.items == {"entities": {"nested, dropped": 1}}


def test_a_layer_goes_with_what_refers_to_it() -> None:
    dropped = Dropped()
    (done,) = drop_items([example(entity("e1", (4, 22)))], ["quotes"], dropped)
    assert done.gold["quotes"] is None
    assert [one.quote_id for one in done.gold["stances"] or ()] == [None]
    assert dropped.items == {"quotes": {"dropped": 1}}
    assert dropped.links == {"stances": 1}


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="unknown thing to drop 'nestd'; did you mean 'nested'"):
        drop_items([], ["nestd"], Dropped())


def test_a_conversion_says_what_to_drop_and_counts_it(tmp_path: Path) -> None:
    source = tmp_path / "gold.jsonl"
    write_lines(source, [example_to_row(example(entity("e1", (4, 22)), entity("e2", (18, 22), label="GPE")))])
    with pytest.raises(FormatError, match="another format, --drop nested,quotes,stances, or --lossy"):
        convert_dataset(source, tmp_path / "a.conll", to="conll")
    with pytest.raises(FormatError, match="another format, --drop nested,quotes,stances, or --lossy"):
        convert_dataset(source, tmp_path / "a.conll", to="conll", drop=["nested", "quotes"])
    done = convert_dataset(source, tmp_path / "a.conll", to="conll", drop=["nested", "quotes", "stances"])
    assert done.layers == {
        "entities": {"read": 2, "written": 1, "lost": {"nested, dropped": 1}},
        "quotes": {"read": 1, "written": 0, "lost": {"dropped": 1}},
        "stances": {"read": 1, "written": 0, "lost": {"dropped": 1}},
    }
    # A form that could hold it does not get it either, and what referred to it is told.
    kept = convert_dataset(source, tmp_path / "b.jsonl", to="native", drop="quotes")
    assert kept.layers["quotes"] == {"read": 1, "written": 0, "lost": {"dropped": 1}}
    assert kept.losses.left_out == {"references of stances to what was dropped": 1}
    assert '"quotes": null' in (tmp_path / "b.jsonl").read_text(encoding="utf-8")
