/**
 * How a product reads B out of pictures `[outer, height, width]`, so that a convolution is
 * a product without its patches in memory. Both indices of B move the place in the
 * picture; what lies beside the picture, or between its elements where they are spread, is zero.
 */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly k: PictureIndex;
  readonly n: PictureIndex;
  /** The place where both indices are 0: `[y, x]`. */
  readonly start: readonly [number, number];
  /** Places `[down, across]` from one element to the next. */
  readonly spread: readonly [number, number];
}

/** An index as `(outer * height + y) * width + x`; the operand's stride is that of `outer`. */
export interface PictureIndex {
  readonly height: number;
  readonly width: number;
  /** Places that a step of y and of x moves, negative where it moves back. */
  readonly step: readonly [number, number];
}

/** WGSL that names the share of index `i` in a place: `${name}_at`, `${name}_y` and `${name}_x`. */
export function pictureShare(
  name: string,
  { height, width, step }: PictureIndex,
  i: string,
  stride: string,
): string {
  const inside = height * width === 1 ? "0u" : `${i} % ${height * width}u`;
  return `let ${name}_at = ${i} / ${height * width}u * ${stride}; ` +
    `let ${name}_y = ${inside} / ${width}u * ${wrapped(step[0])}; ` +
    `let ${name}_x = ${inside} % ${width}u * ${wrapped(step[1])};`;
}

/** WGSL that names the place of two shares, and whether an element is there: `${name}_at`, `${name}_in`. */
export function picturePlace(name: string, picture: Picture, k: string, n: string): string {
  const { height, width, start: [y0, x0], spread: [down, across] } = picture;
  const multiple = [
    ...(down > 1 ? [` && ${name}_y % ${down}u == 0u`] : []),
    ...(across > 1 ? [` && ${name}_x % ${across}u == 0u`] : []),
  ].join("");
  return `let ${name}_y = ${k}_y + ${n}_y + ${wrapped(y0)}; ` +
    `let ${name}_x = ${k}_x + ${n}_x + ${wrapped(x0)}; ` +
    `let ${name}_at = ${k}_at + ${n}_at + ${name}_y / ${down}u * ${width}u + ${name}_x / ${across}u; ` +
    // Places before the picture have wrapped around to large ones.
    `let ${name}_in = ${name}_y < ${height * down}u && ${name}_x < ${width * across}u${multiple};`;
}

/** A whole number as WGSL's u32, modulo 2^32. */
function wrapped(n: number): string {
  return `${n >>> 0}u`;
}
