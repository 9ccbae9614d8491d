"""WebAnno TSV 3 in the shapes that WebAnno and INCEpTION export; texts and names are invented."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.dataset.loading.load import load_dataset
from evalkit.dataset.loading.sources import find_place
from evalkit.formats.base import Source
from evalkit.formats.standoff.document import Document, Documents
from evalkit.formats.webanno.cells import parts_of, unescaped
from evalkit.formats.webanno.reading import webanno_documents
from evalkit.layers.entities import ENTITIES
from evalkit.options import ReadOptions

NER = "#T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|identifier|value"
CHAIN = "#T_CH=de.tudarmstadt.ukp.dkpro.core.api.coref.type.CoreferenceLink|referenceRelation|referenceType"


def tsv(*lines: str, header: tuple[str, ...] = ("#T_SP=webanno.custom.Span|value",), version: str = "3.3") -> str:
    return "\n".join([f"#FORMAT=WebAnno TSV {version}", *header, "", "", *lines, ""])


def read(path: Path) -> Documents:
    return webanno_documents(Source(path=path), ReadOptions())


@pytest.fixture
def one(tmp_path: Path):
    def of(
        *lines: str, header: tuple[str, ...] = ("#T_SP=webanno.custom.Span|value",), version: str = "3.3"
    ) -> Document:
        path = tmp_path / "doc.tsv"
        path.write_bytes(tsv(*lines, header=header, version=version).encode())
        found = read(path)
        assert not found.problems
        (document,) = found.documents
        return document

    return of


def shown(document: Document) -> list[tuple[str, str, dict[str, object]]]:
    """Each mark as its type, the text at its place, and its features."""
    text = document.text
    return [
        (mark.type, "…".join(text[start:end] for start, end in mark.spans), dict(mark.features))
        for mark in document.marks
    ]


def links(document: Document) -> list[tuple[str, str, str, dict[str, object]]]:
    """Each link as its type and the texts of its ends."""
    of = {mark.id: document.text[slice(*mark.spans[0])] for mark in document.marks}
    return [(link.type, of[link.source], of[link.target], dict(link.features)) for link in document.links]


class TestWhatIsRead:
    def test_an_annotation_of_several_tokens_and_stacked_ones(self, one) -> None:
        document = one(
            "#Text=Ola Brun left Ruun .",
            "1-1\t0-3\tOla\t*[1]|*[2]\tPER[1]|PERpart[2]\t",
            "1-2\t4-8\tBrun\tQ\\_7[1]\tPER[1]\t",
            "1-3\t9-13\tleft\t_\t_\t",
            "1-4\t14-18\tRuun\t*\tGPE\t",
            "1-5\t19-20\t.\t_\t_\t",
            header=(NER,),
        )
        assert (document.id, document.text) == ("doc", "Ola Brun left Ruun .")
        assert shown(document) == [
            ("NamedEntity", "Ola Brun", {"identifier": "Q_7", "value": "PER"}),
            ("NamedEntity", "Ola", {"value": "PERpart"}),
            ("NamedEntity", "Ruun", {"value": "GPE"}),
        ]
        assert document.declared == {"NamedEntity"}

    def test_a_column_may_leave_out_some_of_the_stack(self, one) -> None:
        # As GUM has it: only the second of two has an identity.
        document = one(
            "#Text=the Guild",
            "1-1\t0-3\tthe\tperson[3]|organization[4]\tThe_Guild[4]\t",
            "1-2\t4-9\tGuild\tperson[3]|organization[4]\tThe_Guild[4]\t",
            header=("#T_SP=webanno.custom.Referent|entity|identity",),
        )
        assert shown(document) == [
            ("Referent", "the Guild", {"entity": "person"}),
            ("Referent", "the Guild", {"entity": "organization", "identity": "The_Guild"}),
        ]

    def test_parts_of_tokens(self, one) -> None:
        document = one(
            "#Text=unfair case",
            "1-1\t0-6\tunfair\t_\t",
            "1-1.1\t0-2\tun\tNEG\t",
            "1-1.2\t2-6\tfair\tX[1]\t",
            "1-2\t7-11\tcase\tX[1]\t",
        )
        assert shown(document) == [("Span", "un", {"value": "NEG"}), ("Span", "fair case", {"value": "X"})]

    def test_offsets_are_those_of_java(self, one) -> None:
        document = one("#Text=A 🙂 Ola", "1-1\t0-1\tA\t_\t", "1-2\t2-4\t🙂\tS\t", "1-3\t5-8\tOla\tPER\t")
        assert shown(document) == [("Span", "🙂", {"value": "S"}), ("Span", "Ola", {"value": "PER"})]
        assert document.marks[1].spans == ((4, 7),)

    def test_offsets_in_code_points_are_proved_by_the_tokens(self, tmp_path: Path) -> None:
        (tmp_path / "a.tsv").write_text(tsv("#Text=A 🙂 Ola", "1-1\t0-1\tA\t_", "1-2\t2-3\t🙂\tS", "1-3\t4-7\tOla\tP"))
        found = read(tmp_path / "a.tsv")
        assert shown(found.documents[0]) == [("Span", "🙂", {"value": "S"}), ("Span", "Ola", {"value": "P"})]
        assert found.notes == {"documents whose offsets are counted in code points, not in UTF-16 code units": 1}

    def test_escapes(self, one) -> None:
        document = one(
            "#Text=a\\tb \\[c\\] d\\\\e",
            "1-1\t0-1\ta\t\\_\t",
            "1-2\t2-3\tb\tx\\|y\\[1\\]\t",
            "1-3\t4-7\t\\[c\\]\t\\->\\*\\;z\t",
            "1-4\t8-11\td\\\\e\t\\\\\t",
        )
        assert document.text == "a\tb [c] d\\e"
        assert [features["value"] for _, _, features in shown(document)] == ["_", "x|y[1]", "->*;z", "\\"]

    def test_programs_that_do_not_escape(self, one) -> None:
        document = one("#Text=a\\b [c]", "1-1\t0-3\ta\\b\tx\t", "1-2\t4-7\t[c]\t_\t", version="3.1")
        assert shown(document) == [("Span", "a\\b", {"value": "x"})]

    def test_several_values_of_a_feature(self, one) -> None:
        document = one("#Text=a b", "1-1\t0-1\ta\tx;y\\;z\t", "1-2\t2-3\tb\t_\t")
        assert shown(document) == [("Span", "a", {"value": ("x", "y;z")})]

    def test_sentences_of_several_lines_and_what_stands_between_them(self, one) -> None:
        document = one(
            "#Sentence.id=s1",
            "#Text=This is",
            "#Text=a test.",
            "1-1\t1-5\tThis\tA[1]\t",
            "1-2\t6-8\tis\tA[1]\t",
            "1-3\t9-10\ta\tA[1]\t",
            "1-4\t11-16\ttest.\t_\t",
            "",
            "#Text=No.",
            "2-1\t16-19\tNo.\t_\t",
            "",
            "#Text=Yes.",
            "3-1\t21-25\tYes.\tB\t",
        )
        # One blank stands before the text, nothing between the first two sentences, two characters before the third.
        assert document.text == " This is\na test.No.\n Yes."
        assert shown(document) == [("Span", "This is\na", {"value": "A"}), ("Span", "Yes.", {"value": "B"})]

    def test_slots(self, one) -> None:
        host = "webanno.custom.Quote"
        document = one(
            "#Text=Ola said it so .",
            "1-1\t0-3\tOla\t_\t_\t_\t*",
            "1-2\t4-8\tsaid\t_\t_\t_\t*[5]",
            "1-3\t9-11\tit\tdirect[4]\tSpeaker;*[4]\t1-1;1-2[5]\t_",
            "1-4\t12-14\tso\tdirect[4]\tSpeaker;*[4]\t1-1;1-2[5]\t*[5]",
            "1-5\t15-16\t.\t_\t_\t_\t_",
            header=(
                f"#T_SP={host}|kind|ROLE_{host}:Cue_{host}CueLink|webanno.custom.Part",
                "#T_SP=webanno.custom.Part|",
            ),
        )
        assert shown(document)[:3] == [
            ("Part", "Ola", {}),
            ("Part", "said", {}),
            ("Quote", "it so", {"kind": "direct"}),
        ]
        assert links(document) == [("Speaker", "it so", "Ola", {}), ("Cue", "it so", "said", {})]
        assert {"Quote", "Part", "Cue"} <= document.declared

    def test_slots_of_any_layer_and_slots_that_nothing_fills(self, tmp_path: Path) -> None:
        host = "webanno.custom.Host"
        header = ("#T_SP=webanno.custom.Span|", f"#T_SP={host}|ROLE_{host}:links_webanno.custom.L|uima.tcas.Annotation")
        lines = (
            "#Text=a b c",
            "1-1\t0-1\ta\t_\tr;s\t1-2[1];*\t",
            "1-2\t2-3\tb\t*[1]\t_\t*\t",
            "1-3\t4-5\tc\t_\t_\t_\t",
        )
        (tmp_path / "a.tsv").write_text(tsv(*lines, header=header))
        found = read(tmp_path / "a.tsv")
        assert links(found.documents[0]) == [("r", "a", "b", {})]
        assert found.notes == {"slots that nothing fills, left out": 1}
        assert [kind for kind, _, _ in shown(found.documents[0])] == ["Host", "Span", "Host"]

    def test_relations(self, one) -> None:
        document = one(
            "#Text=Ola met Kari .",
            "1-1\t0-3\tOla\tPER\tknows\t1-3[2_0]\t",
            "1-2\t4-7\tmet\t_\t_\t_\t",
            "1-3\t8-12\tKari\tPER[2]|PET[3]\t*|owns\t1-1[0_3]|1-1[0_2]\t",
            "1-4\t13-14\t.\t_\t_\t_\t",
            header=("#T_SP=webanno.custom.Name|value", "#T_RL=webanno.custom.Rel|value|BT_webanno.custom.Name"),
        )
        of = {mark.id: mark.features["value"] for mark in document.marks}
        # The row is where a relation goes to; the cell says where it comes from.
        assert [(link.type, of[link.source], of[link.target], link.features) for link in document.links] == [
            ("Rel", "PER", "PER", {"value": "knows"}),
            ("Rel", "PER", "PET", {}),
            ("Rel", "PER", "PER", {"value": "owns"}),
        ]

    def test_chains(self, one) -> None:
        document = one(
            "#Text=He shot himself with his gun",
            "1-1\t0-2\tHe\tcoref->1-1\tpr[1]\t",
            "1-2\t3-7\tshot\t_\t_\t",
            "1-3\t8-15\thimself\t*->1-2\tpr[1]\t",
            "1-4\t16-20\twith\t_\t_\t",
            "1-5\t21-24\this\t*->1-3|*->2-1\tpr[1]|np[2]\t",
            "1-6\t25-28\tgun\t*->2-1\tnp[2]\t",
            header=(CHAIN,),
        )
        assert shown(document)[-1] == ("CoreferenceLink", "his gun", {"referenceType": "np"})
        assert links(document) == [
            ("Coreference", "He", "himself", {"referenceRelation": "coref"}),
            ("Coreference", "himself", "his", {}),
        ]

    def test_layers_that_would_be_called_alike(self, one) -> None:
        header = ("#T_SP=a.Span|value", "#T_SP=b.Span|value", "#T_SP=a.Other|")
        document = one("#Text=x", "1-1\t0-1\tx\tP\tQ\t*\t", header=header)
        assert [kind for kind, _, _ in shown(document)] == ["a.Span", "b.Span", "Other"]

    def test_annotations_of_no_width_have_no_place(self, tmp_path: Path) -> None:
        lines = ("#Text=one two", "1-1\t0-3\tone\t_\t", "1-1.1\t0-0\t\tX\t", "1-2\t4-7\ttwo\t_\t", "1-2.1\t7-7\t\tY\t")
        (tmp_path / "a.tsv").write_text(tsv(*lines))
        found = read(tmp_path / "a.tsv")
        assert [(mark.spans, mark.features["value"]) for mark in found.documents[0].marks] == [((), "X"), ((), "Y")]
        assert found.notes == {"annotations of no width, without a place": 2}

    def test_relations_between_tokens_are_counted(self, tmp_path: Path) -> None:
        header = ("#T_RL=dep.Dependency|DependencyType|flavor|BT_de.tudarmstadt.Token",)
        (tmp_path / "a.tsv").write_text(
            tsv("#Text=a b", "1-1\t0-1\ta\tsubj\t*\t1-2\t", "1-2\t2-3\tb\t_\t_\t_\t", header=header)
        )
        found = read(tmp_path / "a.tsv")
        assert (found.documents[0].links, found.problems) == ((), ())
        assert found.notes == {"links between tokens (Dependency), left out": 1}

    def test_line_ends_of_windows_and_a_byte_order_mark(self, tmp_path: Path) -> None:
        content = "\ufeff" + tsv("#Text=Ola", "1-1\t0-3\tOla\tPER").replace("\n", "\r\n")
        (tmp_path / "a.tsv").write_bytes(content.encode())
        assert shown(read(tmp_path / "a.tsv").documents[0]) == [("Span", "Ola", {"value": "PER"})]

    def test_several_documents_in_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "a.tsv").write_text(2 * tsv("#Text=Ola", "1-1\t0-3\tOla\tPER\t"))
        assert [document.id for document in read(tmp_path / "a.tsv").documents] == ["a-1", "a-2"]


class TestDamage:
    @pytest.mark.parametrize(
        ("lines", "message"),
        [
            pytest.param(
                ("#Text=Ola", "1-1\t0-3\tKari\tP"), r":5: at 0-3 stands 'Ola', not 'Kari' \(line 6\)", id="token"
            ),
            pytest.param(("#Text=Ola", "1-1\t0-9\tOla\tP"), "at 0-9 stands no text of the sentence", id="offsets"),
            pytest.param(("1-1\t0-3\tOla\tP",), ":5: a token stands before any #Text=", id="no text"),
            pytest.param(("#Text=Ola", "1-1\t0-3\tOla\tP", "1-2\t4-"), ":7: '1-2", id="cut off"),
            pytest.param(("#Text=Ola", "1-1\t0-3\tOla\tP", "Ola says"), ":7: 'Ola says' is no row", id="garbage"),
            pytest.param(
                ("#Text=Ola Ida", "1-1\t0-3\tOla\tP", "", "#Text=Ida", "2-1\t1-4\tIda\tP"),
                "the sentence begins at 1, before the end of the last one",
                id="sentences in one another",
            ),
            pytest.param(
                ("#Text=Ola", "1-1\t0-3\tOla\tP", "", "#Text=Ida", "2-1\t999999999-1000000002\tIda\tP"),
                "begins at 999999999, far behind the last one",
                id="far away",
            ),
        ],
    )
    def test_a_broken_line_is_named(self, tmp_path: Path, lines: tuple[str, ...], message: str) -> None:
        (tmp_path / "a.tsv").write_text(tsv(*lines))
        found = read(tmp_path / "a.tsv")
        assert len(found.problems) == 1
        with pytest.raises(type(found.problems[0]), match=message):
            raise found.problems[0]

    @pytest.mark.parametrize(
        ("cells", "message"),
        [
            pytest.param("P\t_\t1-1", "has 3 cells behind the token, not 6", id="too few cells"),
            pytest.param(
                "P\t_\t1-9\t_\t_\t_", "at 1-9, to which Rel leads, there is nothing of Span", id="no such row"
            ),
            pytest.param(
                "P\t_\t1-1[7]\t_\t_\t_", r"at 1-1\[7\], to which Rel leads, there is nothing", id="no such number"
            ),
            pytest.param("P|Q\t_\t1-1\t_\t_\t_", "there is more than one annotation of Span", id="not told which"),
            pytest.param("P\tx\t_\t_\t_\t_", "a relation of Rel that comes from nowhere", id="no source"),
            pytest.param("P\t_\t_\t*\t_\t_", "names no link of a chain", id="no chain"),
            pytest.param("P\t_\t_\t_\tr;s\t1-1", "2 roles of links and 1 place", id="slots"),
        ],
    )
    def test_a_broken_cell_is_named(self, tmp_path: Path, cells: str, message: str) -> None:
        header = (
            "#T_SP=webanno.custom.Span|value",
            "#T_RL=webanno.custom.Rel|value|BT_webanno.custom.Span",
            "#T_CH=webanno.custom.XLink|referenceRelation",
            "#T_SP=webanno.custom.Host|ROLE_webanno.custom.Host:links_webanno.custom.L|webanno.custom.Span",
        )
        (tmp_path / "a.tsv").write_text(tsv("#Text=Ola", f"1-1\t0-3\tOla\t{cells}", header=header))
        found = read(tmp_path / "a.tsv")
        assert len(found.problems) == 1
        with pytest.raises(type(found.problems[0]), match=message):
            raise found.problems[0]

    def test_the_rest_of_a_broken_document_is_read(self, tmp_path: Path) -> None:
        lines = ("#Text=Ola", "1-1\t0-3\tIda\tP[1]", "", "#Text=Ida left", "2-1\t4-7\tIda\tQ", "2-2\t8-12\tleft\t_")
        (tmp_path / "a.tsv").write_text(tsv(*lines))
        found = read(tmp_path / "a.tsv")
        assert shown(found.documents[0]) == [("Span", "Ida", {"value": "Q"})]
        assert found.notes == {"rows of sentences that cannot be placed, left out with what is annotated there": 1}

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            pytest.param("#FORMAT=WebAnno TSV 2\n\n#Text=a\n", "is WebAnno TSV 2; export it as WebAnno TSV v3", id="2"),
            pytest.param("1-1\t0-3\tOla\tP\n", "does not begin with #FORMAT=WebAnno TSV 3", id="no header"),
            pytest.param("", "does not begin with", id="empty"),
        ],
    )
    def test_what_is_no_such_file_is_named(self, tmp_path: Path, content: str, message: str) -> None:
        (tmp_path / "a.tsv").write_text(content)
        (problem,) = read(tmp_path / "a.tsv").problems
        assert message in str(problem)

    def test_a_number_that_is_used_again_is_another_annotation(self, tmp_path: Path) -> None:
        lines = ("#Text=a b c", "1-1\t0-1\ta\tP[1]", "1-2\t2-3\tb\t_", "1-3\t4-5\tc\tP[1]")
        (tmp_path / "a.tsv").write_text(tsv(*lines))
        found = read(tmp_path / "a.tsv")
        assert [text for _, text, _ in shown(found.documents[0])] == ["a", "c"]
        assert found.notes == {"numbers of annotations that are used again elsewhere, taken as other annotations": 1}


class TestFolders:
    def test_files_have_their_names_and_splits(self, tmp_path: Path) -> None:
        for name in ("test/a", "dev/b", "test/c"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / f"{name}.tsv").write_text(tsv("#Text=Ola", "1-1\t0-3\tOla\tPER\t"))
        (tmp_path / "notes.tsv").write_text("a\tb\n")
        found = read(tmp_path)
        assert [(one.id, one.split) for one in found.documents] == [("b", "dev"), ("a", "test"), ("c", "test")]
        assert found.notes == {"files left aside, which are no WebAnno TSV": 1}
        assert find_place(tmp_path).kind == "webanno"

    def test_a_project_as_inception_exports_it(self, tmp_path: Path) -> None:
        for name in (
            "annotation/a.txt/ida",
            "annotation/a.txt/ola",
            "annotation/a.txt/INITIAL_CAS",
            "annotation/b.txt/ida",
        ):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / f"{name}.tsv").write_text(tsv("#Text=Ola", "1-1\t0-3\tOla\tPER\t"))
        (tmp_path / "curation/a.txt").mkdir(parents=True)
        (tmp_path / "curation/a.txt/CURATION_USER.tsv").write_text(tsv("#Text=Ola", "1-1\t0-3\tOla\t_\t"))
        found = read(tmp_path)
        assert [(one.id, one.annotator, one.ground_truth) for one in found.documents] == [
            ("a", "ida", False),
            ("a", "ola", False),
            ("b", "", False),
            ("a", "", True),
        ]
        assert found.notes == {"documents as they were imported, left out as not annotated": 1}


def test_the_usual_layers_are_entities(tmp_path: Path) -> None:
    lines = (
        "#Text=Ola Brun left Ruun . He slept .",
        "1-1\t0-3\tOla\t*[1]\tPER[1]\t*->1-1\tnam[1]\t",
        "1-2\t4-8\tBrun\t*[1]\tPER[1]\t*->1-1\tnam[1]\t",
        "1-3\t9-13\tleft\t_\t_\t_\t_\t",
        "1-4\t14-18\tRuun\thttp://kb/Q7\tLOC\t_\t_\t",
        "1-5\t19-20\t.\t_\t_\t_\t_\t",
        "1-6\t21-23\tHe\t*\tPER\t*->1-2\tpro[1]\t",
    )
    (tmp_path / "a.tsv").write_text(tsv(*lines, header=(NER, CHAIN)))
    (example,) = load_dataset(tmp_path / "a.tsv").examples
    entities = ENTITIES.of(example.gold) or ()
    assert [(example.article.text[slice(*one.spans[0])], one.label, one.link) for one in entities] == [
        ("Ola Brun", "PER", None),
        ("Ruun", "LOC", "http://kb/Q7"),
        ("He", "PER", None),
    ]
    assert entities[0].entity_id == entities[2].entity_id != entities[1].entity_id


CELLS = st.sampled_from(
    ["_", "*", "P", "P[1]", "P[1]|Q[2]", "1-1", "1-2[1_0]", "*->1-1", "x;y", "1-1;1-2[2]", "\\", "[", "|", ";[9]"]
)
LINES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", "#Text=Ola Ida", "#FORMAT=WebAnno TSV 3.2", NER, CHAIN, "#T_RL=a.R|BT_a.S", "#T_SP=a.S|", "#T_SP="]
    ),
    st.builds(
        "1-{}\t{}-{}\t{}\t{}".format,
        st.integers(1, 3),
        st.integers(0, 5),
        st.integers(0, 9),
        st.sampled_from(["Ola", "Ida"]),
        st.lists(CELLS, max_size=5).map("\t".join),
    ),
    st.builds(
        "1-1\t0-3\tOla\t{}\n1-2\t4-7\tIda\t{}".format, *[st.lists(CELLS, min_size=4, max_size=4).map("\t".join)] * 2
    ),
)


@given(st.lists(LINES, max_size=12).map("\n".join), st.booleans())
def test_no_lines_stop_it(tmp_path_factory: pytest.TempPathFactory, content: str, begun: bool) -> None:
    path = tmp_path_factory.getbasetemp() / "mutated.tsv"
    path.write_bytes((f"#FORMAT=WebAnno TSV 3.2\n{NER}\n{CHAIN}\n\n\n" * begun + content).encode("utf-8", "replace"))
    found = read(path)
    assert found.documents or found.problems
    for document in found.documents:
        ids = {mark.id for mark in document.marks}
        assert len(ids) == len(document.marks)
        assert {end for link in document.links for end in (link.source, link.target)} <= ids
        assert all(0 <= start < end <= len(document.text) for mark in document.marks for start, end in mark.spans)


@given(st.text(max_size=20))
def test_what_was_escaped_is_one_value(value: str) -> None:
    escaped = "".join(f"\\{one}" if one in "\\[]|_;*" else one for one in value).replace("->", "\\->")
    if value:
        (part,) = parts_of(f"{escaped}[7]")
        assert (unescaped(part.written), part.number) == (value, "7")


def test_one_number_at_many_places_is_told_apart(one) -> None:
    lines = [
        f"1-{at}\t{at * 2 - 2}-{at * 2 - 1}\tx\t" + ("PER[1]" if at % 3 == 1 else "_") + "\t" for at in range(1, 13)
    ]
    document = one("#Text=" + " ".join("x" * 12), *lines)
    assert [mark.id for mark in document.marks] == ["Span[1]", "Span[1]'", "Span[1]'2", "Span[1]'3"]
