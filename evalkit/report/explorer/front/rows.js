// A list of any length, of which only the rows near the window are elements. It is a list all the same: each row says
// which of how many it is, the arrow keys move through all of them, and the row that has the focus stays.
import { make } from "./elements.js";

const BEYOND = 8;

/** A list of `count` rows that `row(number)` makes; {element, focus, current, stop}. */
export function makeRows(count, row, label) {
  const list = make("ol", { class: "rows", "aria-label": label, role: "list" });
  const mounted = new Map();
  let height = 0;
  let printing = false;

  function mount(number) {
    if (mounted.has(number)) return mounted.get(number);
    const element = make("li", { "aria-setsize": count, "aria-posinset": number + 1, vars: { "--at": number } }, row(number));
    mounted.set(number, element);
    // In the order of the page, so that reading and tabbing go down the list.
    let after = null;
    for (const [other, there] of mounted) if (other > number && (after === null || other < after[0])) after = [other, there];
    list.insertBefore(element, after?.[1] ?? null);
    return element;
  }

  function draw() {
    if (!list.isConnected) return;
    if (!height && count) height = mount(0).offsetHeight || 1;
    const box = list.getBoundingClientRect();
    const first = printing ? 0 : Math.max(0, Math.floor(-box.top / height) - BEYOND);
    const last = Math.min(count - 1, printing ? 499 : Math.ceil((innerHeight - box.top) / height) + BEYOND);
    for (const [number, element] of mounted) {
      if ((number < first || number > last) && !element.contains(document.activeElement)) {
        mounted.delete(number);
        element.remove();
      }
    }
    for (let number = first; number <= last; number += 1) mount(number);
    list.style.setProperty("--rows", printing ? Math.min(count, 500) : count);
  }

  function current() {
    for (const [number, element] of mounted) if (element.contains(document.activeElement)) return number;
    return -1;
  }

  function focus(number) {
    const place = Math.max(0, Math.min(count - 1, number));
    if (!count) return;
    const element = mount(place);
    element.querySelector("a").focus({ preventScroll: true });
    const box = element.getBoundingClientRect();
    if (box.top < 90) scrollBy(0, box.top - 90);
    else if (box.bottom > innerHeight) scrollBy(0, box.bottom - innerHeight + 8);
    draw();
  }

  list.addEventListener("keydown", (event) => {
    const page = Math.max(1, Math.floor(innerHeight / height) - 2);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -count, End: count };
    const at = current();
    if (!(event.key in steps) || at < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    focus(at + steps[event.key]);
  });
  const onResize = () => {
    height = 0;
    for (const element of mounted.values()) element.remove();
    mounted.clear();
    draw();
  };
  const print = (on) => () => {
    printing = on;
    draw();
  };
  const listeners = [["scroll", draw], ["resize", onResize], ["beforeprint", print(true)], ["afterprint", print(false)]];
  for (const [name, listener] of listeners) addEventListener(name, listener, { passive: true });
  const stop = () => listeners.forEach(([name, listener]) => removeEventListener(name, listener));
  list.style.setProperty("--rows", count);
  return { element: list, draw, focus, current, stop };
}
