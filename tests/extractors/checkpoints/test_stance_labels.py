"""Which stance the labels of a classifier stand for."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.errors import EvalkitError, FormatError, InputError
from evalkit.extractors.checkpoints.stance_labels import stances_of

SENTIMENT = ("against", "neutral", "favor")
NUMBERS = ["LABEL_0", "LABEL_1", "LABEL_2"]


@pytest.mark.parametrize(
    ("labels", "given", "expected"),
    [
        pytest.param(["AGAINST", "NONE", "FAVOR"], "", SENTIMENT, id="stance"),
        pytest.param(["negative", "Neutral", "POSITIVE"], "", SENTIMENT, id="sentiment"),
        pytest.param(["contradiction", "neutral", "entailment"], "", SENTIMENT, id="inference"),
        pytest.param(["NEGATIVE", "POSITIVE"], "", ("against", "favor"), id="two labels"),
        pytest.param(["con", "pro", "Con."], "", ("against", "favor", "against"), id="two labels of one stance"),
        pytest.param(NUMBERS, "LABEL_0=against,LABEL_1=neutral,LABEL_2=favor", SENTIMENT, id="a map"),
        pytest.param(NUMBERS, " LABEL_0 = against, LABEL_1=false,LABEL_2=favor", ("against", None, "favor"), id="none"),
        pytest.param(["a=b", "pro"], "a=b=against", ("against", "favor"), id="an equals sign in a label"),
        pytest.param(
            ["pro", "con"], "pro=against,con=favor", ("against", "favor"), id="a map goes before what is known"
        ),
    ],
)
def test_stances(labels: list[str], given: str, expected: tuple[str | None, ...]) -> None:
    assert stances_of(labels, given, "hf:x") == expected


def test_a_toml_file(tmp_path: Path) -> None:
    path = tmp_path / "stance.toml"
    path.write_text('[map]\n"1, bad" = "against"\nLABEL_1 = false\n"so = so" = "favor"\n', encoding="utf-8")
    assert stances_of(["1, bad", "LABEL_1", "so = so"], str(path), "hf:x") == ("against", None, "favor")


@pytest.mark.parametrize(
    ("labels", "given", "error", "said"),
    [
        pytest.param(
            NUMBERS,
            "",
            InputError,
            r"hf:x: its labels are LABEL_0, LABEL_1, LABEL_2, and nothing says which stance is meant by any of them; "
            r"map with --set labels=LABEL_0=…,LABEL_1=…,LABEL_2=… \(favor, against, neutral, or false for none\)",
            id="no names",
        ),
        pytest.param(["pro", "con", "joy"], "", InputError, "meant by joy; .*labels=joy=…", id="one is no stance"),
        pytest.param(NUMBERS, "LABEL_1=favor", InputError, "meant by LABEL_0, LABEL_2;", id="some are lacking"),
        pytest.param(
            ["pro", "con"], "Pro=favor", InputError, "maps 'Pro'; did you mean 'pro'\\? its labels", id="no such label"
        ),
        pytest.param(
            ["pro", "con"], "pro=yes", InputError, "maps 'pro' to 'yes'; use favor, against, neutral", id="no stance"
        ),
        pytest.param(["pro", "con"], "pro", InputError, "holds 'pro'; write LABEL=STANCE", id="no map"),
        pytest.param(["pro", "con"], "no.toml", InputError, "no.toml: cannot be read", id="no file"),
        pytest.param(["pro", "con"], "con=favor", InputError, "stand for fewer than two of favor", id="all the same"),
        pytest.param(["LABEL_0"], "LABEL_0=favor", InputError, "stand for fewer than two", id="a single output"),
    ],
)
def test_labels_that_cannot_be_used(labels: list[str], given: str, error: type[EvalkitError], said: str) -> None:
    with pytest.raises(error, match=said):
        stances_of(labels, given, "hf:x")


def test_a_toml_file_that_is_no_map(tmp_path: Path) -> None:
    path = tmp_path / "stance.toml"
    path.write_text("LABEL_0 = 3\n", encoding="utf-8")
    with pytest.raises(FormatError, match="maps 'LABEL_0' to 3"):
        stances_of(["LABEL_0", "pro"], str(path), "hf:x")
