// Elements are made of text and of other elements, never of markup, so text of others stays text.
import { shown } from "./inert.js";

/** An element: attributes by name, `on…` listeners, `class`, `data`, properties in `set`; children are text or nodes. */
export function make(name, given = {}, ...children) {
  const element = name === "svg" || name === "path" ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "set") Object.assign(element, value);
    else if (key === "vars") for (const [variable, worth] of Object.entries(value)) element.style.setProperty(variable, worth);
    else element.setAttribute(key, value === true ? "" : shown(String(value)));
  }
  add(element, children);
  return element;
}

/** Puts text and nodes into an element; what is missing is passed over. */
export function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false || child === "") continue;
    element.append(child instanceof Node ? child : shown(String(child)));
  }
  return element;
}

/** The element with new content. */
export function fill(element, ...children) {
  element.replaceChildren();
  return add(element, children);
}

/** Text of others, which has a direction of its own. */
export function words(text, given = {}) {
  return make("bdi", given, text);
}

/** What is read out and not seen. */
export function unseen(text) {
  return make("span", { class: "unseen" }, text);
}

/** A choice of one: options are [value, words] or [group, [[value, words], …]]. */
export function choice(label, options, value, onchange, given = {}) {
  const option = ([key, text]) => make("option", { value: key, selected: key === value }, text);
  const select = make(
    "select",
    { onchange: () => onchange(select.value), ...given },
    options.map(([key, inside]) => (Array.isArray(inside) ? make("optgroup", { label: key }, inside.map(option)) : option([key, inside]))),
  );
  return make("label", { class: "field" }, make("span", {}, label), select);
}

/** A box to tick, with its words. */
export function tickbox(label, checked, onchange, given = {}) {
  const box = make("input", { type: "checkbox", set: { checked }, onchange: () => onchange(box.checked), ...given });
  return make("label", { class: "tick" }, box, typeof label === "string" ? make("span", {}, label) : label);
}

/** A button with words. */
export function button(label, onclick, given = {}) {
  return make("button", { type: "button", onclick, ...given }, label);
}

/** "1 article", "2,000 articles". */
export function numberOf(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

const live = make("div", { class: "unseen", role: "status", "aria-live": "polite" });

let saying = [];

/** Says something to those who listen, and shows nothing; what is said at once is one message. */
export function say(text) {
  if (!live.isConnected) document.body.append(live);
  if (!saying.length)
    setTimeout(() => {
      live.textContent = shown(saying.join(". "));
      saying = [];
    }, 50);
  saying.push(text);
}
