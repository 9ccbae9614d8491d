"""Archives of annotation files are read like the folders that they hold, and refused where they are no such thing."""

from __future__ import annotations

import bz2
import gc
import gzip
import io
import json
import lzma
import tarfile
import tempfile
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalkit.dataset.checking.validate import validate_dataset
from evalkit.dataset.loading import archives
from evalkit.dataset.loading.load import load_dataset, load_splits
from evalkit.dataset.loading.sources import find_place, read_place
from evalkit.errors import EvalkitError, FormatError, InputError

ROW = {"id": "a", "text": "Ida Moen left Oslo.", "entities": [{"start": 0, "end": 8, "label": "PER"}]}
LINE = json.dumps(ROW) + "\n"


def zipped(path, files, mode=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", mode) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tarred(path, files, mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content.encode())
            archive.addfile(info, io.BytesIO(content.encode()))
    return path


@pytest.fixture(autouse=True)
def _nothing_is_left_behind(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    gc.collect()
    assert not list(folder.iterdir())


PACKED = {
    "gold.jsonl.gz": lambda path: path.write_bytes(gzip.compress(LINE.encode())),
    "gold.jsonl.bz2": lambda path: path.write_bytes(bz2.compress(LINE.encode())),
    "gold.jsonl.xz": lambda path: path.write_bytes(lzma.compress(LINE.encode())),
    "gold.zip": lambda path: zipped(path, {"export/gold.jsonl": LINE, "__MACOSX/._gold.jsonl": "x", ".hidden": "y"}),
    "gold.tar": lambda path: tarred(path, {"gold.jsonl": LINE}, "w"),
    "gold.tgz": lambda path: tarred(path, {"./gold.jsonl": LINE}),
    "gold.tar.xz": lambda path: tarred(path, {"gold.jsonl": LINE}, "w:xz"),
}


@pytest.mark.parametrize("name", PACKED)
def test_an_archive_of_one_file_is_that_file(tmp_path, name):
    PACKED[name](tmp_path / name)
    gold = load_dataset(tmp_path / name, split="all")
    assert [one.article.id for one in gold] == ["a"]
    # What loads it again is the archive.
    assert gold.origin["dataset"] == str(tmp_path / name)
    assert load_dataset(gold.origin["dataset"], split="all").fingerprint == gold.fingerprint


@pytest.mark.parametrize(
    "files", [{"a.conll": "Ida\tB-PER\nleft\tO\n" * 9}, {"a.csv": "id,text,start,end,label\na,Ida,0,3,PER\n"}]
)
def test_what_is_packed_without_compression_is_no_file_of_its_format(tmp_path, files):
    several = files | {f"b{name}": content.replace("Ida", "Kari") for name, content in files.items()}
    place = find_place(zipped(tmp_path / "gold.zip", several, zipfile.ZIP_STORED))
    assert place.unpacked is not None
    assert place.path.is_dir()


def test_an_archive_or_folder_without_annotations_says_so_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("evalkit.dataset.loading.sources.read_hub", lambda *_, **__: pytest.fail("datasets was asked"))
    (tmp_path / "gold").mkdir()
    (tmp_path / "gold" / "a.txt").write_text("")
    for path in (zipped(tmp_path / "gold.zip", {f"{n}.txt": "" for n in range(300)}), tmp_path / "gold"):
        with pytest.raises(InputError, match=rf"{path.name}: holds no annotations: .*\(\d+ .txt\)") as raised:
            load_splits(path)
        assert "\n" not in str(raised.value)


def test_folders_in_an_archive_are_splits(tmp_path):
    inline = "id: {0}\n---\n[[PER:moen|Ida Moen]] left Oslo.\n---\n"
    files = {f"project/{split}/{name}.txt": inline.format(name) for split, name in (("train", "a"), ("test", "b"))}
    splits = load_splits(zipped(tmp_path / "gold.zip", files))
    assert {split.split: [one.article.id for one in split] for split in splits} == {"train": ["a"], "test": ["b"]}
    alone = {name: content for name, content in files.items() if "train" in name}
    assert [split.split for split in load_splits(zipped(tmp_path / "alone.zip", alone))] == ["train"]


def test_labels_beside_an_archive_or_in_it_count(tmp_path):
    (tmp_path / "labels.toml").write_text("[entities.LOC]\n", encoding="utf-8")
    (tmp_path / "gold.jsonl.gz").write_bytes(gzip.compress(LINE.encode()))
    assert [problem.code for problem in validate_dataset(tmp_path / "gold.jsonl.gz").problems] == ["label-unknown"]
    inside = zipped(tmp_path / "gold.zip", {"gold/a.jsonl": LINE, "gold/labels.toml": "[entities.PER]\n"})
    assert not validate_dataset(inside).problems


def test_problems_name_the_archive_and_the_file_in_it(tmp_path):
    path = zipped(tmp_path / "gold.zip", {"x/a.jsonl": LINE, "x/b.jsonl": '{"id": "b", "text": 3, "entities": []}\n'})
    with pytest.raises(FormatError) as caught:
        load_dataset(path, split="all")
    assert str(caught.value).startswith(f"{path}/x/b.jsonl:1: ")
    strange = zipped(tmp_path / "strange.zip", {"a.dat": "\x00\x01"})
    with pytest.raises(InputError) as refused:
        load_dataset(strange, split="all")
    assert str(refused.value).startswith(f"{strange}/a.dat: ")


def test_claims_and_notes_name_the_archive(tmp_path):
    place = find_place(zipped(tmp_path / "gold.zip", {"x/a.jsonl": LINE, "x/b.jsonl": LINE.replace('"a"', '"b"')}))
    batch = read_place(place)
    assert [claim.where for claim in batch.claims] == [f"{tmp_path}/gold.zip/x/{name}.jsonl:1" for name in "ab"]


@pytest.mark.parametrize("name", ["../out.json", "/etc/out.json", "a/../../out.json", "a\\..\\out.json", "C:/out.json"])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_names_that_lead_out_are_refused(tmp_path, pack, name):
    path = pack(tmp_path / ("gold.zip" if pack is zipped else "gold.tar.gz"), {"a.jsonl": LINE, name: LINE})
    with pytest.raises(FormatError, match="the name leads out of the archive"):
        load_dataset(path)
    assert not list(tmp_path.parent.glob("**/out.json"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_refused(tmp_path, kind):
    path = tmp_path / "gold.tar"
    with tarfile.open(path, "w") as archive:
        info = tarfile.TarInfo("a.jsonl")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(FormatError, match=r"a\.jsonl: is a link or a device"):
        load_dataset(path)


def test_a_link_in_a_zip_is_refused(tmp_path):
    path = tmp_path / "gold.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("a.jsonl")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(FormatError, match="is a link or a device"):
        load_dataset(path)


def inner(path, files):
    """The bytes of an archive."""
    return zipped(path, files).read_bytes()


def test_zips_in_an_archive_are_the_folders_that_they_hold(tmp_path):
    line = LINE.replace('"a"', '"b"')
    files = {
        "x/one.ZIP": inner(tmp_path / "1", {"a.jsonl": LINE}),
        "x/two.zip": inner(tmp_path / "2", {"a.jsonl": line}),
    }
    path = zipped(tmp_path / "gold.zip", files)
    assert [one.article.id for one in load_dataset(path, split="all")] == ["a", "b"]


def test_hostile_archives_in_archives_are_refused(tmp_path, monkeypatch):
    zip_ = inner(tmp_path / "1", {"a.jsonl": LINE})
    deeper = inner(tmp_path / "2", {"b.zip": zip_})
    for name, content, message in (
        ("inner.ZIP", b"x", r"inner\.ZIP: damaged"),
        ("inner.tgz", zip_, r"inner\.tgz: is an archive inside an archive"),
        ("inner.zip", deeper, r"inner\.zip/b\.zip: is an archive inside an archive"),
        ("inner.zip", inner(tmp_path / "3", {"../a.jsonl": LINE}), r"inner\.zip/\.\./a\.jsonl: the name leads out"),
        ("inner.zip", zip_[:-30], r"inner\.zip: damaged"),
    ):
        with pytest.raises(FormatError, match=message):
            load_dataset(zipped(tmp_path / "gold.zip", {name: content}))
    with pytest.raises(FormatError, match="is in the archive twice"):
        load_dataset(zipped(tmp_path / "gold.zip", {"in.zip": zip_, "in/A.jsonl": LINE}))
    # Each of two zips is small, and so is what is in it; together they are too much.
    monkeypatch.setattr(archives, "UNSUSPICIOUS", 1 << 16)
    many = inner(tmp_path / "4", {"a.jsonl": "0" * (1 << 20)})
    bombs = zipped(tmp_path / "gold.zip", {f"{number}.zip": many for number in range(3)})
    with pytest.raises(FormatError, match=r"/[012]\.zip/a\.jsonl: unpacks to more than 200 times the size"):
        load_dataset(bombs)
    monkeypatch.setattr(archives, "MOST_MEMBERS", 4)
    few = zipped(tmp_path / "gold.zip", {f"{number}.zip": zip_ for number in range(3)})
    with pytest.raises(FormatError, match="more than 4 files"):
        load_dataset(few)


def test_one_that_fills_the_disk_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "UNSUSPICIOUS", 1 << 16)
    bomb = zipped(tmp_path / "gold.zip", {"a.jsonl": "0" * (1 << 22)})
    with pytest.raises(FormatError, match="more than 200 times the size"):
        load_dataset(bomb)
    monkeypatch.setattr(archives, "MOST_BYTES", 1 << 16)
    with pytest.raises(FormatError, match="more than 0 GiB"):
        load_dataset(bomb)
    monkeypatch.setattr(archives, "MOST_MEMBERS", 1)
    with pytest.raises(FormatError, match="more than 1 files"):
        load_dataset(zipped(tmp_path / "many.zip", {"a.jsonl": LINE, "b.jsonl": LINE}))


def test_a_name_that_is_there_twice_is_refused(tmp_path):
    with pytest.raises(FormatError, match=r"A\.jsonl: is in the archive twice"):
        load_dataset(zipped(tmp_path / "gold.zip", {"a.jsonl": LINE, "A.jsonl": LINE}))


@pytest.mark.parametrize(
    "name", ["gold.zip", "gold.tar", "gold.tgz", "gold.jsonl.gz", "gold.jsonl.xz", "gold.jsonl.bz2"]
)
def test_an_empty_and_a_broken_one_are_named(tmp_path, name):
    (tmp_path / name).write_bytes(b"not packed at all")
    with pytest.raises(EvalkitError) as caught:
        load_dataset(tmp_path / name)
    assert str(caught.value).startswith(str(tmp_path / name))


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_no_bytes_crash_it(tmp_path, data):
    name = data.draw(st.sampled_from(sorted(PACKED)))
    path = tmp_path / name
    PACKED[name](path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content[: data.draw(st.integers(1, len(content)))]))
    try:
        load_dataset(path, split="all")
    except EvalkitError as error:
        assert str(error).count("\n") == 0  # noqa: PT017
