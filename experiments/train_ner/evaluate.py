"""Quick measures: exact span F1 over PER, ORG and LOC (GPE, LOC and FAC together), and over the 8 labels on gold.

python evaluate.py --model FOLDER --data DIR [--gold FILE ...]      the exported model
python evaluate.py --spacy NAME --data DIR [--gold FILE ...]        a spaCy pipeline, in an environment with spaCy
"""

from __future__ import annotations

import argparse
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sources import LABELS, Document

Mentions = set[tuple[int, int, str]]
_COARSE = {"PER": "PER", "ORG": "ORG", "GPE": "LOC", "LOC": "LOC", "FAC": "LOC"}
_SPACY = {"PERSON": "PER", "WORK_OF_ART": "WORK", "LAW": "WORK"}


def flatten(document: Document) -> tuple[str, list[tuple[int, int, tuple[str, ...]]]]:
    """A document as one text with its spans."""
    text = ""
    spans = []
    for line in document.sentences:
        text += line.before if text else ""
        spans += [(len(text) + start, len(text) + end, allowed) for start, end, allowed in line.spans]
        text += line.text
    return text, spans


def coarse(allowed: Sequence[str]) -> str:
    """PER, ORG or LOC if the labels agree on one of them, else nothing."""
    found = {_COARSE.get(label, "") for label in allowed if label != "O"}
    return found.pop() if len(found) == 1 else ""


def f1(gold: int, predicted: int, right: int) -> tuple[float, float, float]:
    """Precision, recall and F1 in percent; zero where nothing was found or asked."""
    precision = 100 * right / predicted if predicted else 0.0
    recall = 100 * right / gold if gold else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if right else 0.0


def measure(predict: Callable[[str], Mentions], documents: Sequence[Document], *, fine: bool = False) -> str:
    """One line a source: micro F1 over PER, ORG and LOC; with `fine`, over all labels and for each."""
    lines = []
    by_source: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        by_source[document.source].append(document)
    for source, items in by_source.items():
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for item in items:
            text, spans = flatten(item)
            found = predict(text)
            for view, gold, predicted in _views(spans, found, fine and source.startswith("gold")):
                counts[view] += Counter(gold=len(gold), predicted=len(predicted), right=len(gold & predicted))
        shown = [
            "{} {:.1f}/{:.1f}/{:.1f} ({})".format(view, *f1(c["gold"], c["predicted"], c["right"]), c["gold"])
            for view, c in counts.items()
        ]
        lines.append(f"{source} [{len(items)} documents] P/R/F1: " + "  ".join(shown))
    return "\n" + "\n".join(lines)


def _views(spans: list[Any], found: Mentions, fine: bool) -> list[tuple[str, set[Any], set[Any]]]:
    gold = {(s, e, coarse(a)) for s, e, a in spans if coarse(a)}
    # Spans whose gold label is none of the three (gpe of GMB, MISC of Wikigold) are left out on both sides.
    other = {(s, e) for s, e, a in spans if not coarse(a)}
    predicted = {(s, e, _COARSE[label]) for s, e, label in found if label in _COARSE and (s, e) not in other}
    views = [("PER+ORG+LOC", gold, predicted)]
    views += [(name, _only(gold, name), _only(predicted, name)) for name in ("PER", "ORG", "LOC")]
    if fine:
        exact = {(s, e, a[0]) for s, e, a in spans}
        views.append(("ALL8", exact, set(found)))
        views += [(f"={name}", _only(exact, name), _only(found, name)) for name in LABELS]
    return views


def _only(mentions: set[Any], label: str) -> set[Any]:
    return {mention for mention in mentions if mention[2] == label}


def measure_torch(model: Any, tokenizer: Any, documents: Sequence[Document]) -> str:
    """`measure` for a model in training."""
    import torch

    from evalkit.extractors.shipped.bio import best_tags, tagged_spans
    from evalkit.extractors.shipped.tagging import word_scores
    from evalkit.text.windows import find_words

    model.eval()

    def score(ids: Any, table: Any) -> Any:
        with torch.inference_mode():
            return model(torch.from_numpy(ids), torch.from_numpy(table)).float().numpy()

    def predict(text: str) -> Mentions:
        words = find_words(text)
        tags = best_tags(word_scores(text, words, tokenizer, score))
        return {(int(words.starts[a]), int(words.ends[b - 1]), LABELS[label]) for a, b, label in tagged_spans(tags)}

    return measure(predict, documents, fine=True)


def spacy_predictor(name: str) -> Callable[[str], Mentions]:
    """The mentions of a spaCy pipeline, with articles and possessives cut off as the guidelines want."""
    import importlib

    import spacy

    module = importlib.import_module(name)
    nlp = module.load() if hasattr(module, "load") else spacy.load(name)

    def predict(text: str) -> Mentions:
        found = set()
        for entity in nlp(text).ents:
            label = _SPACY.get(entity.label_, entity.label_)
            surface = entity.text
            if label in LABELS:
                head = re.match(r"(the|a|an|The) ", surface)
                tail = re.search(r"(['’]s?|\s+)$", surface)
                start = entity.start_char + (len(head.group()) if head else 0)
                found.add((start, entity.end_char - (len(tail.group()) if tail else 0), label))
        return found

    return predict


def main() -> None:
    """Print the measures of one system."""
    from corpora import held_out, read_all, read_gold

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--gold", type=Path, nargs="*", default=[])
    parser.add_argument("--model", type=Path)
    parser.add_argument("--spacy")
    parser.add_argument("--flat", action="store_true", help="without names inside names")
    options = parser.parse_args()
    documents = [item for item in read_all(options.data) if held_out(item, options.data)]
    documents += read_gold(options.gold, nested=True)
    predict = (
        spacy_predictor(options.spacy) if options.spacy else shipped_predictor(options.model, nested=not options.flat)
    )
    print(measure(predict, documents, fine=True))


def shipped_predictor(folder: Path, *, nested: bool) -> Callable[[str], Mentions]:
    """The mentions of an exported model, through the extractor that evalkit ships."""
    from evalkit.extractors.shipped.ner import NerExtractor
    from evalkit.records import Article

    extractor = NerExtractor(folder, nested=nested)

    def predict(text: str) -> Mentions:
        (found,) = extractor.extract([Article(id="a", text=text)])
        return {(e.spans[0].start, e.spans[0].end, e.label) for e in found["entities"] or ()}

    return predict


if __name__ == "__main__":
    main()
