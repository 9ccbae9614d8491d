"""How sure the network has to be: F1 of `right` on the bundled train and dev splits for a row of thresholds.

python threshold.py [--folder MODEL]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from evalkit import load_dataset
from evalkit.dataset.zones import zoned
from evalkit.evaluation import ScoringOptions, score
from evalkit.extractors.rules import find_quotes
from evalkit.extractors.stance import StanceExtractor
from evalkit.records import Annotations, Prediction

THRESHOLDS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.01)


def main() -> None:
    """Print found and right for each threshold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path)
    extractor = StanceExtractor(parser.parse_args().folder)
    options = ScoringOptions(tasks=("stances",), conventions=("found", "right"))
    print("split threshold found P/R/F1 right P/R/F1")
    for split in ("train", "dev"):
        gold = load_dataset(split=split)
        pages = [zoned(example.article) for example in gold]
        names = [found.entities or () for found in extractor._ner.extract(pages)]
        read = [(page, over, find_quotes(page, over)) for page, over in zip(pages, names, strict=True)]
        for threshold in THRESHOLDS:
            extractor._config["threshold"] = threshold
            predictions = [
                Prediction(
                    article_id=page.id,
                    annotations=Annotations(
                        entities=over, quotes=quotes, stances=extractor.find_stances(page, over, quotes)
                    ),
                )
                for page, over, quotes in read
            ]
            result = score(gold, predictions, layers=extractor.layers, options=options).tasks["stances"]
            shown = [
                f"{s.precision:.3f}/{s.recall:.3f}/{s.f1:.3f}" for s in (result["found"].micro, result["right"].micro)
            ]
            print(split, threshold, *shown, flush=True)


if __name__ == "__main__":
    main()
