// Keeps the keyboard where the reader is: on the heading of a new screen, and past the viewer where she asks for it.

const POLL_MS = 60;
const PATIENCE_MS = 6000;
const FOCUSABLE = "input:not([disabled]), button:not([disabled]), select, textarea, a[href], [tabindex='0']";
let shown = null; // The screen whose heading was last in view, over all mounts of this page.

const isDrawn = () =>
  document.querySelector('[data-testid="stApp"]')?.getAttribute("data-test-script-state") === "notRunning";

/** Put the focus on the heading once the new screen is drawn; somebody who types already is left alone. */
async function focusHeading(screen) {
  const end = Date.now() + PATIENCE_MS;
  await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  while (!isDrawn() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  const heading = document.querySelector('[data-testid="stMain"] h1');
  const isTyping = document.activeElement?.matches("input, textarea, select, [data-part='viewer']");
  if (screen !== shown || !heading || isTyping) return;
  heading.tabIndex = -1;
  heading.style.outline = "none";
  heading.focus({ preventScroll: true });
  document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
}

function skipTo(selector) {
  const place = document.querySelector(selector);
  const target = place?.matches(FOCUSABLE) ? place : place?.querySelector(FOCUSABLE);
  target?.scrollIntoView({ block: "center" });
  target?.focus({ preventScroll: true });
}

export default function mount({ parentElement, data }) {
  const links = parentElement.querySelector('[data-part="links"]');
  links.replaceChildren(
    ...(data.links ?? []).map(({ words, selector }) => {
      const link = document.createElement("button");
      link.type = "button";
      link.setAttribute("role", "link");
      link.textContent = words;
      link.addEventListener("click", () => skipTo(selector));
      return link;
    }),
  );
  if (data.screen && data.screen !== shown) {
    const isFirst = shown === null;
    shown = data.screen;
    if (!isFirst) focusHeading(data.screen);
  }
}
