import type { WgslType } from "./elementwise.ts";

/**
 * WGSL of sine and cosine, correct to 2e-7 on every adapter: WGSL's own may be off by 2^-11, and more
 * for large arguments. `turned_sine_T(quarter, r)` is the sine of `r` plus whole `quarter`s of a
 * turn, for `r` within an eighth of a turn (Cephes' polynomials, Moshier 1989).
 */
export function turnedSine(type: WgslType): string {
  const int = integers(type);
  return `fn turned_sine_${type}(quarter: ${int}, r: ${type}) -> ${type} {
  let y = r * r;
  let s = r + r * y * (-0.16666666f + y * (8.333331e-3f + y * (-1.9839335e-4f + y * 2.7183114e-6f)));
  let c = 1.0f - 0.5f * y + y * y * (4.1666646e-2f + y * (-1.3888377e-3f + y * 2.4390449e-5f));
  let value = select(s, c, (quarter & ${int}(1)) != ${int}(0));
  return select(value, -value, (quarter & ${int}(2)) != ${int}(0));
}`;
}

/** WGSL of `sine_T(x, quarter)`: the sine of `x` radians plus whole `quarter`s of a turn. */
export function sineHelpers(type: WgslType): string[] {
  const int = integers(type);
  // A quarter of a turn in three parts, the first two short: exact up to two thousand turns.
  return [
    turnedSine(type),
    `fn sine_${type}(x: ${type}, quarter: i32) -> ${type} {
  let n = round(x * 0.63661977f);
  let r = ((x - n * 1.5703125f) - n * 4.837512969970703e-4f) - n * 7.549789955e-8f;
  return turned_sine_${type}(${int}(n) + quarter, r);
}`,
  ];
}

function integers(type: WgslType): string {
  return type === "vec4f" ? "vec4i" : "i32";
}
