// What one browser tab remembers: a token that only this tab knows, and what was entered but not sent. It stands in the
// tab's sessionStorage, which a reload keeps and closing the tab erases.

const STORE = "deeptepp-tab";
const EMPTY = () => ({ token: "", left: "", boot: "", memory: "", study: "", hasWork: false, forgotten: 0, drafts: {} });

function randomToken() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

class TabStore {
  constructor() {
    this.page = randomToken();
    this.isOpen = true;
    this.now = EMPTY();
    try {
      const kept = JSON.parse(sessionStorage.getItem(STORE) ?? "{}");
      this.now = { ...EMPTY(), ...kept };
      if (!this.now.token) this.now.token = randomToken();
      // The page that was left is told once; a tab that is duplicated later must not repeat it.
      this.left = this.now.left;
      this.now.left = "";
      sessionStorage.setItem(STORE, JSON.stringify(this.now));
    } catch {
      this.isOpen = false;
      this.now = EMPTY();
      this.left = "";
    }
  }

  save(change) {
    Object.assign(this.now, change);
    if (!this.isOpen) return;
    try {
      sessionStorage.setItem(STORE, JSON.stringify(this.now));
    } catch {
      this.isOpen = false;
    }
  }

  /** Begin anew, as a tab of its own. */
  renew() {
    this.left = "";
    this.save({ ...EMPTY(), token: this.isOpen ? randomToken() : "" });
  }

  /** What the page says of itself when it comes to a server, or comes back. */
  claim() {
    const { token, boot, memory, study, hasWork, drafts } = this.now;
    return { token, page: this.page, left: this.left, boot, memory, study, had_work: hasWork, drafts, at: Date.now() };
  }
}
