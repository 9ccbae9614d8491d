"""`ner-base` beside `transformers.pipeline("token-classification")`: speed, entity F1, and what evalkit adds to it.

    python experiments/benchmarks/inference.py [--articles 300] [--rounds 3] [--json]
    python experiments/benchmarks/inference.py --articles 6 --rounds 1         a first look

Needs torch, transformers and onnx (`pip install '.[torch]' onnx`): the pipeline gets the weights of `ner-base`,
multiplied out to 32 bits (`inference_torch.py`). The articles are the bundled ones, and shorter and longer ones made of
their paragraphs (`inference_articles.py`). All systems read the same articles in the same process and take turns every
12 articles, so that a busy machine slows all of them; ratios are taken round by round. Threads of torch wait for each
other, so that another process on the same cores slows several of them far more than one: what others used is printed.

* "as it comes": `run_extractor` with `ner-base`, storing and caching included, and the pipeline as a user builds it for
  long articles: batches of one, and a stride, so that it reads them to their end (the overlap of `ner-base`). Both
  choose their threads themselves.
* "one thread", "all cores": the same with that many threads on each side.
* "no stride": the pipeline's default, which cuts off what is longer than 512 pieces and does not say so.
* "in torch": the network of the pipeline with evalkit's windows and decoding.
* F1 is exact and micro, on the bundled articles (`ner-base` was trained on 20 of the 66) and on all of them.

What evalkit costs by itself is measured as `inference_overhead.py` says. The limits are meant for 300 articles and a
machine with nothing else to do; with that many, the exit status is 1 if one is missed.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from inference_articles import MADE, WHOLE, lengthened, losses
from inference_overhead import Given, Nothing, one_article, shares, without_model
from inference_turns import (
    Range,
    Seen,
    System,
    busy,
    entity_f1,
    in_turns,
    of_evalkit,
    of_pipeline,
    others,
    range_of,
    tell,
)
from tokenizers import Tokenizer

from evalkit.dataset.gold import GoldDataset
from evalkit.extractors.shipped.ner import NerExtractor
from evalkit.workflows.running.run import run_extractor

NEEDED = ("torch", "transformers", "onnx")
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
EXACT = "ner-base in torch, 32 bits"


class Bar(NamedTuple):
    """A figure, and what it is held against if anything."""

    what: str
    value: Range
    least: float | None = None
    most: float | None = None

    @property
    def met(self) -> bool:
        """Whether the median keeps the limit."""
        return (self.least is None or self.value.median >= self.least) and (
            self.most is None or self.value.median <= self.most
        )

    def __str__(self) -> str:
        median, low, high = self.value
        spread = "" if low == high else f"({low:.2f} to {high:.2f})"
        limits = {"at least": self.least, "at most": self.most}
        verdict = " ".join(f"{word} {limit:g}" for word, limit in limits.items() if limit is not None)
        verdict = f"{verdict:13}{'met' if self.met else 'MISSED'}" if verdict else ""
        return f"  {self.what:46} {median:7.2f} {spread:18} {verdict}".rstrip()


def compare(gold: GoldDataset, rounds: int) -> tuple[dict[str, Any], list[Bar]]:
    """Speed and F1 of all systems, and what they are held against."""
    import torch
    from inference_torch import STRIDE, TorchExtractor, pipeline_of, tagger_of

    model, own = tagger_of(), torch.get_num_threads()
    strided, plain = of_pipeline(pipeline_of(model, stride=STRIDE)), of_pipeline(pipeline_of(model, stride=None))
    systems = {
        "ner-base, as it comes": System(of_evalkit(NerExtractor()), own),
        "ner-base, one thread": System(of_evalkit(NerExtractor(threads=1)), own),
        "ner-base, all cores": System(of_evalkit(NerExtractor(threads=CORES)), own),
        "pipeline, as it comes": System(strided, own),
        "pipeline, one thread": System(strided, 1),
        "pipeline, no stride": System(plain, own),
    }
    if own != CORES:  # as it comes, torch has a thread for each core
        systems["pipeline, all cores"] = System(strided, CORES)
    seen = in_turns(systems, gold, rounds)
    seen.setdefault("pipeline, all cores", seen["pipeline, as it comes"])
    tell(EXACT)
    in_torch = TorchExtractor(model)
    exact = Seen(predictions=list(run_extractor(in_torch, gold, cache=False).predictions))
    assert in_torch.windows >= len(gold), "the torch network was not asked"
    tell("")
    figures = {name: _figures(own_, gold) for name, own_ in {**seen, EXACT: exact}.items()}
    limits = {"as it comes": 3.0, "one thread": None, "all cores": None}
    bars = [
        Bar(f"times as fast as the pipeline, {way}", _ratio(seen, way), least=limit) for way, limit in limits.items()
    ]
    for where in ("f1_bundled", "f1_all"):
        distance = abs(figures["ner-base, as it comes"][where] - figures[EXACT][where])
        bars.append(Bar(f"points of F1 from 32 bits, {where[3:]}", range_of([distance]), most=0.3))
    return figures, bars


def _ratio(seen: Mapping[str, Seen], way: str) -> Range:
    pairs = zip(seen[f"pipeline, {way}"].wall, seen[f"ner-base, {way}"].wall, strict=True)
    return range_of([slow / quick for slow, quick in pairs])


def _figures(seen: Seen, gold: GoldDataset) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "f1_bundled": entity_f1(gold, seen.predictions, without=MADE),
        "f1_all": entity_f1(gold, seen.predictions),
    }
    if seen.wall:
        figures["articles_per_second"] = range_of([len(gold) / seconds for seconds in seen.wall])._asdict()
        figures["cpu_milliseconds"] = range_of([1000 * seconds / len(gold) for seconds in seen.cpu])._asdict()
    return figures


def overhead(gold: GoldDataset, whole: GoldDataset, rounds: int) -> tuple[dict[str, Any], list[Bar]]:
    """What evalkit adds to a model, costs with nothing to do (over `whole`), and takes as a whole process."""
    from inference_torch import save_stock

    tell("what evalkit adds")
    found = shares(NerExtractor(), gold, rounds)
    empty, given = (
        [1000 * seconds for seconds in without_model(extractor, whole, 3 * rounds + 2)]
        for extractor in (Nothing(), Given(whole))
    )
    tell("whole processes")
    with tempfile.TemporaryDirectory() as checkpoint:
        save_stock(Path(checkpoint))
        costs = one_article(gold.examples[0].article, Path(checkpoint), 2 * rounds + 1)
    tell("")
    pairs = list(zip(costs["pipeline"], costs["evalkit"], strict=True))
    bars = [
        Bar("% of a run that is not the model", range_of([100 * own.added for own in found]), most=5),
        Bar("ms an article, an extractor that does nothing", range_of(empty), most=0.3),
        Bar("ms an article, one that answers with the gold", range_of(given)),
        Bar("times as fast for one article, whole process", range_of([a.wall / b.wall for a, b in pairs]), least=6),
        Bar("the same in seconds of CPU", range_of([a.cpu / b.cpu for a, b in pairs])),
    ]
    parts = {
        name: range_of([1000 * getattr(own, name) / len(gold) for own in found])._asdict() for name in found[0]._fields
    }
    processes = {name: range_of([cost.wall for cost in own])._asdict() for name, own in costs.items()}
    return {"milliseconds_an_article": parts, "seconds_a_process": processes}, bars


def machine() -> dict[str, Any]:
    packages = {name: version(name) for name in (*NEEDED, "onnxruntime", "evalkit")}
    return {"cores": CORES, "machine": platform.machine(), "python": platform.python_version(), **packages}


def show(report: Mapping[str, Any], bars: list[Bar]) -> None:
    """The report for people, at most 100 columns wide."""
    about = report["machine"]
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    articles = report["articles"]
    print(f"{articles['count']} articles, {articles['pieces']:,} word pieces, rounds: {report['rounds']}")
    if report["others"] is not None:
        print(f"cores that other processes kept busy meanwhile: {report['others']:.2f} of {CORES}")
    print()
    print(f"{'':28}{'articles/s':>20}{'CPU ms/article':>18}{'F1 bundled':>14}{'F1 all':>10}")
    for name, own in report["systems"].items():
        speed = own.get("articles_per_second")
        shown = "" if speed is None else _shown(speed)
        cpu = "" if speed is None else f"{own['cpu_milliseconds']['median']:.0f}"
        print(f"{name:28}{shown:>20}{cpu:>18}{own['f1_bundled']:>14.2f}{own['f1_all']:>10.2f}")
    lost = {name: 100 * value for name, value in articles["lost_without_stride"].items()}
    print(
        "\nwithout a stride the pipeline cuts {articles:.0f} % of the articles off, and loses {text:.0f} % of the text "
        "and\n{entities:.0f} % of the gold mentions\n".format(**lost)
    )
    parts = report["overhead"]["milliseconds_an_article"]
    print("ms an article: " + ", ".join(f"{name} {own['median']:.2f}" for name, own in parts.items()))
    processes = report["overhead"]["seconds_a_process"]
    print("seconds for one article: " + ", ".join(f"{name} {own['median']:.2f}" for name, own in processes.items()))
    print("\n" + "\n".join(map(str, bars)))


def _shown(speed: Mapping[str, float]) -> str:
    single = speed["least"] == speed["most"]
    return ("{median:.1f}" if single else "{median:.1f} ({least:.1f} to {most:.1f})").format(**speed)


def main() -> int:
    """Measures, prints, and says whether all limits were kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the tables")
    options = parser.parse_args()
    if options.articles < 2 or options.rounds < 1:
        parser.error("--articles must be 2 or more, --rounds 1 or more")
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        parser.error(f"not installed: {', '.join(missing)}; pip install '.[torch]' onnx")
    os.environ |= {"TRANSFORMERS_VERBOSITY": "error", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    from inference_torch import FOLDER, LONGEST

    tokenizer = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    gold = lengthened(options.articles, tokenizer)
    pieces = sum(len(tokenizer.encode(e.article.text, add_special_tokens=False).ids) for e in gold)
    before = busy()
    systems, bars = compare(gold, options.rounds)
    costs, more = overhead(gold, lengthened(WHOLE, tokenizer), options.rounds)
    after, bars = busy(), [*bars, *more]
    report = {
        "machine": machine(),
        "rounds": options.rounds,
        "others": None if before is None or after is None else others(before, after),
        "articles": {
            "count": len(gold),
            "pieces": pieces,
            "fingerprint": gold.fingerprint,
            "lost_without_stride": losses(gold, tokenizer, LONGEST)._asdict(),
        },
        "systems": systems,
        "overhead": costs,
        "bars": [bar._asdict() | {"value": bar.value._asdict(), "met": bar.met} for bar in bars],
    }
    print(json.dumps(report, indent=2)) if options.json else show(report, bars)
    return 0 if options.articles < WHOLE or all(bar.met for bar in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
