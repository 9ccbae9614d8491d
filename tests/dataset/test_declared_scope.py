"""What dataset.toml declares goes with the gold wherever it is read, and is kept where it is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import evalkit
from evalkit.dataset.making.build import build_dataset
from evalkit.dataset.making.convert import convert_dataset
from evalkit.errors import FormatError
from evalkit.formats.inline.markup import parse_inline, write_inline
from evalkit.records import LayerScope

TEXT = "Ida Moen said “no.” Per Lund asked why.\n"
SCOPE = LayerScope(layer="quotes", labels=("direct",), parts=("speaker",))
TOML = '[scope.quotes]\nkinds = ["direct"]\nparts = ["speaker"]\n'


def row(name: str = "a", **more: object) -> dict[str, object]:
    quote = {"id": "q1", "kind": "direct", "content": [[15, 18]], "speaker_id": "moen"}
    return {"id": name, "text": TEXT, "lang": "en", "quotes": [quote], **more}


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "gold.jsonl").write_text("".join(json.dumps(row(name)) + "\n" for name in "ab"), encoding="utf-8")
    (folder / "dataset.toml").write_text('title = "Mine"\n' + TOML, encoding="utf-8")
    return folder / "gold.jsonl"


def test_every_article_has_it(gold: Path):
    loaded = evalkit.load_dataset(gold)
    assert [one.gold.scope.of for one in loaded] == [(SCOPE,), (SCOPE,)]
    (gold.parent / "dataset.toml").unlink()
    assert evalkit.load_dataset(gold).fingerprint != loaded.fingerprint


def test_it_is_scored_within(gold: Path):
    rows = [row(name) for name in "ab"]
    for one in rows:
        one["quotes"].append({"id": "q2", "kind": "indirect", "content": [[29, 38]], "cue": [[29, 34]]})
    predicted = gold.parent / "p.jsonl"
    predicted.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    result = evalkit.score_predictions(gold, predicted, tasks="quotes", conventions="all", resamples=0, baseline=False)
    assert result.tasks["quotes"]["exact"].micro.f1 == result.tasks["quotes"]["joint"].micro.f1 == 1
    assert "2 predicted quotes outside the annotated scope, set aside" in result.notes
    assert result.not_evaluated["quotes cue-exact"] == "cue: the scope of the gold leaves it out"


@pytest.mark.parametrize("to", ["native", "hf", "inline"])
def test_converted_gold_says_it_itself(gold: Path, tmp_path: Path, to: str):
    target = tmp_path / "out" / ("gold.jsonl" if to == "native" else "gold")
    target.parent.mkdir()
    if to == "inline":
        (example, _) = evalkit.load_dataset(gold)
        assert parse_inline(write_inline(example)).gold.scope.of == (SCOPE,)
        return
    convert_dataset(gold, target, to=to)
    assert [one.gold.scope.of for one in evalkit.load_dataset(target)] == [(SCOPE,), (SCOPE,)]


def test_a_build_keeps_it(gold: Path, tmp_path: Path):
    out = tmp_path / "annotations"
    splits = {"train": ["a"], "test": ["b"]}
    build_dataset([gold], out, corpus=tmp_path / "corpus", splits=splits)
    (one,) = evalkit.load_dataset(out)
    assert one.gold.scope.of == (SCOPE,)
    # What the folder itself declares counts from then on, and stays where it is.
    (out / "dataset.toml").write_text("[scope.quotes]\nparts = []\n", encoding="utf-8")
    build_dataset([out], out, corpus=tmp_path / "corpus")
    (one,) = evalkit.load_dataset(out)
    assert one.gold.scope.of == (LayerScope(layer="quotes", labels=("direct",), parts=()),)
    assert (out / "dataset.toml").is_file()


def test_datasets_reads_what_was_built_of_articles_with_and_without(gold: Path, tmp_path: Path):
    import datasets

    (tmp_path / "more.jsonl").write_text(json.dumps(row("c")) + "\n", encoding="utf-8")
    out = tmp_path / "annotations"
    splits = {"test": ["a", "b", "c"]}
    build_dataset([gold, tmp_path / "more.jsonl"], out, corpus=tmp_path / "corpus", splits=splits)
    read = datasets.load_dataset(str(out), split="test", cache_dir=str(tmp_path / "cache"))
    assert [one["quotes"] for one in read["scope"]] == [*[{"kinds": ["direct"], "parts": ["speaker"]}] * 2, None]


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("scope = 1", r"dataset.toml: scope is 1; write a table"),
        ("[scope.quots]\nkinds = []", "there is no such layer; did you mean 'quotes'"),
        ('[scope.quotes]\nparts = ["cues"]', "did you mean 'cue'"),
        ("[scope", "not valid TOML"),
    ],
)
def test_a_declaration_that_cannot_be_read(gold: Path, toml: str, message: str):
    (gold.parent / "dataset.toml").write_text(toml, encoding="utf-8")
    with pytest.raises(FormatError, match=message):
        evalkit.load_dataset(gold)
