// The explorer: reads the address, shows the view that it names, and puts what a reader does into the address again.
import { read, write } from "./address.js";
import { makeChooser } from "./choosing.js";
import { openIndex } from "./blocks.js";
import { add, button, choice, fill, make, numberOf, say, words } from "./elements.js";
import { makeTicked, showExport } from "./exporting.js";
import { setKeys, showKeys } from "./keys.js";
import { lookThrough, showList } from "./listing.js";
import { keep, kept } from "./memory.js";
import { showArticle } from "./reading.js";

const bar = document.getElementById("bar");
const main = document.getElementById("main");
const overview = document.getElementById("overview");
const place = make("div", { id: "place", hidden: true });
main.append(place);

const app = { index: null, chooser: null, ticked: null };
let seen = read(location.hash);
let view = null;
let drawn = "";
let searches = new Map();
let list = { order: [], told: "" };

/** Goes to an address; `instead` takes the place of the one before. */
app.go = (next, instead = false) => {
  const address = write(next);
  if (address === location.hash) return;
  history[instead ? "replaceState" : "pushState"](null, "", address);
  show();
};
app.seen = () => seen;
app.sought = () => (seen.view === "overview" ? null : seen.filters.q);
app.found = (sought) => sought && searches.get(sought);
app.search = (sought) => {
  if (!searches.has(sought)) searches = new Map([...searches, [sought, { next: 0, positions: [], done: false }]].slice(-8));
  return searches.get(sought);
};
app.again = () => {
  drawn = "again";
  show(true);
};

/** Which task and convention credits are told by. */
app.scoredOf = (given) => {
  const { tasks } = app.index;
  const [name, convention] = given.scored.split("/");
  const task = tasks.find((one) => one.name === name) ?? tasks[0];
  if (!task) return { task: "", convention: "", about: "", layer: null, kinds: [] };
  const known = task.conventions.find((one) => one.name === convention) ?? task.conventions.find((one) => one.name === task.main) ?? task.conventions[0];
  return { task: task.name, convention: known?.name ?? "", about: known?.about ?? "", layer: task.layer, kinds: task.kinds };
};
app.runsOf = (given) => {
  if (given.runs === "none") return [];
  const wanted = given.runs.split(",");
  const all = app.index.runs.map((_, run) => run);
  const some = all.filter((run) => wanted.includes(String(run)));
  return some.length ? some : all;
};
app.layersOf = (given, scored) => {
  if (given.layers === "none") return [];
  const names = app.index.layers.map((layer) => layer.name);
  const wanted = given.layers.split(",").filter((name) => names.includes(name));
  return wanted.length ? wanted : scored.layer && names.includes(scored.layer) ? [scored.layer] : names;
};

/** The choice of a convention, which says how credits are counted. */
app.scoring = (given, scored) => {
  const groups = app.index.tasks.map((task) => [task.name, task.conventions.map((one) => [`${task.name}/${one.name}`, app.index.tasks.length > 1 ? `${task.name}: ${one.name}` : one.name])]);
  return choice("Scored by", groups, `${scored.task}/${scored.convention}`, scoreBy, { name: "scored" });
};

/** Goes to another way to count. Kinds and labels are those of a task, so filters by them stay behind with it. */
function scoreBy(value) {
  const other = value.split("/")[0] !== app.scoredOf(seen).task;
  const filters = other ? Object.fromEntries(Object.entries(seen.filters).filter(([name]) => !/^(kind|label|differ|change|in\.)/.test(name))) : seen.filters;
  say(`Scored by ${value.replace("/", ", ")}`);
  app.go({ ...seen, scored: value, layers: other ? "" : seen.layers, filters, item: other ? "" : seen.item });
}

app.around = () => list;
app.refreshBar = () => {
  const count = app.ticked.count;
  fill(ticks, count ? `Export ${count.toLocaleString("en")} ticked` : "Export");
};

const ticks = button("Export", () => showExport(app, app.scoredOf(seen)), { class: "plain" });
const theme = button("Theme", turnTheme, { class: "plain", title: "light, dark or as the system" });

