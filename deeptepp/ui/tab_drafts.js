// What stands in the fields of forms before it is sent: read from the page by the keys of the fields, kept by the tab,
// and told to the server a moment after typing has ended, so that a reload fills the fields again.

const FIELD = 'input[role="combobox"], input:is([type="text"], [type="search"], [type="number"]), textarea';
const QUIET_MS = 400;
const MOST_CHARACTERS = 4000;

class TabDrafts {
  constructor(store) {
    this.store = store;
    this.first = new Map();
    this.prefixes = [];
    const later = () => this.readLater();
    for (const name of ["input", "change", "click", "keyup"]) document.addEventListener(name, later, true);
    // Before a field changes it is seen as it was.
    for (const name of ["pointerdown", "focusin"]) document.addEventListener(name, () => this.see(), true);
    new MutationObserver(later).observe(document.body, { childList: true, subtree: true });
  }

  /** Key of a field, as Streamlit writes it into a class; empty for what is not watched. */
  keyOf(element) {
    const name = [...element.classList].find((each) => each.startsWith("st-key-"));
    const key = name ? name.slice(7) : "";
    return this.prefixes.some((prefix) => key.startsWith(prefix)) ? key : "";
  }

  /** What a field says, in the words on the screen; null for what is no field. */
  valueOf(element) {
    const kind = element.querySelector('[data-testid^="st"]')?.dataset.testid;
    if (kind === "stMultiSelect" || kind === "stDateInput") return null;
    const checkbox = element.querySelector('input[type="checkbox"]');
    if (checkbox) return checkbox.checked ? "true" : "false";
    const isGroup = element.querySelector('[role="radiogroup"]');
    if (isGroup) {
      const chosen =
        element.querySelector('input[type="radio"]:checked')?.closest("label") ??
        element.querySelector('[role="radio"][aria-checked="true"]');
      return chosen ? chosen.innerText.trim() : "";
    }
    const field = element.querySelector(FIELD);
    if (!field || field.getAttribute("aria-expanded") === "true") return null;
    return field.value.slice(0, MOST_CHARACTERS);
  }

  readLater() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.read(), QUIET_MS);
  }

  /** Every watched field on the screen, with what it says. */
  fields() {
    const all = [...document.querySelectorAll('[class*="st-key-"][data-testid="stElementContainer"]')];
    return all
      .map((element) => ({ element, key: this.keyOf(element) }))
      .filter(({ key }) => key)
      .map(({ element, key }) => ({ element, key, value: this.valueOf(element) }))
      .filter(({ value }) => value !== null);
  }

  /** Note what each field says when it is first seen. */
  see(fields = this.fields()) {
    for (const { key, value } of fields) if (!this.first.has(key)) this.first.set(key, value);
  }

  /** Look at every field; what differs from its first value was entered here. */
  read() {
    if (!this.isReady) return;
    const fields = this.fields();
    this.see(fields);
    const drafts = { ...this.store.now.drafts };
    // Outside of a form, a click is sent at once; text only when its field is left.
    const isHeldBack = (element) => element.closest('[data-testid="stForm"]') ?? element.querySelector(FIELD);
    this.seen = fields.filter(({ element }) => isHeldBack(element)).map(({ key }) => key);
    for (const { key, value } of fields) {
      if (value !== this.first.get(key) || key in drafts) drafts[key] = value;
    }
    if (JSON.stringify(drafts) === JSON.stringify(this.store.now.drafts)) return;
    this.store.save({ drafts });
    this.tell?.(drafts);
  }

  /** Whether a field on the screen holds something that was never sent. */
  get isUnsent() {
    const { drafts } = this.store.now;
    return (this.seen ?? []).some((key) => key in drafts && drafts[key] !== this.first.get(key));
  }

  /** Take what stands on the screen as sent: a form was handed in. */
  settle() {
    // A field that is sent as soon as it is left was entered all the same.
    this.read();
    this.first.clear();
  }

  forget(prefixes) {
    const kept = Object.entries(this.store.now.drafts).filter(([key]) => !prefixes.some((one) => key.startsWith(one)));
    this.store.save({ drafts: Object.fromEntries(kept) });
    this.tell?.(this.store.now.drafts);
    for (const key of this.first.keys()) if (prefixes.some((one) => key.startsWith(one))) this.first.delete(key);
  }
}
