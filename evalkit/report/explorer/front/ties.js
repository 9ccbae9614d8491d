// Curves that tie the parts of the chosen item together, over the text. Nothing is told by them alone.
import { make } from "./elements.js";

/** Draws ties from the end of each part of an item to the beginning of the next; gives what takes them away. */
export function drawTies(text, marks, item) {
  const ground = text.getBoundingClientRect();
  const boxes = item.pieces.map((piece) => marks.filter((mark) => mark.pieces.includes(piece)).flatMap(({ element }) => [...element.getClientRects()]));
  const parts = boxes.filter((one) => one.length);
  if (parts.length < 2) return () => {};
  const side = item.side === "gold" ? "top" : "bottom";
  const out = item.side === "gold" ? -16 : 16;
  const inwards = (box) => Math.min(10, box.width / 2);
  const curves = parts.slice(1).map((part, at) => {
    const [before, after] = [parts[at].at(-1), part[0]];
    const [a, b] = [before.right - inwards(before) - ground.left, before[side] - ground.top];
    const [x, y] = [after.left + inwards(after) - ground.left, after[side] - ground.top];
    return make("path", { d: `M${a} ${b} C${a} ${b + out}, ${x} ${y + out}, ${x} ${y}` });
  });
  const drawing = make("svg", { class: "ties", "aria-hidden": "true", width: ground.width, height: ground.height }, curves);
  text.append(drawing);
  return () => drawing.remove();
}
