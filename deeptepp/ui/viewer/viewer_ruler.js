// A ruler: one line on one slice, measured in mm along the grid of the stacks.

class Ruler {
  constructor(stage) {
    this.stage = stage;
    this.stop();
  }

  start() {
    this.isOn = true;
    this.line = null;
  }

  stop() {
    this.isOn = false;
    this.line = null;
  }

  press(point, k) {
    const from = this.stage.toIndex(point.x, point.y);
    this.line = { from, to: from, k };
  }

  drag(point) {
    if (this.line) this.line.to = this.stage.toIndex(point.x, point.y);
  }

  /** Length of the line; a mere click has none. */
  get lengthMm() {
    if (!this.line) return 0;
    const { from, to } = this.line;
    return Math.hypot((to.i - from.i) * this.stage.dx, (to.j - from.j) * this.stage.dy);
  }

  draw(k, text) {
    if (!this.line || this.line.k !== k || this.lengthMm < 0.5) return;
    const { from, to } = this.line;
    const [a, b] = [this.stage.toScreen(from.j, from.i), this.stage.toScreen(to.j, to.i)];
    this.stage.drawLine(a, b, INK.drawn);
    this.stage.drawText(text, (a.x + b.x) / 2 + 8, (a.y + b.y) / 2 - 8, INK.drawn);
  }
}
