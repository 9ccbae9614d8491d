"""What a suite file may say."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import EvalkitError, InputError
from evalkit.predictions.suites.file import check_folder_name, read_suite


def suite_of(tmp_path: Path, text: str, out: Path | None = None):
    (tmp_path / "spring.toml").write_text(text, encoding="utf-8")
    return read_suite(tmp_path / "spring.toml", out)


def test_every_model_over_every_dataset_in_every_variant(tmp_path: Path):
    text = """
    [defaults]
    resamples = 10
    set = { device = "cpu", fast = true }
    [[model]]
    model = "rules"
    [[model]]
    name = "bert"
    model = "hf:dslim/bert-base-NER"
    set = { device = "cuda" }
    predicted_label_map = "conll4"
    [[dataset]]
    dataset = "gold/news.jsonl"
    split = "dev"
    [[dataset]]
    [[variant]]
    name = "all"
    [[variant]]
    name = "sure"
    min_score = 0.5
    resamples = 20
    """
    suite = suite_of(tmp_path, text)
    assert (suite.name, suite.out) == ("spring", "runs/spring")
    assert [cell.folder for cell in suite.cells] == [
        f"{dataset}/{model}--{variant}"
        for dataset in ("gold-news-dev", "news-gold")
        for model in ("rules", "bert")
        for variant in ("all", "sure")
    ]
    cell = suite.cells[3]
    assert (cell.spelling, cell.source) == ("hf:dslim/bert-base-NER", "gold/news.jsonl")
    # What the model says counts before the defaults, what the variant says before both.
    assert cell.settings == {"device": "cuda", "fast": "true"}
    assert cell.words == {"resamples": 20, "predicted_label_map": "conll4", "split": "dev", "min_score": 0.5}


def test_one_model_is_enough(tmp_path: Path):
    [cell] = suite_of(tmp_path, '[[model]]\nmodel = "rules"\n').cells
    assert (cell.folder, cell.source, cell.variant, dict(cell.words)) == ("news-gold/rules", None, "", {})


def test_the_folder_of_a_command_line_counts(tmp_path: Path):
    text = 'out = "runs/mine"\n[[model]]\nmodel = "rules"\n'
    assert suite_of(tmp_path, text).out == "runs/mine"
    assert suite_of(tmp_path, text, tmp_path / "o").out == (tmp_path / "o").as_posix()


MODEL = '[[model]]\nmodel = "rules"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "names no model", id="empty"),
        pytest.param('[[model]]\nname = "x"\n', r"toml:1: names no extractor", id="no extractor"),
        pytest.param('[model]\nmodel = "x"\n', r"toml:1: model must be written as \[\[model\]\]", id="one table"),
        pytest.param(f"{MODEL}tassk = 1\n", r"toml:3: unknown field 'tassk'; did you mean", id="unknown"),
        pytest.param(f"{MODEL}[[datasets]]\n", r"toml:3: unknown field 'datasets'", id="unknown table"),
        pytest.param(f"{MODEL}[[dataset]]\nlimit = 0\n", r"toml:4: limit must be a whole number from 1", id="0"),
        pytest.param(f"{MODEL}[[dataset]]\nsplit = 3\n", r"toml:4: split must be text in quotes, found 3", id="text"),
        pytest.param(f"{MODEL}set = 3\n", r"toml:3: set must be a table of settings", id="settings"),
        pytest.param(f"{MODEL}tasks = [1]\n", r"toml:3: tasks must be a word in quotes", id="list"),
        pytest.param(f"{MODEL}level = 0\n", r"toml:3: level must be a number above 0", id="number"),
        pytest.param(f"{MODEL}[[variant]]\nlimit = 1\n", r"toml:3: has no name", id="variant without a name"),
        pytest.param(MODEL * 2, r"toml:3: model 'rules' is there twice", id="twice"),
        pytest.param(
            f'{MODEL}[[model]]\nname = "RULES"\nmodel = "x"\n', r"toml:4: model 'RULES' is there twice", id="case"
        ),
        pytest.param(f'{MODEL}name = "../up"\n', r"toml:3: name '../up' cannot be that of a folder", id="up"),
        pytest.param(f'{MODEL}name = "/etc"\n', r"toml:3: name '/etc' cannot be that of a folder", id="root"),
        pytest.param(f'{MODEL}name = ".."\n', r"cannot be that of a folder", id="dots"),
        pytest.param(f'{MODEL}name = "con"\n', r"cannot be that of a folder", id="device"),
        pytest.param(f'out = "../x"\n{MODEL}', r"toml:1: out lies below the working folder", id="out above"),
        pytest.param(f'out = "/tmp/x"\n{MODEL}', r"toml:1: out lies below the working folder", id="out anywhere"),
        pytest.param(
            '[[model]]\nname = "a--b"\nmodel = "x"\n[[model]]\nname = "a"\nmodel = "x"\n'
            '[[variant]]\nname = "c"\n[[variant]]\nname = "b--c"\n',
            "two runs would lie in news-gold/a--b--c",
            id="one folder for two",
        ),
        pytest.param("[[model", "not valid TOML", id="no TOML"),
    ],
)
def test_what_it_may_not_say(tmp_path: Path, text: str, message: str):
    with pytest.raises(EvalkitError, match=message):
        suite_of(tmp_path, text)


@given(st.text())
def test_no_name_of_a_folder_leads_anywhere_else(name: str):
    try:
        check_folder_name(name, "here")
    except InputError:
        return
    place = Path("out") / name
    assert place.name == name
    assert place.parent == Path("out")
    assert not name.startswith(".")
