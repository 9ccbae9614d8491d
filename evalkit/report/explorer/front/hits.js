// Where the words of a search stand in the text, by the highlight API: it changes no element, and is not read out, so it
// is used for nothing else.

/** Highlights words in an element; none for "". */
export function markHits(element, sought) {
  if (!globalThis.CSS?.highlights) return;
  CSS.highlights.delete("hits");
  if (!sought || !element) return;
  const ranges = [];
  const needle = sought.toLocaleLowerCase();
  for (const paragraph of element.querySelectorAll(".paragraph")) {
    const nodes = [];
    let text = "";
    const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.parentElement.closest(".tag")) continue;
      nodes.push([text.length, node]);
      text += node.data;
    }
    const lower = text.toLocaleLowerCase();
    // Letters that grow when they are made small would move places; such a text is left alone.
    if (lower.length !== text.length) continue;
    for (let place = lower.indexOf(needle); place >= 0; place = lower.indexOf(needle, place + needle.length)) {
      // A range for each node, so that the letters of marks between them stay as they are.
      for (const [start, node] of nodes) {
        if (start + node.data.length <= place || start >= place + needle.length) continue;
        const range = new Range();
        range.setStart(node, Math.max(0, place - start));
        range.setEnd(node, Math.min(node.data.length, place + needle.length - start));
        ranges.push(range);
      }
    }
  }
  if (ranges.length) CSS.highlights.set("hits", new Highlight(...ranges));
}
