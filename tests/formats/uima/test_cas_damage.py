"""Damaged and hostile CASes: one line each, the rest is read, nothing is fetched, nothing unfolds."""

from __future__ import annotations

import json
import random
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalkit.errors import FormatError
from evalkit.formats.base import Source
from evalkit.formats.safe_xml import parse_xml, root_name
from evalkit.formats.standoff.document import Documents
from evalkit.formats.uima.files import JSON, XMI, CasFiles
from evalkit.options import ReadOptions
from tests.formats.uima import inception
from tests.mutations import mutated


def read(files: CasFiles, path: Path) -> Documents:
    return files.documents(Source(path=path), ReadOptions())


def refused(found: Documents) -> str:
    """The one line that says what is wrong."""
    assert found.documents == ()
    (problem,) = found.problems
    assert "\n" not in str(problem)
    return str(problem)


def changed_xmi(folder: Path, old: str, new: str) -> Path:
    path = inception.write_xmi(folder)
    content = inception.xmi()
    assert old in content
    path.write_text(content.replace(old, new), encoding="utf-8")
    return path


BOMB = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))


@pytest.mark.parametrize(
    "prolog",
    [
        pytest.param(f'<!DOCTYPE x [<!ENTITY e0 "lol">{BOMB}]>', id="entities that unfold"),
        pytest.param('<!DOCTYPE x [<!ENTITY e9 SYSTEM "file:///etc/passwd">]>', id="a file"),
        pytest.param('<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd">%p;]>', id="a parameter"),
        pytest.param('<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">', id="a document type elsewhere"),
    ],
)
def test_document_types_are_refused(tmp_path: Path, prolog: str) -> None:
    path = changed_xmi(tmp_path, "<xmi:XMI", f"{prolog}<xmi:XMI")
    path.write_text(path.read_text(encoding="utf-8").replace("Never", "&e9;"), encoding="utf-8")
    started = time.perf_counter()
    assert "declares a document type (DOCTYPE)" in refused(read(XMI, path))
    assert time.perf_counter() - started < 2
    # In UTF-16 no pattern of bytes would find it.
    path.write_bytes(path.read_text(encoding="utf-8").replace("UTF-8", "UTF-16").encode("utf-16"))
    assert "declares a document type (DOCTYPE)" in refused(read(XMI, path))


def test_types_are_looked_at_in_the_same_way(tmp_path: Path) -> None:
    path = inception.write_xmi(tmp_path)
    (tmp_path / "TypeSystem.xml").write_text(inception.TYPE_SYSTEM.replace("<typeS", "<!DOCTYPE x []><typeS", 1))
    assert "TypeSystem.xml: declares a document type" in refused(read(XMI, path))


