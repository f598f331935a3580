/**
 * How a product reads B out of images `[outer, height, width]` (implicit im2col), so that a
 * convolution is a product without its patches in memory. Both indices of B move the position in
 * the image; elements outside the image are zero.
 */
export interface ImplicitPatches {
  /** Height of an image. */
  readonly height: number;
  /** Width of an image. */
  readonly width: number;
  /** How K moves the position. */
  readonly k: PatchIndex;
  /** How N moves the position. */
  readonly n: PatchIndex;
  /** The position where both indices are 0: `[y, x]`. */
  readonly start: readonly [number, number];
}

/** An index as `(outer * height + y) * width + x`; the operand's stride is that of `outer`. */
export interface PatchIndex {
  /** Values of y. */
  readonly height: number;
  /** Values of x. */
  readonly width: number;
  /** Pixels that a step of y and of x moves, negative where it moves back. */
  readonly step: readonly [number, number];
}

/**
 * WGSL that declares what index `i` adds to a position: `${name}_at`, `${name}_y` and `${name}_x`.
 */
export function patchTerms(
  name: string,
  { height, width, step }: PatchIndex,
  i: string,
  stride: string,
): string {
  const inside = height * width === 1 ? "0u" : `${i} % ${height * width}u`;
  return `let ${name}_at = ${i} / ${height * width}u * ${stride}; ` +
    `let ${name}_y = ${inside} / ${width}u * ${wrapped(step[0])}; ` +
    `let ${name}_x = ${inside} % ${width}u * ${wrapped(step[1])};`;
}

/**
 * WGSL that declares the position of two indices, and whether it is inside: `${name}_at`,
 * `${name}_in`.
 */
export function patchPosition(
  name: string,
  patches: ImplicitPatches,
  k: string,
  n: string,
): string {
  const { height, width, start: [y0, x0] } = patches;
  return `let ${name}_y = ${k}_y + ${n}_y + ${wrapped(y0)}; ` +
    `let ${name}_x = ${k}_x + ${n}_x + ${wrapped(x0)}; ` +
    `let ${name}_at = ${k}_at + ${n}_at + ${name}_y * ${width}u + ${name}_x; ` +
    // Positions before the image have wrapped around to large ones.
    `let ${name}_in = ${name}_y < ${height}u && ${name}_x < ${width}u;`;
}

/**
 * WGSL that declares all that index `i` adds: `${name}_at`, to the place in memory, and `${name}_y`
 * and `${name}_x`, to the position in the image. That of N has the start, too.
 */
export function patchPlace(
  name: string,
  patches: ImplicitPatches,
  along: "k" | "n",
  i: string,
  stride: string,
): string {
  const [y0, x0] = along === "n" ? patches.start : [0, 0];
  return `${patchTerms(`${name}_own`, patches[along], i, stride)} ` +
    `let ${name}_y = ${name}_own_y + ${wrapped(y0)}; ` +
    `let ${name}_x = ${name}_own_x + ${wrapped(x0)}; ` +
    `let ${name}_at = ${name}_own_at + ${name}_y * ${patches.width}u + ${name}_x;`;
}

/** WGSL of whether two places of {@linkcode patchPlace} are together inside the image. */
export function isInside({ height, width }: ImplicitPatches, k: string, n: string): string {
  return `${k}_y + ${n}_y < ${height}u && ${k}_x + ${n}_x < ${width}u`;
}

/** A whole number as WGSL's u32, modulo 2^32. */
function wrapped(n: number): string {
  return `${n >>> 0}u`;
}
