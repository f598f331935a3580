import type { Shape } from "../tensor.ts";

/**
 * How the elements of a row-major output read a flat input: element `(i0, i1, ..)` of `shape` reads
 * `offset + sum(i_d * strides[d])`, or is 0 where `inside` is given and some `i_d` is not within
 * `inside[d] = [from, to)`.
 * @category Operations
 */
export interface ViewMap {
  /** Shape of the output. */
  readonly shape: Shape;
  /** Input elements from one index to the next in each dimension. */
  readonly strides: readonly number[];
  /** The input element that index 0 reads. */
  readonly offset: number;
  /** By dimension, the indices that read the input; the others give 0. */
  readonly inside?: readonly (readonly [number, number])[];
}

/** The same map with as few dimensions as possible: contiguous ones are merged. */
export function collapse({ shape, strides, offset, inside }: ViewMap): ViewMap {
  const out: { n: number; stride: number; inside: readonly [number, number] }[] = [];
  shape.forEach((n, d) => {
    const range = inside?.[d] ?? [0, n] as const;
    const whole = range[0] === 0 && range[1] === n;
    const last = out[out.length - 1];
    if (n === 1 && whole) return;
    if (
      last && whole && last.inside[0] === 0 && last.inside[1] === last.n &&
      last.stride === strides[d] * n
    ) {
      out[out.length - 1] = { n: last.n * n, stride: strides[d], inside: [0, last.n * n] };
    } else {
      out.push({ n, stride: strides[d], inside: range });
    }
  });
  const padded = out.some((d) => d.inside[0] !== 0 || d.inside[1] !== d.n);
  return {
    shape: out.map((d) => d.n),
    strides: out.map((d) => d.stride),
    offset,
    inside: padded ? out.map((d) => d.inside) : undefined,
  };
}

/** True where the map reads whole, aligned vectors of four, or repeats one element. */
export function readsVectors({ shape, strides, offset, inside }: ViewMap): boolean {
  const last = shape.length - 1;
  if (last < 0) return true;
  if (shape[last] % 4 !== 0 || (inside && inside[last].some((n) => n % 4 !== 0))) return false;
  if (strides[last] === 0) return true;
  return strides[last] === 1 && offset % 4 === 0 &&
    strides.slice(0, last).every((s) => s % 4 === 0);
}
