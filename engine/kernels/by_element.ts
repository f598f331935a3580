import {
  type Binding,
  type Emitter,
  gridOf,
  GROUP_INDEX,
  MAIN_PARAMETERS,
  type Ref,
} from "./dispatch.ts";

/** A kernel with `count` invocations, numbered `i`. */
export interface ByElement {
  /** The name in tables and errors. */
  readonly label: string;
  /** Number of invocations. */
  readonly count: number;
  /** WGSL before `main`. */
  readonly declarations: string;
  /** The memory that is read, in the order of the declarations. */
  readonly reads: readonly Ref[];
  /** The memory that is written, declared last. */
  readonly outs: readonly Ref[];
  /** WGSL for the number `i`. */
  readonly body: string;
}

/** Emits the kernel; its bindings are what it reads, then what it writes. */
export function emitByElement(emitter: Emitter, kernel: ByElement): void {
  const { label, count, declarations, reads, outs, body } = kernel;
  const software = emitter.capabilities.adapterClass === "software";
  const lanes = software ? 8 : 64;
  // A software adapter needs few long invocations.
  const each = lanes * (software ? 32 : 1);
  const bindings: Binding[] = [
    ...reads.map((ref) => ({ ref, access: "read" as const })),
    ...outs.map((ref) => ({ ref, access: "read_write" as const })),
  ];
  emitter.emit({
    label,
    code: `${declarations}
@compute @workgroup_size(${lanes}) fn main(${MAIN_PARAMETERS}) {
  let start = ${GROUP_INDEX} * ${each}u;
  let end = min(start + ${each}u, ${count}u);
  for (var i = start + lane; i < end; i += ${lanes}u) {
    ${body}
  }
}`,
    bindings,
    uniforms: null,
    workgroups: gridOf(Math.ceil(count / each), emitter.capabilities),
    flops: count,
  });
}