def test_a_document_type_that_only_names_something_may_pass() -> None:
    named = b'<!DOCTYPE TEI SYSTEM "http://127.0.0.1:9/tei.dtd"><TEI/>'
    assert parse_xml(named, "f", named_type=True).tag == "TEI"
    with pytest.raises(FormatError, match="declares a document type"):
        parse_xml(named.replace(b">", b" [<!ENTITY a 'b'>]>", 1), "f", named_type=True)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param('begin="3" end="11" value', 'begin="3" end="99" value', "ends after the text", id="past the end"),
        pytest.param('begin="3" end="11" value', 'begin="1" end="11" value', "parts the character '😀'", id="half"),
        pytest.param('begin="3" end="11" value', 'begin="11" end="3" value', "is empty or ends before", id="turned"),
        pytest.param('begin="3" end="11" value', 'begin="-3" end="11" value', "begins before the text", id="negative"),
    ],
)
def test_a_wrong_place_is_named_and_the_rest_is_read(tmp_path: Path, old: str, new: str, expected: str) -> None:
    found = read(XMI, changed_xmi(tmp_path, old, new))
    (problem,) = found.problems
    assert expected in str(problem)
    assert "NamedEntity 20" in str(problem)
    (document,) = found.documents
    assert {mark.id for mark in document.marks} >= {"21", "22", "30"}
    assert "20" not in {mark.id for mark in document.marks}
    assert not any("20" in (link.source, link.target) for link in document.links)
    assert found.notes["links to annotations that could not be read, left out"] == 3


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param('begin="3"', 'begin="three"', "begin must be a whole number, found 'three'", id="no number"),
        pytest.param('target="22"', 'target="999"', "999", id="a reference to nothing"),
        pytest.param('xmi:id="21"', 'xmi:id="20"', "the id 20 is given twice", id="twice"),
        pytest.param(":NamedEntity ", ":Nobody ", "Nobody", id="an unknown type"),
        pytest.param("<xmi:XMI", "<xmi:XML", "not valid XML", id="cut"),
        pytest.param("sofaString=", "other=", "no CAS that can be read", id="no text"),
        pytest.param("Never", "Ne&#1;ver", "UIMA CAS JSON", id="a control character"),
        pytest.param("Never", "Ne&nbsp;ver", "not valid XML", id="an entity that nobody declared"),
    ],
)
def test_damaged_xmi(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert expected in refused(read(XMI, changed_xmi(tmp_path, old, new)))


def test_xml_of_other_kinds(tmp_path: Path) -> None:
    path = inception.write_xmi(tmp_path)
    path.write_text("<TEI/>")
    assert "is no XMI but XML with the root 'TEI'" in refused(read(XMI, path))
    (tmp_path / "TypeSystem.xml").write_text("<TEI/>")
    path.write_text(inception.xmi())
    assert "is no type system of UIMA" in refused(read(XMI, path))
    (tmp_path / "TypeSystem.xml").unlink()
    assert "has no TypeSystem.xml beside it" in refused(read(XMI, path))


def test_archives(tmp_path: Path) -> None:
    path = inception.write_zip(tmp_path / "a.zip")
    content = path.read_bytes()
    path.write_bytes(content[:-30])
    assert "the archive is damaged" in refused(read(XMI, path))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.xmi", inception.xmi())
    assert "holds no TypeSystem.xml" in refused(read(XMI, path))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("TypeSystem.xml", inception.TYPE_SYSTEM)
    assert "holds no file that ends in .xmi" in refused(read(XMI, path))


def changed_json(path: Path, change: Callable[[dict[str, Any], dict[int, dict[str, Any]]], object]) -> Path:
    cas = inception.json_cas()
    change(cas, {one["%ID"]: one for one in cas["%FEATURE_STRUCTURES"]})
    path.write_text(json.dumps(cas), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(lambda cas, by_id: by_id[71].update({"@target": 999}), "refers to 999", id="a lost target"),
        pytest.param(lambda cas, by_id: by_id[102]["%ELEMENTS"].append(998), "refers to 998", id="a lost element"),
        pytest.param(lambda cas, by_id: by_id[71].update({"%ID": 20}), "the id 20 is given twice", id="twice"),
        pytest.param(lambda cas, by_id: by_id[71].pop("%TYPE"), "without %ID and %TYPE", id="no type"),
        pytest.param(lambda cas, by_id: by_id[20].update({"%TYPE": "x.Y"}), "x.Y", id="an unknown type"),
        pytest.param(lambda cas, by_id: cas.pop("%TYPES"), "has no %TYPES", id="no types"),
        pytest.param(lambda cas, by_id: cas.pop("%VIEWS"), "no %VIEWS", id="no views"),
        pytest.param(lambda cas, by_id: by_id[1].pop("sofaString"), "the CAS has no text", id="no text"),
        pytest.param(
            lambda cas, by_id: cas["%TYPES"]["webanno.custom.Quote"].update({"%SUPER_TYPE": "webanno.custom.Quote"}),
            "no CAS that can be read",
            id="a type above itself",
        ),
    ],
)
def test_damaged_json(tmp_path: Path, change: Callable[..., object], expected: str) -> None:
    assert expected in refused(read(JSON, changed_json(tmp_path / "a.json", change)))


