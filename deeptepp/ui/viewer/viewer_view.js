// What the viewer shows: lesions and stacks as they come, slice, phase, mode and window, and how they are drawn.
// Every step is drawn here, without the server.

function timeText(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")} min`;
}

class SliceView {
  constructor(root) {
    this.root = root;
    this.find = (name) => root.querySelector(`[data-part="${name}"]`);
    this.frame = this.find("viewer");
    this.stage = new Stage(this.find("canvas"));
    this.drawn = new DrawnBox(this.stage);
    this.ruler = new Ruler(this.stage);
    this.stop = new AbortController();
    this.k = 0;
    this.mode = "image";
    this.shows = { contour: true, box: true, curve: false };
    this.windows = {};
    this.contours = new Map();
    this.projections = new Map();
    this.lesions = [];
    this.sizes = new ResizeObserver(() => this.onResize());
    this.sizes.observe(this.find("stage"));
  }

  listen(target, name, act, options = {}) {
    target.addEventListener(name, act, { signal: this.stop.signal, ...options });
  }

  update({ data, setTriggerValue }) {
    this.send = setTriggerValue;
    this.frame.style.height = `${data.height}px`;
    const isNewCase = this.data?.token !== data.token;
    const isNewChoice = isNewCase || this.data.selected !== data.selected;
    const wordsText = JSON.stringify([data.words, data.keys]);
    const isNewLanguage = this.wordsText !== wordsText;
    const isNewList = isNewChoice || this.data.lesions.length !== data.lesions.length;
    Object.assign(this, { data, words: data.words, wordsText });
    if (isNewLanguage) this.layWords();
    if (isNewList || JSON.stringify(data.lesions) !== this.lesionsText) this.setLesions(data.lesions);
    if (isNewCase) this.open(stacksOf(data.path, data.token));
    else if (isNewChoice && this.manifest) this.goToLesion();
    this.schedule();
  }

  say(name, facts) {
    return filled(this.words[name], facts);
  }

  /** Tell who cannot see the canvas. */
  hear(text) {
    this.find("heard").textContent = text;
  }

  setLesions(lesions) {
    this.lesionsText = JSON.stringify(lesions);
    this.contours.clear();
    this.lesions = lesions.map((lesion) => {
      const [nz, ny, nx] = lesion.shape;
      const mask = unpackBits(lesion.bits, nz * ny * nx);
      return { ...lesion, mask, top: projectMask(mask, nz, ny * nx) };
    });
    const list = this.find("lesion");
    list.replaceChildren(...lesions.map((lesion, n) => new Option(lesion.label, n)));
    list.disabled = this.find("go").disabled = !lesions.length;
    this.target = Math.min(this.data.selected, Math.max(0, lesions.length - 1));
    list.value = this.target;
    this.layLesionBand();
  }

  open(source) {
    this.source = source;
    this.manifest = null;
    this.windows = {};
    this.projections.clear();
    this.drawn.stop();
    this.ruler.stop();
    this.listen(source, "change", () => source === this.source && this.onStacks());
    this.listen(source, "progress", () => source === this.source && this.showLoading());
    this.onStacks();
  }

  onStacks() {
    const { source } = this;
    if (source.error !== null) {
      this.find("message").textContent = this.data.refusals[source.rule] ?? (source.error || this.say("not_fetched"));
      this.find("loading").hidden = false;
      this.find("loading").classList.add("failed");
      return;
    }
    if (source.manifest && !this.manifest) {
      this.manifest = source.manifest;
      this.phase = this.manifest.chosen;
      this.stage.setGrid(this.manifest);
      this.layPhases();
      this.layLetters();
      const last = this.manifest.shape[0] - 1;
      Object.assign(this.find("slider"), { max: last, min: 0 });
      this.k = Math.floor(last / 2);
      this.goToLesion();
      this.layLesionBand();
    }
    this.frame.dataset.loaded = source.stacks.filter(Boolean).length;
    this.showLoading();
    this.syncControls();
    this.schedule();
  }

