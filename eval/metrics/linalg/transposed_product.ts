/** Columns of a panel, rows of a block, and columns of `x` that stay in the cache together. */
const PANEL = 4;
const ROWS = 256;
const COLUMNS = 64;

/** Which parts of a {@linkcode addTransposedProduct} need no work. */
export interface ProductShape {
  /** Number of columns of `x`, rows of the result. */
  readonly m: number;
  /** Number of columns of `y`, columns of the result. */
  readonly n: number;
  /** Only the lower triangle of the result (row >= column) is computed; the rest is undefined. */
  readonly lower?: boolean;
  /** Row k of `x`, or of `y`, is zero beyond its column k. */
  readonly triangular?: "x" | "y";
}

/**
 * Adds `x^T y` to `out`: `out[i, j] += sum_k x[k, i] y[k, j]`, all row-major, in float64. Panels of
 * both are packed, so that the innermost loop walks through memory in order; sums are accumulated in
 * the same order whichever triangles are left out.
 */
export function addTransposedProduct(
  out: Float64Array,
  x: Float64Array,
  y: Float64Array,
  { m, n, lower = false, triangular }: ProductShape,
): void {
  const rows = x.length / m;
  const panels = Math.ceil(n / PANEL);
  const packedY = new Float64Array(panels * ROWS * PANEL);
  const packedX = new Float64Array(ROWS * PANEL * Math.ceil(COLUMNS / PANEL));
  const tile = new Float64Array(PANEL * PANEL);
  for (let first = 0; first < rows; first += ROWS) {
    const k = Math.min(ROWS, rows - first);
    const usedM = triangular === "x" ? Math.min(m, first + k) : m;
    const usedN = triangular === "y" ? Math.min(n, first + k) : n;
    for (let j = 0; j < usedN; j += PANEL) pack(packedY, j * ROWS, y, n, first, k, j);
    for (let block = 0; block < usedM; block += COLUMNS) {
      const end = Math.min(block + COLUMNS, usedM);
      for (let i = block; i < end; i += PANEL) {
        pack(packedX, (i - block) * ROWS, x, m, first, k, i);
      }
      for (let j = 0; j < usedN && !(lower && j >= end); j += PANEL) {
        const from = lower ? Math.max(block, j) : block;
        for (let i = from; i < end; i += PANEL) {
          multiply(tile, packedX, (i - block) * ROWS, packedY, j * ROWS, k);
          const wide = Math.min(PANEL, n - j);
          for (let a = 0; a < PANEL && i + a < m; a++) {
            for (let b = 0; b < wide; b++) out[(i + a) * n + j + b] += tile[a * PANEL + b];
          }
        }
      }
    }
  }
}

/** Copies `k` rows of four columns, zeros beyond the last column. */
function pack(
  to: Float64Array,
  at: number,
  matrix: Float64Array,
  columns: number,
  first: number,
  k: number,
  j: number,
): void {
  const wide = Math.min(PANEL, columns - j);
  for (let row = 0; row < k; row++) {
    const source = (first + row) * columns + j;
    for (let c = 0; c < PANEL; c++) to[at + row * PANEL + c] = c < wide ? matrix[source + c] : 0;
  }
}

/** The product of two panels, 4 x 4: sixteen sums that live in registers. */
function multiply(
  tile: Float64Array,
  x: Float64Array,
  atX: number,
  y: Float64Array,
  atY: number,
  k: number,
): void {
  let s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0;
  let s20 = 0, s21 = 0, s22 = 0, s23 = 0, s30 = 0, s31 = 0, s32 = 0, s33 = 0;
  for (let row = 0; row < k; row++, atX += PANEL, atY += PANEL) {
    const y0 = y[atY], y1 = y[atY + 1], y2 = y[atY + 2], y3 = y[atY + 3];
    const x0 = x[atX], x1 = x[atX + 1], x2 = x[atX + 2], x3 = x[atX + 3];
    s00 += x0 * y0, s01 += x0 * y1, s02 += x0 * y2, s03 += x0 * y3;
    s10 += x1 * y0, s11 += x1 * y1, s12 += x1 * y2, s13 += x1 * y3;
    s20 += x2 * y0, s21 += x2 * y1, s22 += x2 * y2, s23 += x2 * y3;
    s30 += x3 * y0, s31 += x3 * y1, s32 += x3 * y2, s33 += x3 * y3;
  }
  tile[0] = s00, tile[1] = s01, tile[2] = s02, tile[3] = s03;
  tile[4] = s10, tile[5] = s11, tile[6] = s12, tile[7] = s13;
  tile[8] = s20, tile[9] = s21, tile[10] = s22, tile[11] = s23;
  tile[12] = s30, tile[13] = s31, tile[14] = s32, tile[15] = s33;
}
