"""The explorer in a real browser: what is seen, what keys and addresses do, and what goes out."""

from __future__ import annotations

import csv
import io
import itertools
import re
from pathlib import Path
from typing import Any

import pytest

from evalkit.report.explorer.chunks import packed
from evalkit.report.explorer.page import chunk_file, explorer_page
from tests.report.explorer.payload import TEXT, codes, page, payload

ENTITIES = "#article/a0?runs=0"


def go(tab: Any, address: str) -> None:
    """Opens an address, as a new page or as a step within one."""
    same = tab.url.split("#")[0] == address.split("#")[0]
    if same:
        tab.evaluate("hash => { location.hash = hash; }", address.split("#")[1])
        tab.wait_for_timeout(50)
    else:
        tab.goto(address)
    tab.wait_for_selector("html[data-ready]")


def titles(tab: Any) -> list[str]:
    return tab.locator(".rows > li a").all_inner_texts()


def heading(tab: Any, text: str) -> None:
    """Waits until the view has this heading."""
    tab.locator("main h1:visible", has_text=re.compile(f"^{re.escape(text)}$")).wait_for()


def words_of(tab: Any, selector: str) -> list[str]:
    """The words of elements without the letters of marks."""
    return tab.locator(selector).evaluate_all(
        "all => all.map(one => { const copy = one.cloneNode(true); copy.querySelectorAll('.tag').forEach(tag =>"
        " tag.remove()); return copy.textContent; })"
    )


def test_the_overview_needs_no_script(chromium: Any, sample: str):
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(sample)
    assert "micro F1 .875" in tab.inner_text("main")
    assert "need JavaScript" in tab.inner_text("noscript")
    context.close()


def test_the_list_has_what_costs_most_first_and_says_how_long_it_is(tab: Any, sample: str):
    go(tab, f"{sample}#articles")
    heading(tab, "31 articles")
    assert titles(tab)[:2] == ["Union acts", "Port news 1 about ships"]
    row = tab.locator(".rows > li").nth(1)
    assert (row.get_attribute("aria-setsize"), row.get_attribute("aria-posinset")) == ("31", "2")
    assert "! failed B" in row.inner_text()
    # Fewer elements than articles, and all of them by the keyboard.
    assert tab.locator(".rows > li").count() < 31
    tab.keyboard.press("ArrowDown")
    assert tab.evaluate("document.activeElement.textContent") == "Union acts"
    tab.keyboard.press("End")
    assert tab.evaluate("document.activeElement.textContent") == "Port news 30 about ships"
    tab.keyboard.press("Enter")
    tab.wait_for_selector(".reading")
    heading(tab, "Port news 30 about ships")
    tab.keyboard.press("Escape")
    tab.wait_for_selector(".rows")
    assert tab.evaluate("document.activeElement.textContent") == "Port news 30 about ships"


@pytest.mark.parametrize(
    ("query", "number"),
    [
        pytest.param("kind=boundary", 1, id="error kind"),
        pytest.param("kind=missed", 31, id="kind of any run"),
        pytest.param("kind=missed&run=1", 1, id="kind of one run"),
        pytest.param("kind=missed&label=ORG&run=1", 0, id="kind and label together"),
        pytest.param("label=GPE", 1, id="label"),
        pytest.param("in.zone=headline", 1, id="zone"),
        pytest.param("slice.source=Echo", 30, id="slice"),
        pytest.param("differ=0-1", 1, id="disagreement"),
        pytest.param("change=broken", 1, id="broken since the baseline"),
        pytest.param("failed=1", 30, id="failed"),
        pytest.param("q=%22port+news+2%22", 11, id="search for a phrase in titles"),
        pytest.param("q=2++NÉWS", 12, id="search for words in titles"),
        pytest.param("q=oslo+is+calm", 1, id="search in texts"),
        pytest.param("q=zebra", 0, id="nothing"),
    ],
)
def test_every_filter_has_an_address(tab: Any, sample: str, query: str, number: int):
    go(tab, f"{sample}#articles?{query}")
    heading(tab, f"{number} article{'' if number == 1 else 's'} of 31")


