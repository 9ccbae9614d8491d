"""The draft of a profile: what it guesses, and that reading with it works at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.cli.main import main
from evalkit.dataset.loading.load import load_dataset, load_splits
from evalkit.dataset.profiles import draft_profile
from evalkit.errors import InputError
from evalkit.formats.base import Batch, Source
from evalkit.formats.standoff.decode import decode
from evalkit.formats.standoff.document import Document, Documents, Holds, Link, Mark
from evalkit.formats.standoff.draft import draft_text, look_at
from evalkit.formats.standoff.encode import encode
from evalkit.formats.standoff.profile import load_profile
from evalkit.options import ReadOptions
from evalkit.records import Span

TEXT = "Ida Moen said the bank was wrong. She left Oslo, the bank said."


def mark(mark_id, type_, start, end, **features):
    return Mark(mark_id, type_, (Span(start, end),), features)


def drafted(tmp_path, *documents):
    """The draft, and what reading with it gives."""
    text = draft_text(look_at(documents), where="here", format_name="brat")
    path = tmp_path / "draft.toml"
    path.write_text(text, encoding="utf-8")
    return text, decode(Documents(documents=documents), load_profile(path), Source(path=Path("here")))


def test_what_is_found_stands_beside_it(tmp_path):
    text, _ = drafted(
        tmp_path,
        Document(
            id="a",
            text=TEXT,
            marks=(mark("1", "PER", 0, 8, wiki="Q1"), mark("2", "Quote", 14, 32, kind="indirect")),
            links=(Link("Speaker", "2", "1"),),
            labels={"Section": ("news",)},
            declared=frozenset({"ORG", "PER"}),
        ),
    )
    for line in (
        "#   PER        1 'Ida Moen'",
        "@kind: indirect 1",
        "#   Speaker 1: Quote -> PER 1",
        "#   Section: news 1",
        "# declared, but not there: ORG",
    ):
        assert line in text


def test_the_words_of_the_house_come_back(tmp_path):
    gold = [example for split in load_splits(split="dev") for example in split][:12]
    holds = Holds(discontinuous=True, placeless=True, labels=True, article=True, scores=True)
    documents = encode(Batch(examples=tuple(gold)), load_profile("default"), holds).documents
    _, batch = drafted(tmp_path, *documents)
    assert batch.examples == tuple(gold)
    assert not batch.left_out


def test_events_are_told_from_what_stands_in_their_roles(tmp_path):
    marks = (
        mark("E1", "Attribution", 9, 13),
        mark("T2", "Content", 14, 32),
        mark("T1", "Cue", 9, 13),
        mark("T4", "Source", 0, 8),
    )
    links = (Link("Content", "E1", "T2"), Link("Cue", "E1", "T1"), Link("Source", "E1", "T4"))
    text, batch = drafted(tmp_path, Document(id="a", text=TEXT, marks=marks, links=links))
    assert 'content = "->Content"' in text
    (quote,) = batch.examples[0].gold["quotes"]
    assert (quote.content, quote.speaker) == ((Span(14, 32),), Span(0, 8))


def test_marks_that_share_a_feature_are_one_item(tmp_path):
    documents = [
        Document(
            id=name,
            text=TEXT,
            marks=(
                mark("1", "content", 14, 32, relation=f"{name}1"),
                mark("2", "cue", 9, 13, relation=f"{name}1"),
                mark("3", "source", 0, 8, relation=f"{name}1"),
            ),
        )
        for name in "ab"
    ]
    text, batch = drafted(tmp_path, *documents)
    assert 'group = "@relation"' in text
    assert [one.speaker for example in batch.examples for one in example.gold["quotes"]] == [Span(0, 8)] * 2


def test_what_is_thought_of_entities_is_told_by_its_values(tmp_path):
    marks = (mark("1", "Person", 0, 8, polarity="Positive"), mark("2", "Company", 14, 22, polarity="neg"))
    _, batch = drafted(tmp_path, Document(id="a", text=TEXT, marks=marks))
    assert [(one.holder, one.label) for one in batch.examples[0].gold["stances"]] == [
        ("author", "favor"),
        ("author", "against"),
    ]
    assert [one.label for one in batch.examples[0].gold["entities"]] == ["Person", "Company"]


def test_syntax_and_long_marks_are_left_out_by_name(tmp_path):
    marks = (mark("1", "Token", 0, 3), mark("2", "Passage", 0, 63), mark("3", "PER", 0, 8))
    text, batch = drafted(tmp_path, Document(id="a", text=TEXT, marks=marks))
    assert "\ndrop = [\n" in text
    assert batch.left_out == {"marks and labels that the profile drops": {"Token": 1, "Passage": 1}}


def test_chains_and_nodes_of_chains(tmp_path):
    marks = (mark("1", "NamedEntity", 0, 8, value="PER"), mark("2", "CoreferenceLink", 0, 8))
    marks += (mark("3", "CoreferenceLink", 34, 37),)
    _, batch = drafted(tmp_path, Document(id="a", text=TEXT, marks=marks, links=(Link("Coreference", "2", "3"),)))
    (entity,) = batch.examples[0].gold["entities"]
    assert (entity.label, entity.entity_id) == ("PER", "2")
    assert not batch.left_out


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8) | st.sampled_from(
    ["Quote", "Cue", "Speaker", "stance", "holder", "PER", "direct", "favor", "coref", "value", "kind", "type"]
)


@st.composite
def documents(draw):
    types = draw(st.lists(names, max_size=4))
    marks = tuple(
        Mark(str(number), type_, (Span(0, 3),), draw(st.dictionaries(names, names, max_size=2)))
        for number, type_ in enumerate(types)
    )
    ends = st.sampled_from([mark.id for mark in marks]) if marks else st.nothing()
    links = tuple(draw(st.lists(st.builds(Link, names, ends, ends), max_size=3))) if marks else ()
    labels = draw(st.dictionaries(names, st.tuples(names), max_size=2))
    return Document(id="a", text=TEXT, marks=marks, links=links, labels=labels)


@given(documents())
def test_a_draft_can_be_read_whatever_people_call_things(tmp_path_factory, document):
    drafted(tmp_path_factory.mktemp("draft"), document)


ROWS = [
    {
        "id": "a",
        "text": TEXT,
        "spans": [
            {"start": 0, "end": 8, "label": "Person"},
            {"start": 14, "end": 22, "label": "Company", "sentiment": "negative"},
        ],
    }
]


@pytest.fixture
def rows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.json").write_text(json.dumps(ROWS), encoding="utf-8")
    (tmp_path / "native.jsonl").write_text('{"id": "a", "text": "Oslo.", "entities": []}\n', encoding="utf-8")
    return tmp_path


def test_a_newcomer_drafts_mends_and_reads(rows, capsys):
    assert main(["dataset", "profile", "rows.json", "--format", "json-standoff", "--out", "own.toml"]) == 0
    assert "read with --profile own.toml" in capsys.readouterr().out
    gold = load_dataset("rows.json", split="all", read=ReadOptions(profile="own.toml"))
    assert [one.label for one in gold.examples[0].gold["stances"]] == ["against"]
    mended = (
        Path("own.toml")
        .read_text(encoding="utf-8")
        .replace('label = "type"', 'label = "type"\nlabels = { Person = "PER" }')
    )
    Path("own.toml").write_text(mended, encoding="utf-8")
    gold = load_dataset("rows.json", split="all", read=ReadOptions(profile="own.toml"))
    assert gold.examples[0].gold["entities"][0].label == "PER"
    # Nothing is overwritten.
    assert main(["dataset", "profile", "rows.json", "--format", "json-standoff", "--out", "own.toml"]) == 2
    assert "exists already" in capsys.readouterr().err


def test_a_draft_in_python_and_as_json(rows, capsys):
    draft = draft_profile("rows.json", format="json-standoff")
    assert list(draft.to_pandas()["type"]) == ["Company", "Person"]
    assert main(["dataset", "profile", "rows.json", "--format", "json-standoff", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == draft.to_json()


def test_files_without_marks_have_no_profile(rows):
    with pytest.raises(InputError, match=r"which needs no profile; .* name the format with --format"):
        draft_profile("native.jsonl")


FRENCH = "Ida Moen dit : « Oslo attend. » Elle partit."


def test_quotes_are_told_by_what_they_look_like_and_link_to(tmp_path):
    marks = (
        mark("1", "Personne", 0, 8),
        mark("2", "Verbe", 9, 12),
        mark("3", "Énoncé", 15, 31),
        mark("4", "Lieu", 17, 21),
        mark("5", "Personne", 32, 36),
    )
    links = (
        Link("locuteur", "3", "1"),
        Link("verbe", "3", "2"),
        Link("soutient", "1", "4"),
        Link("Equiv", "1", "5"),
    )
    here = Document(id="a", text=FRENCH, marks=marks, links=links, annotator="ana")
    # Two people's marks are those of one text.
    text, batch = drafted(tmp_path, here, Document(id="a", text=FRENCH, annotator="bo"))
    assert "by the look of 1 of its texts" in text
    ana = batch.examples[0].readings["ana"]
    (quote,) = ana["quotes"]
    assert (quote.content, quote.cue, quote.speaker) == ((Span(15, 31),), (Span(9, 12),), Span(0, 8))
    assert [one.label for one in ana["entities"]] == ["Personne", "Lieu", "Personne"]
    # Who is who is kept, and the quote says whose it is.
    assert ana["entities"][0].entity_id == ana["entities"][2].entity_id == quote.speaker_id is not None
    # What cannot be guessed stands there to be edited, and works once it is.
    assert batch.left_out["links that the profile drops"] == {"soutient": 1}
    edited = text.replace('    "soutient",\n', "").replace("\n# [stances]\n", "\n[stances]\n")
    for key in ("links", "label", "holder", "target"):
        edited = edited.replace(f"\n# {key} = ", f"\n{key} = ")
    (tmp_path / "edited.toml").write_text(edited, encoding="utf-8")
    again = decode(Documents(documents=(here,)), load_profile(tmp_path / "edited.toml"), Source(path=Path("here")))
    (stance,) = again.examples[0].readings["ana"]["stances"]
    assert (stance.holder, stance.label) == (quote.speaker_id, "favor")
    assert text.endswith("\n")


def test_marks_that_link_to_others_are_no_quotes_by_that_alone(tmp_path):
    marks = (mark("1", "Personne", 0, 8), mark("2", "Lieu", 17, 21))
    _, batch = drafted(tmp_path, Document(id="a", text=FRENCH, marks=marks, links=(Link("va", "1", "2"),)))
    assert batch.examples[0].gold["quotes"] is None
    assert len(batch.examples[0].gold["entities"]) == 2
