// The address says all that is seen: view, article, item, filters, order, convention, runs. It is the part after `#`,
// so that it works from a disk, can be sent, and the browser's back button does what it says.

const VIEWS = ["overview", "articles", "article"];
/** Filters with one value; those of items are called `in.PROPERTY`, those of articles `slice.PROPERTY`. */
export const FILTERS = ["run", "kind", "label", "differ", "change", "failed", "q"];

/** What an address says: {view, id, item, scored, runs, layers, only, sort, filters}. */
export function read(hash) {
  const [path, query = ""] = hash.replace(/^#/, "").split("?", 2);
  const [view, id = ""] = path.split("/", 2);
  const given = new URLSearchParams(query);
  const filters = {};
  for (const [name, value] of given) if (value !== "" && (FILTERS.includes(name) || /^(in|slice)\./.test(name))) filters[name] = value;
  return {
    view: VIEWS.includes(view) ? view : "overview",
    id: decoded(id),
    item: given.get("item") ?? "",
    scored: given.get("scored") ?? "",
    runs: given.get("runs") ?? "",
    layers: given.get("layers") ?? "",
    sort: given.get("sort") ?? "",
    only: given.get("only") ?? "",
    filters,
  };
}

/** The address of what is given, over what is seen now. */
export function write(seen, changes = {}) {
  const now = { ...seen, ...changes };
  const query = new URLSearchParams();
  for (const name of ["item", "scored", "runs", "layers", "only", "sort"]) if (now[name]) query.set(name, now[name]);
  for (const name of Object.keys(now.filters).sort()) if (now.filters[name]) query.set(name, now.filters[name]);
  const path = now.view === "article" ? `article/${encodeURIComponent(now.id)}` : now.view;
  const text = query.toString();
  return `#${path}${text ? `?${text}` : ""}`;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