  showLoading() {
    const { source } = this;
    const isReady = this.manifest && source.has(this.phase);
    const isWhole = this.manifest && source.stacks.every(Boolean);
    this.find("loading").hidden = Boolean(isReady);
    this.find("loading").classList.remove("failed");
    this.find("message").textContent = this.say("loading_share", { share: Math.floor(source.share * 100) });
    this.find("load-bar").hidden = Boolean(isWhole);
    this.find("load-bar").firstElementChild.style.width = `${source.share * 100}%`;
  }

  get post() {
    return this.phase === 0 ? this.manifest.chosen : this.phase;
  }

  get isDifference() {
    return this.mode !== "image";
  }

  setSlice(k) {
    const next = Math.max(0, Math.min(this.manifest.shape[0] - 1, Math.round(k)));
    if (this.mode === "mip") this.setMode("subtraction");
    if (next === this.k) return;
    this.k = next;
    this.schedule();
  }

  setPhase(number) {
    if (!this.source.has(number)) return;
    this.phase = number;
    if (number === 0 && this.isDifference) this.mode = "image";
    this.syncControls();
    this.schedule();
  }

  setMode(mode) {
    if (mode !== "image" && !this.source.has(0)) return;
    if (mode !== "image" && this.phase === 0) this.phase = this.manifest.chosen;
    this.mode = mode;
    if (mode === "mip" && this.drawn.isOn) this.stopDrawing();
    this.syncControls();
    this.schedule();
  }

  toggle(what) {
    this.shows[what] = !this.shows[what];
    this.syncControls();
    this.schedule();
  }

  goToLesion() {
    const lesion = this.lesions[this.target];
    if (!lesion || !this.manifest) return;
    const [k] = lesion.start;
    const areas = Array.from({ length: lesion.shape[0] }, (_, n) => {
      const size = lesion.shape[1] * lesion.shape[2];
      return lesion.mask.subarray(n * size, (n + 1) * size).reduce((sum, bit) => sum + bit, 0);
    });
    this.k = k + areas.indexOf(Math.max(...areas));
    if (this.mode === "mip") this.setMode("subtraction");
    this.schedule();
  }

  zoomToLesion() {
    const lesion = this.lesions[this.target];
    if (!lesion) return;
    const [, ny, nx] = lesion.shape;
    const isZoomed = this.stage.view.zoom > 1.01;
    if (isZoomed) this.stage.fit();
    else this.stage.centreOn(lesion.start[1] + (ny - 1) / 2, lesion.start[2] + (nx - 1) / 2, 3);
    this.schedule();
  }

  windowOf() {
    this.windows[this.mode] ??= this.presetWindow("auto");
    return this.windows[this.mode];
  }

  /** Windows in display units of 0 to 255; a subtraction shows loss as black. */
  presetWindow(preset) {
    if (preset === "full" || !this.source.has(this.post)) return { low: 0, high: 255, preset };
    let [low, high] = this.autoWindow();
    high = Math.max(high, low + 8);
    if (preset === "bright") high = low + (high - low) * 0.6;
    if (preset === "contrast") [low, high] = [low + (high - low) * 0.2, low + (high - low) * 0.7];
    return { low, high, preset };
  }

  /** Wide enough that nine tenths of the lesion are not white. */
  autoWindow() {
    const [stack, pre] = [this.source.stacks[this.post], this.isDifference ? this.source.stacks[0] : null];
    const [low, high] = {
      image: () => quantiles(sampleOf(stack), [0.02, 0.998]),
      subtraction: () => [0, quantiles(sampleOf(stack, pre), [0.999])[0]],
      mip: () => quantiles(this.projection(), [0.1, 0.995]),
    }[this.mode]();
    const lesion = this.lesions[this.target];
    const bright = lesion ? quantiles(inside(lesion, stack, pre, this.manifest.shape), [0.9])[0] : 0;
    return [Math.min(low, high * 0.3), Math.max(high, bright)];
  }