def test_a_filter_says_how_many_are_left_and_goes_into_the_address(tab: Any, sample: str):
    go(tab, f"{sample}#articles?run=0")
    kinds = tab.locator("select[name=kind]")
    assert kinds.locator("option").all_inner_texts() == ["all", "✓ right · 1", "↔ boundary · 1", "✗ missed · 31"]
    kinds.focus()
    kinds.select_option("boundary")
    heading(tab, "1 article of 31")
    assert tab.url.endswith("#articles?kind=boundary&run=0")
    # The focus stays where it was, and the way back is the browser's.
    assert tab.evaluate("document.activeElement.name") == "kind"
    tab.go_back()
    heading(tab, "31 articles of 31")
    tab.locator(".chip", has_text="Errors of").click()
    heading(tab, "31 articles")


def test_slices_are_counted_when_they_are_looked_at(tab: Any, sample: str):
    go(tab, f"{sample}#articles")
    assert tab.locator("select[name='slice.source']").count() == 0
    tab.click("summary >> text=Slices")
    source = tab.locator("select[name='slice.source']")
    source.wait_for()
    assert source.locator("option").all_inner_texts() == ["all", "Echo · 30", "Wire · 1"]
    source.select_option("Wire")
    heading(tab, "1 article of 31")


def test_marks_say_what_they_are(tab: Any, sample: str):
    go(tab, sample + ENTITIES)
    names = [name for name in tab.locator("mark a").evaluate_all("all => all.map(a => a.ariaLabel)") if name]
    assert names == [
        "Union of : gold entity ORG “Union of Oslo”, right; predicted entity ORG “Union of Oslo”, right",
        "Oslo: gold entity GPE, label; predicted entity ORG, label",
        "Ida: gold entity PER “Ida Moen”, boundary; predicted entity PER, boundary",
        "Harbour Union: gold entity ORG, missed",
        "Oslo: gold entity GPE, right; predicted entity GPE, right",
        "Oslo: gold entity GPE, right; predicted entity GPE, right",
    ]
    # The text is there once, with nothing in it that would be copied with it.
    text = words_of(tab, ".paragraph")
    assert text == [line for line in TEXT.split("\n") if line]


def test_what_overlaps_has_lanes_of_its_own(tab: Any, sample: str):
    go(tab, f"{sample}#article/a0")
    lines = tab.locator("mark").evaluate_all(
        "all => all.filter(m => m.textContent.startsWith('Oslo'))[0].style.backgroundPosition"
    )
    # Gold: Union of Oslo over Oslo; run A: the same two below; run B says nothing here.
    assert len(set(lines.split(", "))) == 4
    gap = tab.locator(".gap").first
    assert gap.inner_text().startswith(", head of the")
    assert "linear-gradient" in gap.evaluate("g => g.style.backgroundImage")


def test_an_item_has_an_address_and_shows_its_credits(tab: Any, sample: str):
    go(tab, f"{sample}#article/a0?runs=0&item=gold.entities.2")
    panel = tab.inner_text(".panel")
    assert "Ida Moen" in panel
    assert "boundary" in panel
    assert tab.locator(".credits tr").all_inner_texts() == ["Convention\tCredit", "exact\t0", "partial\t0.5"]
    assert words_of(tab, "mark.chosen") == ["Ida", " Moen"]
    assert tab.locator("mark a[aria-current]").count() == 2
    tab.select_option("select[name=scored]", "entities/partial")
    tab.locator(".credits .now", has_text="partial").wait_for()
    assert "scored=entities%2Fpartial" in tab.url
    assert "item=gold.entities.2" in tab.url


def test_keys_step_through_items_and_articles(tab: Any, sample: str):
    go(tab, sample + ENTITIES)
    tab.keyboard.press("j")
    tab.wait_for_url(re.compile("item=gold.entities.0"))
    tab.keyboard.press("j")
    tab.wait_for_url(re.compile("item=0.entities.0"))
    tab.keyboard.press("k")
    tab.keyboard.press("x")
    assert tab.inner_text(".tools button >> nth=0") == "Export 1 ticked"
    tab.keyboard.press("n")
    heading(tab, "Port news 1 about ships")
    tab.keyboard.press("p")
    heading(tab, "Union acts")
    tab.keyboard.press("?")
    assert "Single letters are shortcuts" in tab.inner_text("dialog")
    tab.uncheck("dialog input")
    tab.keyboard.press("Escape")
    tab.keyboard.press("n")
    heading(tab, "Union acts")


