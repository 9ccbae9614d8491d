// Signs for what became of an item, letters for runs and labels: what is told by colour is told by a sign, too.

const SIGNS = { right: "✓", missed: "✗", spurious: "+", boundary: "↔", label: "≠", "boundary+label": "↔≠", duplicate: "=", speaker: "¿", failed: "!" };
const COLOURS = 8;

/** The sign of a kind of error. */
export function signOf(kind) {
  return SIGNS[kind] ?? (kind ? kind[0].toUpperCase() : "");
}

/** The letter of a run: A to E. */
export function letterOf(run) {
  return String.fromCharCode(65 + Number(run));
}

/** A short name of a label, for a tag above or below the text. */
export function shortOf(layer, label) {
  const cut = (text) => (text.length <= 8 ? text : text.slice(0, 6));
  const short = cut(label);
  const alone = layer.labels.filter((other) => cut(other) === short).length < 2;
  return alone ? short : label.slice(0, 10);
}

/** The variable of the colour of a label. */
export function colourOf(layer, label) {
  return `var(--c${Math.max(0, layer.labels.indexOf(label)) % COLOURS})`;
}

/** "gold", or a run by its letter and name. */
export function sideName(index, side) {
  return side === "gold" ? "gold" : `run ${letterOf(side)}, ${index.runs[Number(side)].name}`;
}

/** The text with a capital letter before. */
export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
