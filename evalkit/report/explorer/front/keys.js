// Keys do what buttons do. Single letters can be switched off, for those who dictate (WCAG 2.1.4).
import { button, make, tickbox } from "./elements.js";
import { kept, keep } from "./memory.js";

const KEYS = new Map();
let groups = [];

/** What keys do: [[group, [[keys, words, action], …]], …]; a key is a letter as typed, or a name such as `Escape`. */
export function setKeys(given) {
  groups = given;
  KEYS.clear();
  for (const [, rows] of groups) for (const [keys, , action] of rows) for (const key of keys.split(" ")) KEYS.set(key, action);
  document.addEventListener("keydown", press);
}

function press(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || document.querySelector("dialog[open]")) return;
  const typing = event.target.closest?.("input:not([type=checkbox]), select, textarea");
  if (typing) {
    if (event.key !== "Escape") return;
    // A browser would empty the field, and the filter with it.
    event.preventDefault();
    typing.blur();
    return;
  }
  if (event.key.length === 1 && kept("keys") === "off" && event.key !== "?") return;
  const action = KEYS.get(event.key);
  if (action && action(event) !== false) event.preventDefault();
}

/** Opens the list of keys. */
export function showKeys() {
  const name = (key) => make("kbd", {}, { ArrowDown: "↓", ArrowUp: "↑", Escape: "Esc" }[key] ?? key);
  const rows = ([keys, text]) => [make("dt", {}, keys.split(" ").map((key, at) => [at ? " or " : "", name(key)])), make("dd", {}, text)];
  openDialog("Keyboard", [
    groups.map(([group, all]) => make("section", {}, make("h3", {}, group), make("dl", { class: "keys" }, all.map(rows)))),
    tickbox("Single letters are shortcuts", kept("keys") !== "off", (on) => keep("keys", on ? "on" : "off")),
  ]);
}

/** A window over the page with a title, content and a button that closes it. */
export function openDialog(title, content, actions = []) {
  const dialog = make(
    "dialog",
    { "aria-labelledby": "dialog-title", onclose: () => dialog.remove() },
    make("h2", { id: "dialog-title" }, title),
    content,
    make("p", { class: "actions" }, actions, button("Close", () => dialog.close(), { class: "plain", autofocus: true })),
  );
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