def test_the_parts_of_a_quote_are_tied_together(tab: Any, sample: str):
    go(tab, f"{sample}#article/a0?runs=0&scored=quotes/exact&item=gold.quotes.0")
    assert tab.locator(".ties path").count() == 2
    assert words_of(tab, "mark.chosen a") == ["“We 🚢 stay,”", "said", "Ida Moen"]
    names = tab.locator("mark a").evaluate_all("all => all.map(a => a.ariaLabel)")
    assert names[1] == "said: cue of gold quote direct, right; cue of predicted quote direct, right"
    stances = tab.locator(".chains", has_text="stance")
    stances.locator("summary").click()
    assert stances.locator("li").inner_text().split("\n")[0] == (
        "Ida Moen → quay work favor We 🚢 stay in the quote “We 🚢 stay,” (cue said, speaker Ida Moen)"
    )


def test_a_search_is_highlighted_in_the_text(tab: Any, sample: str):
    go(tab, f"{sample}#article/a0?q=%22of+oslo+acts%22")
    hits = "[...CSS.highlights.get('hits')].map(range => range.toString())"
    assert "".join(tab.evaluate(hits)) == "of Oslo acts"


def ticked(tab: Any, sample: str, form: str) -> tuple[str, str]:
    """The name and text of the file that is saved when all errors of the first article are ticked."""
    go(tab, sample + ENTITIES)
    tab.click("text=Tick all errors shown here")
    tab.keyboard.press("e")
    assert "5 ticked items in 1 article" in tab.inner_text("dialog")
    tab.select_option("dialog select", form)
    with tab.expect_download() as download:
        tab.click("dialog >> text=Save")
    return download.value.suggested_filename, Path(download.value.path()).read_text("utf-8-sig")


def test_ticked_items_become_rows_of_errors(tab: Any, sample: str):
    name, text = ticked(tab, sample, "csv")
    assert name == "items.csv"
    rows = list(csv.DictReader(io.StringIO(text)))
    found = [
        (row["side"], row["text"], row["kind"], row["gold"], row["predicted"], row["credit"])
        for row in rows
        if row["run"] == "rules"
    ]
    assert sorted(found) == [
        ("gold", "Harbour Union", "missed", "Harbour Union", "", "0"),
        ("gold", "Ida Moen", "boundary", "Ida Moen", "Ida", "0"),
        ("gold", "Oslo", "label", "Oslo", "Oslo", "0"),
        ("run A, rules", "Ida", "boundary", "Ida Moen", "Ida", "0"),
        ("run A, rules", "Oslo", "label", "Oslo", "Oslo", "0"),
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["labelstudio", "native"])
def test_ticked_items_become_tasks_that_evalkit_reads(tab: Any, sample: str, form: str, tmp_path: Path):
    from evalkit.dataset.loading.load import load_dataset

    name, text = ticked(tab, sample, form)
    (tmp_path / name).write_text(text, "utf-8")
    (example,) = load_dataset(tmp_path / name).examples
    words = example.article.text
    gold = example.gold
    assert [(words[one.spans[0].start : one.spans[0].end], one.label) for one in gold.entities or ()] == [
        ("Union of Oslo", "ORG"),
        ("Oslo", "GPE"),
        ("Ida Moen", "PER"),
        ("Harbour Union", "ORG"),
        ("Oslo", "GPE"),
        ("Oslo", "GPE"),
    ]
    (quote,) = gold.quotes or ()
    assert words[quote.speaker.start : quote.speaker.end] == "Ida Moen"


def test_all_gold_goes_out_and_comes_back_whether_it_stands_in_the_text_or_not(tab: Any, tmp_path: Path):
    from evalkit.dataset.loading.load import load_dataset

    index, chunks = payload()
    # The stance rests on nothing in the text.
    chunks[0]["layers"]["stances"]["gold"]["evidence"] = [""]
    chunks[0]["layers"]["stances"]["gold"]["evidence#"] = ["0"]
    path = tmp_path / "page.html"
    path.write_bytes(explorer_page("t", "", packed(index), [packed(chunk) for chunk in chunks]))
    name, text = ticked(tab, path.as_uri(), "labelstudio")
    (tmp_path / name).write_text(text, "utf-8")
    (example,) = load_dataset(tmp_path / name).examples
    (stance,) = example.gold.stances or ()
    assert (stance.label, stance.holder, stance.target, stance.evidence) == ("favor", "ida-moen", "topic:quay-work", ())
    (quote,) = example.gold.quotes or ()
    assert stance.quote_id == quote.id


