"""CoNLL-U in and out: the text to the letter, mentions in brackets, tags in MISC, contracted words, damage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import FormatError
from evalkit.formats.base import Source
from evalkit.formats.conllu.brackets import quoted, unquoted
from evalkit.formats.conllu.read import documents
from evalkit.formats.conllu.spacing import escaped, unescaped
from evalkit.formats.conllu.write import beyond, write_documents
from evalkit.formats.standoff.document import Document, Documents, Mark
from evalkit.options import ReadOptions
from evalkit.records import Span


def row(number: str, form: str, misc: str = "_") -> str:
    return f"{number}\t{form}\t{form.lower()}\tX\t_\t_\t_\t_\t_\t{misc}"


def read(path: Path, *lines: str, name: str = "a", **values: str) -> Documents:
    path = path / f"{name}.conllu"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return documents(Source(path=path), ReadOptions(values=values))


def said(document: Document) -> list[tuple[str, str]]:
    """The words and the type of each mark."""
    return [
        (" … ".join(document.text[span.start : span.end] for span in mark.spans), mark.type) for mark in document.marks
    ]


HEAD = ("# newdoc id = a1", "# global.Entity = eid-etype-head-other")


class TestText:
    @pytest.mark.parametrize(
        ("lines", "text"),
        [
            pytest.param([row("1", "Ola"), row("2", "left", "SpaceAfter=No"), row("3", ".")], "Ola left.", id="No"),
            pytest.param([row("1", "Ola", r"SpacesAfter=\s\n"), row("2", "left")], "Ola \nleft", id="SpacesAfter"),
            pytest.param([row("1", "Ola", r"SpacesAfter=\\n\p\t")], "Ola\\n|\t", id="escapes"),
            pytest.param([row("1", "Ola", r"SpacesBefore=\n\n")], "\n\nOla", id="SpacesBefore"),
            pytest.param([row("1", "10_000", r"SpacesInToken=10\s000")], "10 000", id="SpacesInToken"),
            pytest.param(["# text = Ola  left", row("1", "Ola"), row("2", "left")], "Ola  left", id="# text"),
            pytest.param(["# text = Olaf", row("1", "Ola"), row("2", "left")], "Ola left", id="another # text"),
            pytest.param([row("1", "Ola"), "", row("1", "Left")], "Ola Left", id="between sentences"),
            pytest.param([row("1", "Ola", "SpaceAfter=No"), "", row("1", "Left")], "OlaLeft", id="no blank between"),
            pytest.param([row("1", "Ola"), "", "# newpar", row("1", "Left")], "Ola\n\nLeft", id="newpar"),
            pytest.param([row("1", "Ola"), row("2", "Left", "NewPar=Yes")], "Ola\n\nLeft", id="NewPar"),
            pytest.param([row("1-2", "don't"), row("1", "do"), row("2", "n't"), row("3", "x")], "don't x", id="range"),
            pytest.param([row("1-2", "al", "SpaceAfter=No"), row("1", "a"), row("2", "el"), row("3", "x")], "alx"),
            pytest.param([row("1", "Ola"), row("1.1", "went"), row("2", "home")], "Ola home", id="empty node"),
            pytest.param([row("1", "New  York"), row("2", "x y")], "New  York x y", id="blanks in forms"),
        ],
    )  # fmt: skip
    def test_it_is_rebuilt(self, tmp_path: Path, lines: list[str], text: str) -> None:
        found = read(tmp_path, *lines)
        assert [one.text for one in found.documents] == [text]
        assert not found.problems

    def test_where_text_and_features_differ_the_text_counts(self, tmp_path: Path) -> None:
        found = read(tmp_path, "# text = Ola left", row("1", "Ola", "SpaceAfter=No"), row("2", "left"))
        assert found.documents[0].text == "Ola left"
        assert found.notes["blanks in # text where SpaceAfter says otherwise, or none; # text counts"] == 1

    @given(st.text())
    def test_white_space_comes_back(self, text: str) -> None:
        assert unescaped(escaped(text)) == text
        assert not set(escaped(text)) & set("\t\n\r |\u2028\x85")

    @given(st.text(st.characters(exclude_categories=["Cs"])))
    def test_values_come_back(self, text: str) -> None:
        assert unquoted(quoted(text)) == text
        assert not set(quoted(text)) & set("-()|=<>[],: \t\n")


class TestArticles:
    def test_newdoc_and_what_is_said_of_it(self, tmp_path: Path) -> None:
        meta = ("# meta::title = Harbour - now", "# meta::dateCreated = 2031-02-03", "# meta::genre = news")
        found = read(tmp_path, "# newdoc id = x y", *meta, row("1", "Ola"), "", "# newdoc", row("1", "Ida"))
        assert [one.id for one in found.documents] == ["x y", "0002"]
        assert found.documents[0].article == {"title": "Harbour - now", "published": "2031-02-03", "genre": "news"}

    def test_without_newdoc_the_file_is_one(self, tmp_path: Path) -> None:
        lines = ("# sent_id = s1", row("1", "Ola"), "", "# sent_id = s2", row("1", "Ida"))
        found = read(tmp_path, *lines)
        assert [one.text for one in found.documents] == ["Ola Ida"]
        assert any("--document sentence" in note for note in found.notes)
        assert [one.id for one in read(tmp_path, *lines, document="sentence").documents] == ["s1", "s2"]

    def test_two_of_one_name(self, tmp_path: Path) -> None:
        found = read(tmp_path, "# newdoc id = a", row("1", "Ola"), "", "# newdoc id = a", row("1", "Ida"))
        assert [one.id for one in found.documents] == ["a", "a#2"]


class TestBrackets:
    @pytest.mark.parametrize(
        ("values", "marks"),
        [
            pytest.param(["(e1-place)"], [("w1", "place")], id="single"),
            pytest.param(["(e1-person-2(e2-place-1)", "e1)"], [("w1 w2", "person"), ("w1", "place")], id="nested"),
            pytest.param(["(e1-a", "(e2-b", "e1)", "e2)"], [("w1 w2 w3", "a"), ("w2 w3 w4", "b")], id="crossing"),
            pytest.param(["(e1[1/2]-a", "e1[1/2])", "_", "(e1[2/2]-a)"], [("w1 w2 … w4", "a")], id="parts"),
            pytest.param(["(e1[1/2]-a", "e1)", "_", "(e1[2/2])"], [("w1 w2 … w4", "a")], id="parts closed by the id"),
            pytest.param(["(e1-a(e1-a", "e1)", "e1)"], [("w1 w2 w3", "a"), ("w1 w2", "a")], id="one thing twice"),
            pytest.param(["(e1-a)(e2-b)e0)"], [("w1", "a"), ("w1", "b")], id="several"),
            pytest.param(["(e1-New%2DYork%28c%29)"], [("w1", "New-York(c)")], id="escaped"),
            pytest.param(["(e1-person)", "(e1)"], [("w1", "person"), ("w2", "person")], id="type of the thing"),
            pytest.param(["(e1)"], [("w1", "ENTITY")], id="no type"),
        ],
    )
    def test_mentions(self, tmp_path: Path, values: list[str], marks: list[tuple[str, str]]) -> None:
        rows = [row(str(n), f"w{n}", v if v == "_" else f"Entity={v}") for n, v in enumerate(values, 1)]
        found = read(tmp_path, *HEAD, *rows)
        assert said(found.documents[0]) == marks
        assert len(found.problems) == ("e0" in values[0])

    def test_fields_in_another_order_with_other_names(self, tmp_path: Path) -> None:
        # GUM calls the kind of coreference `link`, and what a name is on Wikipedia `identity`.
        head = ("# newdoc", "# global.Entity = etype-GRP-infstat-link-identity")
        found = read(tmp_path, *head, row("1", "Ruun", "Entity=(place-7-giv:act-coref-Ruun_%28city%29)"))
        (mark,) = found.documents[0].marks
        features = {"infstat": "giv:act", "coref": "coref", "link": "Ruun_(city)", "entity_id": "7"}
        assert (mark.type, mark.features) == ("place", features)

    def test_old_files_repeat_the_fields_at_the_end(self, tmp_path: Path) -> None:
        head = ("# newdoc", "# global.Entity = entity-GRP-infstat")
        rows = (row("1", "Ola", "Entity=(person-1-new"), row("2", "Brun", "Entity=person-1)"))
        assert said(read(tmp_path, *head, *rows).documents[0]) == [("Ola Brun", "person")]

    @pytest.mark.parametrize(
        ("values", "marks"),
        [
            pytest.param(["(place-104", "place-104)", "(place-3)"], [("place", "104"), ("place", "3")], id="older GUM"),
            pytest.param(["(place", "(person)place)", "_"], [("place", None), ("person", None)], id="types alone"),
            pytest.param(["(e1-place", "e1)", "(e2)"], [("place", "e1"), ("ENTITY", "e2")], id="CorefUD"),
        ],
    )
    def test_fields_that_are_not_declared_are_told_by_their_values(
        self, tmp_path: Path, values: list[str], marks: list[tuple[str, str | None]]
    ) -> None:
        rows = [row(str(n), f"w{n}", v if v == "_" else f"Entity={v}") for n, v in enumerate(values, 1)]
        found = read(tmp_path, "# newdoc id = a1", *rows)
        assert not found.problems
        assert [(one.type, one.features.get("entity_id")) for one in found.documents[0].marks] == marks

    @pytest.mark.parametrize("values", [["(place", "place)", "(e1-x)"], ["(place-the)", "_", "_"]])
    def test_fields_that_nothing_tells_are_refused(self, tmp_path: Path, values: list[str]) -> None:
        rows = [row(str(n), f"w{n}", v if v == "_" else f"Entity={v}") for n, v in enumerate(values, 1)]
        with pytest.raises(FormatError, match=r"does not tell the id from the type; add .*global\.Entity"):
            read(tmp_path, "# newdoc id = a1", *rows)

    def test_links_between_things(self, tmp_path: Path) -> None:
        rows = (
            row("1", "Ola", "Entity=(e1-person)"),
            row("2", "Ida", "Entity=(e2-person)"),
            row("3", "they", "Entity=(e3-person)|SplitAnte=e1<e3,e2<e3"),
            row("4", "hands", "Bridge=e3<e4:part,e9<e4|Entity=(e4-object)"),
        )
        found = read(tmp_path, *HEAD, *rows)
        assert [(one.type, one.source, one.target, one.features) for one in found.documents[0].links] == [
            ("SplitAnte", "m3", "m1", {}),
            ("SplitAnte", "m3", "m2", {}),
            ("Bridge", "m4", "m3", {"relation": "part"}),
        ]
        assert found.notes["Bridge links that name no mention, left out"] == 1

    def test_contracted_words_and_empty_nodes(self, tmp_path: Path) -> None:
        rows = (
            *(row("1-2", "Ola's"), row("1", "Ola", "Entity=(e1-person)"), row("2", "'s")),
            row("2.1", "his", "Entity=(e2-x)"),
            *(row("3-4", "del"), row("3", "de"), row("4", "el", "Entity=(e3-place"), row("5", "río", "Entity=e3)")),
            *(row("5.1", "_", "Entity=(e4-person"), row("6", "va", "Entity=e4)")),
        )  # fmt: skip
        found = read(tmp_path, *HEAD, *rows)
        assert found.documents[0].text == "Ola's del río va"
        assert said(found.documents[0]) == [("Ola", "person"), ("del río", "place"), ("va", "person")]
        assert found.notes["mentions that stand on empty nodes only, left out"] == 1
        assert found.notes["mentions that begin or end in a contracted word, taken with all of it"] == 1

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            pytest.param(["e1)"], "'e1)' closes nothing", id="closes nothing"),
            pytest.param(["(e1-a"], "'(e1' is never closed", id="never closed"),
            pytest.param(["(-a)"], "'(-a' has no id", id="no id"),
            pytest.param(["e1-a"], "'e1-a' has no bracket", id="no bracket"),
            pytest.param(["(e1[2/2]-a)"], "'(e1[2/2]' has no part before it", id="no first part"),
            pytest.param(["(e1[1/2]-a)"], "'e1' has 1 of its 2 parts", id="no last part"),
        ],
    )
    def test_damage_costs_one_mention(self, tmp_path: Path, values: list[str], message: str) -> None:
        rows = [row(str(n), f"w{n}", f"Entity={v}") for n, v in enumerate([*values, "(good-a)"], 1)]
        found = read(tmp_path, *HEAD, *rows)
        assert [str(problem) for problem in found.problems] == [f"{tmp_path}/a.conllu:3: {message}; mend the brackets"]
        assert said(found.documents[0]) == [("w2", "a")]


class TestTags:
    def test_a_key_of_misc_is_found(self, tmp_path: Path) -> None:
        rows = (row("1", "Ola", "name=B-PER|SpaceAfter=No"), row("2", "Brun", "name=I-PER"), row("3", "left"))
        found = read(tmp_path, *rows)
        assert said(found.documents[0]) == [("OlaBrun", "PER")]
        assert found.reading == "conllu:name:IOB2/begin"

    def test_another_key_by_its_name(self, tmp_path: Path) -> None:
        rows = (row("1", "Ola", "Fein=S-politician|Ner=B-PER"), row("2", "left", "Fein=O"))
        assert said(read(tmp_path, *rows).documents[0]) == [("Ola", "PER")]
        assert said(read(tmp_path, *rows, tag_column="Fein").documents[0]) == [("Ola", "politician")]
        assert said(read(tmp_path, *rows, tag_column="Ner,Fein").documents[0]) == [
            ("Ola", "PER"),
            ("Ola", "politician"),
        ]
        with pytest.raises(FormatError, match="is called 'Nerr'; did you mean 'Ner'"):
            read(tmp_path, *rows, tag_column="Nerr")

    def test_brackets_come_first(self, tmp_path: Path) -> None:
        rows = (row("1", "Ola", "Entity=(e1-person)|NER=B-PER"), row("2", "left"))
        found = read(tmp_path, *HEAD, *rows)
        assert said(found.documents[0]) == [("Ola", "person")]
        assert "tags stand in NER too, the brackets of Entity were read (--tag-column)" in found.notes
        assert said(read(tmp_path, *HEAD, *rows, tag_column="NER").documents[0]) == [("Ola", "PER")]

    def test_columns_of_conllu_plus(self, tmp_path: Path) -> None:
        lines = (
            "# global.columns = ID FORM MISC X:NE",
            "1\tOla\t_\tB-PER",
            "2\tBrun\tSpaceAfter=No\tI-PER",
            "3\t.\t_\tO",
        )
        found = read(tmp_path, *lines, name="plus")
        assert found.documents[0].text == "Ola Brun."
        assert said(found.documents[0]) == [("Ola Brun", "PER")]
        assert found.reading == "conllu:x:ne:IOB2/begin"

    def test_no_name_goes_over_the_end_of_a_sentence(self, tmp_path: Path) -> None:
        rows = (row("1", "Ola", "NER=B-PER"), "", row("1", "Ida", "NER=I-PER"))
        assert said(read(tmp_path, *rows).documents[0]) == [("Ola", "PER"), ("Ida", "PER")]

    def test_contracted_words(self, tmp_path: Path) -> None:
        of_the_range = (row("1-2", "vámonos", "NER=B-X"), row("1", "vamos"), row("2", "nos"))
        assert said(read(tmp_path, *of_the_range).documents[0]) == [("vámonos", "X")]
        of_a_word = (row("1-2", "Ola's"), row("1", "Ola", "NER=B-PER"), row("2", "'s"))
        assert said(read(tmp_path, *of_a_word).documents[0]) == [("Ola", "PER")]

    def test_nothing_annotated_is_said_and_no_empty_layer(self, tmp_path: Path) -> None:
        found = read(tmp_path, row("1", "Ola"))
        assert not found.documents[0].declared
        assert any("no names are annotated" in note for note in found.notes)
        assert read(tmp_path, *HEAD, row("1", "Ola")).documents[0].declared


class TestDamage:
    @pytest.mark.parametrize(
        "line",
        [
            pytest.param("2 Brun", id="no tabs"),
            pytest.param("x\tBrun\t_", id="no number"),
            pytest.param("2\t\t_", id="no form"),
            pytest.param(f"{'9' * 5000}\tBrun\t_", id="a long number"),
            pytest.param("4-2\tBrun\t_", id="a range that runs back"),
        ],
    )
    def test_a_damaged_line_costs_itself(self, tmp_path: Path, line: str) -> None:
        found = read(
            tmp_path, *HEAD, "# text = Ola Brun left", row("1", "Ola", "Entity=(e1-a)"), line, row("3", "left")
        )
        assert [str(problem).startswith(f"{tmp_path}/a.conllu:5: ") for problem in found.problems] == [True]
        assert "\n" not in str(found.problems[0])
        assert (found.documents[0].text, said(found.documents[0])) == ("Ola Brun left", [("Ola", "a")])

    def test_other_files_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(FormatError, match="has no line of CoNLL-U"):
            read(tmp_path, '{"id": "a"}')
        with pytest.raises(FormatError, match="must name each column once"):
            read(tmp_path, "# global.columns = ID LEMMA", "1\tOla")
        with pytest.raises(FormatError, match="of 201 lines 200 are none of CoNLL-U"):
            read(tmp_path, row("1", "Ola"), *["nothing"] * 200)

    def test_a_sentence_without_a_blank_line_before_it(self, tmp_path: Path) -> None:
        found = read(tmp_path, row("1", "Ola"), row("2", "left"), row("1", "Ida"))
        assert found.documents[0].text == "Ola left Ida"
        assert found.notes["sentences without a blank line before them"] == 1


TEXTS = st.text(
    st.sampled_from("Oab1 .,-'()|_\\=#\t\n\r\u00a0\u2028\u0301\u05e9\u200f\U0001f468\u200d\x1b%é"), max_size=40
)
NAMES = st.text(st.sampled_from("e1-_[]/()%|=é <>,:"), min_size=1, max_size=6)


@st.composite
def texts_with_marks(draw: st.DrawFn) -> Document:
    """A document with marks at any places: nested, crossing, of several parts, of one thing."""
    text = draw(TEXTS)
    marks = []
    for number in range(draw(st.integers(0, 5)) if len(text) > 1 else 0):
        edges = draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=6, unique=True).map(sorted))
        spans = tuple(Span(*pair) for pair in zip(edges[::2], edges[1::2], strict=False))
        features = draw(st.dictionaries(st.sampled_from(["entity_id", "link", "note"]), NAMES))
        marks.append(Mark(f"m{number}", draw(NAMES), spans, features))
    title = draw(st.one_of(st.just({}), st.fixed_dictionaries({"title": TEXTS, "kind": NAMES})))
    return Document(id=draw(NAMES), text=text, marks=tuple(marks), declared=frozenset({"x"}), article=title)


def written(folder: Path, *given: Document) -> Documents:
    path = folder / "written.conllu"
    write_documents(given, path, ReadOptions())
    return documents(Source(path=path), ReadOptions())


@given(texts_with_marks())
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, document: Document) -> None:
    lost = beyond(document)
    kept = replace(document, marks=tuple(mark for mark in document.marks if mark.id not in lost))
    found = written(tmp_path_factory.mktemp("conllu"), kept)
    (back,) = found.documents
    assert not found.problems
    assert (back.id, back.text, back.article) == (kept.id, kept.text, kept.article)

    def content(one: Document) -> list[tuple[object, ...]]:
        return sorted((mark.spans, mark.type, sorted(mark.features.items())) for mark in one.marks)

    assert content(back) == content(kept)


def test_tokens_do_not_depend_on_what_is_annotated(tmp_path: Path) -> None:
    text = "Norwegian Ola left. Ida went."
    plain = Document(id="a", text=text, declared=frozenset({"x"}))
    inside = Mark("m1", "place", (Span(0, 6),))
    marked = replace(plain, marks=(inside, Mark("m2", "person", (Span(10, 13),))))
    assert beyond(marked) == {"m1": "begins or ends inside a word"}
    forms = []
    for one in (plain, replace(marked, marks=marked.marks[1:])):
        write_documents([one], tmp_path / "a.conllu", ReadOptions())
        lines = (tmp_path / "a.conllu").read_text(encoding="utf-8").splitlines()
        forms.append([line.split("\t")[:2] for line in lines if "\t" in line])
    assert forms[0] == forms[1]


def test_what_it_cannot_hold() -> None:
    text = "Ola Brun left Ruun today"
    marks = (
        Mark("m1", "x", (Span(0, 8),), {"entity_id": "e"}),
        Mark("m2", "x", (Span(4, 13),), {"entity_id": "e"}),
        Mark("m3", "x", (Span(4, 13),), {"entity_id": "other"}),
        Mark("m4", "x", (Span(3, 8),)),
        Mark("m5", "x", (Span(3, 4),)),
    )
    assert beyond(Document(id="a", text=text, marks=marks)) == {
        "m2": "crosses another mention of the same thing",
        "m4": "begins or ends with white space",
        "m5": "without a visible character",
    }
