// One article: its text with the marks of gold and runs, the item that is chosen, chains and a table of all items.
import { itemAt, itemsOf, isWrong, nameOf, openArticle, wordsAt } from "./articles.js";
import { write } from "./address.js";
import { button, fill, make, numberOf, say, tickbox, words } from "./elements.js";
import { showChains } from "./chains.js";
import { markHits } from "./hits.js";
import { capital, letterOf, shortOf, sideName, signOf } from "./signs.js";
import { drawText } from "./text.js";
import { drawTies } from "./ties.js";

/** The view of an article; {element, choose(key), step(by), stop, tickChosen}. */
export async function showArticle(app, seen, scored, position) {
  const { index, ticked, go } = app;
  const article = await openArticle(index, position);
  const runs = app.runsOf(seen);
  const layers = app.layersOf(seen, scored);
  const all = itemsOf(article, layers, runs).sort((a, b) => a.from - b.from || a.to - b.to);
  const items = seen.only === "errors" ? all.filter((item) => isWrong(item, runs)) : all;
  const sides = ["gold", ...runs.map(String)];
  const creditAt = (item, run) => {
    const place = item.layer.credits.findIndex(([task, convention]) => task === scored.task && convention === scored.convention);
    return item.verdicts[run]?.credits[place] ?? null;
  };
  const creditOf = (item) => {
    const credits = runs.map((run) => creditAt(item, run)).filter((credit) => credit !== null);
    return credits.length ? Math.min(...credits) : null;
  };
  const hrefOf = (item) => write(app.seen(), { item: item.key });
  const drawn = drawText(article, items.filter((item) => item.pieces.length), sides, { creditOf, hrefOf, sideOf: (side) => (side === "gold" ? "gold" : runs.length > 1 ? `run ${letterOf(side)}` : "predicted") });

  const panel = make("aside", { class: "panel", "aria-label": "Chosen item" });
  const { order, told } = app.around();
  const place = order.indexOf(position);
  const near = (step) => order[place + step];
  const nearLink = (step, text) => (place >= 0 && near(step) !== undefined ? make("a", { href: write(seen, { id: index.articles.id[near(step)], item: "" }), rel: step < 0 ? "prev" : "next" }, text) : make("span", { class: "quiet" }, text));
  const meta = [["source", index.articles.source[position]], ["published", index.articles.published[position]], ["id", article.id], ...Object.entries(article.meta)].filter(([, value]) => value);
  const failures = runs.filter((run) => index.runs[run].failed[position] !== undefined);

  const element = make(
    "article",
    { class: "reading" },
    make(
      "nav",
      { class: "near", "aria-label": "Articles" },
      make("a", { href: write(seen, { view: "articles", item: "" }) }, "All articles"),
      nearLink(-1, "← previous"),
      place >= 0 && make("span", {}, `${(place + 1).toLocaleString("en")} of ${told}`),
      nearLink(1, "next →"),
    ),
    make("h1", { tabindex: "-1", dir: "auto" }, article.title || article.id),
    make("dl", { class: "meta" }, meta.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, words(String(value)))))),
    failures.map((run) => make("p", { class: "notice" }, `${signOf("failed")} ${sideName(index, run)} failed on this article: `, words(index.runs[run].failed[position]))),
    controls(app, seen, scored, layers, runs, article, position),
    notEvaluated().map((told) => make("p", { class: "quiet" }, told)),
    make("div", { class: "split wide" }, make("div", { class: "sheet" }, legend(index, layers, runs), drawn.element), panel),
    showChains(app, article, runs, layers, hrefOf),
    table(),
  );

  /** What is not there, as opposed to what is empty. */
  function notEvaluated() {
    return layers.flatMap((name) => {
      const sides = article.layers[name];
      if (!sides?.gold) return [`Gold has no ${name} here: they were not annotated, and are not evaluated.`];
      const without = runs.filter((run) => !sides.runs[run] && index.runs[run].failed[position] === undefined);
      return without.map((run) => `${capital(sideName(index, run))} does not claim ${name}: they are not evaluated.`);
    });
  }

  function table() {
    const rows = items.map((item) =>
      make(
        "tr",
        { class: isWrong(item, runs) ? "off" : null },
        make("td", {}, make("input", { type: "checkbox", "data-tick": item.key, "aria-label": `Tick ${sideName(index, item.side)} ${item.layer.one} ${nameOf(item, article.text)}`, set: { checked: ticked.has(article.id, item.key) }, onchange: (event) => tick(item, event.target.checked) })),
        make("td", {}, item.side === "gold" ? "gold" : runs.length > 1 ? `run ${letterOf(item.side)}` : "predicted"),
        layers.length > 1 && make("td", {}, item.layer.one),
        make("td", {}, words(item.label)),
        make("th", { scope: "row" }, make("a", { href: hrefOf(item) }, words(nameOf(item, article.text)))),
        runs.map((run) => {
          const verdict = item.verdicts[run];
          const credit = creditAt(item, run);
          return make("td", {}, verdict && `${signOf(verdict.kind)} ${verdict.kind}`, credit !== null && make("span", { class: "figure" }, ` ${shortCredit(credit)}`));
        }),
      ),
    );
    const tickAll = button("Tick all errors shown here", () => {
      const wrong = items.filter((item) => isWrong(item, runs));
      for (const item of wrong) ticked.set(article.id, item.key, true);
      refreshTicks();
      say(`${numberOf(wrong.length, "item")} ticked`);
    });
    const head = ["Tick", "Side", layers.length > 1 && "Layer", "Label", "Text", ...runs.map((run) => (runs.length > 1 ? `Run ${letterOf(run)}` : "Verdict, credit"))].filter(Boolean);
    return make(
      "section",
      { class: "all" },
      make("h2", {}, numberOf(items.length, "item")),
      items.length > 0 && [make("p", {}, tickAll), make("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": "All items" }, make("table", {}, make("thead", {}, make("tr", {}, head.map((name) => make("th", { scope: "col" }, name)))), make("tbody", {}, rows)))],
    );
  }

  function tick(item, on) {
    ticked.set(article.id, item.key, on);
    refreshTicks();
    say(on ? "ticked" : "not ticked any more");
  }

  function refreshTicks() {
    for (const box of element.querySelectorAll("[data-tick]")) box.checked = ticked.has(article.id, box.dataset.tick);
    app.refreshBar();
  }

  let chosen = null;
  let untie = () => {};

  /** Shows an item at its side and marks its parts; none for "". */
  function choose(key, scroll = true) {
    const item = key ? itemAt(article, key) : undefined;
    chosen = item ?? null;
    untie();
    const partners = new Set(item ? Object.values(item.verdicts).flatMap((verdict) => verdict?.partners ?? []) : []);
    let first = null;
    for (const mark of drawn.marks) {
      const has = Boolean(item) && mark.items.includes(item);
      mark.element.classList.toggle("chosen", has);
      mark.element.classList.toggle("partner", !has && mark.items.some((other) => partners.has(other)));
      if (has) mark.link.setAttribute("aria-current", "true");
      else mark.link.removeAttribute("aria-current");
      // Where several items stand, a second look shows the next of them.
      const after = mark.items[(mark.items.indexOf(item) + 1) % mark.items.length];
      if (mark.link.href) mark.link.href = hrefOf(after);
      if (has) first ??= mark;
    }
    fill(panel, item ? details(item) : key ? make("p", {}, "The item of this address is not in this article.") : hint());
    panel.classList.toggle("full", Boolean(item));
    if (first && scroll) {
      const box = first.element.getBoundingClientRect();
      if (box.top < 80 || box.bottom > innerHeight * 0.6) first.element.scrollIntoView({ block: "center" });
    }
    untie = item ? drawTies(drawn.element, drawn.marks, item) : () => {};
    if (item) say([sideName(index, item.side), item.layer.one, item.label, nameOf(item, article.text), ...runs.map((run) => item.verdicts[run] && `${item.verdicts[run].kind}${item.side === "gold" && runs.length > 1 ? ` in ${letterOf(run)}` : ""}`)].filter(Boolean).join(", "));
  }

  function hint() {
    return make("p", { class: "quiet" }, "Choose a mark to see its parts, what each run made of it and its credits. ", make("kbd", {}, "j"), " and ", make("kbd", {}, "k"), " step through them.");
  }

  function details(item) {
    const facts = item.fields.filter(({ field }) => field.name !== item.layer.spans_field).map(({ field, pieces, value }) => [item.fields.some((other) => other.field.word === field.word && other.field !== field) && !pieces ? `${field.word}, by id` : field.word, pieces ? words(wordsAt(article.text, pieces)) : factOf(value)]);
    const verdicts = Object.entries(item.verdicts).filter(([run]) => runs.includes(Number(run)));
    const text = wordsAt(article.text, item.main);
    return [
      make("p", { class: "quiet" }, `${sideName(index, item.side)} · ${item.layer.one}`),
      make("h2", {}, make("span", { class: "label", vars: { "--colour": `var(--c${Math.max(0, item.layer.labels.indexOf(item.label)) % 8})` } }, words(item.label))),
      text && make("blockquote", { dir: "auto" }, text),
      facts.length > 0 && make("dl", {}, facts.map(([name, told]) => [make("dt", {}, name), make("dd", {}, told)])),
      verdicts.map(([run, verdict]) =>
        make(
          "div",
          { class: "verdict" },
          make("p", {}, runs.length > 1 && item.side === "gold" && make("b", {}, letterOf(run), " "), make("span", { class: "kind" }, `${signOf(verdict.kind)} ${verdict.kind}`), verdict.change > 0 && `, ${item.side === "gold" ? ["", "broken", "fixed"][verdict.change] : "added"} since the baseline`),
          verdict.partners.map((partner) => make("p", { class: "quiet" }, item.side === "gold" ? "with " : "with gold ", make("a", { href: hrefOf(partner) }, words(nameOf(partner, article.text))), " ", words(partner.label))),
        ),
      ),
      credits(item, verdicts),
      make("p", { class: "actions" }, tickbox("Tick for export", ticked.has(article.id, item.key), (on) => tick(item, on), { "data-tick": item.key }), make("a", { href: hrefOf(item) }, "Address"), make("a", { href: write(app.seen(), { item: "" }) }, "Close")),
    ];
  }

  /** The credits of an item under each convention, a column for each run. */
  function credits(item, verdicts) {
    const has = (credit) => credit !== null && credit !== undefined;
    const rows = item.layer.credits
      .map(([task, convention], at) => [task, convention, verdicts.map(([, verdict]) => verdict.credits[at])])
      .filter(([, , all]) => all.some(has));
    if (!rows.length) return null;
    const heads = verdicts.map(([run]) => make("th", { scope: "col", class: "figure" }, verdicts.length > 1 ? letterOf(run) : "Credit"));
    const body = rows.map(([task, convention, all]) => {
      const now = task === scored.task && convention === scored.convention;
      const name = task === item.layer.task ? convention : `${task} ${convention}`;
      const figures = all.map((credit) => make("td", { class: "figure" }, !has(credit) ? "–" : all.length > 2 ? shortCredit(credit) : String(credit)));
      return make("tr", { class: now ? "now" : null }, make("th", { scope: "row" }, name), figures);
    });
    return make("table", { class: "credits" }, make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Convention"), heads)), make("tbody", {}, body));
  }

  function factOf(value) {
    if (Array.isArray(value)) return value.map((one, at) => [at ? ", " : "", words(one)]);
    if (typeof value === "object") {
      const other = itemAt(article, value.key);
      return other ? make("a", { href: hrefOf(other) }, words(nameOf(other, article.text))) : value.key;
    }
    return words(String(value));
  }

  /** Chooses the next item in the order of the text. */
  function step(by) {
    if (!items.length) return;
    const at = items.indexOf(chosen);
    const next = at < 0 ? (by > 0 ? 0 : items.length - 1) : (at + by + items.length) % items.length;
    go({ ...app.seen(), item: items[next].key });
  }

  return {
    element,
    choose,
    step,
    hits: () => markHits(drawn.element, seen.filters.q),
    near: (by) => place >= 0 && near(by) !== undefined && go({ ...seen, id: index.articles.id[near(by)], item: "" }),
    tickChosen: () => chosen && tick(chosen, !ticked.has(article.id, chosen.key)),
    redraw: () => choose(chosen?.key ?? "", false),
    stop: () => untie(),
  };
}

