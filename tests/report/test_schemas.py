"""The JSON of results that other programs read is what its schema says, no more and no less."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from evalkit.analysis.exploration.exploration import Exploration
from evalkit.cli.main import main
from evalkit.dataset.loading.load import load_dataset
from evalkit.predictions.store import read_result
from evalkit.records import Annotations
from evalkit.report.render import write_report
from evalkit.workflows.looking.view import view_runs
from evalkit.workflows.running.run import run_extractor

SCHEMAS = Path(__file__).resolve().parents[2] / "evalkit" / "report" / "schemas"


def _written(folder: Path, name: str, *rows: Mapping[str, Any]) -> str:
    """A file of rows in the native form, by its path."""
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def _json(*argv: str) -> Any:
    """What a command prints with `--json`."""
    out = io.StringIO()
    with redirect_stdout(out):
        main([*argv, "--json"])
    return json.loads(out.getvalue())


def _diff(folder: Path) -> Any:
    text = "Ida Moen left Oslo."
    entities = [{"spans": [[0, 8]], "label": "PER"}, {"spans": [[14, 18]], "label": "ORG"}]
    stances = [{"holder": "author", "target": "topic:move", "label": "favor", "evidence": [[9, 13]]}]
    old = {"id": "a", "text": text, "entities": entities, "stances": stances}
    new = old | {"entities": [entities[1] | {"label": "GPE"}, {"spans": [[0, 3]], "label": "PER"}], "stances": []}
    sides = _written(folder, "old.jsonl", old, old | {"id": "b"}), _written(folder, "new.jsonl", new)
    return _json("dataset", "diff", *sides)


def _found_articles(folder: Path) -> Any:
    moen = {"spans": [[0, 8]], "label": "PER"}
    row = {"id": "a", "text": "Ida Moen left Oslo.", "entities": [moen], "metadata": {"section": "world"}}
    gold = _written(folder, "gold.jsonl", row, row | {"id": "b"})
    assert main(["run", "--model", "trivial", "--dataset", gold, "--out", str(folder / "r"), "--resamples", "0"]) == 0
    found = _json("explain", str(folder / "r"), "--where", "entities.missed > 0 and section == 'world' or not failed")
    assert found["found"]
    return found


def _agreement(folder: Path) -> Any:
    """Three readers, one of whom read one article only, found nothing in it and gave no quotes."""
    text = "Ida Moen left Oslo for Rome."
    moen, oslo = {"spans": [[0, 8]], "label": "PER"}, {"spans": [[14, 18]], "label": "GPE"}
    anna = {"entities": [moen, oslo], "quotes": [{"content": [[9, 18]], "speaker": [0, 8]}]}
    bert = {"entities": [moen | {"label": "ORG"}], "quotes": []}
    first = {"id": "a1", "text": text, "readings": {"anna": anna, "bert": bert, "carl": {"entities": []}}}
    second = {"id": "a2", "text": text, "readings": {"anna": anna, "bert": anna}}
    (folder / "dataset.toml").write_text('[readers]\nanna = "a student"\n')
    return _json("dataset", "agreement", _written(folder, "gold.jsonl", first, second), "--resamples", "20")


def _push(folder: Path) -> Any:
    source = _written(folder, "rows.jsonl", {"id": "a", "split": "test", "text": "Oslo.", "entities": []})
    places = ["--out", str(folder / "gold"), "--corpus", str(folder / "corpus")]
    with redirect_stdout(io.StringIO()):
        main(["dataset", "build", source, *places])
    return _json("dataset", "push", str(folder / "gold"), "harbour/gold", "--dry-run")


def _parted(folder: Path) -> str:
    """Articles of two splits with everything that can be wrong with them."""
    text = " ".join(f"Moen{number}" for number in range(120))
    entities = [{"spans": [[0, 5]], "label": "PER"}] * 3
    days = {"a": "2024-01-01", "b": "2024-06-20", "c": "2024-07-01", "d": ""}
    rows = [
        {"id": name, "text": text, "published": day, "lang": "en", "metadata": {"story": "one"}, "entities": entities}
        for name, day in days.items()
    ]
    splits = ("train", "test", "train", "test")
    return _written(folder, "parted.jsonl", *(row | {"split": split} for row, split in zip(rows, splits, strict=True)))


def _split(folder: Path) -> Any:
    done = _json("dataset", "split", _parted(folder), "--days", "2024-06-25", "--embargo", "7d", "--by", "lang")
    assert done["left_out"]
    return done


def _split_check(folder: Path) -> Any:
    found = _json("dataset", "split", _parted(folder), "--check", "--days", "2024-06-25")
    assert found["divided"]
    assert found["misplaced"]
    assert found["shared"]
    return found


def _leakage(folder: Path) -> Any:
    wire = " ".join(f"word{number}" for number in range(60))
    rows = [
        {"id": name, "split": split, "text": text, "source": "Ruun", "entities": [{"spans": [[0, 5]], "label": "PER"}]}
        for name, split, text in (("a", "train", wire), ("b", "test", f"{wire} and more"), ("c", "dev", "Other text."))
    ]
    return _json("dataset", "leakage", _written(folder, "gold.jsonl", *rows), "--against", str(folder / "gold.jsonl"))


def _leaderboard(folder: Path) -> Any:
    """Two systems on one board, one on another, and a run that cannot be read."""
    rows = [
        {"id": name, "text": "Ida Moen left Oslo.", "entities": [{"spans": [[0, 8]], "label": "PER"}]} for name in "ab"
    ]
    golds = _written(folder, "gold.jsonl", *rows), _written(folder, "less.jsonl", rows[0])
    for model, gold, name in (("trivial", 0, "one"), ("rules", 0, "two"), ("rules", 1, "three")):
        run = ["run", "--model", model, "--dataset", golds[gold], "--out", str(folder / name), "--resamples", "10"]
        with redirect_stdout(io.StringIO()):
            main(run)
    (folder / "four").mkdir()
    (folder / "four" / "run.json").write_text("{")
    found = _json("leaderboard", str(folder), "--resamples", "10")
    assert found["apart"]
    assert found["left_out"]
    assert found["boards"][0]["pairs"]
    return found


def _runs(folder: Path) -> Any:
    """One that is scored, one that is not finished, and one that cannot be read."""
    gold = _written(folder, "gold.jsonl", {"id": "a", "text": "Ida Moen left Oslo.", "entities": []})
    for name in ("one", "two"):
        run = ["run", "--model", "trivial", "--dataset", gold, "--out", str(folder / name), "--resamples", "10"]
        with redirect_stdout(io.StringIO()):
            main(run)
    facts = json.loads((folder / "two" / "run.json").read_text())
    (folder / "two" / "run.json").write_text(json.dumps(facts | {"complete": False}))
    (folder / "three").mkdir()
    (folder / "three" / "run.json").write_text("{")
    found = _json("runs", str(folder))
    assert [run["state"] for run in found["runs"]] == ["scored", "unfinished"]
    assert found["broken"]
    return found


def _review(folder: Path) -> Any:
    """Gold with a label that was changed and an offset that is wrong, since a commit."""
    row = {"id": "a", "split": "test", "text": "Ida Moen.", "entities": [{"spans": [[0, 8]], "label": "PER"}]}
    gold = folder / "gold"
    with redirect_stdout(io.StringIO()):
        source = _written(folder, "gold.jsonl", row, row | {"id": "b"})
        main(["dataset", "build", source, "--out", str(gold), "--corpus", str(folder / "corpus")])
    who = ("-c", "user.name=ida", "-c", "user.email=ida@example.org")
    for words in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "gold")):
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)
    for name, old, new in (("a", "PER", "ORG"), ("b", "[[0, 8]]", "[[0, 80]]")):
        path = gold / "test" / f"{name}.json"
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    done = _json("dataset", "review", str(gold), "--rev", "HEAD")
    assert done["findings"]
    assert done["diff"]["changes"]
    return done


def _suite(folder: Path) -> Any:
    """A run that was made, and one that could not be."""
    gold = _written(folder, "gold.jsonl", {"id": "a", "text": "Ida Moen left Oslo.", "entities": []})
    models = '[[model]]\nmodel = "trivial"\n[[model]]\nname = "none"\nmodel = "nowhere:none"\n'
    (folder / "suite.toml").write_text(f'{models}[[dataset]]\nname = "own"\ndataset = "{gold}"\nresamples = 10\n')
    done = _json("run", "--suite", str(folder / "suite.toml"), "--out", str(folder / "runs"))
    assert [bool(run["problem"]) for run in done["runs"]] == [False, True]
    return done


def _suspects(folder: Path) -> Any:
    text = "Ida Moen left Oslo. “No,” she said."
    moen, oslo = {"spans": [[0, 8]], "label": "PER"}, {"spans": [[14, 18]], "label": "GPE"}
    quote = {"content": [[20, 25]], "speaker": [0, 8]}
    row = {"id": "a", "text": text, "entities": [moen, oslo], "quotes": [quote]}
    gold = [row | {"id": f"a{number}"} for number in range(4)]
    gold[2] = gold[2] | {"entities": [moen | {"label": "ORG"}], "quotes": [quote | {"speaker": [14, 18]}]}
    runs = [_written(folder, f"run{number}.jsonl", *(row | {"id": one["id"]} for one in gold)) for number in range(2)]
    return _json("dataset", "suspects", _written(folder, "gold.jsonl", *gold), *runs, "--least", "0")


def _adjudicate(folder: Path) -> Any:
    entities = [{"spans": [[0, 8]], "label": "PER"}, {"spans": [[14, 18]], "label": "ORG"}]
    readings = {"kari": {"entities": entities}, "ola": {"entities": [entities[0], entities[1] | {"label": "GPE"}]}}
    source = _written(folder, "two.jsonl", {"id": "a", "text": "Ida Moen left Oslo.", "readings": readings})
    places = ["--out", str(folder / "gold"), "--disputed", str(folder / "disputed.jsonl")]
    return _json("dataset", "adjudicate", source, *places)


def _perturb(folder: Path) -> Any:
    """What was measured; what was written differs in that there is a folder and nothing measured."""
    row = {"id": "a", "text": "Ida Moen left Oslo in May 2024.", "entities": [{"spans": [[0, 8]], "label": "PER"}]}
    gold = _written(folder, "gold.jsonl", row, row | {"id": "b"})
    done = _json("dataset", "perturb", gold, "--kind", "names", "--kind", "case", "--out", str(folder / "new"))
    schema = json.loads((SCHEMAS / "perturb.json").read_text())
    assert not list(Draft202012Validator(schema).iter_errors(done))
    return _json("dataset", "perturb", gold, "--measure", "rules", "--resamples", "10", "--no-cache")


def _result(folder: Path) -> Any:
    """A run with all that a result may have: gold read by two, a story, groups, a scope."""
    text = "Ida Moen left Oslo. “No,” she said."
    moen, oslo = {"spans": [[0, 8]], "label": "PER"}, {"spans": [[14, 18]], "label": "GPE"}
    stance = {"holder": "author", "target": "topic:move", "label": "favor", "evidence": [[9, 13]]}
    kari = {"entities": [moen, oslo], "quotes": [], "stances": [stance]}
    readings = {"kari": kari, "ola": kari | {"entities": [moen]}}
    row = {"text": text, "metadata": {"story": "one"}, **kari, "readings": readings}
    gold = _written(folder, "gold.jsonl", *(row | {"id": f"a{number}"} for number in range(5)))
    own = ["--dataset", gold, "--no-cache", "--resamples", "10", "--scope", "entities:labels=PER"]
    printed = _json("run", "--model", "rules", *own, "--out", str(folder / "run"))
    scored = _json("score", "--gold", gold, "--predicted", gold, "--resamples", "0", "--convention", "surface")
    schema = json.loads((SCHEMAS / "result.json").read_text(encoding="utf-8"))
    for one in (printed, scored):
        assert not list(Draft202012Validator(schema).iter_errors(one))
    stored = json.loads((folder / "run" / "result.json").read_text(encoding="utf-8"))
    assert stored["ceiling"]
    stored["tasks"] = read_result(folder / "run").to_json()["tasks"]
    assert stored["tasks"]["stances"]["given"]["table"]["groups"]
    assert stored["run"]["stories"]
    return stored


def _seen(folder: Path) -> Exploration:
    """Two runs, of which one failed on an article, held against the first."""
    gold = load_dataset(None, split="test").subset(limit=3)
    rules = run_extractor("rules", gold, cache=False)
    failed = replace(rules.predictions[0], annotations=Annotations(), error="it burst")
    other = replace(rules, extractor="other", predictions=(failed, *rules.predictions[1:]), admitted=())
    return view_runs([rules, other], dataset=gold, baseline=rules, resamples=20)


def _exploration(folder: Path) -> Any:
    return json.loads(json.dumps(_seen(folder).to_json()))


def _items(folder: Path) -> Any:
    write_report(_seen(folder).items(), folder / "items.json")
    return json.loads((folder / "items.json").read_text(encoding="utf-8"))


def _cache(folder: Path) -> Any:
    """What a run has left there, before it is removed."""
    row = {"id": "a", "text": "Ida Moen left Oslo.", "entities": []}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALKIT_CACHE", str(folder / "cache"))
        gold = _written(folder, "gold.jsonl", row)
        _json("run", "--model", "rules", "--dataset", gold, "--resamples", "0", "--out", str(folder / "run"))
        return _json("cache", "clear", "--model", "rules")


EXAMPLES: Mapping[str, Callable[[Path], Any]] = {
    "adjudicate": _adjudicate,
    "agreement": _agreement,
    "cache-contents": _cache,
    "diff": _diff,
    "exploration": _exploration,
    "found-articles": _found_articles,
    "installation": lambda folder: _json("doctor"),
    "items": _items,
    "leaderboard": _leaderboard,
    "leakage": _leakage,
    "perturb": _perturb,
    "push": _push,
    "result": _result,
    "review": _review,
    "runs": _runs,
    "split": _split,
    "split-check": _split_check,
    "suite": _suite,
    "suspects": _suspects,
}
"""Schema → a result as JSON values, made in an empty folder by the command itself."""


def test_each_schema_has_an_example() -> None:
    assert {path.stem for path in SCHEMAS.glob("*.json")} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_result_is_what_the_schema_says(name: str, tmp_path: Path) -> None:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    Draft202012Validator.check_schema(schema)
    errors = [error.message for error in Draft202012Validator(schema).iter_errors(EXAMPLES[name](tmp_path))]
    assert not errors


def _objects(schema: Any) -> list[Mapping[str, Any]]:
    """Every object that a schema describes."""
    if isinstance(schema, list):
        return [one for part in schema for one in _objects(part)]
    if not isinstance(schema, dict):
        return []
    here = [schema] if schema.get("type") == "object" and "properties" in schema else []
    return here + [one for part in schema.values() for one in _objects(part)]


@pytest.mark.parametrize("name", sorted(path.stem for path in SCHEMAS.glob("*.json")))
def test_a_schema_leaves_nothing_open(name: str) -> None:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    for one in _objects(schema):
        assert one.get("additionalProperties") is False, one
        assert all("description" in value or "$ref" in value for value in one["properties"].values()), one
