"""The explorer for those who do not see it: where the focus is, and what is said."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.report.explorer.test_explorer import go, heading


def focused(tab: Any) -> str:
    """The name of the element that has the focus, and its words."""
    return str(
        tab.evaluate("(one => `${one.tagName} ${(one.name || one.textContent).trim()}`)(document.activeElement)")
    )


def said(tab: Any, text: str) -> None:
    """Waits until this is read out."""
    tab.locator("[role=status]", has_text=re.compile(text)).wait_for(state="attached")


@pytest.mark.parametrize("by", ["click", "Enter"])
def test_an_article_that_is_opened_has_the_focus_at_its_heading(tab: Any, sample: str, by: str):
    go(tab, f"{sample}#articles")
    row = tab.locator(".rows > li a").first
    if by == "click":
        row.click()
    else:
        row.press(by)
    heading(tab, "Union acts")
    tab.wait_for_timeout(150)
    assert focused(tab) == "H1 Union acts"


def test_the_focus_stays_when_the_same_is_shown_in_another_way(tab: Any, sample: str):
    go(tab, f"{sample}#article/a0?runs=0")
    heading(tab, "Union acts")
    tab.locator("mark a[name=at-9]").focus()
    for _ in range(2):
        tab.keyboard.press("c")
        tab.wait_for_timeout(150)
        assert focused(tab) in ("A at-9", "H1 Union acts")
    go(tab, f"{sample}#articles")
    tab.locator("select[name=run]").focus()
    tab.keyboard.press("ArrowDown")
    said(tab, "31 articles of 31")
    assert focused(tab) == "SELECT run"
    tab.locator(".chip").first.press("Enter")
    heading(tab, "31 articles")
    assert focused(tab) == "H1 31 articles"


def test_what_changes_is_said(tab: Any, sample: str):
    go(tab, f"{sample}#article/a0?runs=0&item=gold.entities.2")
    tab.keyboard.press("c")
    said(tab, r"Scored by entities, partial\. gold, entity, PER, Ida Moen, boundary")
    tab.keyboard.press("x")
    said(tab, "^ticked$")
    tab.keyboard.press("x")
    said(tab, "not ticked any more")
    go(tab, f"{sample}#articles?q=calm")
    said(tab, "1 article of 31 with “calm”")
    go(tab, f"{sample}#article/a0?item=gold.entities.2")
    said(tab, "boundary in A, missed in B")


def test_zones_are_headings(tab: Any, sample: str):
    go(tab, f"{sample}#article/a0")
    assert tab.locator("h2.zone").all_text_contents() == ["headline", "body"]


def test_escape_leaves_the_search_as_it_is(tab: Any, sample: str):
    go(tab, f"{sample}#articles?q=calm")
    tab.locator("#search").press("Escape")
    assert tab.input_value("#search") == "calm"