function shortCredit(credit) {
  return Number.isInteger(credit) ? String(credit) : credit.toFixed(3);
}

/** What is drawn, and by which convention. */
function controls(app, seen, scored, layers, runs, article, position) {
  const { index, go } = app;
  const toggled = (list, one, on) => (on ? [...list, one] : list.filter((other) => other !== one));
  const there = index.layers.filter((layer) => article.layers[layer.name]);
  const lost = runs.map((run) => [run, index.cost[scored.task]?.[scored.convention]?.[run]?.[position]]).filter(([, cost]) => cost !== undefined && cost !== null);
  return make(
    "form",
    { class: "controls", "aria-label": "What is shown", onsubmit: (event) => event.preventDefault() },
    make("div", { class: "scored" }, app.scoring(seen, scored), make("p", { class: "quiet" }, scored.about)),
    there.length > 1 && make("fieldset", {}, make("legend", {}, "Layers"), there.map((layer) => tickbox(layer.name, layers.includes(layer.name), (on) => go({ ...seen, layers: toggled(layers, layer.name, on).join(",") || "none" }), { name: `layer-${layer.name}` }))),
    index.runs.length > 1 && make("fieldset", {}, make("legend", {}, "Runs"), index.runs.map((run, number) => tickbox(make("span", {}, make("b", {}, letterOf(number)), " ", words(run.name)), runs.includes(number), (on) => go({ ...seen, runs: toggled(runs, number, on).sort().join(",") || "none" }), { name: `run-${number}` }))),
    make("fieldset", {}, make("legend", {}, "Marks"), tickbox("errors only", seen.only === "errors", (on) => go({ ...seen, only: on ? "errors" : "" }), { name: "only" })),
    lost.length > 0 && make("p", { class: "lost" }, "Credit lost: ", lost.map(([run, cost], at) => [at ? ", " : "", runs.length > 1 && `${letterOf(run)} `, make("b", {}, String(cost))])),
  );
}

