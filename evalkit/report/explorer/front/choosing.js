// Which articles pass the filters, and in what order. Facets are lists of positions, so a filter is a few passes over numbers.
import { finder } from "./finding.js";

/** The filters of the page over an index, whose facets they decode once. */
export function makeChooser(index) {
  const count = index.articles.id.length;
  const positions = new Map();
  const gaps = (list) => {
    if (!positions.has(list)) {
      let place = 0;
      positions.set(list, Int32Array.from(list, (gap) => (place += gap)));
    }
    return positions.get(list);
  };
  const bits = (lists) => {
    const passes = new Uint8Array(count);
    for (const list of lists) for (const place of list) passes[place] = 1;
    return passes;
  };
  const facets = index.facets;
  const ofRun = (row, run) => run === "" || run === undefined || String(row.run) === run;

  /** All options of a filter that fit task and run: Map of value → lists of positions. */
  function options(name, task, filters) {
    const found = new Map();
    const put = (value, list) => found.set(value, [...(found.get(value) ?? []), gaps(list)]);
    if (name === "kind" || name === "label") {
      const other = name === "kind" ? "label" : "kind";
      for (const row of facets.items ?? [])
        if (row.task === task && ofRun(row, filters.run) && (!filters[other] || row[other] === filters[other])) put(row[name], row.articles);
    } else if (name === "differ") {
      for (const row of facets.disagree ?? []) if (row.task === task) put(row.runs.join("-"), row.articles);
    } else if (name === "change") {
      for (const row of facets.baseline ?? []) if (row.task === task && ofRun(row, filters.run)) put(row.change, row.articles);
    } else if (name === "failed") {
      for (const row of facets.failed ?? []) put(String(row.run), row.articles);
    } else if (name.startsWith("in.")) {
      for (const row of facets.property ?? [])
        if (row.task === task && `in.${row.property}` === name && ofRun(row, filters.run)) put(row.value, row.wrong);
    } else if (name.startsWith("slice.")) {
      for (const row of facets.article ?? []) if (`slice.${row.property}` === name) put(row.value, row.articles);
    }
    return found;
  }

  /** The names of the filters there are for a task: kinds, labels and so on, then properties of items and articles. */
  function names(task) {
    const found = ["kind", "label"].filter((name) => options(name, task, {}).size);
    const properties = new Set((facets.property ?? []).filter((row) => row.task === task && row.wrong.length).map((row) => `in.${row.property}`));
    if (facets.disagree?.some((row) => row.task === task)) found.push("differ");
    if (facets.baseline?.some((row) => row.task === task)) found.push("change");
    if (facets.failed?.length) found.push("failed");
    return [...found, ...properties, ...new Set((facets.article ?? []).map((row) => `slice.${row.property}`))];
  }

  /** What a search finds in ids, titles and sources; `texts` are the positions found in texts, if they were looked through. */
  function searched(words, texts) {
    const fits = finder(words);
    const passes = new Uint8Array(count);
    const { id, title, source } = index.articles;
    for (let place = 0; place < count; place += 1)
      if (fits(`${title[place] ?? ""}\n${id[place]}\n${source[place] ?? ""}`)) passes[place] = 1;
    for (const place of texts ?? []) passes[place] = 1;
    return passes;
  }

  /** What passes, in order, and how many articles each option of each filter would leave. */
  function choose(seen, task, convention, texts) {
    const { filters } = seen;
    const active = {};
    for (const [name, value] of Object.entries(filters)) {
      if (name === "run") continue;
      active[name] = name === "q" ? searched(value, texts) : bits(options(name, task, filters).get(value) ?? []);
    }
    const masks = Object.values(active);
    const passed = new Uint8Array(count);
    for (const mask of masks) for (let place = 0; place < count; place += 1) passed[place] += mask[place];
    const cost = costs(task, convention, seen);
    const order = [];
    for (let place = 0; place < count; place += 1) if (passed[place] === masks.length) order.push(place);
    if (seen.sort === "date") order.sort((a, b) => ascending(index.articles.published[b], index.articles.published[a]) || a - b);
    else if (seen.sort !== "id" && cost) order.sort((a, b) => cost.worst[b] - cost.worst[a] || a - b);
    /** How many would be left with each value of a filter, the others as they are: [[value, number], …]. */
    const left = (name) => {
      const own = active[name];
      const needed = masks.length - (own ? 1 : 0);
      return [...options(name, task, filters)].map(([value, lists]) => {
        let number = 0;
        const counted = lists.length > 1 ? new Set() : null;
        for (const list of lists)
          for (const place of list)
            if (passed[place] - (own?.[place] ?? 0) === needed && !counted?.has(place)) {
              counted?.add(place);
              number += 1;
            }
        return [value, number];
      });
    };
    return { order, cost, left };
  }

  /** Credit lost in each article: by run, and the most of the runs that count for the order. */
  function costs(task, convention, seen) {
    const runs = index.cost[task]?.[convention];
    if (!runs) return null;
    const counted = runs.filter((column, run) => column && ofRun({ run }, seen.filters.run));
    if (!counted.length) return null;
    const worst = Float64Array.from({ length: count }, (_, place) => Math.max(...counted.map((column) => column[place] ?? 0)));
    return { runs, worst };
  }

  /** The kinds of error that stand in articles: kind → marks by position. */
  function kindMarks(task, run) {
    return new Map([...options("kind", task, { run })].map(([kind, lists]) => [kind, bits(lists)]));
  }

  return { choose, names, options, kindMarks };
}

function ascending(a, b) {
  return (a ?? "") < (b ?? "") ? -1 : (a ?? "") > (b ?? "") ? 1 : 0;
}
