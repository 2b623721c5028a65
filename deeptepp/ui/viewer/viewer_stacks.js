// Fetches the stacks of one case once: the phase that is scored first, then pre-contrast, then the others. They stay
// in the memory of the page, never on disk, so that coming back to a screen costs nothing.

class Stacks extends EventTarget {
  constructor(path, token) {
    super();
    this.url = `${path}/${token}`;
    this.token = token;
    this.stacks = [];
    this.share = 0;
    this.error = null;
    this.rule = null;
    this.stop = new AbortController();
    this.load();
  }

  async load() {
    try {
      this.manifest = await (await this.fetch(this.url)).json();
      const { chosen, times_s: times } = this.manifest;
      this.stacks = times.map(() => null);
      this.dispatchEvent(new Event("change"));
      const order = [...new Set([chosen, 0, ...times.keys()])];
      for (const [done, number] of order.entries()) {
        this.stacks[number] = await this.loadStack(number, done, order.length);
        this.dispatchEvent(new Event("change"));
      }
    } catch (error) {
      if (this.stop.signal.aborted) return;
      this.error = error.message;
      this.dispatchEvent(new Event("change"));
    }
  }

  async fetch(url) {
    const reply = await fetch(url, { cache: "no-store", signal: this.stop.signal });
    if (reply.ok) return reply;
    const { message, rule } = await reply.json().catch(() => ({}));
    this.rule = rule ?? null;
    throw new Error(message ?? "");
  }

  async loadStack(number, done, count) {
    const reply = await this.fetch(`${this.url}/${number}`);
    const stack = new Uint8Array(this.manifest.shape.reduce((product, n) => product * n, 1));
    const reader = reply.body.getReader();
    let at = 0;
    for (;;) {
      const { done: ended, value } = await reader.read();
      if (ended) break;
      stack.set(value, at);
      at += value.length;
      this.share = (done + at / stack.length) / count;
      this.dispatchEvent(new Event("progress"));
    }
    return stack;
  }

  has(number) {
    return Boolean(this.stacks[number]);
  }
}

let lastStacks = null;

function stacksOf(path, token) {
  if (lastStacks?.token !== token || lastStacks.error !== null) {
    lastStacks?.stop.abort();
    lastStacks = new Stacks(path, token);
  }
  return lastStacks;
}
