// Drop zone for one study: a zip, a folder or files. All files travel in one request, lengths in front, names left
// behind; the browser reads them from disk while it sends, so memory stays flat on both sides.

const NOISE = /^(\.|thumbs\.db$|desktop\.ini$)/i;
const KINDS = [
  [/\.(jpe?g|png|gif|bmp|tiff?|webp)$/i, "picture"],
  [/\.(pdf|docx?|xlsx?|pptx?|txt|csv|html?)$/i, "document"],
  [/\.(nrrd|mha|mhd)$/i, "volume"],
  [/(?<!\.nii)\.(rar|7z|tar|tgz|gz|bz2|xz|iso)$/i, "archive"],
  [/\.(mp4|avi|mov|wmv)$/i, "film"],
];
const instances = new WeakMap();

// Names stay here, so that the order of the files is all that tells NIfTI phases: 2 comes before 10.
const inOrder = new Intl.Collator("en", { numeric: true });
const pathOf = (file) => file.fullPath ?? (file.webkitRelativePath || file.name);

function readable(bytes) {
  return bytes >= 1e9 ? `${Number((bytes / 1e9).toFixed(2))} GB` : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** Walk dropped entries; folders give all files in them. */
async function filesOf(entries, onCount) {
  const files = [];
  const waiting = [...entries];
  while (waiting.length) {
    const entry = waiting.pop();
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
      files.push(Object.assign(file, { fullPath: entry.fullPath }));
      if (files.length % 50 === 0) onCount(files.length);
      continue;
    }
    const reader = entry.createReader();
    for (;;) {
      const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (!batch.length) break;
      waiting.push(...batch);
    }
  }
  return files;
}

/** Leave out what operating systems add; say kindly what cannot be used. */
function chosen(all, limits, say) {
  const files = all.filter((file) => file.size > 0 && !NOISE.test(file.name));
  files.sort((one, other) => inOrder.compare(pathOf(one), pathOf(other)));
  if (!files.length) throw new Error(say("empty"));
  for (const [pattern, what] of KINDS) {
    if (files.every((file) => pattern.test(file.name))) {
      const facts = { n: files.length, what: say(what) };
      throw new Error(say(files.length === 1 ? "is" : "each_is", facts));
    }
  }
  const zips = files.filter((file) => /\.zip$/i.test(file.name));
  if (zips.length > 1) throw new Error(say("many_zips", { n: zips.length }));
  if (zips.length && files.length > 1) {
    throw new Error(say("zip_and_files"));
  }
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (size > limits.max_bytes) {
    throw new Error(say("too_large", { size: readable(size), limit: readable(limits.max_bytes) }));
  }
  if (files.length > limits.max_files) {
    throw new Error(say("too_many", { n: files.length, limit: limits.max_files }));
  }
  return files;
}

/** "DTF1", count, then length and bytes of each file, big-endian. */
function framed(files) {
  const head = new DataView(new ArrayBuffer(8));
  [..."DTF1"].forEach((letter, i) => head.setUint8(i, letter.charCodeAt(0)));
  head.setUint32(4, files.length);
  const parts = [head];
  for (const file of files) {
    const length = new DataView(new ArrayBuffer(8));
    length.setBigUint64(0, BigInt(file.size));
    parts.push(length, file);
  }
  return new Blob(parts);
}

class StudyDrop {
  constructor(root) {
    this.root = root;
    this.state = "idle";
    this.find = (name) => root.querySelector(`[data-part="${name}"]`);
    this.zone = this.find("zone");
    this.stop = new AbortController();
    this.listen();
    this.show("idle");
  }

  listen() {
    const on = (target, name, act) => target.addEventListener(name, act, { signal: this.stop.signal });
    for (const kind of ["files", "folder"]) {
      const input = this.find(`${kind}-input`);
      on(this.find(kind), "click", () => input.click());
      on(input, "change", () => this.take(input));
    }
    on(this.find("cancel"), "click", () => this.cancel());
    let depth = 0;
    const over = (change) => {
      depth = change === null ? 0 : Math.max(0, depth + change);
      this.zone.classList.toggle("over", depth > 0 && this.state === "idle");
    };
    on(this.zone, "dragenter", () => over(1));
    on(this.zone, "dragleave", () => over(-1));
    on(this.zone, "drop", (event) => {
      over(null);
      this.dropped(event);
    });
    on(window, "beforeunload", (event) => this.state === "busy" && event.preventDefault());
    // A study dropped beside the zone would otherwise replace the page.
    on(window, "dragover", (event) => event.preventDefault());
    on(window, "drop", (event) => event.preventDefault());
  }

  update(component) {
    const { data } = component;
    const isFresh = this.data && data.token !== this.data.token;
    this.data = data;
    this.send = component.setTriggerValue;
    this.words = data.words;
    sayAll(this.root, this.words);
    this.find("what").textContent = this.say("what", { limit: readable(data.max_bytes) });
    // Chosen while the page was still drawn, before anybody listened.
    for (const kind of ["files", "folder"]) this.take(this.find(`${kind}-input`));
    if (isFresh && this.waiting) {
      const files = this.waiting;
      this.waiting = null;
      this.upload(files, false);
    } else if (isFresh && this.state === "done") {
      this.show("idle");
    }
  }

