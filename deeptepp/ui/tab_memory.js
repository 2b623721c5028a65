// One memory per page: the component is mounted anew on every page of the dashboard, the memory lives as long as the
// document.

const PATIENCE_MS = 6000;
const DRAWN_MS = 4000;

class TabMemory {
  constructor() {
    this.presented = 0;
    this.store = new TabStore();
    this.drafts = new TabDrafts(this.store);
    this.history = new TabHistory();
    this.connection = new TabConnection();
    this.drafts.tell = (drafts) => window.deepteppTell?.("drafts", drafts);
    this.history.go = (screen) => this.send?.("go", { screen, drafts: this.store.now.drafts, at: Date.now() });
    this.connection.back = () => this.present();
    this.connection.lost = () => this.send?.("lost", Date.now());
    window.addEventListener("beforeunload", (event) => {
      // What was typed a moment ago waits for a pause in typing that does not come.
      this.drafts.read();
      if (this.connection.isReloading) return;
      if (this.data?.is_busy || this.drafts.isUnsent) event.preventDefault();
    });
    window.addEventListener("pagehide", () => this.store.save({ left: this.store.page }));
    // A page out of the browser's own memory has lost its line; it begins anew and takes its case over.
    window.addEventListener("pageshow", (event) => event.persisted && location.reload());
    this.cover(Boolean(this.store.now.boot));
  }

  /** Hide the page of a new visitor while that of before the reload is fetched. */
  cover(isOn) {
    document.documentElement.classList.toggle("dt-fetching", isOn);
    if (isOn) setTimeout(() => this.cover(false), 6000);
  }

  present() {
    this.drafts.read();
    this.presented = Date.now();
    this.send?.("present", this.store.claim());
  }

  /** Present the tab once the page is drawn: a run that is cut short can leave controls without their values. */
  presentWhenDrawn() {
    this.presented = Date.now();
    const until = this.presented + DRAWN_MS;
    const look = () => {
      const app = document.querySelector('[data-testid="stApp"]');
      const isDrawn = app?.dataset.testScriptState === "notRunning";
      if (isDrawn || Date.now() > until) this.present();
      else setTimeout(look, 60);
    };
    setTimeout(look, 60);
  }

  update({ data, setTriggerValue }) {
    this.data = data;
    this.send = setTriggerValue;
    document.documentElement.lang = data.language;
    this.connection.words = data.words;
    this.connection.heldS = data.held_s;
    this.connection.isReady = true;
    this.drafts.prefixes = data.prefixes;
    if (data.status === "renew" && this.renewed !== data.asked) {
      this.renewed = data.asked;
      this.store.renew();
      this.present();
      return;
    }
    if (data.status !== "known") {
      if (Date.now() - this.presented > PATIENCE_MS) this.presentWhenDrawn();
      return;
    }
    this.settle(data);
  }

  /** The server knows this tab: remember what it shows. */
  settle(data) {
    const { store } = this;
    const isOther = store.now.memory && store.now.memory !== data.memory;
    // What is erased is not read once more from fields that are still on the screen.
    if (isOther) {
      store.save({ drafts: {}, forgotten: 0 });
      this.drafts.first.clear();
    } else if (this.sent !== data.sent) this.drafts.settle();
    this.sent = data.sent;
    store.save({ boot: data.boot, memory: data.memory, study: data.study, hasWork: data.has_work });
    const forgotten = data.forgotten.filter(([n]) => n > store.now.forgotten);
    if (forgotten.length) {
      this.drafts.forget(forgotten.map(([, key]) => key));
      store.save({ forgotten: forgotten.at(-1)[0] });
    }
    this.drafts.isReady = true;
    this.drafts.readLater();
    this.connection.settle();
    this.history.update(data.screen, data.is_asking);
    this.history.name(data.link);
    this.cover(false);
  }
}

export default function mount(component) {
  (window.deepteppTab ??= new TabMemory()).update(component);
}
