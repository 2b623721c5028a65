// Words come from the page in the language of the visitor; the scripts name them and fill in numbers.

function filled(text, facts = {}) {
  return text.replace(/\{(\w+)\}/g, (_, name) => String(facts[name]));
}

/** Put words into every element that names one: its text, its tooltip, its name for who cannot see it. */
function sayAll(root, words) {
  for (const element of root.querySelectorAll("[data-say], [data-tip], [data-aria]")) {
    const { say, tip, aria } = element.dataset;
    if (say) element.textContent = words[say];
    if (tip) element.title = words[tip];
    if (aria) element.setAttribute("aria-label", words[aria]);
  }
}
