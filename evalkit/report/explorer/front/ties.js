// Curves that tie the parts of the chosen item together, over the text. Nothing is told by them alone.
import { make } from "./elements.js";

/** Draws ties between the parts of an item; gives what takes them away. */
export function drawTies(text, marks, item) {
  const own = marks.filter((mark) => mark.items.includes(item));
  const begun = item.pieces.map((piece) => own.find((mark) => mark.items.includes(item) && mark.element.isConnected && mark.starts?.includes(piece))).filter(Boolean);
  if (begun.length < 2) return () => {};
  const ground = text.getBoundingClientRect();
  const points = begun.map(({ element }) => {
    const box = element.getClientRects()[0];
    return [box.left + box.width / 2 - ground.left, (item.side === "gold" ? box.top + 4 : box.bottom - 4) - ground.top];
  });
  const out = item.side === "gold" ? -18 : 18;
  const curves = points.slice(1).map(([x, y], at) => {
    const [a, b] = points[at];
    return make("path", { d: `M${a} ${b} C${a} ${b + out}, ${x} ${y + out}, ${x} ${y}` });
  });
  const drawing = make("svg", { class: "ties", "aria-hidden": "true", width: ground.width, height: ground.height }, curves);
  text.append(drawing);
  return () => drawing.remove();
}
