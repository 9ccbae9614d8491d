"""weighted: the weight of a pair of labels at one place."""

from __future__ import annotations

import json

import pytest

from evalkit.errors import FormatError, InputError
from evalkit.scoring.conventions.weighted import read_weights
from evalkit.scoring.tasks.table import load_convention

TOML = "[weights.LOC]\nGPE = 0.5\nFAC = 0.25\n[weights.GPE]\nFAC = 1.0\n"


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "costs.toml"
    path.write_text(TOML)
    return path


@pytest.mark.parametrize(
    ("gold", "predicted", "credit"),
    [
        pytest.param("LOC 0-8", "LOC 0-8", 1, id="equal"),
        pytest.param("LOC 0-8", "GPE 0-8", 0.5, id="given"),
        pytest.param("GPE 0-8", "LOC 0-8", 0.5, id="given-the-other-way-round"),
        pytest.param("LOC 0-8", "PER 0-8", 0, id="not-given"),
        pytest.param("LOC 0-8", "GPE 0-7", 0, id="another-place"),
        # LOC-LOC and then FAC-GPE would be 1 + 1; equal labels first is right here,
        pytest.param("LOC 0-8; FAC 0-8", "LOC 0-8; GPE 0-8", 2, id="two-pairs"),
        # and wrong here: LOC-LOC (1) and FAC-PER (0) give 1, FAC-LOC (.25) and LOC-PER (0) less.
        pytest.param("LOC 0-8; FAC 0-8", "LOC 0-8; PER 0-8", 1, id="the-rest-unmatched"),
        # GPE-GPE leaves LOC-FAC: 1 + .25; crosswise, GPE-FAC and LOC-GPE are 1 + .5.
        pytest.param("GPE 0-8; LOC 0-8", "GPE 0-8; FAC 0-8", 1.5, id="an-assignment-not-equal-labels-first"),
    ],
)
def test_credit(gold, predicted, credit, weights, columns):
    counts = load_convention("entities", f"weighted:{weights}")(columns(gold, predicted)).table().counts()
    assert (counts.gold_credit, counts.predicted_credit) == pytest.approx((credit, credit))


def test_json_and_a_table_without_a_heading(tmp_path):
    plain = {"LOC": {"GPE": 0.5, "FAC": 0.25}, "GPE": {"FAC": 1.0}}
    assert read_weights(json.dumps(plain), "w") == read_weights(json.dumps({"weights": plain}), "w")
    assert read_weights(TOML, "w")["LOC", "GPE"] == 0.5


def test_the_signature_says_which_file_and_how_many_of_its_labels_there_are(weights, columns):
    told = load_convention("entities", f"weighted:{weights}")(columns("LOC 0-8", "GPE 0-8")).told
    # LOC.GPE is met; FAC is a label of neither side.
    assert told.endswith(",1 of 3 weights met")
    assert len(told.partition(",")[0]) == 7


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("[weights.LOC]\nGPE = 2\n", "LOC.GPE is 2; a weight is a number from 0 to 1", id="range"),
        pytest.param("[weights.LOC]\nGPE = true\n", "LOC.GPE is True", id="bool"),
        pytest.param("[weights.LOC]\nLOC = 0.5\n", "a label weighs 1 where it is right", id="diagonal"),
        pytest.param("LOC = 1\n", "'LOC' is 1, not a table", id="flat"),
        pytest.param("", "holds no table of weights", id="empty"),
        pytest.param("[weights", "costs.toml:1: not valid TOML", id="damaged"),
        pytest.param('{"LOC": ', "not valid JSON", id="damaged-json"),
    ],
)
def test_what_is_no_table_of_weights(content, message):
    with pytest.raises(FormatError, match=message):
        read_weights(content, "costs.toml")


def test_a_file_that_is_not_there(columns):
    with pytest.raises(InputError, match=r"nowhere.toml: cannot be read: .*; give the file with the weights of labels"):
        load_convention("entities", "weighted:nowhere.toml")(columns("LOC 0-8", "GPE 0-8"))
