import { NotFiniteError } from "../../not_finite_error.ts";

/** Rounds of the QL iteration that one eigenvalue may take; two or three are usual. */
const MAX_ROUNDS = 60;

/**
 * Eigenvalues of a symmetric matrix `[d, d]`, in no particular order, in float64. Only the lower
 * triangle is read. Householder reflections bring it to tridiagonal form, the implicit QL iteration
 * with Wilkinson's shift does the rest; no eigenvectors.
 *
 * @throws {NotFiniteError} where the matrix has a value that is not finite
 */
export function symmetricEigenvalues(matrix: Float64Array, d: number): Float64Array {
  for (let i = 0; i < d; i++) {
    if (matrix.subarray(i * d, i * d + i + 1).every(Number.isFinite)) continue;
    throw new NotFiniteError(`row ${i} of a ${d} x ${d} matrix has values that are no numbers`);
  }
  const { diagonal, offDiagonal } = tridiagonal(matrix.slice(), d);
  tridiagonalEigenvalues(diagonal, offDiagonal);
  return diagonal;
}

/**
 * Reduces `a` (overwritten) to tridiagonal form: `diagonal` `[d]`, and `offDiagonal` `[d]` with the element
 * between i and i + 1 at i. The update of one reflection waits for the product of the next, so that
 * each step goes through memory once.
 */
function tridiagonal(
  a: Float64Array,
  d: number,
): { diagonal: Float64Array; offDiagonal: Float64Array } {
  const diagonal = new Float64Array(d);
  const offDiagonal = new Float64Array(d);
  let v = new Float64Array(d), w = new Float64Array(d);
  let lastV = new Float64Array(d), lastW = new Float64Array(d);
  const p = new Float64Array(d);
  for (let l = d - 1; l > 0; l--) {
    const row = l * d;
    for (let j = 0; j <= l; j++) a[row + j] -= lastV[l] * lastW[j] + lastW[l] * lastV[j];
    diagonal[l] = a[row + l];
    let scale = 0;
    for (let j = 0; j < l; j++) scale = Math.max(scale, Math.abs(a[row + j]));
    let squares = 0;
    for (let j = 0; j < l; j++) {
      v[j] = scale > 0 ? a[row + j] / scale : 0;
      squares += v[j] * v[j];
    }
    const pivot = v[l - 1];
    const length = Math.sqrt(squares);
    const end = pivot > 0 ? -length : length;
    offDiagonal[l - 1] = scale * end;
    // Of v v^T, half the length of v squared is what the reflection divides by.
    const h = squares - pivot * end;
    v[l - 1] = pivot - end;
    updateAndMultiply(a, d, l, lastV, lastW, v, p);
    if (h > 0) {
      let vp = 0;
      for (let j = 0; j < l; j++) vp += v[j] * p[j];
      const shift = vp / (2 * h);
      for (let j = 0; j < l; j++) w[j] = (p[j] - shift * v[j]) / h;
    } else {
      v.fill(0);
      w.fill(0);
    }
    [v, lastV] = [lastV, v];
    [w, lastW] = [lastW, w];
  }
  diagonal[0] = a[0] - 2 * lastV[0] * lastW[0];
  return { diagonal, offDiagonal };
}

/**
 * Of the leading `l` rows of `a`: subtracts `v w^T + w v^T`, and leaves the product with `next` in `p`.
 */
function updateAndMultiply(
  a: Float64Array,
  d: number,
  l: number,
  v: Float64Array,
  w: Float64Array,
  next: Float64Array,
  p: Float64Array,
): void {
  let i = l & 1;
  if (i === 1) {
    a[0] -= 2 * v[0] * w[0];
    p[0] = a[0] * next[0];
  }
  // Two rows at a time, for the sake of memory.
  for (; i < l; i += 2) {
    const upper = i * d;
    const lower = upper + d;
    const v0 = v[i], v1 = v[i + 1], w0 = w[i], w1 = w[i + 1], n0 = next[i], n1 = next[i + 1];
    let p0 = 0, p1 = 0;
    for (let j = 0; j < i; j++) {
      const vj = v[j], wj = w[j], nj = next[j];
      const x = a[upper + j] - v0 * wj - w0 * vj;
      const y = a[lower + j] - v1 * wj - w1 * vj;
      a[upper + j] = x;
      a[lower + j] = y;
      p0 += x * nj;
      p1 += y * nj;
      p[j] += x * n0 + y * n1;
    }
    const x = a[upper + i] -= 2 * v0 * w0;
    const corner = a[lower + i] -= v1 * w0 + w1 * v0;
    const y = a[lower + i + 1] -= 2 * v1 * w1;
    p[i] = p0 + x * n0 + corner * n1;
    p[i + 1] = p1 + corner * n0 + y * n1;
  }
}

/** Replaces `diagonal` by the eigenvalues of a tridiagonal matrix; `offDiagonal` is overwritten. */
function tridiagonalEigenvalues(diagonal: Float64Array, offDiagonal: Float64Array): void {
  const d = diagonal.length;
  for (let first = 0; first < d; first++) {
    for (let round = 0;; round++) {
      let last = first;
      while (last < d - 1) {
        const around = Math.abs(diagonal[last]) + Math.abs(diagonal[last + 1]);
        if (Math.abs(offDiagonal[last]) <= Number.EPSILON * around) break;
        last++;
      }
      if (last === first) break;
      if (round === MAX_ROUNDS) throw new Error("the QL iteration does not converge");
      sweep(diagonal, offDiagonal, first, last);
    }
  }
}

/** One implicit QL sweep over the block from `first` to `last`. */
function sweep(
  diagonal: Float64Array,
  offDiagonal: Float64Array,
  first: number,
  last: number,
): void {
  const half = (diagonal[first + 1] - diagonal[first]) / (2 * offDiagonal[first]);
  const root = Math.hypot(half, 1);
  let g = diagonal[last] - diagonal[first] +
    offDiagonal[first] / (half + (half < 0 ? -root : root));
  let s = 1, c = 1, shift = 0;
  for (let i = last - 1; i >= first; i--) {
    const f = s * offDiagonal[i];
    const b = c * offDiagonal[i];
    const r = Math.hypot(f, g);
    offDiagonal[i + 1] = r;
    if (r === 0) {
      // The block falls apart here.
      diagonal[i + 1] -= shift;
      offDiagonal[last] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = diagonal[i + 1] - shift;
    const turned = (diagonal[i] - g) * s + 2 * c * b;
    shift = s * turned;
    diagonal[i + 1] = g + shift;
    g = c * turned - b;
  }
  diagonal[first] -= shift;
  offDiagonal[first] = g;
  offDiagonal[last] = 0;
}
