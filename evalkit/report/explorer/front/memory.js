// What the browser keeps for this page: choices of a reader, and what was ticked. A browser may refuse to.

/** What was kept under a name, or null. */
export function kept(name) {
  try {
    return localStorage.getItem(`evalkit.${name}`);
  } catch {
    return null;
  }
}

/** Keeps a text under a name. */
export function keep(name, text) {
  try {
    localStorage.setItem(`evalkit.${name}`, text);
  } catch {
    // Then it holds until the page is closed.
  }
}
