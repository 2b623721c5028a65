// Buttons, lists and texts of the viewer.
// Text comes from the page or from numbers; nothing a user typed is ever put into markup.

const PRESETS = ["auto", "bright", "contrast", "full", "custom"];

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
    click("ruler", () => this.toggleRuler());
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
    this.listen(this.find("toolbar"), "focusin", ({ target }) => this.layTabStops(target));
    this.listen(this.find("preset"), "change", ({ target }) => {
      if (target.value !== "custom") this.setWindow(this.presetWindow(target.value));
    });
    this.listen(this.find("first"), "change", ({ target }) => this.setBoxSlices(Number(target.value) - 1, null));
    this.listen(this.find("last"), "change", ({ target }) => this.setBoxSlices(null, Number(target.value) - 1));
  }

  /** Put the words of the visitor's language on everything that stands still. */
  layWords() {
    sayAll(this.root, this.words);
    this.find("preset").replaceChildren(...PRESETS.map((value) => new Option(this.say(value), value)));
    const entry = (kind, text) => Object.assign(document.createElement(kind), { textContent: text });
    const lines = this.data.keys.flatMap(([keys, meaning]) => [entry("dt", keys), entry("dd", meaning)]);
    this.find("key-list").replaceChildren(...lines);
    if (this.manifest) this.layPhases();
  }

  get tools() {
    return [...this.find("toolbar").querySelectorAll("button, select")];
  }

  /** One stop of the Tab key for the whole bar; arrow keys lead on from there. */
  layTabStops(stop) {
    const { tools } = this;
    const chosen = stop ?? tools.find((tool) => tool.tabIndex === 0 && !tool.disabled);
    const kept = tools.includes(chosen) ? chosen : tools.find((tool) => !tool.disabled);
    for (const tool of tools) tool.tabIndex = tool === kept ? 0 : -1;
  }

  rove(step) {
    const tools = this.tools.filter((tool) => !tool.disabled);
    const at = tools.indexOf(this.root.activeElement);
    tools[(at + step + tools.length) % tools.length].focus();
  }

  layPhases() {
    const buttons = this.manifest.times_s.map((seconds, n) => {
      const button = document.createElement("button");
      const index = this.manifest.phase_indices[n];
      const name = index === 0 ? this.say("pre") : this.say("post", { k: index });
      const isScored = n === this.manifest.chosen;
      button.type = "button";
      button.textContent = index === 0 ? this.say("pre") : `${index}`;
      const time = this.manifest.has_times ? ` · ${timeText(seconds)}` : "";
      const scored = isScored ? ` · ${this.say("scored_phase")}` : "";
      button.title = `${name}${time}${scored} (${this.say("key", { k: index })})`;
      button.setAttribute("aria-label", button.title);
      button.classList.toggle("scored", isScored);
      this.listen(button, "click", () => this.setPhase(n));
      return button;
    });
    this.find("phases").replaceChildren(...buttons);
    this.layTabStops();
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
    press(this.find("ruler"), this.ruler.isOn);
    this.find("preset").value = this.source.has(this.phase) ? this.windowOf().preset : "auto";
    this.layTabStops();
    this.frame.dataset.mode = this.mode;
    this.frame.dataset.phase = this.manifest.phase_indices[this.phase];
  }

  syncTexts() {
    const { manifest, stage } = this;
    const [nz, ny, nx] = manifest.shape;
    const index = manifest.phase_indices[this.phase];
    const phase = index === 0 ? this.say("pre_contrast") : this.say("post_contrast", { k: index });
    const [subtraction, mip] = [this.say("less_pre", { phase }), this.say("mip_of", { phase })];
    const what = { image: phase, subtraction, mip }[this.mode];
    const isScored = this.phase === manifest.chosen ? `\n${this.say("scored_phase")}` : "";
    const hasTime = this.phase !== 0 && manifest.has_times;
    const time = hasTime ? `\n${this.say("after_pre", { time: timeText(manifest.times_s[this.phase]) })}` : "";
    this.find("what").textContent = `${what}${time}${isScored}`;
    const unit = (manifest.window[1] - manifest.window[0]) / 255;
    const { low, high } = this.windowOf();
    const level = ((low + high) / 2) * unit + (this.isDifference ? 0 : manifest.window[0]);
    const isZoomed = stage.view.zoom > 1.01;
    const zoom = isZoomed ? `\n${this.say("zoom", { times: stage.view.zoom.toFixed(1) })}` : "";
    this.find("window").textContent = `W ${((high - low) * unit).toFixed(0)}  L ${level.toFixed(0)}${zoom}`;
    const [, , z] = toMm(manifest.affine, this.k, (ny - 1) / 2, (nx - 1) / 2);
    const place = `${z < 0 ? "I" : "S"} ${Math.abs(z).toFixed(1)} mm`;
    const slice = { k: this.k + 1, n: nz, place };
    const text = this.mode === "mip" ? this.say("all_slices") : `${this.say("slice_of", slice)}   ${place}`;
    this.find("place").textContent = `${this.pointerText()}${text}`;
    const slider = this.find("slider");
    slider.value = this.k;
    slider.setAttribute("aria-valuetext", this.say("slice_said", slice));
    this.frame.dataset.slice = this.k + 1;
    this.syncBox();
  }

  pointerText() {
    if (!this.pointer || this.mode === "mip") return "";
    const { i, j } = this.stage.toIndex(this.pointer.x, this.pointer.y);
    if (i < -0.5 || j < -0.5 || i > this.stage.nx - 0.5 || j > this.stage.ny - 0.5) return "";
    return `${positionText(toMm(this.manifest.affine, this.k, j, i))}\n`;
  }
}
