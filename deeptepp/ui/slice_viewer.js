// The slice viewer: state, controls and keys. Every step is drawn here, without the server; only a confirmed box goes
// back. Text comes from the page or from numbers; nothing a user typed is ever put into markup.

const viewers = new WeakMap();
const PRESETS = [
  ["auto", "Auto"], ["bright", "Bright"], ["contrast", "High contrast"], ["full", "Full range"], ["custom", "Custom"],
];
const STEPS = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 };

function timeText(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")} min`;
}

class SliceViewer {
  constructor(root) {
    this.root = root;
    this.find = (name) => root.querySelector(`[data-part="${name}"]`);
    this.frame = this.find("viewer");
    this.stage = new Stage(this.find("canvas"));
    this.drawn = new DrawnBox(this.stage);
    this.stop = new AbortController();
    this.k = 0;
    this.mode = "image";
    this.shows = { contour: true, box: true, curve: false };
    this.windows = {};
    this.contours = new Map();
    this.projections = new Map();
    this.lesions = [];
    this.listenControls();
    this.listenPointer();
    this.listen(this.frame, "keydown", (event) => this.onKey(event));
    this.sizes = new ResizeObserver(() => this.onResize());
    this.sizes.observe(this.find("stage"));
  }

  listen(target, name, act, options = {}) {
    target.addEventListener(name, act, { signal: this.stop.signal, ...options });
  }

  // ---- what Python says -------------------------------------------------------------------------------------------

  update({ data, setTriggerValue }) {
    this.send = setTriggerValue;
    this.frame.style.height = `${data.height}px`;
    const isNewCase = this.data?.token !== data.token;
    const isNewChoice = isNewCase || this.data.selected !== data.selected;
    const isNewList = isNewChoice || this.data.lesions.length !== data.lesions.length;
    this.data = data;
    if (isNewList || JSON.stringify(data.lesions) !== this.lesionsText) this.setLesions(data.lesions);
    if (isNewCase) this.open(stacksOf(data.path, data.token));
    else if (isNewChoice && this.manifest) this.goToLesion();
    this.schedule();
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
    this.listen(source, "change", () => source === this.source && this.onStacks());
    this.listen(source, "progress", () => source === this.source && this.showLoading());
    this.onStacks();
  }

  onStacks() {
    const { source } = this;
    if (source.error) {
      this.find("message").textContent = source.error;
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
    this.find("message").textContent = `Loading images · ${Math.floor(source.share * 100)} %`;
    this.find("load-bar").hidden = Boolean(isWhole);
    this.find("load-bar").firstElementChild.style.width = `${source.share * 100}%`;
  }

  // ---- what is shown ----------------------------------------------------------------------------------------------

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
      const colour = isChosen ? INK.chosen : lesion.origin === "reader" ? INK.reader : INK.other;
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
    this.stage.drawCurve(curveAt(this.source.stacks, this.manifest, this.k, row, column), this.manifest.times_s);
  }

  // ---- controls ---------------------------------------------------------------------------------------------------

  listenControls() {
    const click = (name, act) => this.listen(this.find(name), "click", act);
    for (const mode of ["image", "subtraction", "mip"]) click(mode, () => this.setMode(mode));
    for (const what of ["contour", "box", "curve"]) click(what, () => this.toggle(what));
    click("go", () => this.goToLesion());
    click("draw", () => (this.drawn.isOn ? this.stopDrawing() : this.startDrawing()));
    click("help", () => this.showHelp());
    click("help-close", () => this.showHelp(false));
    click("fullscreen", () => this.fullScreen());
    click("use", () => this.confirm());
    click("discard", () => this.stopDrawing());
    click("first-here", () => this.setBoxSlices(this.k, null));
    click("last-here", () => this.setBoxSlices(null, this.k));
    this.listen(this.find("slider"), "input", (event) => this.setSlice(Number(event.target.value)));
    this.listen(this.find("lesion"), "change", (event) => {
      this.target = Number(event.target.value);
      this.goToLesion();
      this.layLesionBand();
    });
    this.find("preset").replaceChildren(...PRESETS.map(([value, text]) => new Option(text, value)));
    this.listen(this.find("preset"), "change", ({ target }) => {
      if (target.value !== "custom") this.setWindow(this.presetWindow(target.value));
    });
    this.listen(this.find("first"), "change", ({ target }) => this.setBoxSlices(Number(target.value) - 1, null));
    this.listen(this.find("last"), "change", ({ target }) => this.setBoxSlices(null, Number(target.value) - 1));
  }

