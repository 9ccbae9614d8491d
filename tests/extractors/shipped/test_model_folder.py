"""The folder of a shipped model: a damaged settings file is named with what it should say."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.errors import FormatError
from evalkit.extractors.shipped.model_folder import ModelFolder


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("{", "not valid JSON", id="cut"),
        pytest.param("[]", "damaged: found [], expected an object", id="list"),
        pytest.param('{"size": 160}', "damaged at least: found nothing, expected a number from 0 to 1", id="missing"),
        pytest.param('{"size": "9", "least": 0}', "damaged at size: found '9', expected a whole number", id="text"),
        pytest.param('{"size": 1e300, "least": 0}', "damaged at size: found 1e+300, expected a whole", id="huge"),
    ],
)
def test_damaged_settings(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "model.json").write_text(content, encoding="utf-8")
    with pytest.raises(FormatError) as caught:
        ModelFolder(tmp_path, ("model.json",), ("size", "least"))
    assert str(caught.value).startswith(f"{tmp_path / 'model.json'}: {said}")
    assert str(caught.value).endswith("; write the model folder again")
