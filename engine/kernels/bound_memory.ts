import type { Capabilities } from "../capabilities.ts";
import type { WgslType } from "../ops/elementwise.ts";
import { type Binding, elementType, type Ref } from "./dispatch.ts";

/** A binding with its name and the WGSL type of its elements. */
export interface NamedBinding extends Binding {
  /** The name of the WGSL variable. */
  readonly name: string;
  /** WGSL of the element type. */
  readonly type: string;
}

/** A named binding, with WGSL that loads and stores f32 whatever the element type. */
export interface BoundMemory extends NamedBinding {
  /** Values of an element: 4 where it is a vector. */
  readonly per: 1 | 4;
  /** WGSL of an element's value. */
  load(index: string): string;
  /** A statement that gives an element a value. */
  store(index: string, value: string): string;
}

/** Names memory that a kernel loads and stores as `type`. */
export type NameMemory = (name: string, ref: Ref, type: WgslType) => BoundMemory;

/** Functions that name memory to read, and memory to write. */
export function binderOf(
  capabilities: Capabilities,
): { readonly read: NameMemory; readonly write: NameMemory } {
  return {
    read: (...what) => nameMemory(capabilities, "read", ...what),
    write: (...what) => nameMemory(capabilities, "read_write", ...what),
  };
}

function nameMemory(
  { int64 }: Capabilities,
  access: Binding["access"],
  ...[name, ref, type]: Parameters<NameMemory>
): BoundMemory {
  const per = type === "vec4f" ? 4 : 1;
  // On a software adapter time depends on the number of elements loaded, however wide they are.
  if (int64 && type === "vec4f" && ref.dtype === "f32") {
    return {
      ...{ name, per, ref, access, type: "vec2<u64>" },
      load: (index) => `from_pairs(${name}[${index}])`,
      store: (index, value) => `${name}[${index}] = to_pairs(${value});`,
    };
  }
  const stored = elementType(ref, type);
  return {
    ...{ name, per, ref, access, type: stored },
    load: (index) => `${type}(${name}[${index}])`,
    store: (index, value) => `${name}[${index}] = ${stored}(${value});`,
  };
}

/** WGSL of the functions that load and store four f32 as two 64-bit integers. */
export const PAIRS = `
fn from_pairs(v: vec2<u64>) -> vec4f {
  return bitcast<vec4f>(vec4u(u32(v.x), u32(v.x >> 32u), u32(v.y), u32(v.y >> 32u)));
}
fn to_pairs(value: vec4f) -> vec2<u64> {
  let v = bitcast<vec4u>(value);
  return vec2<u64>(u64(v.x) | (u64(v.y) << 32u), u64(v.z) | (u64(v.w) << 32u));
}`;