  layPhases() {
    const buttons = this.manifest.times_s.map((seconds, n) => {
      const button = document.createElement("button");
      const index = this.manifest.phase_indices[n];
      const name = index === 0 ? "Pre" : `Post ${index}`;
      const isScored = n === this.manifest.chosen;
      button.type = "button";
      button.textContent = index === 0 ? "Pre" : `${index}`;
      button.title = `${name} · ${timeText(seconds)}${isScored ? " · scored phase" : ""} (key ${index})`;
      button.setAttribute("aria-label", button.title);
      button.classList.toggle("scored", isScored);
      this.listen(button, "click", () => this.setPhase(n));
      return button;
    });
    this.find("phases").replaceChildren(...buttons);
  }

  layLetters() {
    const { affine } = this.manifest;
    const letters = { left: [2, -1], right: [2, 1], top: [1, -1], bottom: [1, 1] };
    for (const [side, [axis, sign]] of Object.entries(letters)) {
      this.find(`letter-${side}`).textContent = axisLetters(affine, axis, sign);
    }
  }

  /** Where on the slider the lesion is. */
  layLesionBand() {
    const lesion = this.lesions[this.target];
    const band = this.find("band");
    band.hidden = !lesion || !this.manifest;
    if (band.hidden) return;
    const last = Math.max(1, this.manifest.shape[0] - 1);
    band.style.left = `${(lesion.start[0] / last) * 100}%`;
    band.style.width = `${Math.max(0.6, ((lesion.shape[0] - 1) / last) * 100)}%`;
  }

  syncControls() {
    if (!this.manifest) return;
    const press = (button, isPressed) => button.setAttribute("aria-pressed", isPressed);
    for (const mode of ["image", "subtraction", "mip"]) {
      press(this.find(mode), mode === this.mode);
      this.find(mode).disabled = mode !== "image" && !(this.source.has(0) && this.source.has(this.post));
    }
    for (const [n, button] of [...this.find("phases").children].entries()) {
      press(button, n === this.phase);
      button.disabled = !this.source.has(n);
    }
    for (const what of ["contour", "box", "curve"]) press(this.find(what), this.shows[what]);
    press(this.find("draw"), this.drawn.isOn);
    this.find("preset").value = this.source.has(this.phase) ? this.windowOf().preset : "auto";
    this.frame.dataset.mode = this.mode;
    this.frame.dataset.phase = this.manifest.phase_indices[this.phase];
  }

  syncTexts() {
    const { manifest, stage } = this;
    const [nz, ny, nx] = manifest.shape;
    const index = manifest.phase_indices[this.phase];
    const name = index === 0 ? "Pre-contrast" : `Post-contrast ${index}`;
    const what = { image: name, subtraction: `${name} − pre`, mip: `MIP of ${name} − pre` }[this.mode];
    const isScored = this.phase === manifest.chosen ? "\nScored phase" : "";
    const time = this.phase === 0 ? "" : `\n${timeText(manifest.times_s[this.phase])} after pre-contrast`;
    this.find("what").textContent = `${what}${time}${isScored}`;
    const unit = (manifest.window[1] - manifest.window[0]) / 255;
    const { low, high } = this.windowOf();
    const level = ((low + high) / 2) * unit + (this.isDifference ? 0 : manifest.window[0]);
    const zoom = stage.view.zoom > 1.01 ? `\nZoom ${stage.view.zoom.toFixed(1)} ×` : "";
    this.find("window").textContent = `W ${((high - low) * unit).toFixed(0)}  L ${level.toFixed(0)}${zoom}`;
    const [, , z] = toMm(manifest.affine, this.k, (ny - 1) / 2, (nx - 1) / 2);
    const place = `${z < 0 ? "I" : "S"} ${Math.abs(z).toFixed(1)} mm`;
    const text = this.mode === "mip" ? "All slices" : `Slice ${this.k + 1} / ${nz}   ${place}`;
    this.find("place").textContent = `${this.pointerText()}${text}`;
    const slider = this.find("slider");
    slider.value = this.k;
    slider.setAttribute("aria-valuetext", `slice ${this.k + 1} of ${nz}, ${place}`);
    this.frame.dataset.slice = this.k + 1;
    this.syncBox();
  }

  pointerText() {
    if (!this.pointer || this.mode === "mip") return "";
    const { i, j } = this.stage.toIndex(this.pointer.x, this.pointer.y);
    if (i < -0.5 || j < -0.5 || i > this.stage.nx - 0.5 || j > this.stage.ny - 0.5) return "";
    return `${positionText(toMm(this.manifest.affine, this.k, j, i))}\n`;
  }

  // ---- a box of the reader ----------------------------------------------------------------------------------------

