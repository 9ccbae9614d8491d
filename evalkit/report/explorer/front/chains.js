// Items that say who thinks what of whom, as a list: each with the things it names, the item it rests on and that one's
// parts. What stands in the text is drawn there; what is told by names is told here.
import { itemAt, nameOf, wordsAt } from "./articles.js";
import { make, numberOf, words } from "./elements.js";
import { letterOf, signOf } from "./signs.js";

/** The lists of all layers of an article whose items name things, gold beside what the runs made of each. */
export function showChains(app, article, runs, shown, hrefOf) {
  const { index } = app;
  const layers = index.layers.filter((layer) => article.layers[layer.name] && (!layer.marked || layer.fields.some((field) => field.refers)));
  return layers.map((layer) => {
    const { gold, runs: all } = article.layers[layer.name];
    const right = layer.kinds[0];
    const extra = runs.flatMap((run) => (all[run] ?? []).filter((item) => !item.verdicts[run]?.partners.length).map((item) => [run, item]));
    if (!gold?.length && !extra.length) return null;
    const row = (item, inside) => make("li", {}, make("div", { class: "told" }, told(item)), inside);
    const verdict = (item, run) => {
      const judged = item.verdicts[run];
      if (!judged) return null;
      const partner = judged.partners[0];
      const whole = layer.credits.map(([task, convention], at) => [task, convention, judged.credits[at]]).filter(([task, , credit]) => task !== layer.task && credit !== null && credit !== undefined);
      return make(
        "li",
        { class: judged.kind === right ? null : "off" },
        make("b", {}, runs.length > 1 ? `${letterOf(run)} ` : "", `${signOf(judged.kind)} ${judged.kind}`),
        partner ? [": ", told(partner)] : null,
        whole.map(([task, convention, credit]) => make("span", { class: "quiet" }, ` · ${task} ${convention} ${credit}`)),
      );
    };
    return make(
      "details",
      { class: "chains", open: shown.includes(layer.name) },
      make("summary", {}, make("h2", {}, numberOf((gold ?? []).length, layer.one, layer.name))),
      make("ol", {}, (gold ?? []).map((item) => row(item, make("ul", {}, runs.map((run) => verdict(item, run)))))),
      extra.length > 0 && [make("h3", {}, "Predicted, and matched with none"), make("ul", {}, extra.map(([run, item]) => make("li", { class: "off" }, make("b", {}, runs.length > 1 ? `${letterOf(run)} ` : "", `${signOf(item.verdicts[run]?.kind ?? "")} `), told(item))))],
    );
  });

  /** An item in words: names with arrows between them, its label, what it rests on. */
  function told(item) {
    const names = item.fields.filter(({ value }) => typeof value === "string");
    const rests = item.fields.filter(({ value }) => value?.key);
    const text = wordsAt(article.text, item.main);
    return [
      names.map(({ field, value }, at) => [at ? " → " : "", make("span", { class: "name", title: field.word }, words(thing(item, value)))]),
      " ",
      make("a", { class: "label", href: hrefOf(item), vars: { "--colour": `var(--c${Math.max(0, item.layer.labels.indexOf(item.label)) % 8})` } }, words(item.label)),
      text && [" ", make("span", { class: "said", dir: "auto" }, text)],
      rests.map(({ value }) => {
        const other = itemAt(article, value.key);
        if (!other) return null;
        const parts = other.fields.filter(({ field, pieces }) => pieces && field.name !== other.layer.spans_field).map(({ field, pieces }) => `${field.word} ${wordsAt(article.text, pieces)}`);
        return [make("span", { class: "quiet" }, ` in the ${other.layer.one} `), make("a", { href: hrefOf(other) }, words(nameOf(other, article.text))), parts.length > 0 && make("span", { class: "quiet" }, " (", words(parts.join(", ")), ")")];
      }),
    ];
  }

  /** The words that name a thing in the text, if any item bears its id. */
  function thing(item, id) {
    for (const layer of index.layers) {
      const sides = article.layers[layer.name];
      const mentions = (item.side === "gold" ? sides?.gold : sides?.runs[Number(item.side)]) ?? [];
      const named = mentions.filter((other) => other.main.length && other.fields.some(({ field, value }) => field.type === "name" && field.name === "entity_id" && value === id));
      if (named.length) return named.map((other) => nameOf(other, article.text)).sort((a, b) => b.length - a.length)[0];
    }
    return id.startsWith("topic:") ? id.slice(6).replaceAll("-", " ") : id === "author" ? "the author" : id;
  }
}
