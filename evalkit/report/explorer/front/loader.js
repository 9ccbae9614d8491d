// Opens the application, which lies in the page as gzip, and runs it: the policy of the page knows its hash.
(async () => {
  if (!globalThis.DecompressionStream) return;
  const packed = document.getElementById("application").textContent;
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const code = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  const script = document.createElement("script");
  script.text = globalThis.trustedTypes ? trustedTypes.createPolicy("evalkit", { createScript: (text) => text }).createScript(code) : code;
  document.body.append(script);
})();