def test_rows_tell_the_task_of_their_item(tab: Any, sample: str):
    go(tab, f"{sample}#article/a0?layers=quotes&item=gold.quotes.0")
    tab.keyboard.press("x")
    tab.keyboard.press("e")
    tab.select_option("dialog select", "csv")
    with tab.expect_download() as download:
        tab.click("dialog >> text=Save")
    (row,) = csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig")))
    assert (row["layer"], row["task"], row["convention"], row["credit"]) == ("quotes", "quotes", "exact", "1")


def test_ticks_outlast_a_reload_and_are_those_of_their_page(tab: Any, sample: str, tmp_path: Path):
    go(tab, f"{sample}#article/a0?runs=0&item=gold.entities.3")
    tab.keyboard.press("x")
    tab.reload()
    tab.wait_for_selector("html[data-ready]")
    assert tab.inner_text(".tools button >> nth=0") == "Export 1 ticked"
    tab.keyboard.press("e")
    assert "Ticks last until this tab is closed" in tab.inner_text("dialog")
    tab.keyboard.press("Escape")
    path = tmp_path / "other.html"
    path.write_bytes(page(["Another page"]))
    go(tab, f"{path.as_uri()}#articles")
    assert tab.inner_text(".tools button >> nth=0") == "Export"


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """A page with articles beside it, whose name would mean something in an address."""
    index, chunks = payload(["Port news"], chunk_size=1)
    files = [f"page #2%?.files/chunk-{number}.js" for number in range(2)]
    (tmp_path / "page #2%?.files").mkdir()
    for number, file in enumerate(files):
        (tmp_path / file).write_bytes(chunk_file(packed(chunks[number]), number))
    path = tmp_path / "page #2%?.html"
    path.write_bytes(explorer_page("t", "", packed(index), files=files))
    return path


def test_chunks_beside_the_page_are_opened_from_a_disk(tab: Any, beside: Path):
    go(tab, f"{beside.as_uri()}#article/a0")
    assert tab.locator("mark").count() > 5


def test_what_is_not_beside_the_page_is_said(chromium: Any, beside: Path):
    context = chromium.new_context()
    tab = context.new_page()
    first, second = sorted(beside.with_suffix(".files").iterdir())
    first.write_text(first.read_text()[:90])
    second.unlink()
    go(tab, f"{beside.as_uri()}#article/a0")
    assert "chunk-0.js is damaged; make the page again" in tab.inner_text("main")
    go(tab, f"{beside.as_uri()}#article/a1")
    tab.locator("main", has_text="chunk-1.js is not there; keep it beside this page").wait_for()
    go(tab, f"{beside.as_uri()}#articles?q=port")
    tab.locator("main", has_text="Only ids, titles and sources were looked through").wait_for()
    assert "Looking through" not in tab.inner_text("main")
    context.close()


def test_only_lines_with_marks_are_high(tab: Any, tmp_path: Path):
    index, chunks = payload(["word " * 100 + "Oslo"])
    chunks[0]["layers"]["entities"]["gold"]["spans"][1] = codes([500, 4])
    path = tmp_path / "page.html"
    path.write_bytes(explorer_page("t", "", packed(index), [packed(chunk) for chunk in chunks]))
    go(tab, f"{path.as_uri()}#article/a1?runs=0")
    lines = tab.evaluate(
        "() => { const text = document.querySelector('.paragraph').firstChild; const range = new Range();"
        " range.selectNodeContents(text); return [...range.getClientRects()].map(box => box.top); }"
    )
    steps = [round(low - high) for high, low in itertools.pairwise(lines)]
    assert max(steps[:-1]) < 30


def test_an_item_that_is_not_there_is_said(tab: Any, sample: str):
    for item in ("gold.entities.99", "constructor.constructor.0"):
        go(tab, f"{sample}#article/a0?item={item}")
        assert tab.inner_text(".panel") == "The item of this address is not in this article."


