// Tables that scroll can be reached with the keyboard; the theme wraps them after the page has loaded.
const reach = () => document.querySelectorAll(".md-typeset__scrollwrap").forEach((box) => (box.tabIndex = 0));
new MutationObserver(reach).observe(document.documentElement, { childList: true, subtree: true });
reach();

// An option is found as it is written: to the search a leading dash would mean "without".
document.addEventListener("input", ({ target }) => {
  if (target.matches?.("[data-md-component=search-query]")) target.value = target.value.replace(/(^|\s)-+(?=\S)/g, "$1");
}, true);
