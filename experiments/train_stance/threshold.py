"""How sure the network has to be: F1 of found and right on the bundled train and dev splits for a row of thresholds.

python threshold.py [--model stance-base|news-base]
"""

from __future__ import annotations

import argparse

from evalkit import load_dataset
from evalkit.extractors.shipped.news import NewsExtractor
from evalkit.extractors.shipped.stances import judging
from evalkit.extractors.shipped.stances.judging import Judge
from evalkit.extractors.shipped.stances.stance_base import StanceExtractor
from evalkit.options import Scoring
from evalkit.predictions.run import Run
from evalkit.records import Annotations, Article, Prediction
from evalkit.text.zones import zoned
from evalkit.workflows.scoring.score import score_predictions

THRESHOLDS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.01)


def read(extractor: StanceExtractor | NewsExtractor, page: Article) -> tuple[Annotations, Judge]:
    """Entities and quotes of an article, and what judges its passages."""
    found, reading = extractor._quotes.read(page)
    if isinstance(extractor, StanceExtractor):
        return found, extractor._judge
    if reading is None:
        raise ValueError(f"{page.id} has no words")
    return found, extractor._stances.judge(reading)


def main() -> None:
    """Print found and right for each threshold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=["stance-base", "news-base"], default="stance-base")
    extractor = StanceExtractor() if parser.parse_args().model == "stance-base" else NewsExtractor()
    scoring = Scoring(tasks=("stances",), conventions=("found", "right"))
    print("split threshold found P/R/F1 right P/R/F1")
    for split in ("train", "dev"):
        gold = load_dataset(split=split)
        pages = [zoned(example.article) for example in gold]
        readings = [read(extractor, page) for page in pages]
        for threshold in THRESHOLDS:
            predictions = [
                Prediction(
                    article_id=page.id,
                    annotations=Annotations(
                        entities=found.entities,
                        quotes=found.quotes,
                        stances=judging.judged_stances(
                            page, found["entities"] or (), found["quotes"] or (), judge, threshold=threshold
                        ),
                    ),
                )
                for page, (found, judge) in zip(pages, readings, strict=True)
            ]
            run = Run(extractor=extractor.name, predictions=tuple(predictions), layers=extractor.layers)
            scored = score_predictions(gold, run, scoring=scoring, resamples=0, baseline=False)
            result = scored.tasks["stances"]
            shown = [
                f"{s.precision:.3f}/{s.recall:.3f}/{s.f1:.3f}" for s in (result["found"].micro, result["right"].micro)
            ]
            print(split, threshold, *shown, flush=True)


if __name__ == "__main__":
    main()
