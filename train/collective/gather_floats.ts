import { joined } from "../../engine/joined.ts";
import { bytesOf, floatsOf } from "./bytes_of.ts";
import type { Collective } from "./collective.ts";

/** The values of all ranks, one after another in their order, as many as each has. */
export async function gatherFloats(
  collective: Collective,
  values: Float32Array,
): Promise<Float32Array<ArrayBuffer>> {
  return joined((await collective.gather(bytesOf(values))).map(floatsOf));
}
