// Tables that scroll can be reached with the keyboard; the theme wraps them after the page has loaded.
const reach = () => document.querySelectorAll(".md-typeset__scrollwrap").forEach((box) => (box.tabIndex = 0));
new MutationObserver(reach).observe(document.documentElement, { childList: true, subtree: true });
reach();
