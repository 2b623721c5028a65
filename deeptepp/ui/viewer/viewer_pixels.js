// Pixels and geometry of the slice viewer, without any screen. Stacks are (z, y, x) bytes: slices from feet to head,
// rows from front to back, columns from right to left. Index coordinates are fractional, voxel centres whole numbers.

/** Bytes of grey for each value of a window; index 0 stands for `first`. */
function greyTable(first, last, level, width) {
  const table = new Uint32Array(last - first + 1);
  const low = level - width / 2;
  for (let value = first; value <= last; value += 1) {
    const grey = Math.max(0, Math.min(255, Math.round(((value - low) / width) * 255)));
    table[value - first] = (255 << 24) | (grey << 16) | (grey << 8) | grey;
  }
  return table;
}

function paintImage(target, stack, offset, table) {
  for (let n = 0; n < target.length; n += 1) target[n] = table[stack[offset + n]];
}

function paintDifference(target, stack, pre, offset, table) {
  for (let n = 0; n < target.length; n += 1) target[n] = table[stack[offset + n] - pre[offset + n] + 255];
}

/** Maximum along z of the signal that contrast added. */
function projectDifference(stack, pre, size) {
  const result = new Uint8Array(size);
  for (let offset = 0; offset < stack.length; offset += size) {
    for (let n = 0; n < size; n += 1) {
      const gain = stack[offset + n] - pre[offset + n];
      if (gain > result[n]) result[n] = gain;
    }
  }
  return result;
}

/** Values below which the given shares of a sample lie; zeros, which are air, are left out. */
function quantiles(values, shares) {
  const counts = new Uint32Array(256);
  for (const value of values) counts[value] += 1;
  counts[0] = 0;
  const total = counts.reduce((sum, count) => sum + count, 0);
  return shares.map((share) => {
    let seen = 0;
    for (let value = 0; value < 256; value += 1) {
      seen += counts[value];
      if (seen >= share * total) return value;
    }
    return 255;
  });
}

/** Every seventh voxel of the middle half, of one stack or of the gain between two. */
function sampleOf(stack, pre) {
  const [from, to] = [Math.floor(stack.length / 4), Math.floor((stack.length * 3) / 4)];
  const sample = new Uint8Array(Math.ceil((to - from) / 7));
  for (let n = from, m = 0; n < to; n += 7, m += 1) sample[m] = pre ? Math.max(0, stack[n] - pre[n]) : stack[n];
  return sample;
}

/** The voxels of a lesion, of one stack or of the gain between two. */
function inside({ start: [k0, j0, i0], shape: [, ny, nx], mask }, stack, pre, [, rows, columns]) {
  const values = [];
  for (let n = 0; n < mask.length; n += 1) {
    if (!mask[n]) continue;
    const [k, j, i] = [k0 + Math.floor(n / (ny * nx)), j0 + (Math.floor(n / nx) % ny), i0 + (n % nx)];
    const at = (k * rows + j) * columns + i;
    values.push(pre ? Math.max(0, stack[at] - pre[at]) : stack[at]);
  }
  return values;
}

/** One bit per voxel, most significant first, as numpy packs them. */
function unpackBits(base64, length) {
  const packed = atob(base64);
  const mask = new Uint8Array(length);
  for (let n = 0; n < length; n += 1) mask[n] = (packed.charCodeAt(n >> 3) >> (7 - (n & 7))) & 1;
  return mask;
}

/** Ends of the line through each marching-squares cell, on its edges: 0 top, 1 right, 2 bottom, 3 left. */
const CELL_LINES = [
  [], [[3, 2]], [[2, 1]], [[3, 1]], [[0, 1]], [[3, 0], [2, 1]], [[0, 2]], [[3, 0]],
  [[3, 0]], [[0, 2]], [[3, 2], [0, 1]], [[0, 1]], [[3, 1]], [[2, 1]], [[3, 2]], [],
];
const EDGE_MIDDLES = [[0.5, 0], [1, 0.5], [0.5, 1], [0, 0.5]];

/** Outline of one slice of a mask, in index coordinates. */
function contourOf(mask, offset, ny, nx, j0, i0) {
  const path = new Path2D();
  const at = (j, i) => (j >= 0 && i >= 0 && j < ny && i < nx ? mask[offset + j * nx + i] : 0);
  for (let j = -1; j < ny; j += 1) {
    for (let i = -1; i < nx; i += 1) {
      const cell = (at(j, i) << 3) | (at(j, i + 1) << 2) | (at(j + 1, i + 1) << 1) | at(j + 1, i);
      for (const [from, to] of CELL_LINES[cell]) {
        path.moveTo(i0 + i + EDGE_MIDDLES[from][0], j0 + j + EDGE_MIDDLES[from][1]);
        path.lineTo(i0 + i + EDGE_MIDDLES[to][0], j0 + j + EDGE_MIDDLES[to][1]);
      }
    }
  }
  return path;
}

/** A mask seen from above: marked where any slice is. */
function projectMask(mask, nz, size) {
  const result = new Uint8Array(size);
  for (let n = 0; n < nz * size; n += 1) result[n % size] |= mask[n];
  return result;
}

function toMm(affine, k, j, i) {
  return [0, 1, 2].map((row) => affine[row][0] * k + affine[row][1] * j + affine[row][2] * i + affine[row][3]);
}

/** Smallest LPS box around a box of indices. */
function boxMm(affine, low, high) {
  const corners = [];
  for (const k of [low[0], high[0]]) {
    for (const j of [low[1], high[1]]) for (const i of [low[2], high[2]]) corners.push(toMm(affine, k, j, i));
  }
  const ends = (pick) => [0, 1, 2].map((axis) => pick(...corners.map((corner) => corner[axis])));
  return { low: ends(Math.min), high: ends(Math.max) };
}

/** Letters of the patient direction of an axis: one, or two when it is oblique. */
function axisLetters(affine, axis, sign) {
  const column = [0, 1, 2].map((row) => affine[row][axis] * sign);
  const length = Math.hypot(...column);
  return [["L", "R"], ["P", "A"], ["S", "I"]]
    .map(([plus, minus], row) => ({ letter: column[row] > 0 ? plus : minus, share: Math.abs(column[row]) / length }))
    .filter(({ share }) => share > 0.35)
    .sort((a, b) => b.share - a.share)
    .slice(0, 2)
    .map(({ letter }) => letter)
    .join("");
}

function positionText([x, y, z]) {
  const part = (value, plus, minus) => `${value < 0 ? minus : plus} ${Math.abs(value).toFixed(1)}`;
  return `${part(x, "L", "R")}  ${part(y, "P", "A")}  ${part(z, "S", "I")} mm`;
}

/** Signal of a 3 x 3 patch in scanner units, for each stack that has arrived. */
function curveAt(stacks, manifest, k, j, i) {
  const [, ny, nx] = manifest.shape;
  const [low, high] = manifest.window;
  return stacks.map((stack) => {
    if (!stack) return null;
    let [sum, count] = [0, 0];
    for (let y = Math.max(0, j - 1); y <= Math.min(ny - 1, j + 1); y += 1) {
      for (let x = Math.max(0, i - 1); x <= Math.min(nx - 1, i + 1); x += 1) {
        sum += stack[(k * ny + y) * nx + x];
        count += 1;
      }
    }
    return low + ((sum / count) * (high - low)) / 255;
  });
}
