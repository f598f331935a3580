import type { Capabilities } from "../capabilities.ts";
import type { WgslType } from "../ops/elementwise.ts";
import { type DType, ELEMENT_BYTES } from "../tensor.ts";

/** A piece of device memory, for which a plan provides a buffer. */
export interface Storage {
  /** Different for each storage of a plan. */
  readonly id: number;
  /** Bytes that are used. */
  readonly bytes: number;
  /**
   * "temp" memory shares buffers over time, "own" has a buffer of its own, "external" a state's.
   */
  readonly kind: "temp" | "own" | "external";
}

/** Bytes of a storage's buffer: whole multiples of the alignment of bindings. */
export function storageBytes({ bytes }: Storage): number {
  return Math.ceil(bytes / 256) * 256;
}

/** A range of a storage; offset and size in elements. */
export interface Ref {
  /** The memory. */
  readonly storage: Storage;
  /** First element. */
  readonly offset: number;
  /** Number of elements. */
  readonly size: number;
  /** Type of the elements. */
  readonly dtype: DType;
}

/** A range in bytes, both multiples of 4, as bindings and copies require. */
export function byteRange({ offset, size, dtype }: Ref): { offset: number; size: number } {
  const bytes = ELEMENT_BYTES[dtype];
  return { offset: offset * bytes, size: Math.ceil(size * bytes / 4) * 4 };
}

/** A storage binding of a kernel. */
export interface Binding {
  /** The memory. */
  readonly ref: Ref;
  /** Whether the kernel writes to it as well. */
  readonly access: "read" | "read_write";
}

/**
 * One kernel launch. Storage bindings are numbered 0, 1, .. in group 0; the uniform block, if any,
 * comes last.
 */
export interface Dispatch {
  /** The name in tables and errors. */
  readonly label: string;
  /** WGSL of the kernel, whose entry point is `main`. */
  readonly code: string;
  /** The memory it binds. */
  readonly bindings: readonly Binding[];
  /** Words of the uniform block. */
  readonly uniforms: Uint32Array | null;
  /** Workgroups in each dimension. */
  readonly workgroups: readonly [number, number, number];
  /** Floating-point operations, counting a multiply-add as two. */
  readonly flops: number;
}

/** What a lowering emits the dispatches of a node with. */
export interface Emitter {
  /** What the kernels must fit. */
  readonly capabilities: Capabilities;
  /** Adds a dispatch. */
  emit(dispatch: Dispatch): void;
  /** f32 memory that lives for the dispatches of this node alone. */
  scratch(elements: number): Ref;
  /** The name of the variant to emit. */
  choose(variants: Variants): string;
}

/** Kernels that compute the same up to rounding; which is fastest depends on the adapter. */
export interface Variants {
  /** All that may decide which is fastest. */
  readonly key: string;
  /** The usual choice first. */
  readonly names: readonly string[];
  /** Emits a variant on memory of its own, to be timed. */
  readonly trial: (emitter: Emitter, name: string) => void;
}

/** Memory like that of a reference, on its own: for trials. @param id tells it from other memory */
export function freshRef({ size, dtype }: Ref, id: number): Ref {
  return {
    storage: { id, bytes: size * ELEMENT_BYTES[dtype], kind: "own" },
    offset: 0,
    size,
    dtype,
  };
}

/** Bytes of memory that a dispatch's bindings span. */
export function boundBytes(dispatch: Dispatch): number {
  return dispatch.bindings.reduce((sum, b) => sum + byteRange(b.ref).size, 0);
}

/** WGSL of the element type of memory that a kernel loads as `type`: the same, or its f16 form. */
export function elementType({ dtype }: Ref, type: WgslType): string {
  return dtype !== "f16" ? type : type === "vec4f" ? "vec4<f16>" : "f16";
}

/**
 * Declarations of storage bindings, from their WGSL types; see {@linkcode Dispatch}. Kernels
 * convert loads to f32 and stores to the element type.
 */
export function declareBindings(
  bindings: readonly { name: string; type: string; access: "read" | "read_write" }[],
  first = 0,
): string {
  return bindings.map((b, i) =>
    `@group(0) @binding(${first + i}) var<storage, ${b.access}> ${b.name}: array<${b.type}>;`
  ).join("\n");
}

/**
 * Dispatch dimensions of at least `groups` workgroups within the limits; kernels skip the excess.
 */
export function gridOf(
  groups: number,
  { maxWorkgroupsPerDimension: max }: Capabilities,
): [number, number, number] {
  const y = Math.ceil(groups / max);
  return [Math.ceil(groups / y), y, 1];
}

/** WGSL of the linear index of a workgroup in a dispatch of {@linkcode gridOf}. */
export const GROUP_INDEX = "(workgroup.x + workgroup.y * grid.x)";

/** Parameters of `main` that {@linkcode GROUP_INDEX} and lanes need. */
export const MAIN_PARAMETERS =
  "@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) lane: u32";
