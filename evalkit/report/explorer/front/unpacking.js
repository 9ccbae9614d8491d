// Articles as they lie in a chunk (analysis/exploration/chunk.py): columns over its articles, numbers as characters of
// a string, and of a prediction only what is not so in the gold item that it was matched with. Here one is unpacked.

const ZERO = 48;
const BASE = 50000;

/** The numbers that the characters of a string stand for; null for none. */
export function unpackNumbers(codes) {
  const numbers = [];
  const points = Array.from(codes, (character) => character.codePointAt(0));
  for (let at = 0; at < points.length; at += 1) {
    const sign = points[at] === 47 ? -1 : 1;
    if (sign < 0) at += 1;
    if (points[at] === 46) {
      numbers.push(null);
    } else if (points[at] === 44) {
      numbers.push(sign * ((points[at + 1] - ZERO) * BASE + points[at + 2] - ZERO));
      at += 2;
    } else {
      numbers.push(sign * (points[at] - ZERO));
    }
  }
  return numbers;
}

/** An article of a chunk: {names, zones, meta, layers}, each side with a list for each field; see docs/view.md. */
export function unpackArticle(chunk, index, at) {
  const points = Array.from(chunk.texts[at]);
  const mentions = [];
  const layers = {};
  for (const layer of index.layers) {
    const columns = chunk.layers[layer.name];
    const gold = unpackSide(columns.gold, layer, at, null, null, null);
    const runs = columns.runs.map((run) => unpackRun(run, layer, at, gold));
    if (gold || runs.some((run) => run)) layers[layer.name] = { gold, runs };
    for (const side of [gold, ...runs]) if (side) noteMentions(mentions, side, layer, points);
  }
  // A name that is told as a number is the slug of what its mention of that number says.
  const names = chunk.names[at].map((name, number) => (typeof name === "string" ? name : slugOf(mentions[number][name])));
  const meta = {};
  for (const [key, values] of Object.entries(chunk.meta)) if (values[at] !== null) meta[key] = values[at];
  return { names, zones: unpackZones(chunk.zones[at], index.zones), meta, layers };
}

function unpackZones(codes, kinds) {
  const numbers = unpackNumbers(codes);
  const zones = [];
  let before = 0;
  for (let at = 0; at < numbers.length; at += 3) {
    const start = before + numbers[at + 1];
    before = start + numbers[at + 2];
    zones.push([kinds[numbers[at]], start, before]);
  }
  return zones;
}

function unpackRun(columns, layer, at, gold) {
  const given = (name) => {
    const column = columns[name] && columns[name][at];
    return column === undefined || column === null ? null : unpackNumbers(column);
  };
  const kind = given("kind");
  const partners = kind && unpackPartners(given("with"));
  const side = unpackSide(columns, layer, at, partners, given("own"), gold);
  if (!side) return null;
  side.credit = given("credit");
  side.gold_credit = given("gold_credit");
  if (kind) {
    side.kind = kind;
    side.partner = partners;
    side.gold_kind = given("gold_kind");
    if (!side.gold_kind) {
      side.gold_kind = gold.label.map(() => layer.kinds.indexOf("missed"));
      partners.forEach((partner, number) => {
        if (partner !== null) side.gold_kind[partner] = kind[number];
      });
    }
  }
  side.gold_change = given("gold_change");
  side.change = given("change");
  return side;
}

function unpackPartners(gaps) {
  let before = -1;
  return gaps.map((gap) => (gap === null ? null : (before += gap + 1)));
}

/** The items of a side: {n, label: […], FIELD: […]}; values of partners where the side does not have its own. */
function unpackSide(columns, layer, at, partners, masks, gold) {
  const label = columns.label[at];
  if (label === null) return null;
  const count = partners ? partners.length : unpackNumbers(label).length;
  const side = { n: count };
  const fields = [{ name: "label", type: "number" }, ...layer.fields];
  fields.forEach((field, bit) => {
    const column = (columns[field.name] && columns[field.name][at]) || "";
    const pieces = (columns[`${field.name}#`] && columns[`${field.name}#`][at]) || "";
    const next = unpackColumn(field.type, column, pieces);
    let matched = 0;
    const values = [];
    for (let number = 0; number < count; number += 1) {
      const partner = partners ? partners[number] : null;
      const own = partner === null || ((masks[matched++] >> bit) & 1) === 1;
      values.push(own ? next() : gold[field.name][partner]);
    }
    side[field.name] = values;
  });
  return side;
}

/** What gives the values of a column one after the other: spans as [[start, end], …], else a number, null or a list. */
function unpackColumn(type, column, pieces) {
  const numbers = unpackNumbers(column);
  const counts = unpackNumbers(pieces);
  let [at, item, before] = [0, 0, 0];
  if (type === "spans" || type === "span") {
    return () => {
      const spans = [];
      const count = pieces ? counts[item] : column ? 1 : 0;
      item += 1;
      for (let piece = 0; piece < count; piece += 1) {
        before += numbers[at];
        spans.push([before, before + numbers[at + 1]]);
        at += 2;
      }
      return spans;
    };
  }
  if (type === "names") {
    return () => {
      const count = column ? numbers[at] : 0;
      const names = numbers.slice(at + 1, at + 1 + count);
      at += count + 1;
      return names;
    };
  }
  return () => (column ? numbers[at++] : null);
}

/** What an article calls each thing, by the number of its name: in the gold first, then run by run. */
function noteMentions(mentions, side, layer, points) {
  const [things, places] = [side.entity_id, side[layer.spans_field]];
  if (!things || !places) return;
  things.forEach((thing, item) => {
    const spans = places[item];
    if (thing === null || !spans.length) return;
    mentions[thing] ??= [];
    mentions[thing].push(points.slice(spans[0][0], spans[spans.length - 1][1]).join(""));
  });
}

/** Words as ids are spelled: lower-case ASCII letters and digits with hyphens (evalkit.text.linking). */
function slugOf(name) {
  const plain = name.replace(/ø/g, "o").replace(/Ø/g, "O").replace(/ł/g, "l").replace(/Ł/g, "L").normalize("NFKD");
  const kept = plain.replace(/[\u0080-\u{10ffff}]/gu, "").toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return kept.replace(/^-+|-+$/g, "") || "entity";
}