def test_a_wrong_place_in_json(tmp_path: Path) -> None:
    found = read(JSON, changed_json(tmp_path / "a.json", lambda cas, by_id: by_id[20].update({"begin": 1})))
    assert "parts the character '😀'" in str(found.problems[0])
    assert len(found.documents) == 1


@pytest.mark.parametrize("name", ["a.xmi", "a.json"])
def test_thousands_of_wrong_places_take_no_longer(tmp_path: Path, name: str) -> None:
    text = "😀 Ida left. " * 2000
    cas, content = inception.json_cas(text=text), inception.xmi(text=text)
    types = "webanno.custom.Doubt"
    for known in range(2000, 4000):
        place = {"begin": 10**7 + known, "end": 10**7 + known + 3}
        cas["%FEATURE_STRUCTURES"].append({"%ID": known, "%TYPE": types, "@sofa": 1, **place})
        cas["%VIEWS"]["_InitialView"]["%MEMBERS"].append(known)
    more = "".join(
        f'<d:Doubt xmlns:d="http:///webanno/custom.ecore" xmi:id="{known}" sofa="1" begin="{10**7}" end="{10**7 + 3}"/>'
        for known in range(2000, 4000)
    )
    content = content.replace("<cas:Sofa", f"{more}<cas:Sofa").replace(
        'members="', f'members="{" ".join(map(str, range(2000, 4000)))} '
    )
    inception.write_xmi(tmp_path, "a.xmi").write_text(content, encoding="utf-8")
    (tmp_path / "a.json").write_text(json.dumps(cas), encoding="utf-8")
    started = time.process_time()
    found = read(XMI if name == "a.xmi" else JSON, tmp_path / name)
    assert len(found.problems) >= 2000
    assert time.process_time() - started < 3


def test_code_points_that_a_program_wrote_are_read_if_somebody_says_so(tmp_path: Path) -> None:
    path = changed_json(tmp_path / "a.json", lambda cas, by_id: by_id[20].update({"begin": 2, "end": 10}))
    (document,) = JSON.documents(Source(path=path), ReadOptions(offsets="codepoint")).documents
    marks = {mark.id: mark for mark in document.marks}
    assert document.text[slice(*marks["20"].spans[0])] == "Ida Moen"


def test_a_chain_that_goes_in_a_circle(tmp_path: Path) -> None:
    found = read(JSON, changed_json(tmp_path / "a.json", lambda cas, by_id: by_id[42].update({"@next": 41})))
    assert "goes in a circle at 41" in str(found.problems[0])
    assert [link.type for link in found.documents[0].links].count("Coreference") == 1


@pytest.mark.parametrize("name", ["a.xmi", "TypeSystem.xml", "a.json", "a.zip"])
def test_nothing_else_than_one_line_comes_of_changed_bytes(tmp_path: Path, name: str) -> None:
    path = inception.write_xmi(tmp_path, "a.xmi")
    inception.write_json(tmp_path / "a.json")
    inception.write_zip(tmp_path / "a.zip")
    content, pick = (tmp_path / name).read_bytes(), random.Random(name)
    files, read_path = (JSON, tmp_path / name) if name == "a.json" else (XMI, path if "T" in name else tmp_path / name)
    for _ in range(60):
        (tmp_path / name).write_bytes(mutated(content, pick))
        started = time.perf_counter()
        for problem in read(files, read_path).problems:
            assert "\n" not in str(problem)
        assert time.perf_counter() - started < 2


def test_root_names() -> None:
    assert root_name(inception.xmi().encode()) == "xmi:XMI"
    assert root_name(b"\xef\xbb\xbf<!-- a --><TEI xmlns='b'>") == "TEI"
    assert root_name(b"no XML") == root_name(b"") == ""
