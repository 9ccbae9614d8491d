// Articles as they are shown: texts with items at places of JavaScript strings, and what each run made of each item.
import { openChunk } from "./blocks.js";
import { unpackArticle } from "./unpacking.js";

/** An article by its position in the index: {position, id, text, zones, meta, layers, list(layer, side)}. */
export async function openArticle(index, position, keep = true) {
  const size = index.chunk_size;
  const chunk = await openChunk(Math.floor(position / size), keep);
  return decodeArticle(index, position, chunk, position % size);
}

/** The texts of a chunk: for a search, which looks at all of them and keeps none. */
export async function textsOf(number) {
  return (await openChunk(number, false)).texts;
}

function decodeArticle(index, position, chunk, place) {
  const row = unpackArticle(chunk, index, place);
  const text = chunk.texts[place];
  const unit = units(text);
  const layers = {};
  for (const layer of index.layers) {
    const given = row.layers[layer.name];
    if (!given) continue;
    const decode = (side, key) => side && decodeSide(side, key, layer, row.names, unit);
    const gold = decode(given.gold, "gold");
    const runs = given.runs.map((side, run) => decode(side, String(run)));
    runs.forEach((items, run) => items && judge(gold ?? [], items, given.runs[run], layer, chunk.credits[layer.name] ?? [], run));
    layers[layer.name] = { gold, runs };
  }
  return {
    position,
    id: index.articles.id[position],
    title: index.articles.title[position],
    text,
    zones: row.zones.map(([kind, start, end]) => [kind, unit(start), unit(end)]),
    rawZones: row.zones,
    meta: row.meta,
    layers,
  };
}

/** From a number of code points to a place in the string. */
function units(text) {
  if (!/[\ud800-\udbff]/.test(text)) return (place) => place;
  const places = [];
  let place = 0;
  for (const character of text) {
    places.push(place);
    place += character.length;
  }
  places.push(place);
  return (point) => places[Math.min(point, places.length - 1)];
}

function decodeSide(side, key, layer, names, unit) {
  const items = Array.from({ length: side.n }, (_, number) => ({
    side: key,
    layer,
    number,
    key: `${key}.${layer.name}.${number}`,
    label: layer.labels[side.label?.[number]] ?? "",
    pieces: [],
    fields: [],
    verdicts: [],
  }));
  for (const field of layer.fields) {
    const given = side[field.name];
    if (given === undefined) continue;
    given.forEach((value, number) => {
      if (field.type === "span" || field.type === "spans") {
        const pieces = value.map(([from, to]) => ({ field, from: unit(from), to: unit(to), raw: [from, to] }));
        items[number].pieces.push(...pieces);
        if (pieces.length) items[number].fields.push({ field, pieces });
        return;
      }
      const told = field.refers ? referred(field, value, key) : field.type === "number" ? value && value / 1000 : namesOf(value, names);
      if (told !== null && told !== undefined && told.length !== 0) items[number].fields.push({ field, value: told });
    });
  }
  for (const item of items) {
    item.main = item.pieces.filter((piece) => piece.field.name === layer.spans_field);
    item.pieces.sort((a, b) => a.from - b.from || a.to - b.to);
    item.from = item.pieces[0]?.from ?? -1;
    item.to = Math.max(-1, ...item.pieces.map((piece) => piece.to));
  }
  return items;
}

function namesOf(value, names) {
  if (Array.isArray(value)) return value.map((name) => names[name]);
  return value === null ? null : names[value];
}

/** A reference to an item of another layer, as its key. */
function referred(field, value, side) {
  if (value === null) return null;
  return value < 0 ? "an item that is not there" : { key: `${side}.${field.refers}.${value}` };
}

/** Says of each item what a run made of it: verdicts[run] = {kind, partners, credits, change}. */
function judge(gold, items, side, layer, patterns, run) {
  if (!side.kind) return;
  const verdict = (kind, credit, change) => ({
    kind: layer.kinds[kind] ?? "",
    credits: (patterns[credit] ?? []).map((one) => (Array.isArray(one) ? one[0] / one[1] : one)),
    change: change ?? 0,
    partners: [],
  });
  gold.forEach((item, number) => (item.verdicts[run] = verdict(side.gold_kind[number], side.gold_credit?.[number], side.gold_change?.[number])));
  items.forEach((item, number) => {
    item.verdicts[run] = verdict(side.kind[number], side.credit?.[number], side.change?.[number]);
    const partner = gold[side.partner[number]];
    if (!partner) return;
    item.verdicts[run].partners.push(partner);
    partner.verdicts[run].partners.push(item);
  });
}

/** The words that stand at some pieces. */
export function wordsAt(text, pieces) {
  return pieces.map((piece) => text.slice(piece.from, piece.to).replace(/\s+/g, " ")).join(" … ");
}

/** What an item is called: its words, or what its fields say if it stands nowhere. */
export function nameOf(item, text) {
  const words = wordsAt(text, item.main.length ? item.main : item.pieces);
  if (words) return words;
  return item.fields.filter(({ value }) => typeof value === "string").map(({ value }) => value).join(" → ") || item.label;
}

/** All items of an article on the sides and in the layers that are shown: gold first, each side in order of places. */
export function itemsOf(article, layers, runs) {
  const found = [];
  for (const name of layers) {
    const sides = article.layers[name];
    if (!sides) continue;
    found.push(...(sides.gold ?? []));
    for (const run of runs) found.push(...(sides.runs[run] ?? []));
  }
  return found;
}

/** An item by its key (side.layer.number), or undefined. */
export function itemAt(article, key) {
  const [side, ...rest] = key.split(".");
  const number = Number(rest.pop());
  const name = rest.join(".");
  const sides = Object.hasOwn(article.layers, name) ? article.layers[name] : null;
  return (side === "gold" ? sides?.gold : sides?.runs[Number(side)])?.[number];
}

/** Whether a run is wrong about an item: a gold item that is not found as it is, or a prediction that is not right. */
export function isWrong(item, runs) {
  const all = item.side === "gold" ? runs : [Number(item.side)];
  return all.some((run) => item.verdicts[run] && item.verdicts[run].kind !== item.layer.kinds[0]);
}
