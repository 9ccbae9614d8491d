"""Names for the labels of a checkpoint: what is taken, and what is refused with the setting that helps."""

from __future__ import annotations

import pytest

from evalkit.errors import EvalkitError, ExtractorError, InputError
from evalkit.extractors.checkpoints.label_names import tag_names


@pytest.mark.parametrize(
    ("labels", "given", "expected"),
    [
        pytest.param(["O", "B-PER"], "", ["O", "B-PER"], id="its own names"),
        pytest.param(["LABEL_0", "LABEL_1"], "LABEL_0=O,LABEL_1=PER", ["O", "PER"], id="none of its own"),
        pytest.param(["O", "LABEL_1"], "LABEL_1=B-PER", ["O", "B-PER"], id="the one that has none"),
        pytest.param(["OTHER", "PER"], "OTHER=false", ["O", "PER"], id="false is outside"),
        pytest.param(["a=b", "PER"], "a=b=O", ["O", "PER"], id="a label with an equals sign"),
    ],
)
def test_names(labels: list[str], given: str, expected: list[str]) -> None:
    assert tag_names(labels, given, "hf:x") == expected


@pytest.mark.parametrize(
    ("labels", "given", "error", "said"),
    [
        pytest.param(["LABEL_0", "LABEL_1"], "", ExtractorError, "--set labels=LABEL_0=O,LABEL_1=B-PER", id="none"),
        pytest.param(["0", "1", "2"], "", ExtractorError, "labels=0=O,1=B-PER,…", id="bare numbers"),
        pytest.param(["O", "LABEL_1"], "", ExtractorError, "what LABEL_1 mean", id="one without a name"),
        pytest.param(["LABEL_0", "LABEL_1"], "LABEL_0=O", ExtractorError, "what LABEL_1 mean", id="one left out"),
        pytest.param(
            ["LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3"],
            "LABEL_0=O,LABEL_1=B-PER",
            ExtractorError,
            "--set labels=LABEL_0=O,LABEL_1=B-PER,LABEL_2=…,LABEL_3=… does$",
            id="the others left out",
        ),
        pytest.param(
            ["O", "LABEL_1", "LABEL_2"], "", ExtractorError, "labels=LABEL_1=B-PER,LABEL_2=I", id="O is known"
        ),
        pytest.param(["PER", "OTHER"], "", ExtractorError, "none of its labels PER, OTHER is O", id="no outside"),
        pytest.param(["O", "PER"], "PER=O", ExtractorError, "all O", id="nothing but outside"),
        pytest.param(["O", "PER"], "PRE=B-PER", InputError, "did you mean 'PER'", id="no such label"),
        pytest.param(["O", "PER"], "PER", InputError, "write LABEL=TAG", id="no equals sign"),
        pytest.param(["O", "PER"], "no.toml", InputError, "no.toml: cannot be read", id="no file"),
    ],
)
def test_what_cannot_be_run(labels: list[str], given: str, error: type[EvalkitError], said: str) -> None:
    with pytest.raises(error, match=said):
        tag_names(labels, given, "hf:x")
