"""CSV with a header: whatever ends its lines, and what no cell can be."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalkit.dataset.load import load_dataset
from evalkit.errors import FormatError


def test_lines_that_end_in_carriage_returns_alone(tmp_path: Path) -> None:
    path = tmp_path / "gold.csv"
    path.write_bytes(b"article_id,start,end,label\ra,0,3,PER\r")
    (example,) = load_dataset(path, split="all").examples
    assert [entity.label for entity in example.gold["entities"]] == ["PER"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(
            'id,text,entities\na,Ola,"[' + "[" * 100_000 + '"\n',
            "'entities': not valid JSON: nested too deeply",
            id="brackets",
        ),
        pytest.param('id,text,entities\na,Ola,"[{""a"":1,""a"":2}]"\n', "the key 'a' stands twice", id="key-twice"),
        pytest.param("id,text,entities\na,Ola,[NaN]\n", "NaN, which is no number", id="nan"),
        pytest.param("article_id,start,end,label\na," + "9" * 5000 + ",3,PER\n", "'start' is '9", id="digits"),
        pytest.param("x" * 200_000 + ",id\na,b\n", "the columns are ", id="no-header"),
    ],
)
def test_what_no_cell_can_be(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "gold.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FormatError, match=message) as caught:
        load_dataset(path, split="all")
    assert len(str(caught.value)) < 2100
