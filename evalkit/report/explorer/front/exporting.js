// Ticked items as tasks for an annotation tool, or as a table. Texts go out as they are: what is shown as � on the page
// is itself in a file.
import { itemAt, itemsOf, nameOf, openArticle, wordsAt } from "./articles.js";
import { checksum } from "./blocks.js";
import { button, choice, make, numberOf, say } from "./elements.js";
import { cell } from "./inert.js";
import { openDialog } from "./keys.js";
import { keepHere, keptHere } from "./memory.js";
import { capital, sideName } from "./signs.js";

/** What was ticked: article id → keys of items. `onchange` is called after each change. */
export function makeTicked(onchange) {
  // Items are told by their numbers, so what was ticked is that of this page with these runs.
  const place = `ticked.${checksum()}`;
  const byArticle = new Map(JSON.parse(keptHere(place) ?? "[]").map(([id, keys]) => [id, new Set(keys)]));
  let safe = true;
  const changed = () => {
    safe = keepHere(place, JSON.stringify([...byArticle].map(([id, keys]) => [id, [...keys]])));
    onchange();
  };
  return {
    /** Whether a reload keeps it. */
    get safe() {
      return safe;
    },
    has: (id, key) => byArticle.get(id)?.has(key) ?? false,
    set(id, key, on) {
      const keys = byArticle.get(id) ?? new Set();
      if (on) keys.add(key);
      else keys.delete(key);
      if (keys.size) byArticle.set(id, keys);
      else byArticle.delete(id);
      changed();
    },
    clear() {
      byArticle.clear();
      changed();
    },
    get count() {
      let count = 0;
      for (const keys of byArticle.values()) count += keys.size;
      return count;
    },
    articles: () => [...byArticle].sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}

const FORMS = {
  labelstudio: { name: "Label Studio tasks (JSON)", file: "tasks.json", type: "application/json", make: (all, index) => `${JSON.stringify(all.map((one) => toTask(one, index)), null, 1)}\n` },
  native: { name: "evalkit JSON lines", file: "tasks.jsonl", type: "application/x-ndjson", make: (all, index) => all.map((one) => `${JSON.stringify(toNative(one, index))}\n`).join("") },
  csv: { name: "Table (CSV)", file: "items.csv", type: "text/csv", make: (all, index, scored) => toTable(all, index, scored) },
};

/** Asks for a form and saves what was ticked in it. */
export function showExport(app, scored) {
  const { index, ticked } = app;
  let form = "labelstudio";
  const about = {
    labelstudio: "One task an article: all gold as an annotation, the ticked items of each run as a prediction.",
    native: "One line an article: all gold, and the ticked items of each run as a reading of its name.",
    csv: "One row a ticked item and run that is judged by it, with the text around it, its kind and its credit.",
  };
  const hint = make("p", { class: "quiet" }, about[form]);
  const save = button("Save", async () => {
    const all = [];
    for (const [id, keys] of ticked.articles()) {
      const article = await openArticle(index, index.articles.id.indexOf(id), false);
      all.push({ article, keys, items: [...keys].map((key) => itemAt(article, key)).filter(Boolean) });
    }
    const { file, type, make: made } = FORMS[form];
    download(file, type, made(all, index, scored));
    say(`${file} saved`);
    dialog.close();
  });
  const articles = ticked.articles().length;
  const content = ticked.count
    ? [make("p", {}, `${numberOf(ticked.count, "ticked item")} in ${numberOf(articles, "article")}. ${ticked.safe ? "Ticks last until this tab is closed." : "This browser keeps no ticks when the page is loaded anew."}`), choice("Form", Object.entries(FORMS).map(([key, { name }]) => [key, name]), form, (value) => {
        form = value;
        hint.textContent = about[value];
      }), hint]
    : make("p", {}, "Nothing is ticked. Tick items in the table under an article, or press x at a chosen mark.");
  const dialog = openDialog("Export", content, ticked.count ? [save, button("Untick all", () => (ticked.clear(), dialog.close()), { class: "plain" })] : []);
}

function download(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = make("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** The metadata that the index and the chunk have of an article. */
function about(article, index) {
  const columns = ["title", "source", "published", "lang"].map((name) => [name, index.articles[name]?.[article.position]]);
  return Object.fromEntries(columns.filter(([, value]) => value));
}

function nameOfItem(item) {
  return `${item.layer.name}-${item.number + 1}`;
}

/** An item as a row of evalkit's native form. */
function toRow(item) {
  const { layer } = item;
  const row = { id: nameOfItem(item), [layer.label_field]: item.label };
  if (!item.label) delete row[layer.label_field];
  for (const { field, pieces, value } of item.fields) {
    if (pieces) row[field.name] = field.type === "span" ? pieces[0].raw : pieces.map((piece) => piece.raw);
    else if (value?.key) row[field.name] = `${field.refers}-${Number(value.key.split(".").at(-1)) + 1}`;
    else if (!field.refers) row[field.name] = value;
  }
  if (layer.spans_field && !row[layer.spans_field]) row[layer.spans_field] = [];
  return row;
}

function rowsOf(items) {
  const rows = {};
  for (const item of items) (rows[item.layer.name] ??= []).push(toRow(item));
  return rows;
}

function goldOf(article) {
  const found = {};
  for (const [name, { gold }] of Object.entries(article.layers)) if (gold) found[name] = gold.map(toRow);
  return found;
}

/** The ticked items of each run, and those that they rest on, without which they would say less. */
function byRun(article, items, index) {
  const withRests = (own) => {
    const all = new Set(own);
    for (const item of all) for (const { value } of item.fields) if (value?.key && itemAt(article, value.key)) all.add(itemAt(article, value.key));
    return [...all];
  };
  return index.runs.map((run, number) => [run.name, withRests(items.filter((item) => item.side === String(number)))]).filter(([, own]) => own.length);
}

function toNative({ article, items }, index) {
  const readings = byRun(article, items, index).map(([name, own]) => [name, rowsOf(own)]);
  return {
    id: article.id,
    ...about(article, index),
    metadata: article.meta,
    text: article.text,
    zones: article.rawZones.map(([kind, start, end]) => ({ kind, start, end })),
    ...goldOf(article),
    ...(readings.length ? { readings: Object.fromEntries(readings) } : {}),
  };
}

function toTask({ article, keys, items }, index) {
  const gold = itemsOf(article, Object.keys(article.layers), []);
  const predictions = byRun(article, items, index).map(([name, own]) => ({ model_version: name, result: resultsOf(article, own) }));
  return {
    data: { text: article.text, article_id: article.id, ...article.meta, ...about(article, index) },
    meta: { zones: article.rawZones.map(([kind, start, end]) => ({ kind, start, end })), ticked: [...keys].sort() },
    annotations: [{ result: resultsOf(article, gold), was_cancelled: false, ground_truth: false }],
    ...(predictions.length ? { predictions } : {}),
  };
}

/** Items as regions and relations, as evalkit writes and reads them for Label Studio. */
function resultsOf(article, items) {
  const [regions, relations] = [[], []];
  const here = new Set(items.map((item) => item.key));
  const region = (id, pieces, type, meta) =>
    pieces.forEach((piece, at) => {
      const name = at ? `${id}.${at + 1}` : id;
      const value = { start: piece.raw[0], end: piece.raw[1], text: article.text.slice(piece.from, piece.to).replaceAll("\n", "\\n"), labels: [type] };
      regions.push({ id: name, from_name: "label", to_name: "text", type: "labels", value, ...(at || !Object.keys(meta).length ? {} : { meta }) });
      if (at) relations.push(relation(at > 1 ? `${id}.${at}` : id, name, "continued"));
    });
  for (const item of items) {
    const { layer } = item;
    const id = nameOfItem(item);
    const whole = layer.spans_field === "spans";
    const meta = whole ? {} : { [layer.label_field === "label" ? layer.one : layer.label_field]: item.label };
    for (const { field, pieces, value } of item.fields) if (!pieces && !field.refers) meta[field.name] = value;
    const type = whole ? item.label : capital(layer.one);
    // What stands nowhere in the text is an answer about the whole of it (PLACELESS in formats/labelstudio).
    if (item.main.length) region(id, item.main, type, meta);
    else regions.push({ id, from_name: "without-place", to_name: "text", type: "textarea", value: { text: [type] }, meta });
    for (const { field, pieces, value } of item.fields) {
      if (field.name === layer.spans_field) continue;
      if (pieces) {
        region(`${id}-${capital(field.name)}`, pieces, capital(field.name), {});
        relations.push(relation(id, `${id}-${capital(field.name)}`, capital(field.name)));
      } else if (value?.key && here.has(value.key)) {
        const other = items.find((one) => one.key === value.key);
        relations.push(relation(id, nameOfItem(other), capital(other.layer.one)));
      }
    }
  }
  return [...regions, ...relations];
}

function relation(from, to, type) {
  return { from_id: from, to_id: to, type: "relation", direction: "right", labels: [type] };
}

const COLUMNS = ["article", "title", "zone", "side", "layer", "label", "before", "text", "after", "run", "kind", "gold", "gold_label", "predicted", "predicted_label", "task", "convention", "credit"];

/** By what the items of a layer are judged: as the page is scored, or else as usual for the task of their kinds. */
function measureOf(index, layer, scored) {
  if (scored.layer === layer.name) return [scored.task, scored.convention];
  const known = index.tasks.find((task) => task.name === layer.task);
  if (!known) return ["", ""];
  return [known.name, (known.conventions.find((one) => one.name === known.main) ?? known.conventions[0])?.name ?? ""];
}

function toTable(all, index, scored) {
  const lines = [COLUMNS];
  for (const { article, items } of all) {
    for (const item of items) {
      const zone = article.zones.find(([, start, end]) => start <= item.from && item.from < end)?.[0] ?? "";
      const around = item.from < 0 ? ["", ""] : [article.text.slice(Math.max(0, item.from - 40), item.from), article.text.slice(item.to, item.to + 40)];
      const start = [article.id, article.title, zone, sideName(index, item.side), item.layer.name, item.label, around[0], nameOf(item, article.text), around[1]];
      const verdicts = Object.entries(item.verdicts);
      const [task, convention] = measureOf(index, item.layer, scored);
      const place = item.layer.credits.findIndex((one) => one[0] === task && one[1] === convention);
      for (const [run, verdict] of verdicts.length ? verdicts : [["", null]]) {
        const partner = verdict?.partners[0];
        const [gold, predicted] = item.side === "gold" ? [item, partner] : [partner, item];
        const sides = [gold, predicted].flatMap((one) => [one ? wordsAt(article.text, one.main) : "", one?.label ?? ""]);
        lines.push([...start, run === "" ? "" : index.runs[Number(run)].name, verdict?.kind ?? "", ...sides, task, convention, verdict?.credits[place] ?? ""]);
      }
    }
  }
  return `\ufeff${lines.map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`;
}
