// The line to the server: says when it is cut, looks again when it is back, and says when a file is gone.

const ANSWER_MS = 8000;
const APART_MS = 10_000;
const BANNER = "deeptepp-connection";

class TabConnection {
  constructor() {
    this.words = {};
    this.wasCut = false;
    this.toldAt = 0;
    const look = () => this.look();
    new MutationObserver(look).observe(document.body, {
      attributes: true,
      attributeFilter: ["data-test-connection-state"],
      subtree: true,
    });
    // Streamlit's own dialog stands over the page and says less than the banner.
    new MutationObserver(() => this.wasCut && this.closeDialog()).observe(document.body, { childList: true, subtree: true });
    // A file that the server no longer has answers 404, and the button that asked for it says nothing.
    new PerformanceObserver((list) => {
      const gone = list.getEntries().some((each) => each.responseStatus === 404 && each.name.includes("/media/"));
      if (!gone || this.wasCut || Date.now() - this.toldAt < 30_000) return;
      this.toldAt = Date.now();
      this.lost?.();
    }).observe({ type: "resource" });
  }

  get state() {
    return document.querySelector("[data-test-connection-state]")?.getAttribute("data-test-connection-state") ?? "";
  }

  closeDialog() {
    for (const dialog of document.querySelectorAll('[role="dialog"]')) {
      if (dialog.textContent.includes("Connection error")) dialog.querySelector('button[aria-label="Close"]')?.click();
    }
  }

  look() {
    const { state } = this;
    if (state === "CONNECTED") {
      if (!this.wasCut) return;
      this.wasCut = false;
      clearTimeout(this.long);
      this.say(this.words.back);
      // The page runs as a whole: a server that has forgotten it would let its buttons die.
      this.back?.();
      this.waiting = setTimeout(() => this.reload(), ANSWER_MS);
    } else if (state && state !== "INITIAL" && this.isReady) {
      clearTimeout(this.waiting);
      if (!this.wasCut) {
        this.say(this.words.cut);
        // After that the server has erased the images of one who is away.
        this.long = setTimeout(() => this.say(this.words.long), 1000 * this.heldS);
      }
      this.wasCut = true;
      this.askWho();
    }
  }

  /**
   * Where the sign-in has ended, the page loads anew, which leads to signing in; what was typed stays in the tab. So it
   * does where Streamlit has given up for good, as after a message that it could not read: it would never look again.
   */
  async askWho() {
    if (!this.wasCut) return;
    const answer = await fetch("/api/v1/info", { cache: "no-store" }).catch(() => null);
    const hasGivenUp = this.state === "DISCONNECTED_FOREVER" && Date.now() - performance.timeOrigin > APART_MS;
    if (answer?.status === 401 || (answer?.ok && hasGivenUp)) this.reload();
    else setTimeout(() => this.askWho(), ANSWER_MS);
  }

  /** Begin anew without a question: what was typed is kept. */
  reload() {
    this.isReloading = true;
    location.reload();
  }

  /** The server has answered. */
  settle() {
    clearTimeout(this.waiting);
    if (!this.wasCut) this.say("");
  }

  say(text) {
    let banner = document.getElementById(BANNER);
    if (!text) return void banner?.remove();
    if (!banner) {
      banner = document.createElement("div");
      banner.id = BANNER;
      banner.className = "dt-connection";
      banner.setAttribute("role", "status");
      document.body.append(banner);
    }
    if (banner.textContent !== text) banner.textContent = text;
  }
}
