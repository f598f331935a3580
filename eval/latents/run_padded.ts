/**
 * Runs values through a network as the first of a batch of `length` values, the rest zeros: for a
 * smaller batch it would be compiled anew, and might round otherwise.
 *
 * @returns the results of `values`; none where there are none
 */
export async function runPadded(
  run: (values: Float32Array) => Promise<Float32Array>,
  values: Float32Array,
  length: number,
): Promise<Float32Array> {
  if (values.length === 0) return values;
  if (values.length >= length) return await run(values);
  const batch = new Float32Array(length);
  batch.set(values);
  const results = await run(batch);
  return results.subarray(0, results.length / length * values.length);
}
