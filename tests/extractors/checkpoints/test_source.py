"""What a checkpoint says of itself in its card."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.extractors.checkpoints.source import Checkpoint


@pytest.mark.parametrize(
    ("card", "languages"),
    [
        pytest.param("---\nlanguage: en\nlicense: mit\n---\n# x\n", ("en",), id="one"),
        pytest.param("---\nlicense: mit\nlanguage:\n- de\n- fr\ntags:\n- ner\n---\n", ("de", "fr"), id="list"),
        pytest.param('---\nlanguage: ["en", "sv"]\n---\n', ("en", "sv"), id="list-in-a-line"),
        pytest.param("---\r\nlanguage: en\r\n---\r\n", ("en",), id="carriage-returns"),
        # It reads more languages than it names.
        pytest.param("---\nlanguage: multilingual\n---\n", (), id="multilingual"),
        pytest.param("---\nlanguage:\n- en\n- multilingual\n---\n", (), id="one-and-others"),
        pytest.param("---\nlicense: mit\n---\nlanguage: en\n", (), id="not-in-the-header"),
        pytest.param("# x\n", (), id="no-header"),
    ],
)
def test_languages_of_a_card(tmp_path: Path, card: str, languages: tuple[str, ...]) -> None:
    (tmp_path / "README.md").write_bytes(card.encode())
    assert Checkpoint(source="x", folder=tmp_path, config={}).languages == languages


def test_a_checkpoint_without_a_card_names_no_language(tmp_path: Path) -> None:
    assert Checkpoint(source="x", folder=tmp_path, config={}).languages == ()
