"""Files of brat in the shapes that brat, shared tasks and corpora have; texts and names are invented."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from evalkit.cli.main import main
from evalkit.dataset.loading.load import load_dataset
from evalkit.dataset.loading.sources import find_place
from evalkit.dataset.making.convert import convert_dataset
from evalkit.errors import FormatError
from evalkit.formats.base import Source
from evalkit.formats.brat.config import parse_config
from evalkit.formats.brat.format import BRAT
from evalkit.formats.brat.reading import brat_documents
from evalkit.formats.brat.writing import write_brat
from evalkit.formats.standoff.document import Document, Documents, Mark
from evalkit.options import ReadOptions
from evalkit.records import Quote, Span

TEXT = "“We will stay,” said Ola Brun. “All of us.”\n"
"""The two parts of what is said stand at 0 to 15 and 31 to 43, the cue at 16 and the speaker at 21 to 29."""


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def read(path: Path, **options: str) -> Documents:
    return brat_documents(Source(path=path), ReadOptions(**options))  # type: ignore[arg-type]


def of_lines(tmp_path: Path, *lines: str, text: str | bytes = TEXT) -> Document:
    found = read(write(tmp_path, {"a.txt": text, "a.ann": "\n".join([*lines, ""])}))
    assert not found.problems
    (document,) = found.documents
    return document


def shown(document: Document) -> list[tuple[str, str, str, dict[str, object]]]:
    """Each mark as its id, type, text and features."""
    text = document.text
    return [
        (mark.id, mark.type, "…".join(text[start:end] for start, end in mark.spans), dict(mark.features))
        for mark in document.marks
    ]


class TestLines:
    def test_places_in_several_pieces(self, tmp_path: Path) -> None:
        document = of_lines(tmp_path, "T1\tContent 0 15;31 43\t“We will stay,” “All of us.”", "T2\tPER 21 29\tOla Brun")
        assert shown(document) == [
            ("T1", "Content", "“We will stay,”…“All of us.”", {}),
            ("T2", "PER", "Ola Brun", {}),
        ]

    def test_events_with_roles_and_events_as_arguments(self, tmp_path: Path) -> None:
        document = of_lines(
            tmp_path,
            "T1\tPER 21 29\tOla Brun",
            "T2\tSay 16 20\tsaid",
            "T3\tStay 9 13\tstay",
            "E1\tSay:T2 Content:E2 Speaker:T1 Speaker2:T3",
            "E2\tStay:T3 ",
        )
        assert [(mark.id, mark.type) for mark in document.marks] == [("T1", "PER"), ("E1", "Say"), ("E2", "Stay")]
        # T3 is where the event E2 is told, so what names it means E2.
        assert [(link.type, link.source, link.target) for link in document.links] == [
            ("Content", "E1", "E2"),
            ("Speaker", "E1", "T1"),
            ("Speaker", "E1", "E2"),
        ]

    def test_an_event_without_a_trigger_has_no_place(self, tmp_path: Path) -> None:
        document = of_lines(tmp_path, "T1\tPER 21 29\tOla Brun", "E1\tSay Speaker:T1")
        assert document.marks[1] == Mark("E1", "Say", ())

    def test_a_number_that_belongs_to_a_role_stays(self, tmp_path: Path) -> None:
        document = of_lines(tmp_path, "T1\tSay 16 20\tsaid", "T2\tP 21 29\tOla Brun", "E1\tSay:T1 Arg2:T2 Arg1:T2")
        assert [link.type for link in document.links] == ["Arg2", "Arg1"]

    def test_attributes_of_places_events_and_relations(self, tmp_path: Path) -> None:
        document = of_lines(
            tmp_path,
            "T1\tPER 21 29\tOla Brun",
            "T2\tSay 16 20\tsaid",
            "E1\tSay:T2",
            "R1\tby Arg2:T1 Arg1:E1",
            "A1\tNegated E1",
            "M1\tSpeculated T2",
            "A2\tKind E1 direct",
            "A3\tKind E1 indirect",
            "A4\tSure R1 very",
        )
        assert shown(document)[1] == (
            "E1",
            "Say",
            "said",
            {"Negated": "true", "Kind": ("direct", "indirect"), "Speculated": "true"},
        )
        (link,) = document.links
        assert (link.type, link.source, link.target, link.features, link.id) == (
            "by",
            "E1",
            "T1",
            {"Sure": "very"},
            "R1",
        )

    def test_entries_of_knowledge_bases(self, tmp_path: Path) -> None:
        document = of_lines(
            tmp_path,
            "T1\tPER 21 29\tOla Brun",
            "T2\tPER 21 24\tOla",
            "N1\tReference T1 Wikidata:Q7\tOla Brun",
            "N2\tReference Annotation:T2 Referent:KB:9",
            "N3\tReference T2 KB:10\tOla",
        )
        assert [features for _, _, _, features in shown(document)] == [
            {"link": "Wikidata:Q7", "link_name": "Ola Brun"},
            {"link": ("KB:9", "KB:10"), "link_name": ("", "Ola")},
        ]

    def test_notes(self, tmp_path: Path) -> None:
        document = of_lines(
            tmp_path,
            "T1\tPER 21 29\tOla Brun",
            "A1\tRole T1 mayor",
            "#1\tAnnotatorNotes T1\tis\tthis so? ",
            "#2\tSource T1\tthe web",
            "#3\tAnnotatorNotes A1\tsince May",
        )
        assert shown(document)[0][3] == {
            "Role": "mayor",
            "note": "is\tthis so?",
            "Source": "the web",
            "Role.note": "since May",
        }

    def test_what_is_the_same_is_a_chain(self, tmp_path: Path) -> None:
        lines = [f"T{number}\tPER {at} {at + 3}\tOla" for number, at in ((1, 0), (2, 4), (3, 8))]
        document = of_lines(tmp_path, *lines, "*\tEquiv T1 T2 T3", text="Ola Ola Ola")
        assert [(link.type, link.source, link.target) for link in document.links] == [
            ("Equiv", "T1", "T2"),
            ("Equiv", "T2", "T3"),
        ]

    def test_types_that_could_have_been_used(self, tmp_path: Path) -> None:
        config = (
            "# ours\n[entities]\nPER\n\tGPE|GPE:1\n!Place\n----------\n\n[relations]\n<OVERLAP>\tArg1:PER, Arg2:PER\n"
            "by\tArg1:PER, Arg2:Say\n[events]\nSay\tSpeaker?:PER, Content+:<ANY>, Cue{1-2}:<ANY>\n"
            "[attributes]\nSure\tArg:<ANY>\n"
        )
        assert parse_config(config).all == {"PER", "GPE", "by", "Say", "Speaker", "Content", "Cue"}
        files = {
            "news/a.txt": TEXT,
            "news/a.ann": "",
            "annotation.conf": config,
            "news/x/b.txt": "",
            "news/x/b.ann": "",
        }
        found = read(write(tmp_path, files))
        assert [document.declared for document in found.documents] == [parse_config(config).all] * 2


class TestOffsets:
    def test_a_place_that_brat_broke_at_line_ends_is_one(self, tmp_path: Path) -> None:
        files = {
            "a.txt": "The Guild of\n  Old\tClocks fell",
            "a.ann": "T1\tORG 0 12;15 18;19 25\tThe Guild of Old Clocks\nT2\tX 0 3;19 25\tThe Clocks\n",
        }
        found = read(write(tmp_path, files))
        assert [mark.spans for mark in found.documents[0].marks] == [((0, 25),), ((0, 3), (19, 25))]
        assert found.notes == {"pieces joined to one span, as only a line end or tab stood between them": 2}

    def test_pieces_as_old_versions_wrote_them(self, tmp_path: Path) -> None:
        document = of_lines(tmp_path, "T1\tContent 0 15;31 43\t“We will stay,”“All of us.”")
        assert document.marks[0].spans == ((0, 15), (31, 43))

    def test_line_ends_of_windows_count_once(self, tmp_path: Path) -> None:
        # Ola stands at 6 if each line end counts once, at 8 in the text as it is.
        document = of_lines(tmp_path, "T1\tPER 6 9\tOla", "T2\tX 0 1;2 3\ta b", text=b"a\r\nb\r\n  Ola")
        assert document.text == "a\r\nb\r\n  Ola"
        assert [mark.spans for mark in document.marks] == [((8, 11),), ((0, 4),)]

    @pytest.mark.parametrize(
        ("start", "end", "cause"),
        [
            pytest.param(4, 12, "", id="code points"),
            pytest.param(5, 13, "UTF-16 code units", id="UTF-16"),
            pytest.param(8, 16, "UTF-8 bytes", id="UTF-8"),
            pytest.param(4, 11, "inclusive ends", id="inclusive"),
        ],
    )
    def test_offsets_that_others_counted_are_proved(self, tmp_path: Path, start: int, end: int, cause: str) -> None:
        text = "🙂é  Ola Brun met Kari"
        found = read(write(tmp_path, {"a.txt": text, "a.ann": f"T1\tPER {start} {end}\tOla Brun\n"}))
        assert not found.problems
        assert [text[slice(*mark.spans[0])] for mark in found.documents[0].marks] == ["Ola Brun"]
        assert [cause in note for note in found.notes] == ([True] if cause else [])

    def test_offsets_that_are_named_are_taken(self, tmp_path: Path) -> None:
        folder = write(tmp_path, {"a.txt": "🙂 Ola", "a.ann": "T1\tPER 3 6\n"})
        assert read(folder, offsets="utf-16").documents[0].marks[0].spans == ((2, 5),)
        assert "taken to count UTF-16 code units" in " ".join(read(folder).notes)
        assert "ends after the text" in str(read(folder, offsets="codepoint").problems[0])

    def test_byte_order_marks(self, tmp_path: Path) -> None:
        # brat counts the mark of the text; it is no part of the article.
        files = {"a.txt": "\ufeffOla left", "a.ann": "\ufeffT1\tPER 1 4\tOla\nT2\tX 5 9\tleft\r\n"}
        found = read(write(tmp_path, files))
        assert found.documents[0].text == "Ola left"
        assert [mark.spans for mark in found.documents[0].marks] == [((0, 3),), ((4, 8),)]
        assert found.notes == {"byte order marks taken away from texts": 1}

    def test_a_text_that_stands_elsewhere_is_refused(self, tmp_path: Path) -> None:
        lines = "T1\tPER 0 8\tOla Brun\nE1\tPER:T1\nA1\tSure T1\nR1\tby Arg1:T2 Arg2:E1\nT2\tPER 21 29\tOla Brun\n"
        found = read(write(tmp_path, {"a.txt": TEXT, "a.ann": lines}))
        (problem,) = found.problems
        assert f"{tmp_path / 'a.ann'}:1: T1: region [0, 8) is '“We will', not 'Ola Brun'" in str(problem)
        assert [mark.id for mark in found.documents[0].marks] == ["T2"]
        assert found.notes == {"lines about lines that could not be read, left out": 3}


class TestDamage:
    @pytest.mark.parametrize(
        ("line", "message"),
        [
            pytest.param("T2\tPER 0 x\tOla", "'PER 0 x' is no type with a place", id="place"),
            pytest.param("T2\tPER 0\t8\tOla", "is no type with a place", id="tabs between"),
            pytest.param("T2 PER 0 8 Ola", "'T2 PER 0 8 Ola' is no line of brat", id="blanks"),
            pytest.param("T1\tPER 16 20\tsaid", "the id 'T1' stands twice", id="twice"),
            pytest.param("E1\tSay:T9", "names 'T9', which is not there; an event's trigger is a line T", id="trigger"),
            pytest.param("E1\tSay:T1 Who:T9", "names 'T9', which is not there; mend it", id="argument"),
            pytest.param("E1\tSay:T1 Who", "is no line of brat", id="role"),
            pytest.param("E1\tSay:T1 Who:", "names no line after ':'", id="empty argument"),
            pytest.param("R1\tby Arg1:T1 Arg2:T9", "names 'T9', which is not there", id="relation"),
            pytest.param("R1\tby Arg1:T1", "is no line of brat", id="one end"),
            pytest.param("R1\tby T1 T1", "is no line of brat", id="ends without roles"),
            pytest.param("A1\tSure T9", "names 'T9', which is not there", id="attribute"),
            pytest.param("A1\tSure", "is no line of brat", id="attribute of nothing"),
            pytest.param("N1\tReference T1", "is no line of brat", id="no entry"),
            pytest.param("*\tEquiv T1", "is no line of brat", id="same as nothing"),
            pytest.param("*\tEquiv T1 T9", "names 'T9', which is not there", id="same as what is not there"),
            pytest.param("#1\tAnnotatorNotes T9\tso", "names 'T9', which is not there", id="note"),
            pytest.param("W1\tPER 0 8", "'W1 PER 0 8' is no line of brat; mend or delete it", id="unknown kind"),
            pytest.param("Ola went home.", "is no line of brat", id="garbage"),
            pytest.param("T2\tPER 5 2\tWe", "region [5, 2)", id="backwards"),
            pytest.param("T2\tPER 99999 999999\tWe", "region [99999, 999999)", id="outside"),
        ],
    )
    def test_a_broken_line_is_named_and_the_rest_is_read(self, tmp_path: Path, line: str, message: str) -> None:
        files = {"a.txt": TEXT, "a.ann": f"T1\tPER 21 29\tOla Brun\n\n{line}\nT3\tCue 16 20\tsaid\n"}
        found = read(write(tmp_path, files))
        (problem,) = found.problems
        assert f"{tmp_path / 'a.ann'}:3: " in str(problem)
        assert message in str(problem)
        assert {"T3"} <= {mark.id for mark in found.documents[0].marks} <= {"T1", "T3", "E1"}

    def test_a_comment_is_counted(self, tmp_path: Path) -> None:
        found = read(write(tmp_path, {"a.txt": TEXT, "a.ann": "# made by hand\nT1\tPER 21 29\tOla Brun\n"}))
        assert found.notes == {"comments about no line, left out": 1}

    def test_annotations_without_a_text(self, tmp_path: Path) -> None:
        found = read(write(tmp_path, {"a.ann": "T1\tPER 21 29\tOla Brun\n", "b.txt": TEXT, "b.ann": ""}))
        (problem,) = found.problems
        assert str(problem) == f"{tmp_path / 'a.ann'}: there is no a.txt to it; put the text beside its annotations"
        assert [document.id for document in found.documents] == ["b"]

    def test_a_text_without_annotations_is_counted(self, tmp_path: Path) -> None:
        found = read(write(tmp_path, {"a.txt": TEXT, "b.txt": TEXT, "b.ann": ""}))
        assert [document.id for document in found.documents] == ["b"]
        assert found.notes == {"texts without a file of annotations, left out as not annotated": 1}

    def test_files_that_are_not_utf_8(self, tmp_path: Path) -> None:
        found = read(
            write(
                tmp_path,
                {"a.txt": b"\xff\xfea", "a.ann": "", "b.txt": TEXT, "b.ann": "", "c.txt": b"\xe9", "c.ann": ""},
            )
        )
        assert [document.id for document in found.documents] == ["b"]
        assert ["is in UTF-16" in str(found.problems[0]), "not UTF-8 at byte 0" in str(found.problems[1])] == [
            True,
            True,
        ]


class TestFolders:
    def test_what_a_pair_is_named_by(self, tmp_path: Path) -> None:
        write(tmp_path, {"a.txt": "Ola left", "a.ann": "T1\tPER 0 3\tOla\n", "b.txt": TEXT, "b.ann": ""})
        for name in ("a.txt", "a.ann"):
            assert find_place(tmp_path / name).kind == "brat"
            assert [example.article.id for example in load_dataset(tmp_path / name).examples] == ["a"]
        assert find_place(tmp_path).kind == "brat"

    def test_parts_in_files_of_their_own(self, tmp_path: Path) -> None:
        files = {"a.txt": TEXT, "a.a1": "T1\tPER 21 29\tOla Brun\n", "a.a2": "T2\tSay 16 20\tsaid\nE1\tSay:T2 Who:T1\n"}
        write(tmp_path, files)
        for path in (tmp_path, tmp_path / "a.a1", tmp_path / "a.a2"):
            (document,) = read(path).documents
            assert [mark.id for mark in document.marks] == ["T1", "E1"]
        write(tmp_path, {"a.ann": ""})
        found = read(tmp_path)
        assert found.documents[0].marks == ()
        assert found.notes == {"files of parts left aside, as one with all annotations lies beside": 2}

    def test_splits_and_articles_that_are_called_alike(self, tmp_path: Path) -> None:
        names = ("train/news/a", "test/news/a", "dev/b", "c")
        write(tmp_path, {f"{name}{suffix}": text for name in names for suffix, text in ((".txt", TEXT), (".ann", ""))})
        write(tmp_path, {".hidden/x.ann": "T1", "test/.x.ann": "T1"})
        assert [(document.id, document.split) for document in read(tmp_path).documents] == [
            ("test-news-a", "test"),
            ("train-news-a", "train"),
            ("b", "dev"),
            ("c", None),
        ]

    def test_annotators_with_a_copy_of_the_texts_each(self, tmp_path: Path) -> None:
        names = ("ida/a", "kari/a", "ida/b", "kari/b")
        write(tmp_path, {f"{name}{suffix}": text for name in names for suffix, text in ((".txt", TEXT), (".ann", ""))})
        write(tmp_path, {"kari/b.txt": "Another text."})
        assert [(document.id, document.annotator) for document in read(tmp_path).documents] == [
            ("a", "ida"),
            ("a", "kari"),
            ("ida-b", ""),
            ("kari-b", ""),
        ]

    def test_files_of_another_tool_with_such_an_ending_are_not_claimed(self, tmp_path: Path) -> None:
        head = b"QUOTE\tQ1\t0\t0\t0\t1\tOla left\n"
        write(tmp_path, {"a.txt": "Ola left .\n", "a.ann": head})
        assert [BRAT.certainty(path, b"") for path in (tmp_path, tmp_path / "a.txt")] == [0, 0]
        assert BRAT.certainty(tmp_path / "a.ann", head) < 0.5

    def test_lines_of_brat_are_no_tag_columns(self, tmp_path: Path) -> None:
        write(tmp_path, {"a.ann": "T1\tPER 0 3\tOla\n"})
        with pytest.raises(FormatError, match="brat standoff file, which is no file of tag columns; give"):
            load_dataset(tmp_path / "a.ann", format="conll")


def test_polnear_is_read_by_its_profile(tmp_path: Path) -> None:
    lines = (
        "T1\tContent 0 15;31 43\t“We will stay,” “All of us.”",
        "T2\tCue 16 20\tsaid",
        "T3\tSource 21 29\tOla Brun",
        "T4\tAttribution 16 20\tsaid",
        "E1\tAttribution:T4 Content:T1 Cue:T2 Source:T3",
        "T5\tContent 44 58\tRuun had to go",
        "T6\tCue 59 70\twas thought",
        "T7\tAttribution-no-source 59 70\twas thought",
        "E2\tAttribution-no-source:T7 Content:T5 Cue:T6",
        "T8\tDiscard 71 72\t.",
    )
    text = "“We will stay,” said Ola Brun. “All of us.” Ruun had to go was thought ."
    write(
        tmp_path,
        {
            "data/dev/text/paper_2016-09-12_stay.txt": text,
            "data/dev/attributions/paper_2016-09-12_stay_4b22.ann": "\n".join(lines),
            "data/test/text/paper_2016-10-12_go.txt": text,
            "data/test/attributions/paper_2016-10-12_go_4b22.ann": "\n".join(lines),
            "data/test/attributions/paper_2016-10-12_go_ef2d.ann": "",
        },
    )
    polnear = ReadOptions(profile="polnear", split="all")
    told = [(one.id, one.split, one.annotator, dict(one.article)) for one in read(tmp_path).documents]
    assert told == [
        ("paper_2016-09-12_stay", "dev", "", {"annotator": "4b22"}),
        ("paper_2016-10-12_go", "test", "4b22", {}),
        ("paper_2016-10-12_go", "test", "ef2d", {}),
    ]
    (example,) = load_dataset(tmp_path / "data/test", read=replace(polnear, annotator="ef2d")).examples
    assert example.gold["quotes"] == ()
    (example,) = load_dataset(tmp_path / "data/dev", read=polnear).examples
    assert set(example.gold.layers) == {"quotes"}
    first, second = example.gold["quotes"] or ()
    assert isinstance(first, Quote)
    assert (first.kind, second.kind) == ("direct", "indirect")
    assert (first.content, first.cue, first.speaker) == ((Span(0, 15), Span(31, 43)), (Span(16, 20),), Span(21, 29))
    assert (second.content, second.cue, second.speaker) == ((Span(44, 58),), (Span(59, 70),), None)


class TestWriting:
    def test_a_folder_that_brat_shows(self, tmp_path: Path) -> None:
        row = {
            "id": "a/1",
            "text": TEXT,
            "entities": [
                {"start": 21, "end": 29, "label": "PER", "entity_id": "ola", "link": "Wikidata:Q7"},
                {"start": 3, "end": 5, "label": "WORK OF ART"},
            ],
            "quotes": [
                {
                    "kind": "direct",
                    "content": [[0, 15], [31, 43]],
                    "cue": [[16, 20]],
                    "speaker": [21, 29],
                    "speaker_id": "ola",
                }
            ],
        }
        (tmp_path / "gold.jsonl").write_text(json.dumps(row), encoding="utf-8")
        done = convert_dataset(tmp_path / "gold.jsonl", tmp_path / "out", to="brat")
        assert done.losses.written == {"entities": 2, "quotes": 1}
        assert str(done.losses) == ""
        assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
            "a%2F1.ann",
            "a%2F1.txt",
            "annotation.conf",
        ]
        assert (tmp_path / "out" / "a%2F1.txt").read_text() == TEXT
        lines = (tmp_path / "out" / "a%2F1.ann").read_text().splitlines()
        place = next(line.partition("\t")[0] for line in lines if line.endswith("\tPER 21 29\tOla Brun"))
        assert f"N1\tReference {place} Wikidata:Q7" in lines
        assert f"A1\tentity_id {place} ola" in lines
        assert any(line.endswith("\tQuote 0 15;31 43\t“We will stay,” “All of us.”") for line in lines)
        config = (tmp_path / "out" / "annotation.conf").read_text()
        assert "PER\n" in config
        assert "entity_id\tArg:<ANY>, Value:ola\n" in config
        convert_dataset(tmp_path / "out", tmp_path / "back.jsonl", to="native")
        (back,), (gold,) = (load_dataset(tmp_path / name).examples for name in ("back.jsonl", "gold.jsonl"))
        assert (back.article.id, back.article.text) == ("a/1", TEXT)
        entities = [
            sorted(
                (one.spans, one.label, one.entity_id or "", one.link or "") for one in example.gold["entities"] or ()
            )
            for example in (back, gold)
        ]
        assert entities[0] == entities[1]
        assert [(one.content, one.cue, one.speaker, one.kind) for one in back.gold["quotes"] or ()] == [
            (one.content, one.cue, one.speaker, one.kind) for one in gold.gold["quotes"] or ()
        ]

    def test_a_mark_that_somebody_moved_stays_where_it_is_now(self, tmp_path: Path) -> None:
        mark = Mark("T1", "a b", (Span(0, 4),), {}, 0.5)
        write_brat([Document(id="a", text="Ola\nleft", marks=(mark,))], tmp_path / "out", ReadOptions())
        assert read(tmp_path / "out").documents[0].marks == (mark,)
        file = tmp_path / "out" / "a.ann"
        file.write_text(file.read_text().replace("a_b 0 3\tOla", "PER 4 8\tleft"))
        (document,) = read(tmp_path / "out").documents
        assert (document.marks[0].type, document.marks[0].spans) == ("PER", (Span(4, 8),))

    def test_ids_that_are_no_names_of_files(self, tmp_path: Path) -> None:
        ids = ["../up", "/etc/x", "con", ".hidden", "-rf", "a b", "ü", "%2F", "a%2Fb", "NUL.txt"]
        documents = [Document(id=name, text=name) for name in ids]
        write_brat(documents, tmp_path / "out", ReadOptions())
        assert all(file.parent == tmp_path / "out" for file in tmp_path.rglob("*") if file.is_file())
        assert sorted(document.id for document in read(tmp_path / "out").documents) == sorted(ids)
        with pytest.raises(FormatError, match="cannot be the name of a file"):
            write_brat([Document(id="x" * 200, text="")], tmp_path / "long", ReadOptions())
        with pytest.raises(FormatError, match="there are two of this id"):
            write_brat([Document(id="x", text="")] * 2, tmp_path / "two", ReadOptions())


def test_a_long_file_is_read_in_linear_time(tmp_path: Path) -> None:
    words = ["Ola"] * 20_000
    lines = [f"T{n}\tPER {4 * n} {4 * n + 3}\tOla" for n in range(20_000)]
    lines.append(f"*\tEquiv {' '.join(f'T{n}' for n in range(20_000))}")
    document = of_lines(tmp_path, *lines, text=" ".join(words))
    assert (len(document.marks), len(document.links)) == (20_000, 19_999)
    write_brat([document], tmp_path / "out", ReadOptions())
    assert read(tmp_path / "out").documents[0].marks == document.marks


def test_what_is_left_out_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, {"a.txt": TEXT, "a.ann": "T1\tPER 21 29\tOla Brun\nA1\tMood T1 good\n", "b.txt": TEXT})
    assert main(["dataset", "validate", str(tmp_path)]) == 0
    captured = capsys.readouterr()
    assert "1 article, 1 entity" in captured.out
    said = captured.out + captured.err
    assert "1 text without a file of annotations, left out as not annotated" in said
    assert "Mood" in said


def test_equivalences_on_one_line_of_several_files_are_all_read(tmp_path: Path) -> None:
    files = {
        "x.txt": "Anna saw Ann and Bob or Robert.",
        "x.a1": "T1\tPER 0 4\tAnna\nT2\tPER 9 12\tAnn\n*\tEquiv T1 T2\n",
        "x.a2": "T3\tPER 17 20\tBob\nT4\tPER 24 30\tRobert\n*\tEquiv T3 T4\n",
    }
    (document,) = read(write(tmp_path, files)).documents
    assert [link[:3] for link in document.links] == [("Equiv", "T1", "T2"), ("Equiv", "T3", "T4")]


def test_a_note_on_an_entry_is_called_after_it(tmp_path: Path) -> None:
    lines = "T1\tPER 0 4\tAnna\nN1\tWiki T1 W:1\tAnna\n#1\tAnnotatorNotes N1\thm\n"
    (document,) = read(write(tmp_path, {"x.txt": "Anna saw", "x.ann": lines})).documents
    (mark,) = document.marks
    assert mark.features == {"Wiki": "W:1", "link_name": "Anna", "Wiki.note": "hm"}


def test_how_offsets_count_may_be_said(tmp_path: Path) -> None:
    files = {"x.txt": "\U0001f600 aaaa", "x.ann": "T1\tPER 3 5\taa\n"}
    place = write(tmp_path, files)
    starts = {}
    for counting in ("utf-16", "code-points"):
        (raw,) = load_dataset(place, split="all", read=ReadOptions(offsets=counting)).examples
        starts[counting] = [entity.spans[0].start for entity in raw.gold["entities"]]
    assert starts == {"utf-16": [2], "code-points": [3]}