def test_the_next_article_of_a_search_is_known_after_a_reload(tab: Any, sample: str):
    go(tab, f"{sample}#article/a0?q=oslo")
    tab.locator(".near", has_text="1 of 1").wait_for()
    go(tab, f"{sample}#article/a3?q=news")
    tab.locator(".near", has_text="3 of 30").wait_for()
    tab.keyboard.press("n")
    heading(tab, "Port news 4 about ships")


def test_another_task_leaves_the_filters_of_the_last_behind(tab: Any, sample: str):
    go(tab, f"{sample}#articles?kind=boundary&scored=entities/partial&slice.source=Wire")
    tab.keyboard.press("c")
    tab.wait_for_url(re.compile("scored=quotes%2Fexact"))
    assert "kind=" not in tab.url
    assert "slice.source=Wire" in tab.url


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</script><svg onload=alert(1)>",
    "javascript:alert(1)",
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)}<% alert(1) %>",
    "\u202eevil\u202c and \u2066more\u2069",
    "a\u0000b\u001b[2Jc\u009bd\u2028e",
    "'\"><iframe srcdoc='<script>alert(1)</script>'>",
    "=HYPERLINK(\"http://x\")",
]  # fmt: skip


def test_hostile_articles_are_inert(tab: Any, tmp_path: Path):
    texts = [f"{HOSTILE[number % 10]} number {number}" for number in range(200)]
    path = tmp_path / "hostile.html"
    path.write_bytes(page(texts, words=HOSTILE[1], chunk_size=100))
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    go(tab, f"{path.as_uri()}#articles")
    for number in (*range(1, 12), 200):
        go(tab, f"{path.as_uri()}#article/a{number}?item=gold.entities.0")
        tab.wait_for_selector(".panel blockquote")
        assert tab.locator("main script, main img, main iframe, main [onerror], main [onload]").count() == 0
        shown = tab.inner_text("main")
        assert not set(shown) & set("\u202e\u2066\u2028\u0000\u001b\u009b")
    assert all(url.startswith("file:") or url.startswith("blob:") for url in asked)
    tab.click("text=Tick all errors shown here")
    tab.keyboard.press("e")
    tab.select_option("dialog select", "csv")
    with tab.expect_download() as download:
        tab.click("dialog >> text=Save")
    rows = list(csv.reader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))
    assert not [cell for row in rows[1:] for cell in row if cell[:1] in "=+-@" and cell]


LOOKS = ["#overview", "#articles?kind=missed", "#article/a0?layers=entities,quotes,stances&item=gold.quotes.0"]


RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def barriers(tab: Any) -> list[tuple[str, str]]:
    """What axe finds: the rule and the first element that breaks it."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(tab, options={"runOnly": list(RULES), "resultTypes": ["violations"]}).response["violations"]
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 400)])
def test_axe_finds_no_barrier(chromium: Any, sample: str, scheme: str, width: int):
    context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 800}, bypass_csp=True)
    tab = context.new_page()
    for look in LOOKS:
        go(tab, sample + look)
        assert not barriers(tab), look
        # Nothing is wider than the window.
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tab.keyboard.press("?")
    assert not barriers(tab)
    context.close()


def test_in_forced_colours_and_on_paper_marks_are_drawn(chromium: Any, sample: str):
    context = chromium.new_context(forced_colors="active")
    tab = context.new_page()
    go(tab, sample + ENTITIES)
    assert "gradient" in tab.locator("mark").first.evaluate("m => getComputedStyle(m).backgroundImage")
    context.close()
    context = chromium.new_context()
    tab = context.new_page()
    go(tab, sample + ENTITIES)
    tab.emulate_media(media="print")
    assert tab.locator("#bar").is_hidden()
    assert tab.locator("mark").first.is_visible()
    context.close()


def test_text_from_right_to_left_stands_right(tab: Any, tmp_path: Path):
    path = tmp_path / "rtl.html"
    path.write_bytes(page(["قالت إيدا موين في أوسلو إن السفينة باقية"]))
    go(tab, f"{path.as_uri()}#article/a1?runs=0")
    assert tab.locator(".paragraph").evaluate("p => getComputedStyle(p).direction") == "rtl"
    tag, mark = (tab.locator(one).first.bounding_box() for one in (".tag", "mark"))
    assert abs(tag["x"] + tag["width"] - mark["x"] - mark["width"]) < 2