  /** Worked out once per phase. */
  projection() {
    if (!this.projections.has(this.post)) {
      const { source, stage, post } = this;
      this.projections.set(post, projectDifference(source.stacks[post], source.stacks[0], stage.nx * stage.ny));
    }
    return this.projections.get(this.post);
  }

  setWindow(window) {
    this.windows[this.mode] = window;
    this.syncControls();
    this.schedule();
  }

  schedule() {
    if (this.isScheduled) return;
    this.isScheduled = true;
    requestAnimationFrame(() => {
      this.isScheduled = false;
      if (!this.stop.signal.aborted) this.draw();
    });
  }

  draw() {
    if (!this.manifest || !this.source.has(this.phase)) return;
    const began = performance.now();
    this.paint();
    this.stage.drawSlice();
    this.drawLesions();
    if (this.drawn.isOn) this.drawn.draw(this.k);
    if (this.ruler.isOn) this.ruler.draw(this.k, this.rulerWords());
    this.stage.drawScaleBar();
    if (this.shows.curve && this.pointer && this.mode !== "mip") this.drawCurve();
    this.syncTexts();
    this.frame.dataset.drawMs = (performance.now() - began).toFixed(2);
  }

  paint() {
    const { stage, source } = this;
    const offset = this.k * stage.nx * stage.ny;
    const { low, high } = this.windowOf();
    const [level, width] = [(low + high) / 2, Math.max(1, high - low)];
    if (this.mode === "image") {
      paintImage(stage.pixels, source.stacks[this.phase], offset, greyTable(0, 255, level, width));
    } else if (this.mode === "subtraction") {
      const table = greyTable(-255, 255, level, width);
      paintDifference(stage.pixels, source.stacks[this.post], source.stacks[0], offset, table);
    } else {
      paintImage(stage.pixels, this.projection(), 0, greyTable(0, 255, level, width));
    }
  }

  drawLesions() {
    for (const [n, lesion] of this.lesions.entries()) {
      const isChosen = n === this.data.selected;
      const colour = isChosen ? INK.chosen : lesion.origin === "detector" ? INK.other : INK.reader;
      const [k0, j0, i0] = lesion.start;
      const [nz, ny, nx] = lesion.shape;
      const isHere = this.mode === "mip" || (this.k >= k0 && this.k < k0 + nz);
      if (!isHere) continue;
      if (this.shows.contour) this.stage.drawContour(this.contourOf(n), colour, !isChosen);
      if (this.shows.box) {
        const edges = { j0: j0 - 1.5, i0: i0 - 1.5, j1: j0 + ny + 0.5, i1: i0 + nx + 0.5 };
        this.stage.drawRectangle(edges, colour, { isDashed: !isChosen, label: lesion.short, width: 1 });
      }
    }
  }

  contourOf(n) {
    const lesion = this.lesions[n];
    const key = `${n}/${this.mode === "mip" ? "top" : this.k}`;
    if (!this.contours.has(key)) {
      const [k0, j0, i0] = lesion.start;
      const [, ny, nx] = lesion.shape;
      const [mask, offset] = this.mode === "mip" ? [lesion.top, 0] : [lesion.mask, (this.k - k0) * ny * nx];
      this.contours.set(key, contourOf(mask, offset, ny, nx, j0, i0));
    }
    return this.contours.get(key);
  }

  drawCurve() {
    const { i, j } = this.stage.toIndex(this.pointer.x, this.pointer.y);
    const [column, row] = [Math.round(i), Math.round(j)];
    if (column < 0 || row < 0 || column >= this.stage.nx || row >= this.stage.ny) return;
    const curve = curveAt(this.source.stacks, this.manifest, this.k, row, column);
    this.stage.drawCurve(curve, this.manifest.times_s, (percent) => this.say("enhancement", { percent }));
  }
}
