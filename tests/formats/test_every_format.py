"""Every registered format, also that of another package, is taken by every command and comes back as it went."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalkit.cli.main import main
from evalkit.dataset.loading.load import load_dataset, load_splits
from evalkit.dataset.loading.sources import find_place
from evalkit.dataset.making.convert import convert_dataset
from evalkit.errors import FormatError
from evalkit.formats.table import FORMATS, head_of, load_format
from evalkit.layers.entities import ENTITIES
from evalkit.records import Example

NAMES = [*FORMATS.names(), "offsets"]
WRITTEN = [name for name in NAMES if name == "offsets" or load_format(name).write is not None]

ONE_EACH = ("inline", "xmi", "casjson")

ROWS = [
    {
        "id": "a",
        "text": "Ola Brun left Ruun .\n",
        "entities": [{"start": 0, "end": 8, "label": "PER"}, {"start": 14, "end": 18, "label": "GPE"}],
    },
    {"id": "b", "text": "Nobody stayed .\n", "entities": []},
    {"id": "c", "text": "Ruun is far .\nOla went .\n", "entities": [{"start": 14, "end": 17, "label": "PER"}]},
]
"""Gold that every format can hold: one span an entity, words with blanks between them."""

pytestmark = pytest.mark.usefixtures("offsets_format")


@pytest.fixture
def gold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return path


@pytest.fixture
def converted(gold: Path, tmp_path: Path) -> Callable[[str], Path]:
    def convert(name: str) -> Path:
        # Where each article has a file of its own, they go into a folder.
        there = tmp_path / ("there" if name in ONE_EACH else f"there{load_format(name).suffixes[0]}")
        assert convert_dataset(gold, there, to=name).articles == len(ROWS)
        return there

    return convert


@pytest.fixture
def evalkit(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def call(*argv: str | Path) -> str:
        capsys.readouterr()
        status = main([str(word) for word in argv])
        captured = capsys.readouterr()
        assert status == 0, captured.err
        return captured.out

    return call


def said(examples: tuple[Example, ...]) -> dict[str, list[tuple[str, str]]]:
    """What is annotated: by article the words and the label of each entity."""
    return {
        example.article.id: [
            (example.article.text[slice(*entity.spans[0])], entity.label) for entity in ENTITIES.of(example.gold) or ()
        ]
        for example in examples
    }


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_is(name: str) -> None:
    form = load_format(name)
    assert form.name == name
    assert form.about
    assert not form.about.endswith(".")
    assert all(suffix.startswith(".") for suffix in form.suffixes)
    assert all(text.endswith(".") for text in form.options.values())
    assert form.read is not None


@pytest.mark.parametrize("name", WRITTEN)
def test_there_and_back(gold: Path, converted: Callable[[str], Path], tmp_path: Path, name: str) -> None:
    there = converted(name)
    # What `datasets` opens is a folder of rows to whoever looks into it.
    assert find_place(there).kind == ("rows" if name == "hf-tokens" else name)
    convert_dataset(there, tmp_path / "back.jsonl", to="native")
    back = load_dataset(tmp_path / "back.jsonl")
    assert said(back.examples) == said(load_dataset(gold).examples) == said(load_dataset(there, format=name).examples)


@pytest.mark.parametrize("name", WRITTEN)
def test_either_side_of_score(
    gold: Path, converted: Callable[[str], Path], evalkit: Callable[..., str], name: str
) -> None:
    there = converted(name)
    for one, other in ((gold, there), (there, gold), (there, there)):
        out = evalkit("score", "--gold", one, "--predicted", other, "--task", "entities", "--resamples", 0, "--json")
        micro = json.loads(out)["tasks"]["entities"]["exact"]["micro"]
        assert (micro["f1"], micro["gold"], micro["predicted"]) == (1.0, 3, 3), (one, other)


@pytest.mark.parametrize("name", WRITTEN)
def test_every_command_takes_it(
    converted: Callable[[str], Path], evalkit: Callable[..., str], tmp_path: Path, name: str
) -> None:
    there = converted(name)
    assert "entities" in evalkit("dataset", "describe", there)
    assert "3 articles, 3 entities" in evalkit("dataset", "validate", there)
    (tmp_path / "splits.json").write_text(json.dumps({"test": ["a", "b"], "dev": ["c"]}))
    out, corpus = tmp_path / "built", tmp_path / "corpus"
    evalkit("dataset", "build", there, "--out", out, "--corpus", corpus, "--splits", tmp_path / "splits.json")
    assert [split.split for split in load_splits(out)] == ["dev", "test"]
    run = tmp_path / "run"
    words = ("--model", "trivial", "--dataset", there, "--out", run, "--no-floor", "--resamples", 0)
    assert json.loads(evalkit("run", *words, "--json"))["articles"] == 3
    # The run remembers how its gold was read.
    evalkit("explain", run)
    evalkit("gate", run, "--baseline", tmp_path / "baseline.json", "--update")
    evalkit("gate", run, "--baseline", tmp_path / "baseline.json")


@pytest.mark.parametrize("name", WRITTEN)
def test_splits_are_kept(gold: Path, tmp_path: Path, name: str) -> None:
    rows = [row | {"split": "dev" if row["id"] == "b" else "test"} for row in ROWS]
    gold.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    there = tmp_path / ("there.jsonl" if name == "native" else "there")
    convert_dataset(gold, there, to=name)
    splits = {split.split: [example.article.id for example in split] for split in load_splits(there)}
    assert splits == {"dev": ["b"], "test": ["a", "c"]}


class TestOfAnotherPackage:
    def test_what_it_does_not_account_for_is_counted_and_refused(self, gold: Path, tmp_path: Path) -> None:
        entities = [{"spans": [[0, 3], [9, 13]], "label": "PER"}, {"start": 14, "end": 18, "label": "GPE"}]
        quotes = [{"kind": "direct", "content": [[0, 3]]}]
        row = {"id": "a", "text": ROWS[0]["text"], "entities": entities, "quotes": quotes}
        gold.write_text(json.dumps(row), encoding="utf-8")
        with pytest.raises(FormatError, match=r"cannot hold 1 entity \(several spans\), 1 quote \(not accounted for"):
            convert_dataset(gold, tmp_path / "out.csv", to="offsets")
        assert not (tmp_path / "out.csv").exists()
        losses = convert_dataset(gold, tmp_path / "out.csv", to="offsets", lossy=True).losses
        assert losses.written == {"entities": 1}
        assert losses.lost == {"entities": {"several spans": 1}, "quotes": {"not accounted for": 1}}
        assert said(load_dataset(tmp_path / "out.csv").examples) == {"a": [("Ruun", "GPE")]}

    def test_its_settings_and_damage(
        self, tmp_path: Path, evalkit: Callable[..., str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "semi.csv"
        path.write_text("a;Ola Brun left\na;0;8;PER\n", encoding="utf-8")
        assert "1 article, 1 entity" in evalkit("dataset", "validate", path, "--read", "delimiter=;")
        assert main(["dataset", "validate", str(path)]) == 1
        assert f"{path}:1: " in capsys.readouterr().out
        assert main(["dataset", "describe", str(path), "--read", "delimeter=;"]) == 2
        assert "no setting 'delimeter'; did you mean 'delimiter'?" in capsys.readouterr().err

    def test_help_names_it_with_its_settings(self, evalkit: Callable[..., str]) -> None:
        shown = " ".join(evalkit("dataset", "convert", "--help-all").split())
        assert "The format of the files, found by looking into them by default: arrow (Arrow and Feather" in shown
        assert "; conll (tag columns: " in shown
        assert "; offsets (CSV: one line a mention, and one for each text); " in shown
        assert re.search(r"conll, [^.]*inline, [^.]*native, [^.]*offsets, parquet, [^.]*or hf", shown)
        assert "delimiter (offsets: what stands between the fields; a comma by default)" in shown


class TestSniffing:
    """Whatever a file holds, every format says how sure it is of it."""

    @given(
        head=st.lists(
            st.one_of(
                st.sampled_from(
                    (b"PAR1", b"PK\x03\x04", b"\xff\xfe", b"{", b"[", b'"a":', b"<?xml", b"\t", b"\n", b"O B-PER")
                ),
                st.binary(max_size=20),
            ),
            max_size=30,
        ).map(b"".join),
        suffix=st.sampled_from(("", ".json", ".jsonl", ".conll", ".csv", ".xmi", ".zip", ".ann")),
    )
    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_no_beginning_is_too_strange(self, tmp_path: Path, head: bytes, suffix: str):
        path = tmp_path / f"some{suffix}"
        path.write_bytes(head)
        for name in FORMATS.names():
            assert 0 <= load_format(name).certainty(path, head) <= 1

    @pytest.mark.parametrize("name", ["parquet", "spacy", "hf-tokens"])
    def test_files_without_an_ending(self, tmp_path: Path, name: str, gold: Path):
        convert_dataset(gold, tmp_path / "written", to=name, lossy=True)
        files = [path for path in (tmp_path / "written").rglob("*") if path.is_file()] or [tmp_path / "written"]
        for number, path in enumerate(files):
            bare = path.rename(tmp_path / f"bare{number}")
            for other in FORMATS.names():
                assert 0 <= load_format(other).certainty(bare, head_of(bare)) <= 1
