/**
 * The first value that is not finite, as `name[index] is NaN`; null where all are finite.
 *
 * @param first index of the first of `values` in the array `name`
 */
export function notFinite(
  name: string,
  values: Float32Array | Float64Array,
  first = 0,
): string | null {
  for (let i = 0; i < values.length; i++) {
    // Infinity - Infinity and NaN - NaN are NaN.
    if (values[i] - values[i] !== 0) return `${name}[${first + i}] is ${values[i]}`;
  }
  return null;
}
