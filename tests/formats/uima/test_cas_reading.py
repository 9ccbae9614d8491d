"""What INCEpTION exports is read: XMI with its types beside or in an archive, JSON, and whole projects."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from evalkit.dataset.loading.load import load_dataset
from evalkit.formats.base import Source
from evalkit.formats.standoff.document import Document, Documents, Link
from evalkit.formats.uima.files import JSON, XMI, CasFiles
from evalkit.options import ReadOptions
from tests.formats.uima import inception


def read(files: CasFiles, path: Path) -> Documents:
    return files.documents(Source(path=path), ReadOptions())


def the_one(found: Documents) -> Document:
    assert found.problems == ()
    (document,) = found.documents
    return document


@pytest.fixture(params=["xmi", "zip", "json"])
def document(request: pytest.FixtureRequest, tmp_path: Path) -> Document:
    if request.param == "json":
        return the_one(read(JSON, inception.write_json(tmp_path / "a.json")))
    path = inception.write_xmi(tmp_path) if request.param == "xmi" else inception.write_zip(tmp_path / "a.zip")
    return the_one(read(XMI, path))


def test_marks_stand_where_the_emoji_is_one_character(document: Document) -> None:
    assert document.text == inception.TEXT
    marked = {mark.id: (mark.type, [document.text[slice(*span)] for span in mark.spans]) for mark in document.marks}
    assert marked == {
        "12": ("Token", ["Moen"]),
        "20": ("NamedEntity", ["Ida Moen"]),
        "21": ("NamedEntity", ["Ruun"]),
        "22": ("NamedEntity", ["Moen"]),
        "30": ("Quote", ["Never,"]),
        "41": ("CoreferenceLink", ["Ida Moen"]),
        "42": ("CoreferenceLink", ["Moen"]),
        "43": ("Doubt", ["Never,"]),
        "52": ("Doubt", ["left"]),
        "50": ("Topic", []),
    }


def test_features_are_text_and_lists_of_it(document: Document) -> None:
    features = {mark.id: dict(mark.features) for mark in document.marks}
    assert features["20"] == {"value": "PER", "identifier": "http://kb/Q1"}
    assert features["30"] == {"kind": "direct", "tags": ("a b", "c")}
    assert features["43"] == {"degree": "0.5", "sure": "true"}
    assert features["50"] == {"value": "departures"}


def test_references_slots_relations_and_chains_are_links(document: Document) -> None:
    assert set(map(_bare, document.links)) == {
        # A slot is called by its role, and by its feature where it has none.
        ("main", "30", "22"),
        ("speaker", "30", "20"),
        ("Relation", "20", "21"),
        ("about", "43", "20"),
        # What an annotation refers to is a mark, also where it is a token.
        ("about", "52", "12"),
        ("Coreference", "41", "42"),
    }
    said = {link.type: dict(link.features) for link in document.links if link.features}
    assert said == {"Relation": {"label": "left"}, "Coreference": {"referenceRelation": "same"}}


def _bare(link: Link) -> tuple[str, str, str]:
    return link.type, link.source, link.target


def test_the_title_is_the_name_and_the_id_is_who_annotated(document: Document) -> None:
    assert (document.id, document.annotator, document.ground_truth) == ("ruun", "anna", False)
    assert document.article == {"lang": "en"}


def test_layers_that_could_have_been_used(document: Document) -> None:
    assert {"Quote", "NamedEntity", "speaker"} <= document.declared
    assert "Token" not in document.declared


def test_what_is_left_aside_is_counted(tmp_path: Path) -> None:
    assert dict(read(XMI, inception.write_xmi(tmp_path)).notes) == {
        "annotations of no characters (Doubt), left out": 1,
        "tokens, sentences and other structure of the text, which are no layers, not read": 3,
    }


def test_all_ways_of_writing_say_the_same(tmp_path: Path) -> None:
    xmi = the_one(read(XMI, inception.write_xmi(tmp_path / "x")))
    for files, path in (
        (XMI, inception.write_zip(tmp_path / "z.zip")),
        (JSON, inception.write_json(tmp_path / "j.json")),
    ):
        assert replace(the_one(read(files, path)), where="") == replace(xmi, where="")


class TestProjects:
    def test_folders_say_who_annotated_what(self, tmp_path: Path) -> None:
        for owner in ("anna", "bo"):
            inception.write_zip(tmp_path / "annotation" / "ruun.txt" / f"{owner}.zip", owner)
        inception.write_zip(tmp_path / "annotation" / "ruun.txt" / "INITIAL_CAS.zip", "INITIAL_CAS")
        inception.write_zip(tmp_path / "curation" / "ruun.txt" / "CURATION_USER.zip", "CURATION_USER")
        (tmp_path / "exportedproject.json").write_text('{"name": "p"}')
        assert XMI.certainty(tmp_path, b"") > 0.9
        assert JSON.certainty(tmp_path, b"") == 0
        found = read(XMI, tmp_path)
        assert found.problems == ()
        assert [(one.id, one.annotator, one.ground_truth) for one in found.documents] == [
            ("ruun", "anna", False),
            ("ruun", "bo", False),
            ("ruun", "", True),
        ]
        assert found.notes["documents as they were imported (INITIAL_CAS), left out"] == 1

    def test_an_archive_of_a_project_is_that_project(self, tmp_path: Path) -> None:
        for place in ("annotation/ruun.txt/anna", "annotation/ruun.txt/INITIAL_CAS", "curation/ruun.txt/CURATION_USER"):
            inception.write_zip(tmp_path / "project" / f"{place}.zip", place.rpartition("/")[2])
        packed = shutil.make_archive(str(tmp_path / "export"), "zip", tmp_path / "project")
        here, there = load_dataset(tmp_path / "project", split="all"), load_dataset(packed, split="all")
        assert here.fingerprint == there.fingerprint
        assert [sorted(example.readings) for example in there] == [["anna"]]
        assert here.notes == there.notes

    def test_json_and_splits(self, tmp_path: Path) -> None:
        inception.write_json(tmp_path / "dev" / "annotation" / "ruun.txt" / "anna.json")
        (tmp_path / "dev" / "other.json").write_text('[{"id": "a"}]')
        assert JSON.certainty(tmp_path, b"") > 0.9
        assert XMI.certainty(tmp_path, b"") == 0
        found = read(JSON, tmp_path)
        assert [(one.id, one.annotator, one.split) for one in found.documents] == [("ruun", "anna", "dev")]

    def test_types_lie_in_the_folder_or_above_it(self, tmp_path: Path) -> None:
        inception.write_xmi(tmp_path / "annotation" / "ruun.txt").rename(
            tmp_path / "annotation" / "ruun.txt" / "anna.xmi"
        )
        (tmp_path / "annotation" / "ruun.txt" / "TypeSystem.xml").rename(tmp_path / "TypeSystem.xml")
        assert the_one(read(XMI, tmp_path)).annotator == "anna"


class TestSniffing:
    def test_it_looks_inside(self, tmp_path: Path) -> None:
        xmi, js = inception.xmi().encode(), json.dumps(inception.json_cas()).encode()
        path = tmp_path / "a"
        assert XMI.certainty(path, xmi) > 0.9
        assert JSON.certainty(path, js) > 0.9
        for head in (js, b"<TEI/>", b"", b"PK\x03\x04", inception.TYPE_SYSTEM.encode()):
            assert XMI.certainty(path, head) == 0
        for head in (xmi, b'[{"id": "%TYPES"}]', b'{"id": "a"}', b""):
            assert JSON.certainty(path, head) == 0


class TestOtherTools:
    """CASes of DKPro Core and of others, whose metadata says other things."""

    @pytest.mark.parametrize(
        ("metadata", "expected"),
        [
            pytest.param({"documentId": "a17", "documentTitle": "A storm"}, ("a17", "", "A storm"), id="id and title"),
            pytest.param(
                {"documentId": "news/a17.txt", "documentTitle": "a17.txt", "documentUri": "file:/x/news/a17.txt"},
                ("a17", "", None),
                id="DKPro Core",
            ),
            pytest.param(
                {"documentId": "bo", "documentTitle": "a17.txt", "documentUri": "p/bo"}, ("a17", "bo", None), id="older"
            ),
            pytest.param({"documentTitle": "a17.txt"}, ("a17", "", None), id="title only"),
            pytest.param({}, ("file", "", None), id="nothing"),
        ],
    )
    def test_names(self, tmp_path: Path, metadata: dict[str, str], expected: tuple[str, str, str | None]) -> None:
        cas = inception.json_cas()
        for one in cas["%FEATURE_STRUCTURES"]:
            if one["%ID"] == 8:
                for key in ("documentTitle", "documentId", "documentUri", "collectionId"):
                    one.pop(key)
                one.update(metadata)
        (tmp_path / "file.json").write_text(json.dumps(cas))
        document = the_one(read(JSON, tmp_path / "file.json"))
        assert (document.id, document.annotator, document.article.get("title")) == expected

    def test_other_views_are_counted(self, tmp_path: Path) -> None:
        cas = inception.json_cas()
        cas["%FEATURE_STRUCTURES"].append(
            {"%ID": 900, "%TYPE": "uima.cas.Sofa", "sofaNum": 2, "sofaID": "Translation", "sofaString": "Aldri."}
        )
        cas["%VIEWS"]["Translation"] = {"%SOFA": 900, "%MEMBERS": []}
        (tmp_path / "a.json").write_text(json.dumps(cas))
        found = read(JSON, tmp_path / "a.json")
        assert the_one(found).text == inception.TEXT
        assert found.notes["views of a CAS besides _InitialView, not read"] == 1

    def test_two_types_that_end_alike_are_called_by_their_whole_names(self, tmp_path: Path) -> None:
        other = inception.TYPE_SYSTEM.replace(
            "<types>",
            "<types><typeDescription><name>lab.NamedEntity</name><description/>"
            "<supertypeName>uima.tcas.Annotation</supertypeName><features/></typeDescription>",
        )
        path = inception.write_xmi(tmp_path)
        (tmp_path / "TypeSystem.xml").write_text(other)
        types = {mark.type for mark in the_one(read(XMI, path)).marks}
        assert "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity" in types
        assert "Quote" in types


def test_an_archive_of_several_documents(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("TypeSystem.xml", inception.TYPE_SYSTEM)
        archive.writestr("b/ruun.xmi", inception.xmi("bo"))
        archive.writestr("a/ruun.xmi", inception.xmi("anna"))
        archive.writestr("__MACOSX/a/._ruun.xmi", b"\0")
    assert [one.annotator for one in read(XMI, tmp_path / "all.zip").documents] == ["anna", "bo"]


@pytest.mark.parametrize(("folder", "split"), [("myproject", None), ("batch7", None), ("Dev", "Dev")])
def test_only_usual_names_of_folders_are_splits(tmp_path: Path, folder: str, split: str | None) -> None:
    inception.write_xmi(tmp_path / folder)
    assert the_one(read(XMI, tmp_path)).split == split
