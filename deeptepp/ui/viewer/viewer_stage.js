// The canvas: one slice, what lies on it, and the way from screen to voxels and back.

const INK = { chosen: "#ffc53d", other: "#8fd3ff", reader: "#7be0a3", drawn: "#4fd1e0", text: "#e8edf0" };

class Stage {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.slice = document.createElement("canvas");
    this.view = { zoom: 1, x: 0, y: 0 };
    this.width = this.height = 1;
    this.font = "sans-serif";
  }

  /** Take the grid of the stacks; the picture starts fitted. */
  setGrid({ shape, spacing_mm: spacing }) {
    [this.nz, this.ny, this.nx] = shape;
    [, this.dy, this.dx] = spacing;
    this.slice.width = this.nx;
    this.slice.height = this.ny;
    this.image = this.slice.getContext("2d").createImageData(this.nx, this.ny);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.fit();
  }

  resize(width, height) {
    this.ratio = window.devicePixelRatio || 1;
    [this.width, this.height] = [Math.max(1, width), Math.max(1, height)];
    this.canvas.width = Math.round(this.width * this.ratio);
    this.canvas.height = Math.round(this.height * this.ratio);
  }

  fit() {
    this.view = { zoom: 1, x: 0, y: 0 };
  }

  /** CSS pixels per mm. */
  get scale() {
    const fit = Math.min(this.width / (this.nx * this.dx), this.height / (this.ny * this.dy)) * 0.98;
    return fit * this.view.zoom;
  }

  get origin() {
    const { scale } = this;
    return {
      x: this.width / 2 - (this.nx * this.dx * scale) / 2 + this.view.x * scale,
      y: this.height / 2 - (this.ny * this.dy * scale) / 2 + this.view.y * scale,
    };
  }

  toIndex(x, y) {
    const { scale, origin } = this;
    return { i: (x - origin.x) / (scale * this.dx) - 0.5, j: (y - origin.y) / (scale * this.dy) - 0.5 };
  }

  toScreen(j, i) {
    const { scale, origin } = this;
    return { x: origin.x + (i + 0.5) * scale * this.dx, y: origin.y + (j + 0.5) * scale * this.dy };
  }

  /** Zoom so that the point under the pointer stays. */
  zoomAt(factor, x, y) {
    const before = this.toIndex(x, y);
    this.view.zoom = Math.max(1, Math.min(12, this.view.zoom * factor));
    const after = this.toScreen(before.j, before.i);
    this.pan(x - after.x, y - after.y);
  }

  pan(dx, dy) {
    const { scale } = this;
    const bound = (value, size) => Math.max(-size / 2, Math.min(size / 2, value));
    this.view.x = bound(this.view.x + dx / scale, this.nx * this.dx);
    this.view.y = bound(this.view.y + dy / scale, this.ny * this.dy);
  }

  centreOn(j, i, zoom) {
    this.view = { zoom, x: (this.nx / 2 - i - 0.5) * this.dx, y: (this.ny / 2 - j - 0.5) * this.dy };
  }

  /** Put the painted pixels on the screen, smooth, on black. */
  drawSlice() {
    const { context, scale, origin } = this;
    this.slice.getContext("2d").putImageData(this.image, 0, 0);
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, this.width, this.height);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    context.drawImage(this.slice, origin.x, origin.y, this.nx * this.dx * scale, this.ny * this.dy * scale);
  }

  drawContour(path, colour, isDashed) {
    const { context, scale } = this;
    const zero = this.toScreen(0, 0);
    const placed = new Path2D();
    placed.addPath(path, new DOMMatrix([scale * this.dx, 0, 0, scale * this.dy, zero.x, zero.y]));
    context.setLineDash(isDashed ? [3, 3] : []);
    context.lineCap = "round";
    for (const [style, width] of [["rgba(0,0,0,.55)", 3], [colour, 1.5]]) {
      context.strokeStyle = style;
      context.lineWidth = width;
      context.stroke(placed);
    }
    context.setLineDash([]);
  }

  /** A rectangle in index coordinates, edges included. */
  drawRectangle({ j0, i0, j1, i1 }, colour, { isDashed = false, label = "", width = 1.5 } = {}) {
    const { context } = this;
    const [a, b] = [this.toScreen(j0, i0), this.toScreen(j1, i1)];
    context.setLineDash(isDashed ? [5, 4] : []);
    for (const [style, line] of [["rgba(0,0,0,.55)", width + 1.5], [colour, width]]) {
      context.strokeStyle = style;
      context.lineWidth = line;
      context.strokeRect(a.x, a.y, b.x - a.x, b.y - a.y);
    }
    context.setLineDash([]);
    if (label) this.drawText(label, a.x, a.y - 5, colour);
  }

  drawHandles({ j0, i0, j1, i1 }, colour) {
    const { context } = this;
    context.fillStyle = colour;
    for (const j of [j0, (j0 + j1) / 2, j1]) {
      for (const i of [i0, (i0 + i1) / 2, i1]) {
        if (j === (j0 + j1) / 2 && i === (i0 + i1) / 2) continue;
        const { x, y } = this.toScreen(j, i);
        context.fillRect(x - 3.5, y - 3.5, 7, 7);
      }
    }
  }

  drawLine(a, b, colour) {
    const { context } = this;
    for (const [style, width] of [["rgba(0,0,0,.55)", 4], [colour, 2]]) {
      context.strokeStyle = style;
      context.lineWidth = width;
      context.beginPath();
      context.moveTo(a.x, a.y);
      context.lineTo(b.x, b.y);
      context.stroke();
    }
  }

  drawText(text, x, y, colour = INK.text, align = "left") {
    const { context } = this;
    context.font = `500 12px ${this.font}`;
    context.textAlign = align;
    context.lineJoin = "round";
    context.strokeStyle = "rgba(0,0,0,.8)";
    context.lineWidth = 3;
    context.strokeText(text, x, y);
    context.fillStyle = colour;
    context.fillText(text, x, y);
  }

  /** A bar of a round length, between 60 and 150 pixels. */
  drawScaleBar() {
    const { context } = this;
    const length = [100, 50, 20, 10, 5, 2, 1].find((mm) => mm * this.scale <= 150) ?? 1;
    const [right, y, wide] = [this.width - 14, this.height - 14, length * this.scale];
    context.strokeStyle = INK.text;
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(right - wide, y - 5);
    context.lineTo(right - wide, y);
    context.lineTo(right, y);
    context.lineTo(right, y - 5);
    context.stroke();
    this.drawText(`${length} mm`, right - wide / 2, y - 8, INK.text, "center");
  }

  /** Enhancement over time at the pointer, in percent of the pre-contrast signal. */
  drawCurve(curve, times, words) {
    const { context } = this;
    const known = curve.map((value, n) => ({ value, time: times[n], n })).filter(({ value }) => value !== null);
    if (known.length < 2 || known[0].n !== 0) return;
    const base = Math.max(known[0].value, 1e-6);
    const points = known.map(({ value, n }) => ({ n, gain: (value / base - 1) * 100 }));
    const [wide, high, left, top] = [190, 96, this.width - 204, this.height - 150];
    const most = Math.max(100, ...points.map(({ gain }) => gain));
    const least = Math.min(0, ...points.map(({ gain }) => gain));
    const x = (n) => left + 10 + (n / (times.length - 1)) * (wide - 20);
    const y = (gain) => top + high - 14 - ((gain - least) / (most - least)) * (high - 38);
    context.fillStyle = "rgba(12,15,18,.82)";
    context.fillRect(left, top, wide, high);
    context.strokeStyle = "rgba(232,237,240,.35)";
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(left + 8, y(0));
    context.lineTo(left + wide - 8, y(0));
    context.stroke();
    context.strokeStyle = INK.chosen;
    context.lineWidth = 2;
    context.beginPath();
    points.forEach(({ n, gain }, m) => (m ? context.lineTo(x(n), y(gain)) : context.moveTo(x(n), y(gain))));
    context.stroke();
    context.fillStyle = INK.chosen;
    points.forEach(({ n, gain }) => context.fillRect(x(n) - 2, y(gain) - 2, 4, 4));
    const peak = points.reduce((best, point) => (point.gain > best.gain ? point : best));
    this.drawText(words(`${peak.gain >= 0 ? "+" : ""}${peak.gain.toFixed(0)}`), left + 8, top + 16);
  }
}
