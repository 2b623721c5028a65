// Pointer and keys of the viewer, and how the page mounts it.

const viewers = new WeakMap();
const STEPS = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 };

class SliceViewer extends SliceDrawing {
  constructor(root) {
    super(root);
    this.listenControls();
    this.listenPointer();
    this.listen(this.frame, "keydown", (event) => this.onKey(event));
  }

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
      if (this.drawn.isOn || this.ruler.isOn || !this.manifest) return;
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
    } else if (this.ruler.isOn && event.button === 0) {
      this.ruler.press(point, this.k);
      this.drag = { act: () => this.ruler.drag(this.pointer) };
    } else if (event.pointerType === "touch") {
      this.drag = { from: point, k: this.k, act: ({ dy }) => this.setSlice(this.drag.k - dy / 6) };
    } else if (event.button === 1 || event.shiftKey) {
      this.drag = { act: ({ mx, my }) => this.stage.pan(mx, my) };
    } else if (event.button === 2) {
      this.drag = { act: ({ my }) => this.stage.zoomAt(Math.exp(-my / 120), point.x, point.y) };
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
    if (this.drag && this.ruler.isOn && this.ruler.line) this.hear(this.rulerWords());
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
    const isSideways = event.key === "ArrowLeft" || event.key === "ArrowRight";
    const isRoving = isSideways && this.find("toolbar").contains(field);
    const isOwn = ["INPUT", "SELECT"].includes(field.tagName) || (field.tagName === "BUTTON" && event.key === "Enter");
    if (isOwn && !isRoving && event.key !== "Escape") {
      event.stopPropagation();
      return;
    }
    const act = isRoving
      ? () => this.rove(event.key === "ArrowRight" ? 1 : -1)
      : this.boxAction(event) ?? this.keyAction(event.key);
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
      u: () => this.toggleRuler(),
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
    const names = PRESETS.slice(0, -1);
    this.setWindow(this.presetWindow(names[(names.indexOf(this.windowOf().preset) + 1) % names.length]));
  }

  reset() {
    this.stage.fit();
    this.setWindow(this.presetWindow("auto"));
  }

  escape() {
    if (!this.find("help-card").hidden) this.showHelp(false);
    else if (this.drawn.isOn) this.stopDrawing();
    else if (this.ruler.isOn) this.toggleRuler();
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
