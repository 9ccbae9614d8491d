// The list of articles: filters at the side, what costs most first.
import { write } from "./address.js";
import { add, choice, fill, make, numberOf, say, words } from "./elements.js";
import { makeRows } from "./rows.js";
import { letterOf, signOf } from "./signs.js";
import { textsOf } from "./articles.js";
import { finder } from "./finding.js";

const WORDS = {
  run: "Errors of",
  kind: "Error kind",
  label: "Label",
  differ: "Runs disagree",
  change: "Since the baseline",
  failed: "Failed",
};

/** What a filter is called. */
function filterName(name) {
  return WORDS[name] ?? (name.startsWith("in.") ? `Error by ${name.slice(3)}` : name.replace("slice.", "").replace(/^./, (letter) => letter.toUpperCase()));
}

/** The list and its filters; `go` changes the address. {element, focus(step), search, stop, order} */
export function showList(app, seen, scored) {
  const { index, chooser, go } = app;
  const found = app.found(seen.filters.q);
  const chosen = chooser.choose(seen, scored.task, scored.convention, found?.positions);
  const change = (name, value) => go({ ...seen, filters: { ...seen.filters, [name]: value } });
  const count = chosen.order.length;
  const costly = chosen.cost ? Math.max(...chosen.order.map((place) => chosen.cost.worst[place]), 0) : 0;
  const kinds = [...chooser.kindMarks(scored.task, seen.filters.run)].filter(([kind]) => kind !== scored.kinds[0]);
  const wordsOf = (name, value) => {
    if (name === "differ") return value.split("-").map(letterOf).join(" and ");
    if (name === "failed" || name === "run") return `${letterOf(value)} ${index.runs[Number(value)]?.name ?? ""}`;
    return name === "kind" ? `${signOf(value)} ${value}` : value;
  };

  const search = make("input", {
    type: "search",
    id: "search",
    name: "q",
    value: seen.filters.q ?? "",
    autocomplete: "off",
    placeholder: "Title, id, source or text",
    oninput: () => {
      clearTimeout(app.typing);
      app.typing = setTimeout(type, 250);
    },
    onchange: () => type(),
  });
  const type = () => {
    clearTimeout(app.typing);
    // What was typed on the way is no place to come back to.
    if (search.isConnected) go({ ...seen, filters: { ...seen.filters, q: search.value.trim() } }, Boolean(seen.filters.q));
  };
  const runChoice = index.runs.length > 1 && choice(WORDS.run, [["", "any run"], ...index.runs.map((run, number) => [String(number), wordsOf("run", number)])], seen.filters.run ?? "", (value) => change("run", value), { name: "run" });
  const select = (name) => {
    const left = chosen.left(name);
    const ordered = name === "kind" ? left.sort((a, b) => scored.kinds.indexOf(a[0]) - scored.kinds.indexOf(b[0])) : left.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const all = ordered.map(([value, number]) => [value, `${wordsOf(name, value)} · ${number.toLocaleString("en")}`]);
    return choice(filterName(name), [["", "all"], ...all], seen.filters[name] ?? "", (value) => change(name, value), { name });
  };
  const [first, more] = [[], []];
  for (const name of chooser.names(scored.task)) (/^(in|slice)\./.test(name) ? more : first).push(name);
  // Slices are many, and are counted when somebody looks at them.
  const slices = make("div", { class: "filters" });
  const countSlices = () => slices.childElementCount || add(slices, more.map(select));
  const moreFilters = more.length > 0 && make("details", { class: "more", open: app.more || more.some((name) => seen.filters[name]) }, make("summary", {}, "Slices"), slices);
  if (moreFilters?.open) countSlices();
  if (moreFilters) moreFilters.addEventListener("toggle", () => ((app.more = moreFilters.open), app.more && countSlices()));
  const sort = choice("Order", [["", "costs most first"], ["date", "newest first"], ["id", "by id"]], seen.sort, (value) => go({ ...seen, sort: value }), { name: "sort" });
  const form = make("form", { class: "filters", "aria-label": "Filters", onsubmit: (event) => event.preventDefault() }, make("label", { class: "field", title: "All words, in any order, in small letters or capitals, with accents or without; “…” for a phrase" }, make("span", {}, "Search"), search), app.scoring(seen, scored), runChoice, first.map(select), sort, moreFilters);
  const wide = matchMedia("(min-width: 60rem)").matches;
  const side = make("details", { class: "side", open: wide || app.open }, make("summary", {}, "Filters and order"), form);
  side.addEventListener("toggle", () => (app.open = side.open));

  const active = Object.entries(seen.filters).filter(([, value]) => value);
  const chips = active.map(([name, value]) => {
    const rest = { ...seen.filters, [name]: "" };
    const text = name === "q" ? ["“", words(value), "”"] : [filterName(name), ": ", words(wordsOf(name, value))];
    return make("li", {}, make("a", { class: "chip", href: write(seen, { filters: rest }) }, text, make("span", { "aria-hidden": true }, " ×"), make("span", { class: "unseen" }, ", remove this filter")));
  });
  const state = make("p", { class: "quiet" });
  const told = active.length ? `${numberOf(count, "article")} of ${index.articles.id.length.toLocaleString("en")}` : numberOf(count, "article");
  const rows = makeRows(count, (number) => makeRow(number), told);

  function makeRow(number) {
    const place = chosen.order[number];
    const { id, title, source, published } = index.articles;
    const failed = index.runs.flatMap((run, at) => (run.failed[place] === undefined ? [] : [at]));
    const told = [id[place], source[place], published[place]].filter(Boolean);
    const costs = chosen.cost?.runs.map((column, run) => column && make("li", { vars: { "--part": costly ? column[place] / costly : 0 } }, index.runs.length > 1 && make("b", {}, letterOf(run)), make("span", {}, (column[place] ?? 0).toFixed(1)), make("i", { "aria-hidden": true })));
    return make(
      "div",
      { class: "row" },
      make("a", { href: write(seen, { view: "article", id: id[place], item: "" }), name: `article-${place}`, dir: "auto" }, title[place] || id[place]),
      make("p", { class: "quiet" }, told.map((part, at) => [at ? " · " : "", words(part)])),
      make(
        "p",
        { class: "kinds" },
        failed.map((run) => make("span", { class: "kind bad" }, `${signOf("failed")} failed${index.runs.length > 1 ? ` ${letterOf(run)}` : ""}`)),
        kinds.filter(([, marks]) => marks[place]).map(([kind]) => make("span", { class: "kind" }, `${signOf(kind)} ${kind}`)),
      ),
      costs && make("ul", { class: "costs", role: "list", "aria-label": "credit lost" }, costs),
    );
  }

  const element = make(
    "div",
    { class: "split" },
    side,
    make(
      "div",
      { class: "found" },
      make("div", { class: "above" }, make("h1", { tabindex: "-1" }, told), make("p", { class: "quiet" }, chosen.cost ? `Beside each: the credit lost by ${scored.task}, ${scored.convention} (${scored.about}).` : "In order of their ids."), index.runs.length > 1 && make("p", { class: "quiet" }, index.runs.map((run, number) => [number ? ", " : "", make("b", {}, letterOf(number)), " ", words(run.name)])), state),
      chips.length > 0 && make("ul", { class: "chips", role: "list", "aria-label": "Active filters" }, chips, make("li", {}, make("a", { class: "chip", href: write(seen, { filters: {} }) }, "clear all"))),
      count ? rows.element : make("p", { class: "empty" }, "No article passes all filters. ", make("a", { href: write(seen, { filters: {} }) }, "Clear them"), "."),
    ),
  );
  if (found?.failed) fill(state, found.failed);
  else if (seen.filters.q && !found?.done) lookThrough(app, seen.filters.q, state);
  return {
    element,
    order: chosen.order,
    complete: !seen.filters.q || Boolean(found?.done),
    told,
    draw: rows.draw,
    stop: rows.stop,
    move: (step) => rows.focus(rows.current() < 0 ? 0 : rows.current() + step),
    focusOn: (place) => rows.focus(chosen.order.indexOf(place)),
    search: () => search.focus(),
  };
}

/** Looks for words in all texts, chunk by chunk, and shows anew what is seen when it has been through; `state` says how far. */
export async function lookThrough(app, sought, state = null) {
  const { index } = app;
  const chunks = Math.ceil(index.articles.id.length / index.chunk_size);
  const fits = finder(sought);
  const search = app.search(sought);
  search.state = state;
  if (search.busy) return;
  search.busy = true;
  try {
    for (; search.next < chunks && app.sought() === sought; search.next += 1) {
      if (search.state) fill(search.state, `Looking through the texts: ${Math.round((100 * search.next) / chunks)} %`);
      const texts = await textsOf(search.next);
      texts.forEach((text, place) => fits(text) && search.positions.push(search.next * index.chunk_size + place));
    }
    search.done = search.next >= chunks;
  } catch (error) {
    search.done = true;
    search.failed = `Only ids, titles and sources were looked through, and ${numberOf(search.next * index.chunk_size, "text")}: ${error.message}.`;
  }
  search.busy = false;
  if (search.done && app.sought() === sought) {
    app.again();
    if (app.seen().view === "articles") say(`${search.failed ?? ""} ${app.around().told} with “${sought}”`);
  }
}
