// Where marks are drawn: each item has a lane above the text (gold) or below it (predicted) that no other item uses at
// that place, so that what nests, overlaps or is in several parts can be told apart.

/** Gives each of some items, with `from` and `to` and the `width` of its tag, a `lane`; the number of lanes. */
export function layLanes(items) {
  const lanes = [];
  // Short ones first, so that what is inside is nearest to the text.
  const order = [...items].sort((a, b) => a.to - a.from - (b.to - b.from) || a.from - b.from);
  for (const item of order) {
    const end = Math.max(item.to, item.from + item.width);
    let lane = lanes.findIndex((taken) => taken.every(([from, to]) => to <= item.from || from >= end));
    if (lane < 0) lane = lanes.push([]) - 1;
    lanes[lane].push([item.from, end]);
    item.lane = lane;
  }
  return lanes.length;
}

/** A stretch of text cut where anything begins or ends: [{from, to, parts: [{entry, piece}]}]; `piece` is null in a gap. */
export function cutSegments(start, end, entries) {
  const cuts = new Set([start, end]);
  for (const entry of entries) {
    for (const piece of entry.pieces) {
      cuts.add(Math.max(piece.from, start));
      cuts.add(Math.min(piece.to, end));
    }
  }
  const places = [...cuts].sort((a, b) => a - b);
  const segments = [];
  for (let at = 0; at + 1 < places.length; at += 1) {
    const [from, to] = [places[at], places[at + 1]];
    const parts = [];
    for (const entry of entries) {
      if (entry.from >= to || entry.to <= from) continue;
      const pieces = entry.pieces.filter((piece) => piece.from < to && piece.to > from);
      for (const piece of pieces) parts.push({ entry, piece });
      if (!pieces.length) parts.push({ entry, piece: null });
    }
    segments.push({ from, to, parts });
  }
  return segments;
}

/** The text as paragraphs within zones: [{kind, from, to, first}]. Line feeds between them belong to none. */
export function paragraphs(text, zones) {
  const stretches = [];
  let place = 0;
  for (const [kind, start, end] of [...zones].sort((a, b) => a[1] - b[1])) {
    if (start > place) stretches.push(["", place, start]);
    stretches.push([kind, Math.max(start, place), end]);
    place = Math.max(place, end);
  }
  if (place < text.length) stretches.push(["", place, text.length]);
  const found = [];
  for (const [kind, start, end] of stretches) {
    let first = true;
    for (const line of text.slice(start, end).matchAll(/[^\n]+/g)) {
      if (!line[0].trim()) continue;
      found.push({ kind, from: start + line.index, to: start + line.index + line[0].length, first });
      first = false;
    }
  }
  return found;
}
