/** Arrays of i32 one after another, in memory of its own; what is no such array is left out. */
export function concatenated(parts: readonly unknown[]): Int32Array<ArrayBuffer> {
  const arrays = parts.filter((part) => part instanceof Int32Array);
  const all = new Int32Array(arrays.reduce((n, { length }) => n + length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}