function turnTheme() {
  const next = { auto: "dark", dark: "light", light: "auto" }[document.documentElement.dataset.theme ?? "auto"];
  setTheme(next);
  keep("theme", next);
  say(`Theme: ${next}`);
}

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  fill(theme, `Theme: ${name}`);
}

function drawBar() {
  const link = (name, text) => make("a", { href: write({ ...seen, view: name, item: "" }), "aria-current": seen.view === name ? "page" : null }, text);
  fill(bar, make("nav", { "aria-label": "Views" }, link("overview", "Overview"), link("articles", "Articles")), make("p", { class: "tools" }, ticks, theme, button("Keys", showKeys, { class: "plain", title: "keyboard (?)" })));
}

/** Ways from the top of the overview: to the articles, and to what stands below. */
function contents() {
  const { length } = app.index.articles.id;
  const ways = [...overview.querySelectorAll("h2")].map((heading, at) => [write({ ...read(""), item: String(at + 1) }), heading.textContent]);
  const links = [[write({ ...read(""), view: "articles" }), `${numberOf(length, "article")}, what costs most first`], ...ways];
  overview.querySelector("h1").after(make("nav", { class: "contents", "aria-label": "On this page" }, make("ul", { role: "list" }, links.map(([href, text]) => make("li", {}, make("a", { href }, text))))));
}

/** Shows what the address says. */
async function show(again = false) {
  const before = seen;
  seen = read(location.hash);
  const scored = app.scoredOf(seen);
  drawBar();
  const wanted = write(seen, { item: "" });
  // A link is told twice, by two events, and the second time what it leads to may still be on its way.
  if (wanted === drawn) {
    view?.choose?.(seen.item);
    return;
  }
  const active = document.activeElement;
  const held = place.contains(active) && { name: active.name ?? "", caret: active.selectionStart };
  const same = drawn !== "" && before.view === seen.view && before.id === seen.id;
  const scroll = same ? scrollY : 0;
  view?.stop?.();
  view = null;
  drawn = wanted;
  overview.hidden = seen.view !== "overview";
  place.hidden = seen.view === "overview";
  if (seen.view === "overview") {
    fill(place);
    view = { choose: (number) => overview.querySelectorAll("h2")[Number(number) - 1]?.scrollIntoView() };
  }
  else if (seen.view === "articles") {
    view = list = { ...showList(app, seen, scored), of: write(read(""), { filters: seen.filters }) };
    fill(place, view.element);
    view.draw();
    const from = before.view === "article" ? app.index.articles.id.indexOf(before.id) : -1;
    if (from >= 0 && list.order.includes(from) && !again) view.focusOn(from);
  } else await openIt(scored, wanted);
  if (drawn !== wanted) return;
  document.title = [place.hidden ? null : place.querySelector("h1")?.textContent, app.index.title].filter(Boolean).join(" · ");
  if (held && same) refocus(held);
  else if (!again && !same && !place.contains(document.activeElement)) focusHeading();
  if (same && seen.view === "articles" && !again) say(view.told);
  if (same || (!seen.item && !(seen.view === "articles" && before.view === "article"))) scrollTo(0, scroll);
  view?.choose?.(seen.item, !same);
  view?.draw?.();
}

async function openIt(scored, wanted) {
  const position = app.index.articles.id.indexOf(seen.id);
  if (position < 0) {
    fill(place, make("h1", { tabindex: "-1" }, "No such article"), make("p", {}, words(seen.id), " is not in this file. ", make("a", { href: write(seen, { view: "articles" }) }, "All articles")));
    return;
  }
  const found = app.found(seen.filters.q);
  const of = write(read(""), { filters: seen.filters });
  if (!list.order.length || list.of !== of || (found?.done && !list.complete)) {
    const { order } = app.chooser.choose(seen, scored.task, scored.convention, found?.positions);
    list = { of, order, told: order.length.toLocaleString("en"), complete: !seen.filters.q || found?.done };
  }
  let opened;
  try {
    opened = await showArticle(app, seen, scored, position);
  } catch (error) {
    fill(place, make("h1", { tabindex: "-1" }, "This article cannot be opened"), make("p", {}, error.message));
    return;
  }
  if (drawn !== wanted) return;
  view = opened;
  fill(place, view.element);
  measure();
  view.hits();
  // Which article is next is known when all texts were looked through.
  if (seen.filters.q && !list.complete) lookThrough(app, seen.filters.q);
}