  startDrawing() {
    if (!this.manifest) return;
    if (this.mode === "mip") this.setMode("subtraction");
    this.drawn.start();
    this.find("panel").hidden = false;
    this.stage.canvas.style.cursor = "crosshair";
    this.syncControls();
    this.schedule();
  }

  stopDrawing() {
    this.drawn.stop();
    this.find("panel").hidden = true;
    this.stage.canvas.style.cursor = "";
    this.syncControls();
    this.schedule();
  }

  setBoxSlices(first, last) {
    const { box } = this.drawn;
    if (!box) return;
    this.drawn.setSlices(first ?? Math.min(box.k0, last ?? box.k0), last ?? Math.max(box.k1, first ?? box.k1));
    this.schedule();
  }

  syncBox() {
    if (!this.drawn.isOn) return;
    const { box } = this.drawn;
    this.find("box-hint").hidden = Boolean(box);
    this.find("box-facts").hidden = !box;
    if (!box) return;
    const size = this.drawn.sizeMm(this.manifest.spacing_mm[0]);
    this.find("box-size").textContent = `${size.map((mm) => mm.toFixed(0)).join(" × ")} mm`;
    for (const [name, k] of [["first", box.k0], ["last", box.k1]]) {
      const input = this.find(name);
      input.max = this.manifest.shape[0];
      if (this.root.activeElement !== input) input.value = k + 1;
    }
  }

  confirm() {
    if (!this.drawn.box) return;
    const { low, high } = this.drawn.corners();
    this.send("box", boxMm(this.manifest.affine, low, high));
    this.stopDrawing();
    this.focus();
  }

  // ---- pointer and keys -------------------------------------------------------------------------------------------

  listenPointer() {
    const { canvas } = this.stage;
    this.listen(canvas, "wheel", (event) => this.onWheel(event), { passive: false });
    this.listen(canvas, "pointerdown", (event) => this.onPress(event));
    this.listen(canvas, "pointermove", (event) => this.onMove(event));
    for (const name of ["pointerup", "pointercancel"]) this.listen(canvas, name, () => this.onRelease());
    this.listen(canvas, "pointerleave", () => {
      this.pointer = null;
      if (this.manifest) this.schedule();
    });
    this.listen(canvas, "contextmenu", (event) => event.preventDefault());
    this.listen(canvas, "dblclick", () => {
      if (this.drawn.isOn || !this.manifest) return;
      this.stage.fit();
      this.schedule();
    });
  }

  pointOf(event) {
    const frame = this.stage.canvas.getBoundingClientRect();
    return { x: event.clientX - frame.left, y: event.clientY - frame.top };
  }

