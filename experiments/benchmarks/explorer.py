"""The explorer of 10,000 articles: how large its page is, how long it takes to make, and how quick it is in a browser.

    python experiments/benchmarks/explorer.py [--articles 10000] [--runs 1] [--keep PAGE.html] [--no-browser]

The articles are those of the bundled gold, over and over under new ids, titles and days, with what `rules` (and, as
further runs, `news-base` and `ner-base`) find in them. A copy is farther away than what packs a page can see, so it is
packed as if it were new. Times in Chromium are the median of several articles; the heap is that of JavaScript after a
collection. Figures of a quiet machine stand in docs/view.md.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalkit.analysis.exploration.chunk import chunks_of
from evalkit.analysis.exploration.index import index_of
from evalkit.dataset.gold import GoldDataset, gold_dataset
from evalkit.dataset.loading.load import load_dataset
from evalkit.predictions.facts import GoldReference
from evalkit.predictions.run import Run
from evalkit.records import Example
from evalkit.report.explorer.chunks import packed
from evalkit.results import EvalResult
from evalkit.version import __version__
from evalkit.workflows.looking.view import view_runs
from evalkit.workflows.looking.write_view import write_view
from evalkit.workflows.running.run import run_extractor
from evalkit.workflows.scoring.score import score_predictions

SYSTEMS = ("rules", "news-base", "ner-base", "quote-base", "trivial")
BUDGETS = {"page of one run": 20_000_000, "each further run": 10_000_000}
LOOKED_AT = 15
"""Articles that are opened."""


def many_articles(number: int, runs: int) -> tuple[GoldDataset, list[Run]]:
    """The bundled articles over and over, and what systems find in them."""
    gold = load_dataset(None, split="all")
    found = [run_extractor(name, gold, cache=False) for name in SYSTEMS[:runs]]
    predictions = [{one.article_id: one for one in run.predictions} for run in found]
    drawn, examples, copies = random.Random(0), [], [[] for _ in found]
    for at in range(number):
        example = gold.examples[at % len(gold)]
        name = f"article-{at:06}"
        examples.append(renamed(example, name, drawn))
        for own, copied in zip(predictions, copies, strict=True):
            copied.append(replace(own[example.article.id], article_id=name))
    many = gold_dataset(examples, name="many", split="all", inventory=gold.inventory)
    reference = GoldReference.of(many)
    return many, [
        replace(run, predictions=tuple(copied), gold=reference, dataset=many, admitted=(), result=stored(gold, run))
        for run, copied in zip(found, copies, strict=True)
    ]


def stored(gold: GoldDataset, run: Run) -> EvalResult:
    """The result that a run folder would have: that of the articles without their copies, for the overview."""
    result = score_predictions(gold, run)
    return replace(result, gold=f"many{result.gold[result.gold.index('@') :]}", run={"evalkit": __version__})


def renamed(example: Example, name: str, drawn: random.Random) -> Example:
    """The example under another id, with a title of words of its own and some day."""
    words = [word for word in example.article.text.split() if word.isalpha()]
    title = " ".join(drawn.sample(words, min(9, len(words))))
    day = f"{drawn.randint(2015, 2025)}-{drawn.randint(1, 12):02}-{drawn.randint(1, 28):02}"
    return replace(example, article=replace(example.article, id=name, title=title, published=day), readings={})


def measured_in_python(gold: GoldDataset, runs: list[Run], page: Path) -> dict[str, float]:
    """Sizes in bytes and times in seconds."""
    figures: dict[str, float] = {}
    started = time.perf_counter()
    seen = view_runs(runs, dataset=gold)
    figures["view_runs, s"] = time.perf_counter() - started
    started = time.perf_counter()
    write_view(seen, page)
    figures["write_view, s"] = time.perf_counter() - started
    figures["page, bytes"] = page.stat().st_size
    figures["index, bytes packed"] = len(packed(index_of(seen.explored)))
    figures["texts, bytes packed"] = sum(len(packed(chunk["texts"])) for chunk in chunks_of(seen.explored))
    figures["peak memory, MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures


def measured_in_browser(page: Path, articles: int) -> dict[str, float]:
    """Milliseconds until something is there, and megabytes of heap."""
    from playwright.sync_api import sync_playwright

    program = os.environ.get("EVALKIT_TEST_CHROMIUM") or shutil.which("chromium")
    figures: dict[str, float] = {}
    drawn = random.Random(1)
    names = [f"article-{drawn.randrange(articles):06}" for _ in range(LOOKED_AT)]
    with sync_playwright() as driver:
        arguments = ["--no-sandbox", "--js-flags=--expose-gc", "--enable-precise-memory-info"]
        browser = driver.chromium.launch(executable_path=program, args=arguments)
        tab = browser.new_page()
        tab.set_default_timeout(120_000)
        started = time.perf_counter()
        tab.goto(f"{page.as_uri()}#article/{names[0]}")
        tab.wait_for_selector(".reading")
        figures["first article from an address, ms"] = 1000 * (time.perf_counter() - started)
        others = [opened(tab, f"#article/{name}", ".reading") for name in names[1:]]
        figures["another article, ms"] = statistics.median(others)
        figures["slowest other article, ms"] = max(others)
        session = tab.context.new_cdp_session(tab)
        session.send("HeapProfiler.collectGarbage")
        used = session.send("Runtime.getHeapUsage")["usedSize"]
        figures["heap, MB"] = used / 1e6
        browser.close()
    return figures


def opened(tab: Any, address: str, selector: str) -> float:
    """Milliseconds from a new address to the next frame in which what is asked for stands, told by the page itself."""
    return tab.evaluate(
        """async ([address, selector]) => {
            const before = document.querySelector(selector);
            const started = performance.now();
            location.hash = address;
            while (!document.querySelector(selector) || document.querySelector(selector) === before)
                await new Promise((next) => requestAnimationFrame(next));
            return performance.now() - started;
        }""",
        [address, selector],
    )


def main() -> None:
    """Prints the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--no-browser", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        page = asked.keep or Path(folder) / "page.html"
        figures = measured_in_python(*many_articles(asked.articles, asked.runs), page)
        if not asked.no_browser:
            figures |= measured_in_browser(page.resolve(), asked.articles)
    json.dump({name: round(value, 1) for name, value in figures.items()}, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
