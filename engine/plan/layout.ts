import type { Capabilities } from "../capabilities.ts";
import { fuseGraph, type Group } from "./fusion.ts";
import { ancestors } from "../graph.ts";
import { emitCopy } from "../kernels/copy.ts";
import { boundBytes, type Dispatch, type Emitter, type Variants } from "../kernels/dispatch.ts";
import { emitElementwise } from "../kernels/elementwise.ts";
import { type KernelChoices, startEmission } from "../kernels/emission.ts";
import { anchorBindings, lower, memoryOf } from "../kernels/lowering.ts";
import { type MemoryPlan, planMemory } from "./memory.ts";
import { packOp, unpackOp } from "../ops/pack.ts";
import { affine } from "../ops/unary.ts";
import { rootOf } from "../ops/views.ts";
import { place, type Placement, type Update } from "./placement.ts";
import { stateOp } from "../state_layout.ts";
import { ShapeError, type Tensor } from "../tensor.ts";

/**
 * Scalars that a plan records in each run.
 * @category Engine
 */
export interface PlanRecording {
  /** Names of scalar outputs whose value is recorded for each of the last `recordLength` runs. */
  readonly record?: readonly string[];
  /** Runs between two calls of `records()`, at most. Default 1. */
  readonly recordLength?: number;
}

/**
 * What a plan computes.
 * @category Engine
 */
export interface PlanSpec extends PlanRecording {
  /** Values that can be read back, by name. */
  readonly outputs?: Readonly<Record<string, Tensor>>;
  /** State leaves that the plan overwrites, as if all at the end of a run. */
  readonly updates?: readonly Update[];
}

/**
 * A kernel launch of a plan, for tables and tests.
 * @category Engine
 */
export interface PlanStep {
  /** The kernel's name, after the operation. */
  readonly label: string;
  /** Workgroups in each dimension. */
  readonly workgroups: readonly [number, number, number];
  /** Floating-point operations, a multiply-add counted as two. */
  readonly flops: number;
  /** Bytes of memory that the kernel binds. */
  readonly bytes: number;
}

/**
 * A graph as kernels and their memory, not yet on a device; see {@linkcode Plan.build}.
 * @category Engine
 */
export interface Layout {
  /** Values that can be read back, by name. */
  readonly outputs: readonly (readonly [string, Tensor])[];
  /**
   * Where every value lives.
   * @internal
   */
  readonly placement: Placement;
  /**
   * The kernel launches, in order.
   * @internal
   */
  readonly dispatches: readonly Dispatch[];
  /**
   * The buffers that temporaries share.
   * @internal
   */
  readonly memory: MemoryPlan;
  /**
   * Variants by key of which the usual one was taken, for want of a timed choice.
   * @internal
   */
  readonly undecided: ReadonlyMap<string, Variants>;
}

/**
 * Groups a graph's nodes into kernels and assigns memory: all of planning that needs only the
 * capabilities of a device.
 *
 * @param choices kernel variants found to be fastest; the usual ones are taken where it has none
 * @throws {ShapeError} where the graph cannot be planned
 * @category Engine
 */
export function layOut(
  capabilities: Capabilities,
  spec: PlanSpec,
  choices: KernelChoices = new Map(),
): Layout {
  const outputs = Object.entries(spec.outputs ?? {}).map(([name, t]) =>
    [name, materialised(t)] as const
  );
  const updates = (spec.updates ?? []).map(({ state, value }) => ({
    state,
    value: materialised(value),
  }));
  const requested = [...outputs.map(([, t]) => t), ...updates.flatMap((u) => [u.state, u.value])];
  if (requested.length === 0) throw new ShapeError("plan: nothing to compute");
  for (const name of spec.record ?? []) {
    const t = spec.outputs?.[name];
    if (!t) throw new ShapeError(`plan: there is no output "${name}"`);
    if (t.size !== 1 || t.dtype !== "f32") {
      throw new ShapeError(`plan: "${name}" is not an f32 scalar`);
    }
  }
  const nodes = ancestors(requested);
  const retained = new Set(
    [...outputs.map(([, t]) => t), ...updates.map((u) => u.value)].map(rootOf),
  );
  const groups = fuseGraph(nodes, {
    anchorBindings,
    isRetained: (t) => retained.has(t),
    maxBindings: capabilities.maxStorageBuffers,
  });
  const placement = place(
    nodes,
    groups,
    outputs.map(([, t]) => t),
    updates,
    (t) => memoryOf(capabilities, t),
  );
  const { emitter, dispatches, undecided } = startEmission(capabilities, choices);
  emitAll(emitter, groups, placement, retained);
  return { outputs, placement, dispatches, memory: planMemory(dispatches), undecided };
}

