"""From runs to a page in a browser: what Python counts is what is seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalkit.analysis.exploration.exploration import Exploration
from evalkit.dataset.loading.load import load_dataset
from evalkit.options import Intervals
from evalkit.workflows.looking.view import view_runs
from evalkit.workflows.looking.write_view import write_view
from evalkit.workflows.running.run import run_extractor
from tests.report.explorer.test_explorer import barriers, go


@pytest.fixture(scope="module")
def seen() -> Exploration:
    gold = load_dataset(None, split="test").subset(limit=4)
    rules = run_extractor("rules", gold, cache=False)
    fewer = [replace(one, annotations=one.annotations.with_layers(stances=None)) for one in rules.predictions]
    other = replace(rules, extractor="other", layers=("entities", "quotes"), predictions=tuple(fewer), admitted=())
    return view_runs([rules, other], dataset=gold, baseline=rules, intervals=Intervals(resamples=20))


@pytest.fixture(scope="module")
def address(seen: Exploration, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("whole") / "page.html"
    write_view(seen, path)
    return path.as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier_in_a_whole_page(chromium: Any, address: str, seen: Exploration, scheme: str):
    context = chromium.new_context(color_scheme=scheme, bypass_csp=True)
    tab = context.new_page()
    first = seen.explored.articles[0].id
    for look in ("#overview", "#articles", f"#article/{first}?layers=entities,quotes,stances&item=gold.quotes.0"):
        go(tab, address + look)
        assert not barriers(tab), look
    context.close()


def test_the_policy_leaves_the_whole_page_as_it_is(tab: Any, address: str):
    go(tab, f"{address}#overview")
    assert tab.locator("#overview svg").count() > 3
    # `tab` fails if the policy had to stop anything.
    assert tab.locator("#overview [style]").count() == 0


def test_the_cost_of_each_article_is_the_credit_that_its_items_lack(tab: Any, address: str):
    go(tab, f"{address}#articles?run=0")
    for number in range(4):
        go(tab, f"{address}#articles?run=0")
        row = tab.locator(".rows > li").nth(number)
        shown = float(row.locator(".costs li").first.inner_text().split()[-1])
        go(tab, address + row.locator("a").get_attribute("href").replace("run=0", "runs=0"))
        tab.wait_for_selector(".all table")
        credits = [float(text) for text in tab.locator(".all td .figure").all_text_contents()]
        assert shown == pytest.approx(sum(1 - credit for credit in credits), abs=0.05)
        assert float(tab.inner_text(".lost b")) == pytest.approx(sum(1 - credit for credit in credits), abs=1e-9)


def test_on_paper_no_figure_is_cut_off(tab: Any, address: str):
    tab.set_viewport_size({"width": 672, "height": 1000})
    tab.emulate_media(media="print")
    go(tab, f"{address}#overview")
    # What is wider than the paper makes the browser print all of it smaller, unless it is cut off before that.
    flows = tab.locator("#overview .evalkit").evaluate_all("all => all.map(one => getComputedStyle(one).overflowX)")
    assert set(flows) == {"visible"}
    # The table of figures is not among them.
    figures = tab.locator("#overview table", has_text="ceiling F1").first
    assert figures.evaluate("one => one.getBoundingClientRect().right") <= 672