  say(name, facts) {
    return filled(this.words[name], facts);
  }

  take(input) {
    const files = [...input.files];
    input.value = "";
    if (files.length) this.begin(async () => files);
  }

  counted(n) {
    return n === 1 ? this.say("one_file") : this.say("files_counted", { n });
  }

  dropped(event) {
    event.preventDefault();
    if (this.state !== "idle") return;
    const { items, files } = event.dataTransfer;
    const entries = [...items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
    const loose = [...files];
    if (entries.length) {
      this.begin(() => filesOf(entries, (n) => this.tell(this.say("looking_folder"), this.say("so_far", { n }))));
    } else if (loose.length) {
      this.begin(async () => loose);
    }
  }

  async begin(collect) {
    this.attempt = (this.attempt ?? 0) + 1;
    const mine = this.attempt;
    this.show("busy");
    this.progress(null);
    this.tell(this.say("looking_files"), "");
    try {
      const files = chosen(await collect(), this.data, (name, facts) => this.say(name, facts));
      if (mine === this.attempt) await this.upload(files, true);
    } catch (error) {
      if (mine === this.attempt) this.fail(error.message);
    }
  }

  /** Ask first whether the token still serves, so that a refusal is not lost in a broken connection. */
  async upload(files, mayRenew) {
    const { token, path } = this.data;
    let reply;
    try {
      reply = await fetch(`${path}/${token}`, { cache: "no-store" });
    } catch {
      return this.fail(this.say("no_server"));
    }
    if (this.state !== "busy") return undefined;
    if (reply.status === 403 && mayRenew) {
      this.waiting = files;
      this.send("renew", Date.now());
      return undefined;
    }
    if (!reply.ok) return this.fail(await this.refusal(reply.text()));
    return this.post(files, `${path}/${token}`);
  }

  post(files, url) {
    const body = files.length === 1 ? files[0] : framed(files);
    const request = new XMLHttpRequest();
    this.request = request;
    const began = performance.now();
    const what = this.counted(files.length);
    request.open("POST", url);
    request.setRequestHeader("Content-Type", files.length === 1 ? "application/octet-stream" : this.data.framed_type);
    request.upload.onprogress = ({ loaded, total }) => {
      const share = loaded / (total || body.size);
      const left = ((performance.now() - began) / 1000) * (1 / share - 1);
      this.progress(share);
      const rest = share < 1 && left > 2 ? ` · ${this.say("left", { n: Math.ceil(left) })}` : "";
      const done = `${readable(loaded)} / ${readable(body.size)} · ${Math.floor(share * 100)} %${rest}`;
      this.tell(this.say("uploading", { files: what }), done);
    };
    request.onload = async () => {
      if (request.status !== 201) return this.fail(await this.refusal(request.responseText));
      const { upload_id: id, n_bytes: bytes } = JSON.parse(request.responseText);
      this.progress(1);
      this.tell(this.say("complete"), `${what} · ${readable(bytes)} · 100 %`);
      this.show("done");
      return this.send("uploaded", id);
    };
    request.onerror = () => this.fail(this.say("broke_off"));
    request.send(body);
  }

  cancel() {
    this.attempt = (this.attempt ?? 0) + 1;
    this.waiting = null;
    this.request?.abort();
    this.show("idle");
    this.find("files").focus();
    this.find("status").textContent = this.say("cancelled");
    // The token is used up; ask for another one before the next try.
    this.send("renew", Date.now());
  }

  fail(message) {
    this.show("idle");
    this.find("error").textContent = message;
    this.find("error").hidden = false;
    this.send("renew", Date.now());
  }

  show(state) {
    this.state = state;
    this.zone.dataset.state = state;
    this.find("idle").hidden = state !== "idle";
    this.find("busy").hidden = state === "idle";
    this.find("cancel").hidden = state === "done";
    this.find("error").hidden = true;
    this.find("status").textContent = "";
  }

  tell(title, numbers) {
    this.find("title").textContent = title;
    this.find("numbers").textContent = numbers;
  }

  progress(share) {
    const bar = this.find("bar");
    bar.classList.toggle("unknown", share === null);
    bar.firstElementChild.style.width = share === null ? "" : `${share * 100}%`;
    if (share === null) bar.removeAttribute("aria-valuenow");
    else bar.setAttribute("aria-valuenow", Math.floor(share * 100));
  }

  async refusal(text) {
    try {
      const { rule, message } = JSON.parse(await text);
      return `${this.data.refusals[rule] ?? message} (${rule})`;
    } catch {
      return this.say("refused");
    }
  }

  destroy() {
    this.attempt = Infinity;
    this.request?.abort();
    this.stop.abort();
    instances.delete(this.root);
  }
}

export default function mount(component) {
  const root = component.parentElement;
  const drop = instances.get(root) ?? new StudyDrop(root);
  instances.set(root, drop);
  drop.update(component);
  // Only the last mount may take the instance down: an earlier one can be cleaned up after it was replaced.
  const mine = (drop.mounts = (drop.mounts ?? 0) + 1);
  return () => {
    if (drop.mounts === mine) drop.destroy();
  };
}
