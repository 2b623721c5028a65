// The screens of a case in the history of the browser: Back from the result is the images, and never leaves the site.

class TabHistory {
  constructor() {
    this.screen = "";
    // Before Streamlit, which would take any step back for a change of page.
    window.addEventListener("popstate", (event) => this.onPop(event), true);
  }

  get mark() {
    return history.state?.deeptepp ?? null;
  }

  write(how, mark) {
    history[how]({ ...(history.state ?? {}), deeptepp: mark }, "", location.href);
    this.shown = mark;
  }

  /** Follow the screen that the server shows. */
  update(screen, isAsking) {
    this.path = location.pathname;
    this.screen = screen;
    const { mark, asked } = this;
    this.asked = null;
    if (!screen) return;
    if (!mark) return void this.write("replaceState", { screen, n: this.shown?.n ?? 0 });
    if (mark.screen === screen) return void (this.shown = mark);
    if (!asked) return void this.write("pushState", { screen, n: mark.n + 1 });
    // The step was not taken: a question stands on the screen, or what it led to is gone.
    if (isAsking && this.shown) history.go(this.shown.n - mark.n);
    else this.write("replaceState", { screen, n: mark.n });
  }

  /** Let the address name the kept case that is open; no step of the history, which a change by the server would be. */
  name(link) {
    const address = new URL(location.href);
    if (!link || address.searchParams.get("case") === link) return;
    address.searchParams.set("case", link);
    history.replaceState(history.state, "", address);
  }

  onPop(event) {
    const mark = event.state?.deeptepp;
    if (!mark || !this.screen || location.pathname !== this.path) return;
    event.stopImmediatePropagation();
    if (mark.screen === this.screen) {
      this.shown = mark;
      return;
    }
    this.asked = mark;
    this.go?.(mark.screen);
  }
}
