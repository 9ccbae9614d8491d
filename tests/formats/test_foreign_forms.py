"""Files of other tools that are not read are called what they are, with what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalkit.dataset.loading.load import load_splits
from evalkit.errors import EvalkitError

SPAN = {"start": 0, "end": 7, "text": "Ida Moen"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"content": "Ida Moen", "annotation": [{"label": ["P"], "points": [SPAN]}]}, "of Dataturks.*json-standoff"),
        ({"doc_key": "d", "sentences": [["Ida"]], "ner": [[[0, 0, "P"]]]}, "JSON of DyGIE"),
        ({"title": "A", "sents": [["Ida"]], "vertexSet": []}, "JSON of DocRED"),
        ({"label": "P", "pattern": [{"lower": "ida"}]}, "patterns for spaCy or Prodigy"),
        ({"id": 1, "text": "Ida", "annotations": [{"label": 3}], "annotation_approver": None}, "older export of docc"),
        ({"data": [{"title": "A", "spans": [SPAN]}]}, "list under 'data'; save that list"),
        ({"id": 0, "paragraphs": [{"raw": "Ida", "sentences": []}]}, "spaCy 2, with paragraphs; .*spacy convert"),
        ({"image": "x.jpg", "_input_hash": 1, "_task_hash": 2, "answer": "accept"}, "tasks about images"),
        ("id,data,label\n1,Ida Moen left.,sport#news\n", "a table of doccano with labels of whole texts"),
    ],
)
def test_it_is_named(tmp_path: Path, value: object, said: str) -> None:
    path = tmp_path / ("a.csv" if isinstance(value, str) else "a.jsonl")
    path.write_text(value if isinstance(value, str) else json.dumps(value) + "\n", encoding="utf-8")
    with pytest.raises(EvalkitError, match=said) as raised:
        load_splits(path)
    assert "\n" not in str(raised.value)