  onWheel(event) {
    if (!this.manifest) return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) {
      const { x, y } = this.pointOf(event);
      this.stage.zoomAt(event.deltaY < 0 ? 1.15 : 1 / 1.15, x, y);
      this.schedule();
      return;
    }
    // A notch of a mouse is one slice; the small steps of a touchpad add up to one.
    this.wheel = (this.wheel ?? 0) + (event.deltaMode ? Math.sign(event.deltaY) * 50 : event.deltaY);
    const steps = Math.abs(event.deltaY) >= 50 || event.deltaMode ? Math.sign(this.wheel) : Math.trunc(this.wheel / 30);
    if (!steps) return;
    this.wheel = 0;
    this.setSlice(this.k - steps);
  }

  onPress(event) {
    if (!this.manifest) return;
    this.focus();
    this.stage.canvas.setPointerCapture(event.pointerId);
    const point = this.pointOf(event);
    if (this.drawn.isOn && event.button === 0) {
      this.drawn.press(point, this.k);
      this.drag = { act: () => this.drawn.drag(this.pointer) };
    } else if (event.pointerType === "touch") {
      this.drag = { from: point, k: this.k, act: ({ dy }) => this.setSlice(this.drag.k - dy / 6) };
    } else if (event.button === 1 || event.shiftKey) {
      this.drag = { act: ({ mx, my }) => this.stage.pan(mx, my) };
    } else if (event.button === 2) {
      this.drag = { from: point, act: ({ my }) => this.stage.zoomAt(Math.exp(-my / 120), this.drag.from.x, this.drag.from.y) };
    } else {
      const { low, high } = this.windowOf();
      this.drag = { from: point, act: ({ dx, dy }) => this.dragWindow(low, high, dx, dy) };
    }
    this.drag.from ??= point;
    this.drag.last = point;
  }

  onMove(event) {
    if (!this.manifest) return;
    const point = this.pointOf(event);
    this.pointer = point;
    if (this.drag) {
      const { from, last } = this.drag;
      this.drag.last = point;
      this.drag.act({ dx: point.x - from.x, dy: point.y - from.y, mx: point.x - last.x, my: point.y - last.y });
    } else if (this.drawn.isOn) {
      this.stage.canvas.style.cursor = this.drawn.cursorAt(point);
    }
    this.schedule();
  }

  onRelease() {
    if (this.drag && this.drawn.isOn) this.drawn.release(this.k, this.manifest.spacing_mm[0]);
    this.drag = null;
    if (this.manifest) this.schedule();
  }

  /** To the right is wider, downwards is a higher level, as workstations do. */
  dragWindow(low, high, dx, dy) {
    if (Math.abs(dx) + Math.abs(dy) < 3) return;
    const width = Math.max(4, high - low + dx * 0.6);
    const level = (low + high) / 2 + dy * 0.4;
    this.setWindow({ low: level - width / 2, high: level + width / 2, preset: "custom" });
  }

  onKey(event) {
    if (!this.manifest || event.ctrlKey || event.metaKey || event.altKey) return;
    const field = event.composedPath()[0];
    if (["INPUT", "SELECT"].includes(field.tagName) && event.key !== "Escape") {
      event.stopPropagation();
      return;
    }
    const act = this.keyAction(event.key);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  keyAction(key) {
    if (key in STEPS) return () => this.setSlice(this.k + STEPS[key]);
    const phase = /^\d$/.test(key) ? this.manifest.phase_indices.indexOf(Number(key)) : -1;
    if (phase >= 0) return () => this.setPhase(phase);
    const { width, height } = this.stage;
    return {
      Home: () => this.setSlice(0),
      End: () => this.setSlice(this.manifest.shape[0] - 1),
      i: () => this.setMode("image"),
      s: () => this.setMode("subtraction"),
      m: () => this.setMode("mip"),
      c: () => this.toggle("contour"),
      b: () => this.toggle("box"),
      k: () => this.toggle("curve"),
      l: () => this.goToLesion(),
      n: () => this.nextLesion(),
      z: () => this.zoomToLesion(),
      d: () => (this.drawn.isOn ? this.stopDrawing() : this.startDrawing()),
      w: () => this.nextPreset(),
      r: () => this.reset(),
      f: () => this.fullScreen(),
      "+": () => this.zoomStep(1.25, width, height),
      "-": () => this.zoomStep(1 / 1.25, width, height),
      "?": () => this.showHelp(),
      Enter: this.drawn.box ? () => this.confirm() : undefined,
      Escape: () => this.escape(),
    }[key.length === 1 ? key.toLowerCase() : key];
  }

  zoomStep(factor, width, height) {
    this.stage.zoomAt(factor, width / 2, height / 2);
    this.schedule();
  }

  nextLesion() {
    if (!this.lesions.length) return;
    this.target = (this.target + 1) % this.lesions.length;
    this.find("lesion").value = this.target;
    this.layLesionBand();
    this.goToLesion();
  }

  nextPreset() {
    const names = PRESETS.slice(0, -1).map(([name]) => name);
    this.setWindow(this.presetWindow(names[(names.indexOf(this.windowOf().preset) + 1) % names.length]));
  }

  reset() {
    this.stage.fit();
    this.setWindow(this.presetWindow("auto"));
  }

  escape() {
    if (!this.find("help-card").hidden) this.showHelp(false);
    else if (this.drawn.isOn) this.stopDrawing();
  }

  showHelp(isShown = this.find("help-card").hidden) {
    this.find("help-card").hidden = !isShown;
    this.find("help").setAttribute("aria-expanded", isShown);
    if (isShown) this.find("help-close").focus();
    else this.focus();
  }

  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.frame.requestFullscreen?.();
  }

  focus() {
    this.frame.focus({ preventScroll: true });
  }

  onResize() {
    const { clientWidth, clientHeight } = this.find("stage");
    this.stage.font = getComputedStyle(this.frame).fontFamily;
    this.stage.resize(clientWidth, clientHeight);
    if (this.manifest) this.draw();
  }

  destroy() {
    this.stop.abort();
    this.sizes.disconnect();
    viewers.delete(this.root);
  }
}

export default function mount(component) {
  const root = component.parentElement;
  const viewer = viewers.get(root) ?? new SliceViewer(root);
  viewers.set(root, viewer);
  viewer.update(component);
  // Only the last mount may take the instance down: an earlier one can be cleaned up after it was replaced.
  const mine = (viewer.mounts = (viewer.mounts ?? 0) + 1);
  return () => {
    if (viewer.mounts === mine) viewer.destroy();
  };
}
