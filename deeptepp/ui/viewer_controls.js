// Buttons, lists and texts of the viewer, and the box that a reader draws; only a confirmed box goes to the server.
// Text comes from the page or from numbers; nothing a user typed is ever put into markup.

const PRESETS = [
  ["auto", "Auto"], ["bright", "Bright"], ["contrast", "High contrast"], ["full", "Full range"], ["custom", "Custom"],
];

class SliceControls extends SliceView {
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
      const time = this.manifest.has_times ? ` · ${timeText(seconds)}` : "";
      button.title = `${name}${time}${isScored ? " · scored phase" : ""} (key ${index})`;
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
    const time = this.phase === 0 || !manifest.has_times ? "" : `\n${timeText(manifest.times_s[this.phase])} after pre-contrast`;
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
}
