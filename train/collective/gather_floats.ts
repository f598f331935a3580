import { bytesOf, floatsOf } from "./bytes_of.ts";
import type { Collective } from "./collective.ts";

/** The values of all ranks, one after another in their order, as many as each has. */
export async function gatherFloats(
  collective: Collective,
  values: Float32Array,
): Promise<Float32Array<ArrayBuffer>> {
  const parts = (await collective.gather(bytesOf(values))).map(floatsOf);
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
