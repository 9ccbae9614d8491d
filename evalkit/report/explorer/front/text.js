// The text of an article with all marks on it: gold above in solid lines, each run below in dashed ones.
import { make } from "./elements.js";
import { cutSegments, layLanes, paragraphs } from "./lanes.js";
import { wordsAt } from "./articles.js";
import { colourOf, letterOf, shortOf, signOf } from "./signs.js";

const LANE = 15;

/**
 * Draws items on a text. `sides` are "gold" and runs by number, as text; `creditOf(item)` is 0…1 or null; `hrefOf(item)`
 * and `sideOf(side)` are its address and the name of a side. Gives {element, marks}; a mark is {element, link, items},
 * the innermost item first.
 */
export function drawText(article, items, sides, { creditOf, hrefOf, sideOf }) {
  const runs = sides.filter((side) => side !== "gold");
  const marks = [];
  const verdictsOf = (item) => runs.map((run) => item.verdicts[run]).filter(Boolean);
  const isOff = (item) => verdictsOf(item).some(({ kind }) => kind !== item.layer.kinds[0]);

  let zone = null;
  const stretches = paragraphs(article.text, article.zones).map((stretch) => {
    const heading = stretch.kind !== zone && make("h2", { class: "zone" }, stretch.kind || "no zone");
    zone = stretch.kind;
    return [heading, drawParagraph(stretch)];
  });

  function drawParagraph({ kind, from, to }) {
    const entries = items.flatMap((item) => entryOf(item, from, to));
    let above = 0;
    let below = 0;
    for (const side of sides) {
      const own = entries.filter(({ item }) => item.side === side);
      const lanes = layLanes(own);
      for (const entry of own) entry.row = side === "gold" ? entry.lane : below + entry.lane;
      if (side === "gold") above = lanes;
      else below += lanes;
    }
    const segments = cutSegments(from, to, entries);
    return make(
      "p",
      { dir: "auto", class: kind === "headline" ? "paragraph headline" : "paragraph", vars: { "--above": above, "--below": below } },
      segments.map((segment) => drawSegment(segment, above, below)),
    );
  }

  /** An item as far as it stands in a paragraph. */
  function entryOf(item, from, to) {
    const pieces = item.pieces.filter((piece) => piece.from < to && piece.to > from);
    if (!pieces.length) return [];
    const end = Math.max(...pieces.map((piece) => piece.to));
    const tag = tagOf(item);
    return [{ item, pieces, tag, from: Math.max(from, pieces[0].from), to: Math.min(to, end), width: Math.ceil(tag.length * 0.75) + 1 }];
  }

  function tagOf(item) {
    const signs = verdictsOf(item).map(({ kind }) => (kind === item.layer.kinds[0] ? "" : signOf(kind)));
    const credit = creditOf(item);
    const partial = credit > 0 && credit < 1 ? credit.toFixed(2).slice(1) : "";
    const run = runs.length > 1 && item.side !== "gold" ? letterOf(item.side) : "";
    const name = shortOf(item.layer, item.label) || item.layer.one.slice(0, 4);
    return [run, name, [...new Set(signs)].join(""), partial].filter(Boolean).join(" ");
  }

  function drawSegment({ from, to, parts }, above, below) {
    const text = article.text.slice(from, to);
    if (!parts.length) return text;
    const covering = parts.filter(({ piece }) => piece);
    const element = make(covering.length ? "mark" : "span", { class: covering.length ? null : "gap" });
    drawLines(element, parts, above, below);
    if (!covering.length) {
      element.append(make("span", {}, text));
      return element;
    }
    covering.sort((a, b) => a.entry.item.to - a.entry.item.from - (b.entry.item.to - b.entry.item.from));
    const begun = covering.filter(({ piece }) => piece.from === from).sort((a, b) => sides.indexOf(a.entry.item.side) - sides.indexOf(b.entry.item.side));
    const said = begun.map(({ entry, piece }) => say(entry.item, piece, text)).join("; ");
    // A space between two parts of an item is marked, and is nothing to follow.
    const link = make(text.trim() ? "a" : "span", { href: text.trim() ? hrefOf(covering[0].entry.item) : null, name: text.trim() ? `at-${from}` : null, "aria-label": said ? `${text}: ${said}` : null }, text);
    element.append(link);
    // Within the link, so that to a reader of the page nothing stands between the words.
    for (const { entry, piece } of begun) link.append(drawTag(entry, piece, above));
    marks.push({ element, link, pieces: covering.map(({ piece }) => piece), items: [...new Set(covering.map(({ entry }) => entry.item))] });
    return element;
  }

  /** The lines above and below a segment, one for each item that it belongs to or lies within. */
  function drawLines(element, parts, above, below) {
    const lines = parts.map(({ entry, piece }) => {
      const { item, row } = entry;
      const credit = creditOf(item);
      const thick = !piece ? 1 : credit === null ? (isOff(item) ? 3 : 2) : credit < 1 ? 3 : 2;
      const colour = colourOf(item.layer, item.label);
      const image = !piece ? dashes(colour, 1, 4) : item.side === "gold" ? `linear-gradient(${colour},${colour})` : dashes(colour, 5, 8);
      const place = item.side === "gold" ? `${(above - row) * LANE - thick - 1}px` : `calc(100% - ${(below - row) * LANE - thick - 1}px)`;
      return [image, `0 ${place}`, `100% ${thick}px`];
    });
    element.style.backgroundImage = lines.map(([image]) => image).join(",");
    element.style.backgroundPosition = lines.map(([, place]) => place).join(",");
    element.style.backgroundSize = lines.map(([, , size]) => size).join(",");
  }

  /** What an item is, where it begins: its label; a letter for its other parts, such as S for the speaker of a quote. */
  function drawTag({ item, row, tag }, piece, above) {
    const own = piece.field.name === item.layer.spans_field;
    const text = own ? (item.main[0] === piece ? tag : "…") : piece.field.word[0].toUpperCase();
    const up = item.side === "gold";
    return make(
      "span",
      {
        class: `tag${own ? "" : " part"}${isOff(item) ? " off" : ""}`,
        "aria-hidden": "true",
        vars: { "--colour": colourOf(item.layer, item.label), "--top": up ? `${(above - 1 - row) * LANE}px` : `calc(var(--content) + ${(above + row) * LANE + 4}px)` },
      },
      text,
    );
  }

  /** What an item is, in words: all of its own, where those that stand here are some of them. */
  function say(item, piece, here) {
    const own = piece.field.name === item.layer.spans_field;
    const part = own ? "" : `${piece.field.word} of `;
    const all = wordsAt(article.text, item.main);
    const name = own && all !== here && item.main[0] === piece ? ` “${all}”` : "";
    const several = item.side === "gold" && runs.length > 1;
    const kinds = runs.filter((run) => item.verdicts[run]).map((run) => `${item.verdicts[run].kind}${several ? ` in ${letterOf(run)}` : ""}`);
    return [`${part}${sideOf(item.side)} ${item.layer.one} ${item.label}${name}`, ...kinds].join(", ");
  }

  return { element: make("div", { class: "text" }, stretches), marks };
}

function dashes(colour, filled, step) {
  return `repeating-linear-gradient(90deg,${colour} 0 ${filled}px,transparent ${filled}px ${step}px)`;
}