const heights = new Map();

/** How high the boxes of the letters are in this font: marks below the text begin under them. */
function measure() {
  for (const text of place.querySelectorAll(".paragraph")) {
    if (!heights.has(text.className)) {
      const probe = make("span", { class: "probe" }, "x");
      text.append(probe);
      heights.set(text.className, probe.getClientRects()[0]?.height ?? 0);
      probe.remove();
    }
    text.style.setProperty("--content", `${heights.get(text.className)}px`);
  }
}

function focusHeading() {
  main.querySelector("section:not([hidden]) > h1, #place:not([hidden]) h1")?.focus({ preventScroll: true });
}

/** Gives the focus to what has the name of the element that had it; to the heading, if there is no such one. */
function refocus({ name, caret }) {
  const field = name && place.querySelector(`[name="${CSS.escape(name)}"]`);
  if (!field) return focusHeading();
  field.focus({ preventScroll: true });
  if (name === "q" && caret !== null) field.setSelectionRange(caret, caret);
}

function nextConvention(step) {
  if (seen.view === "overview") return false;
  const all = app.index.tasks.flatMap((task) => task.conventions.map((one) => `${task.name}/${one.name}`));
  const scored = app.scoredOf(seen);
  const at = all.indexOf(`${scored.task}/${scored.convention}`);
  scoreBy(all[(at + step + all.length) % all.length]);
}

function up() {
  if (seen.view === "article" && seen.item) app.go({ ...seen, item: "" });
  else if (seen.view === "article") app.go({ ...seen, view: "articles", item: "" });
  else return false;
}

const listed = (action) => () => (seen.view === "articles" ? action() : false);
const reading = (action) => () => (seen.view === "article" && view ? action() : false);

async function begin() {
  setTheme(kept("theme") ?? "auto");
  add(bar, ["Opening…"]);
  app.index = await openIndex();
  app.chooser = makeChooser(app.index);
  app.ticked = makeTicked(app.refreshBar);
  app.refreshBar();
  setKeys([
    ["Anywhere", [["o", "overview", () => app.go({ ...seen, view: "overview", item: "" })], ["l", "list of articles", () => app.go({ ...seen, view: "articles", item: "" })], ["/", "search", () => (seen.view === "articles" ? view.search() : (app.go({ ...seen, view: "articles", item: "" }), setTimeout(() => view?.search?.(), 50)))], ["c", "next convention", () => nextConvention(1)], ["C", "convention before", () => nextConvention(-1)], ["e", "export what is ticked", () => showExport(app, app.scoredOf(seen))], ["t", "light, dark or as the system", turnTheme], ["?", "these keys", showKeys]]],
    ["In the list", [["ArrowDown", "next article; Enter opens it", listed(() => view.move(1))], ["ArrowUp", "article before", listed(() => view.move(-1))]]],
    ["In an article", [["j", "next item", reading(() => view.step(1))], ["k", "item before", reading(() => view.step(-1))], ["n", "next article", reading(() => view.near(1))], ["p", "article before", reading(() => view.near(-1))], ["x", "tick the chosen item", reading(() => view.tickChosen())], ["Escape", "no item; then back to the list", up]]],
  ]);
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  for (const name of ["hashchange", "popstate"]) addEventListener(name, () => show());
  contents();
  addEventListener("resize", () => {
    heights.clear();
    measure();
    view?.redraw?.();
  });
  await show();
  document.documentElement.dataset.ready = "";
}

begin();
