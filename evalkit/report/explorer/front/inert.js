// Characters that steer, turn the direction of writing or cannot be seen are shown as �, as in every form of evalkit.
const STEERS = /[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\uf8ff\ufdd0-\ufdef\ufffe\uffff\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{10ffff}]/gu;
const JOINED = /[\p{L}\p{M}\p{S}]/u;

/** The text as it may be shown. */
export function shown(text) {
  return text.replace(STEERS, (character, place) => {
    const before = text.slice(0, place).slice(-2);
    if (character === "\r") return text[place + 1] === "\n" ? "" : "�";
    if (character === "\u200c" || character === "\u200d") {
      const after = String.fromCodePoint(text.codePointAt(place + 1) ?? 0);
      const last = [...before].at(-1) ?? "";
      return last > "\u02ff" && after > "\u02ff" && JOINED.test(last) && JOINED.test(after.replace(/^[\ufe00-\ufe0f]$/, "")) ? character : last === "\ufe0f" ? character : "�";
    }
    if (character >= "\ufe00" && character <= "\ufe0f") return (before.at(-1) ?? "") >= "\u0300" || /[#*0-9©®]$/u.test(before) ? character : "�";
    return /\s/u.test(character) ? " " : "�";
  });
}

const FORMULA = /^[\s]*[=+\-@\t\r|%]/;

/** A cell of CSV: in quotation marks, and no formula for a spreadsheet. */
export function cell(value) {
  const text = value === null || value === undefined ? "" : String(value);
  const safe = typeof value === "string" && FORMULA.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""').replace(/[\0\r]/g, " ")}"`;
}
