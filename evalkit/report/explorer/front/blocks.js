// The data blocks of the page: gzip in base64, opened when they are asked for, and only the last few are kept.

const KEPT = 4;
const opened = new Map();
const arriving = new Map();

/** The content of a block: JSON. */
async function unpacked(text) {
  const bytes = Uint8Array.fromBase64 ? Uint8Array.fromBase64(text) : Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}

/** What tells this page from others: the end of the index, which is the checksum and the length of its gzip. */
export function checksum() {
  return document.getElementById("index").textContent.trim().slice(-12);
}

/** What is known of all articles. */
export function openIndex() {
  return unpacked(document.getElementById("index").textContent);
}

/** A chunk by its number; `keep` is false for a passing look. */
export async function openChunk(number, keep = true) {
  if (opened.has(number)) {
    const chunk = opened.get(number);
    opened.delete(number);
    opened.set(number, chunk);
    return chunk;
  }
  const block = document.querySelector(`script[data-chunk="${number}"]`);
  const chunk = await unpacked(block.dataset.file ? await fromFile(number, block.dataset.file) : block.textContent);
  if (keep) {
    opened.set(number, chunk);
    if (opened.size > KEPT) opened.delete(opened.keys().next().value);
  }
  return chunk;
}

/** A file beside the page is a script that calls `evalkitChunk`: a page from a disk may load no other. */
function fromFile(number, file) {
  globalThis.evalkitChunk = (given, text) => arriving.get(given)?.(text);
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const done = (settle, value) => {
      arriving.delete(number);
      script.remove();
      settle(value);
    };
    arriving.set(number, (text) => done(resolve, text));
    script.onerror = () => done(reject, new Error(`${file} is not there; keep it beside this page`));
    // A damaged file is loaded all the same, and hands nothing over.
    script.onload = () => arriving.has(number) && done(reject, new Error(`${file} is damaged; make the page again`));
    // A name is any name: # and ? in it are no parts of an address.
    script.src = trusted(file.split("/").map(encodeURIComponent).join("/"));
    document.head.append(script);
  });
}

let policy;

function trusted(file) {
  if (!globalThis.trustedTypes) return file;
  policy ??= trustedTypes.createPolicy("evalkit-chunks", { createScriptURL: (address) => address });
  return policy.createScriptURL(file);
}
