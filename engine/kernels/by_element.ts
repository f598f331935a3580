import {
  type Binding,
  type Emitter,
  gridOf,
  GROUP_INDEX,
  MAIN_PARAMETERS,
  type Ref,
} from "./dispatch.ts";

/** A kernel with an invocation for each of `count` numbers. */
export interface ByElement {
  readonly label: string;
  readonly count: number;
  /** WGSL before `main`. */
  readonly declarations: string;
  readonly reads: readonly Ref[];
  readonly out: Ref;
  /** WGSL for the number `i`. */
  readonly body: string;
}

/** Emits the kernel; its bindings are what it reads, then what it writes. */
export function emitByElement(emitter: Emitter, kernel: ByElement): void {
  const { label, count, declarations, reads, out, body } = kernel;
  const lanes = emitter.capabilities.adapterClass === "software" ? 8 : 64;
  const bindings: Binding[] = [
    ...reads.map((ref) => ({ ref, access: "read" as const })),
    { ref: out, access: "read_write" },
  ];
  emitter.emit({
    label,
    code: `${declarations}
@compute @workgroup_size(${lanes}) fn main(${MAIN_PARAMETERS}) {
  let i = ${GROUP_INDEX} * ${lanes}u + lane;
  if (i >= ${count}u) { return; }
  ${body}
}`,
    bindings,
    uniforms: null,
    workgroups: gridOf(Math.ceil(count / lanes), emitter.capabilities),
    flops: count,
  });
}
