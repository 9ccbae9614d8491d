// Where the words of a search stand in the text, by the highlight API: it changes no element, and is not read out, so it
// is used for nothing else.
import { places } from "./finding.js";

/** Highlights words in an element; none for "". */
export function markHits(element, sought) {
  if (!globalThis.CSS?.highlights) return;
  CSS.highlights.delete("hits");
  if (!sought || !element) return;
  const ranges = [];
  for (const paragraph of element.querySelectorAll(".paragraph")) {
    const nodes = [];
    let text = "";
    const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.parentElement.closest(".tag")) continue;
      nodes.push([text.length, node]);
      text += node.data;
    }
    for (const [from, to] of places(text, sought)) {
      // A range for each node, so that the letters of marks between them stay as they are.
      for (const [start, node] of nodes) {
        if (start + node.data.length <= from || start >= to) continue;
        const range = new Range();
        range.setStart(node, Math.max(0, from - start));
        range.setEnd(node, Math.min(node.data.length, to - start));
        ranges.push(range);
      }
    }
  }
  if (ranges.length) CSS.highlights.set("hits", new Highlight(...ranges));
}
