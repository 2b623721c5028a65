// A box drawn by the reader: a rectangle on the slice, stretched over slices; nothing is sent until it is confirmed.

const REACH_PX = 8;

class DrawnBox {
  constructor(stage) {
    this.stage = stage;
    this.isOn = false;
    this.box = null;
  }

  start() {
    this.isOn = true;
    this.box = null;
  }

  stop() {
    this.isOn = false;
    this.box = null;
    this.grip = null;
  }

  /** Take hold of an edge, a corner or the inside; elsewhere a new rectangle begins. */
  press(point, k) {
    const at = this.stage.toIndex(point.x, point.y);
    const hold = this.box && this.holdAt(point);
    if (hold) {
      this.grip = { ...hold, at, box: { ...this.box } };
      return;
    }
    this.box = { j0: at.j, i0: at.i, j1: at.j, i1: at.i, k0: k, k1: k };
    this.grip = { j: "j1", i: "i1", at, box: { ...this.box }, isNew: true };
  }

  drag(point) {
    if (!this.grip) return;
    const at = this.stage.toIndex(point.x, point.y);
    const [dj, di] = [at.j - this.grip.at.j, at.i - this.grip.at.i];
    const { box } = this.grip;
    if (this.grip.isInside) {
      Object.assign(this.box, { j0: box.j0 + dj, j1: box.j1 + dj, i0: box.i0 + di, i1: box.i1 + di });
    } else {
      if (this.grip.j) this.box[this.grip.j] = box[this.grip.j] + dj;
      if (this.grip.i) this.box[this.grip.i] = box[this.grip.i] + di;
    }
  }

  /** End the drag; a new rectangle reaches as deep as its shorter side, a mere click is no rectangle. */
  release(k, dz) {
    const { grip } = this;
    this.grip = null;
    if (!grip) return;
    const { nx, ny, nz, dx, dy } = this.stage;
    const within = (value, n) => Math.max(-0.5, Math.min(n - 0.5, value));
    const [j0, j1] = [this.box.j0, this.box.j1].map((j) => within(j, ny)).sort((a, b) => a - b);
    const [i0, i1] = [this.box.i0, this.box.i1].map((i) => within(i, nx)).sort((a, b) => a - b);
    Object.assign(this.box, { j0, j1, i0, i1 });
    const side = Math.min((j1 - j0) * dy, (i1 - i0) * dx);
    if (side < 2) {
      this.box = null;
    } else if (grip.isNew) {
      const half = Math.max(1, Math.round(side / 2 / dz));
      this.setSlices(Math.max(0, k - half), Math.min(nz - 1, k + half));
    }
  }

  /** Take a box as it is, cut to the stacks. */
  put({ j0, j1, i0, i1, k0, k1 }) {
    const { nx, ny } = this.stage;
    const within = (value, n) => Math.max(-0.5, Math.min(n - 0.5, value));
    this.box = { j0: within(j0, ny), j1: within(j1, ny), i0: within(i0, nx), i1: within(i1, nx), k0, k1 };
    this.setSlices(k0, k1);
  }

  /** Move by whole voxels as far as the stacks reach; give how many slices it went. */
  move([di, dj, dk]) {
    const { box } = this;
    const { nx, ny, nz } = this.stage;
    const room = (step, low, high, first, last) => Math.max(first - low, Math.min(last - high, step));
    const i = room(di, box.i0, box.i1, -0.5, nx - 0.5);
    const j = room(dj, box.j0, box.j1, -0.5, ny - 0.5);
    const k = room(dk, box.k0, box.k1, 0, nz - 1);
    this.put({ j0: box.j0 + j, j1: box.j1 + j, i0: box.i0 + i, i1: box.i1 + i, k0: box.k0 + k, k1: box.k1 + k });
    return k;
  }

  /** Move the right and the lower edge and the slice nearest to the head; a voxel is left. */
  grow([di, dj, dk]) {
    const { j0, j1, i0, i1, k0, k1 } = this.box;
    this.put({ j0, i0, k0, j1: Math.max(j0 + 1, j1 + dj), i1: Math.max(i0 + 1, i1 + di), k1: Math.max(k0, k1 + dk) });
  }

  setSlices(first, last) {
    if (!this.box) return;
    const within = (k) => Math.max(0, Math.min(this.stage.nz - 1, Math.round(k)));
    const [a, b] = [within(first), within(last)];
    Object.assign(this.box, { k0: Math.min(a, b), k1: Math.max(a, b) });
  }

  cursorAt(point) {
    const hold = this.box && this.holdAt(point);
    if (!hold) return "crosshair";
    if (hold.isInside) return "move";
    if (hold.j && hold.i) return (hold.j === "j0") === (hold.i === "i0") ? "nwse-resize" : "nesw-resize";
    return hold.j ? "ns-resize" : "ew-resize";
  }

  holdAt({ x, y }) {
    const [a, b] = [this.stage.toScreen(this.box.j0, this.box.i0), this.stage.toScreen(this.box.j1, this.box.i1)];
    if (x < a.x - REACH_PX || x > b.x + REACH_PX || y < a.y - REACH_PX || y > b.y + REACH_PX) return null;
    const near = (value, low, high, names) =>
      Math.abs(value - low) <= REACH_PX ? names[0] : Math.abs(value - high) <= REACH_PX ? names[1] : null;
    const [j, i] = [near(y, a.y, b.y, ["j0", "j1"]), near(x, a.x, b.x, ["i0", "i1"])];
    return j || i ? { j, i } : { isInside: true };
  }

  /** Corners as (z, y, x) indices, outermost voxels whole along z. */
  corners() {
    const { j0, j1, i0, i1, k0, k1 } = this.box;
    return { low: [k0 - 0.5, j0, i0], high: [k1 + 0.5, j1, i1] };
  }

  /** Extents in mm: across, front to back, along the slices. */
  sizeMm(dz) {
    const { j0, j1, i0, i1, k0, k1 } = this.box;
    return [(i1 - i0) * this.stage.dx, (j1 - j0) * this.stage.dy, (k1 - k0 + 1) * dz];
  }

  draw(k) {
    if (!this.box) return;
    const isHere = k >= this.box.k0 && k <= this.box.k1;
    this.stage.drawRectangle(this.box, INK.drawn, { isDashed: !isHere, width: 2 });
    if (isHere && !this.grip) this.stage.drawHandles(this.box, INK.drawn);
  }
}