/**
 * The kernel launches of a layout, for tables.
 * @category Engine
 */
export function planSteps({ dispatches }: Pick<Layout, "dispatches">): PlanStep[] {
  return dispatches.map((d) => ({
    label: d.label,
    workgroups: d.workgroups,
    flops: d.flops,
    bytes: boundBytes(d),
  }));
}

/** Offsets of the dispatches' uniform blocks in their common buffer, and its size, in bytes. */
export function uniformOffsets(
  dispatches: readonly Dispatch[],
): { readonly offsets: readonly number[]; readonly bytes: number } {
  let bytes = 0;
  const offsets = dispatches.map((d) => {
    const at = bytes;
    if (d.uniforms) bytes += Math.ceil(d.uniforms.byteLength / 256) * 256;
    return at;
  });
  return { offsets, bytes };
}

/** A copy of a state's value from before the plan's updates, which may be made in place. */
function materialised(t: Tensor): Tensor {
  return rootOf(t).node.op === stateOp ? affine(t, 1) : t;
}

function emitAll(
  emitter: Emitter,
  groups: readonly Group[],
  placement: Placement,
  retained: ReadonlySet<Tensor>,
): void {
  const { refOf } = placement;
  const needed = neededOutside(groups, retained);
  for (const group of groups) {
    const values = [
      ...(group.anchor ? [group.anchor.outputs[0]] : []),
      ...group.nodes.map((n) => n.outputs[0]),
    ];
    const fused = {
      nodes: group.nodes,
      anchor: group.anchor?.outputs[0] ?? null,
      stores: values.filter((t) => needed.has(t)),
    };
    const memory = { refOf, rootOf };
    if (!group.anchor) {
      emitElementwise(emitter, fused, group.nodes[0].outputs[0].size, memory);
    } else if (group.anchor.op === unpackOp) {
      continue;
    } else if (group.anchor.op === packOp) {
      for (const { from, to } of placement.packCopies.get(group.anchor)!) {
        emitCopy(emitter, refOf(from), to);
      }
    } else {
      // Partial sums may be stored in it: it must not be memory that the epilogue still reads.
      const free = fused.stores.map(refOf).filter((ref) => ref.storage.kind !== "external");
      const main = free.find((ref) => ref.dtype === "f32") ?? free[0];
      lower({
        emitter,
        node: group.anchor,
        inputs: group.anchor.inputs.map(refOf),
        outputs: group.anchor.outputs.map(refOf),
        epilogue: { fused, ...memory },
        main: main ?? emitter.scratch(group.anchor.outputs[0].size),
      });
    }
  }
  for (const { from, to } of placement.updateCopies) emitCopy(emitter, refOf(from), to);
}

/** Values that are outputs or that another group reads. */
function neededOutside(groups: readonly Group[], retained: ReadonlySet<Tensor>): Set<Tensor> {
  const needed = new Set(retained);
  for (const { anchor, nodes } of groups) {
    const inside = new Set(nodes.map((n) => n.outputs[0]));
    if (anchor) inside.add(anchor.outputs[0]);
    for (const t of anchor?.inputs ?? []) needed.add(rootOf(t));
    for (const node of nodes) {
      for (const t of node.inputs) if (!inside.has(rootOf(t))) needed.add(rootOf(t));
    }
  }
  return needed;
}
