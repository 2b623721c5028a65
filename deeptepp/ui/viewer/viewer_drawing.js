// The box that a reader draws by pointer or by keys, and the ruler; only a confirmed box goes to the server.

/** Where keys move a box: voxels to the right, down, and slices to the head. */
const BOX_STEPS = {
  ArrowLeft: [-1, 0, 0], ArrowRight: [1, 0, 0], ArrowUp: [0, -1, 0], ArrowDown: [0, 1, 0],
  PageUp: [0, 0, 1], PageDown: [0, 0, -1],
};
/** Side of a box that begins where no lesion is known, mm. */
const FIRST_SIDE_MM = 20;

class SliceDrawing extends SliceControls {
  startDrawing() {
    if (!this.manifest) return;
    if (this.mode === "mip") this.setMode("subtraction");
    this.ruler.stop();
    this.drawn.start();
    this.find("panel").hidden = false;
    this.stage.canvas.style.cursor = "crosshair";
    this.hear(this.say("box_hint"));
    this.syncControls();
    this.schedule();
  }

  stopDrawing() {
    if (this.drawn.isOn) this.hear(this.say("box_left"));
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

  /** What a key does to the box while one is drawn; nothing for other keys. */
  boxAction({ key, shiftKey }) {
    if (!this.drawn.isOn) return undefined;
    if (key === "," || key === ".") return () => this.setSlice(this.k + (key === "." ? 1 : -1));
    if (key === "Enter" && !this.drawn.box) return () => this.beginBox();
    const step = BOX_STEPS[key];
    if (!step) return undefined;
    if (!this.drawn.box) return () => this.beginBox();
    return () => {
      if (shiftKey) this.drawn.grow(step);
      else {
        const moved = this.drawn.move(step);
        if (moved) this.setSlice(this.k + moved);
      }
      this.hear(this.boxWords("box_said"));
      this.schedule();
    };
  }

  /** Begin around the lesion of the list, else in the middle of what is shown. */
  beginBox() {
    const lesion = this.lesions[this.target];
    if (lesion) {
      const [k0, j0, i0] = lesion.start;
      const [nz, ny, nx] = lesion.shape;
      this.drawn.put({ j0: j0 - 0.5, j1: j0 + ny - 0.5, i0: i0 - 0.5, i1: i0 + nx - 0.5, k0, k1: k0 + nz - 1 });
      if (this.k < k0 || this.k >= k0 + nz) this.goToLesion();
    } else {
      const { stage } = this;
      const { i, j } = stage.toIndex(stage.width / 2, stage.height / 2);
      const [di, dj] = [FIRST_SIDE_MM / 2 / stage.dx, FIRST_SIDE_MM / 2 / stage.dy];
      const deep = Math.round(FIRST_SIDE_MM / 2 / this.manifest.spacing_mm[0]);
      const [k0, k1] = [this.k - deep, this.k + deep];
      this.drawn.put({ j0: j - dj, j1: j + dj, i0: i - di, i1: i + di, k0, k1 });
    }
    this.hear(this.boxWords("box_begun"));
    this.schedule();
  }

  boxWords(name) {
    const { k0, k1 } = this.drawn.box;
    return this.say(name, { size: this.boxSize(), first: k0 + 1, last: k1 + 1 });
  }

  boxSize() {
    const size = this.drawn.sizeMm(this.manifest.spacing_mm[0]);
    return `${size.map((mm) => mm.toFixed(0)).join(" × ")} mm`;
  }

  syncBox() {
    if (!this.drawn.isOn) return;
    const { box } = this.drawn;
    this.find("box-hint").hidden = Boolean(box);
    this.find("box-facts").hidden = !box;
    if (!box) return;
    this.find("box-size").textContent = this.boxSize();
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
    this.hear(this.say("box_used"));
    this.focus();
  }

  toggleRuler() {
    if (!this.manifest) return;
    if (this.drawn.isOn) this.stopDrawing();
    if (this.mode === "mip") this.setMode("subtraction");
    if (this.ruler.isOn) this.ruler.stop();
    else this.ruler.start();
    this.hear(this.ruler.isOn ? this.say("ruler_on") : "");
    this.stage.canvas.style.cursor = this.ruler.isOn ? "crosshair" : "";
    this.syncControls();
    this.schedule();
  }

  rulerWords() {
    return this.say("ruler_said", { mm: this.ruler.lengthMm.toFixed(1) });
  }
}
