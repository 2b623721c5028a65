// Before the page is printed, figures learn to shrink: plotly draws at the width of the window, paper is narrower.
// Their buttons are no stops of the Tab key; the same is reached by the pointer, and tables stand beside figures.
// A table that is wider than its place can be scrolled by keys.

const stop = new AbortController();

/** Let every drawing of a figure scale with the width that paper leaves it. */
function beforePrint() {
  for (const box of document.querySelectorAll(".js-plotly-plot .svg-container")) {
    const [wide, high] = [box.clientWidth, box.clientHeight];
    if (!wide || !high) continue;
    box.style.setProperty("--printed", `${wide} / ${high}`);
    box.style.setProperty("--widest", `${wide}px`);
    for (const drawing of box.querySelectorAll("svg.main-svg")) drawing.setAttribute("viewBox", `0 0 ${wide} ${high}`);
  }
}

function afterPrint() {
  for (const drawing of document.querySelectorAll("svg.main-svg[viewBox]")) drawing.removeAttribute("viewBox");
}

function quieten(root) {
  for (const button of root.querySelectorAll(".modebar-btn:not([tabindex='-1'])")) button.tabIndex = -1;
}

function letScroll(root) {
  for (const box of root.querySelectorAll("[data-testid='stTable'], [data-testid='stTable'] div")) {
    const isWider = box.scrollWidth > box.clientWidth && /auto|scroll/.test(getComputedStyle(box).overflowX);
    if (isWider && !box.hasAttribute("tabindex")) box.tabIndex = 0;
  }
}

export default function mount(component) {
  // It stands in a fragment: what is typed is told through it, so that nothing else of the page is drawn anew.
  window.deepteppTell = component.setTriggerValue;
  if (window.deepteppManners) return;
  window.deepteppManners = stop;
  window.addEventListener("beforeprint", beforePrint, { signal: stop.signal });
  window.addEventListener("afterprint", afterPrint, { signal: stop.signal });
  // Figures come and are drawn anew at any time; one look per frame is enough for all of them.
  let isWaiting = false;
  const look = () => {
    isWaiting = false;
    quieten(document);
    letScroll(document);
  };
  new MutationObserver(() => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(look);
  }).observe(document.body, { childList: true, subtree: true });
  look();
}