/** What lines, letters and signs mean. */
function legend(index, layers, runs) {
  const shown = index.layers.filter((layer) => layers.includes(layer.name));
  const kinds = [...new Set(shown.flatMap((layer) => layer.kinds))];
  const parts = [...new Set(shown.flatMap((layer) => layer.fields.filter((field) => field.type.startsWith("span") && field.name !== layer.spans_field).map((field) => field.word)))];
  const shortened = shown.flatMap((layer) => layer.labels.filter((label) => shortOf(layer, label) !== label).map((label) => [shortOf(layer, label), label]));
  return make(
    "div",
    { class: "legend" },
    make("span", {}, make("i", { class: "line" }), "gold, above"),
    runs.length > 0 && make("span", {}, make("i", { class: "line dashed" }), runs.length > 1 ? `predicted, below: ${runs.map((run) => `${letterOf(run)} ${index.runs[run].name}`).join(", ")}` : "predicted, below"),
    kinds.slice(1).map((kind) => make("span", {}, make("b", {}, signOf(kind)), ` ${kind}`)),
    parts.map((part) => make("span", {}, make("b", { class: "part" }, part[0].toUpperCase()), ` ${part}`)),
    shortened.slice(0, 12).map(([short, label]) => make("span", {}, make("b", {}, short), " ", words(label))),
  );
}
