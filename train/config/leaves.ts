import { isRecord } from "../formats/is_record.ts";

/** A value that a setting may have; lists are text, `0.99,0.999`, and null is. */
export type Leaf = string | number | boolean;

/**
 * Every setting of a configuration by its full name, `train.batch_size`, as it stands: of whatever
 * version of this program, complete or not.
 */
export function leaves(value: unknown, group = ""): [name: string, value: Leaf][] {
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]): [string, Leaf][] => {
    const name = group === "" ? key : `${group}.${key}`;
    if (isRecord(inner)) return leaves(inner, name);
    const isScalar = ["string", "number", "boolean"].includes(typeof inner);
    return [[name, isScalar ? inner as Leaf : String(inner)]];
  });
}
