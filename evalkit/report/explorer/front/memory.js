// What the browser keeps: choices of a reader for every page, and what was ticked for this tab. A browser may refuse to.

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

/** What this tab kept under a name, or null. */
export function keptHere(name) {
  try {
    return sessionStorage.getItem(`evalkit.${name}`);
  } catch {
    return null;
  }
}

/** Keeps a text under a name until the tab is closed; whether it did. */
export function keepHere(name, text) {
  try {
    sessionStorage.setItem(`evalkit.${name}`, text);
    return true;
  } catch {
    return false;
  }
}
