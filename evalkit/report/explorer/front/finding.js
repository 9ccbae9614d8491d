// What a search means: every word of it is found, in any order, and letters are the same with or without marks on them.

/** Text as it is compared: small letters without accents. */
function folded(text) {
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase();
  return text.normalize("NFKD").replace(/\p{M}+/gu, "").toLowerCase().replace(/ı/g, "i").replace(/ß/g, "ss");
}

/** The words of a search as they are compared; what stands in quotation marks is one of them. */
export function wordsOf(sought) {
  return [...sought.matchAll(/["“”]([^"“”]+)["“”]|[^\s"“”]+/g)].map((found) => folded(found[1] ?? found[0]).trim().split(/\s+/).join(" ")).filter(Boolean);
}

/** Tells whether a text has all words of a search. */
export function finder(sought) {
  const wanted = wordsOf(sought);
  return (text) => {
    const given = folded(text).replace(/\s+/g, " ");
    return wanted.every((word) => given.includes(word));
  };
}

/** Where words of a search stand in a text: [[from, to], …], not over each other. */
export function places(text, sought) {
  const letters = [];
  let given = "";
  for (let at = 0; at < text.length; ) {
    // A letter with the marks on it.
    let end = at + String.fromCodePoint(text.codePointAt(at)).length;
    while (end < text.length && /\p{M}/u.test(text[end])) end += 1;
    let plain = folded(text.slice(at, end));
    if (/^\s+$/.test(plain)) plain = given.endsWith(" ") ? "" : " ";
    for (let letter = 0; letter < plain.length; letter += 1) letters.push([at, end]);
    given += plain;
    at = end;
  }
  const found = [];
  for (const word of wordsOf(sought))
    for (let at = given.indexOf(word); at >= 0; at = given.indexOf(word, at + word.length)) found.push([letters[at][0], letters[at + word.length - 1][1]]);
  return found.sort((a, b) => a[0] - b[0]);
}
