"""Labels documents without annotation with an exported model, for the second phase of training.

python pseudo.py FOLDER PREPARED.jsonl OUT.jsonl
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from evalkit.extractors.shipped.ner import NerExtractor
from evalkit.records import Article


def main(folder: str, source: str, target: str) -> None:
    """Write for each NewsMTSC document the outermost spans `(sentence, start, end, label)` of the model."""
    extractor = NerExtractor(Path(folder))
    rows = [json.loads(line) for line in Path(source).read_text(encoding="utf-8").splitlines()]
    with Path(target).open("w", encoding="utf-8") as out:
        for row in rows:
            if row["source"] != "newsmtsc":
                continue
            bounds, text = [], ""
            for sentence, _, _ in row["sentences"]:
                text += " " if text else ""
                bounds.append((len(text), len(text) + len(sentence)))
                text += sentence
            (found,) = extractor.extract([Article(id=row["id"], text=text)])
            spans, last = [], 0
            for entity in found["entities"] or ():
                start, end = entity.spans[0]
                for number, (low, high) in enumerate(bounds):
                    if low <= start and end <= high and start >= last:
                        spans.append((number, start - low, end - low, entity.label))
                        last = end
            out.write(json.dumps({"id": row["id"], "spans": spans}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
