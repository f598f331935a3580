import { type Group, rootOf } from "./fusion.ts";
import type { Ref, Storage } from "./kernels/dispatch.ts";
import { isIndexIdentical } from "./kernels/fused.ts";
import {
  type ConstantAttrs,
  constantOp,
  type HostArray,
  type InputAttrs,
  inputOp,
} from "./leaves.ts";
import { packOp } from "./ops/pack.ts";
import { type StateAttrs, stateOp } from "./state.ts";
import { type Node, ShapeError, type Tensor } from "./tensor.ts";

/** A new value for a state leaf, written when the plan runs. */
export interface Update {
  /** A leaf made by a `State`. */
  readonly state: Tensor;
  readonly value: Tensor;
}

/** A copy that a value needs because it cannot be made in place. */
export interface PlacedCopy {
  readonly from: Tensor;
  readonly to: Ref;
}

/** A host array with its place in device memory. */
export interface PlacedArray {
  readonly ref: Ref;
  readonly data: HostArray;
}

/** Where every value of a graph lives. */
export interface Placement {
  readonly refOf: (t: Tensor) => Ref;
  readonly storages: readonly Storage[];
  readonly inputs: ReadonlyMap<string, { readonly ref: Ref; readonly attrs: InputAttrs }>;
  readonly constants: readonly PlacedArray[];
  /** Copies after the nodes that pack tensors, by that node. */
  readonly packCopies: ReadonlyMap<Node, readonly PlacedCopy[]>;
  /** Copies at the end of the plan, for updates. */
  readonly updateCopies: readonly PlacedCopy[];
}

/** Bindings start at multiples of this many elements. */
const ALIGNMENT = 64;
/** Inputs and constants up to this many elements share a buffer. */
const SMALL = 16384;

/** Decides where values live: leaves, packed gradients, updates in place, outputs, temporaries. */
export function place(
  nodes: readonly Node[],
  groups: readonly Group[],
  outputs: readonly Tensor[],
  updates: readonly Update[],
): Placement {
  const refs = new Map<Tensor, Ref>();
  const storages: Storage[] = [];
  const storage = (elements: number, kind: Storage["kind"], buffer?: GPUBuffer): Storage => {
    const made = { id: storages.length, elements, kind, buffer };
    storages.push(made);
    return made;
  };
  const whole = (s: Storage, size: number): Ref => ({ storage: s, offset: 0, size });

  const small: { elements: number; at: number[] } = { elements: 0, at: [] };
  const leafNodes = nodes.filter((n) => n.inputs.length === 0);
  const smallLeaves = leafNodes.filter((n) => n.op !== stateOp && n.outputs[0].size <= SMALL);
  for (const node of smallLeaves) {
    small.at.push(small.elements);
    small.elements += Math.ceil(node.outputs[0].size / ALIGNMENT) * ALIGNMENT;
  }
  const shared = small.elements > 0 ? storage(small.elements, "own") : null;
  smallLeaves.forEach((node, i) => {
    const size = node.outputs[0].size;
    refs.set(node.outputs[0], { storage: shared!, offset: small.at[i], size });
  });
  const external = new Map<GPUBuffer, Storage>();
  const inputs = new Map<string, { ref: Ref; attrs: InputAttrs }>();
  const constants: PlacedArray[] = [];
  for (const node of leafNodes) {
    const [t] = node.outputs;
    if (node.op === stateOp) {
      const { state, segment, offset } = node.attrs as StateAttrs;
      const buffer = state.buffers[segment];
      let s = external.get(buffer);
      if (!s) external.set(buffer, s = storage(buffer.size / 4, "external", buffer));
      refs.set(t, { storage: s, offset, size: t.size });
      continue;
    }
    if (!refs.has(t)) refs.set(t, whole(storage(t.size, "own"), t.size));
    const ref = refs.get(t)!;
    if (node.op === constantOp) constants.push({ ref, data: (node.attrs as ConstantAttrs).data });
    if (node.op === inputOp) {
      const attrs = node.attrs as InputAttrs;
      if (inputs.has(attrs.name)) {
        throw new ShapeError(`plan: two inputs are named "${attrs.name}"`);
      }
      inputs.set(attrs.name, { ref, attrs });
    }
  }

  const producer = new Map<Tensor, Group>();
  for (const group of groups) {
    for (const node of group.anchor ? [group.anchor, ...group.nodes] : group.nodes) {
      for (const t of node.outputs) producer.set(t, group);
    }
  }
  const claimed = new Set(outputs.map(rootOf));

  const updateCopies: PlacedCopy[] = [];
  for (const { state, value } of updates) {
    const target = refs.get(state);
    const root = rootOf(value);
    if (state.node.op !== stateOp || !target) {
      throw new ShapeError("plan: an update's target is not a state leaf");
    }
    if (value.size !== state.size) {
      throw new ShapeError(`plan: an update of ${state.size} elements with ${value.size}`);
    }
    const group = producer.get(root);
    if (
      group && !claimed.has(root) && !refs.has(root) && canWriteInPlace(target, group, groups, refs)
    ) {
      refs.set(root, target);
    } else {
      updateCopies.push({ from: value, to: target });
    }
    claimed.add(root);
  }

  const packCopies = new Map<Node, PlacedCopy[]>();
  const readers = countReaders(nodes);
  for (const node of nodes) {
    if (node.op !== packOp) continue;
    const attrs = node.attrs as { offsets: readonly number[]; length: number };
    const packed = storage(attrs.length, "own");
    refs.set(node.outputs[0], whole(packed, attrs.length));
    const copies: PlacedCopy[] = [];
    node.inputs.forEach((t, i) => {
      const root = rootOf(t);
      const to = { storage: packed, offset: attrs.offsets[i], size: t.size };
      const free = producer.has(root) && !refs.has(root) && !claimed.has(root);
      if (free && readers.get(root) === 1 && to.offset % ALIGNMENT === 0) refs.set(root, to);
      else copies.push({ from: t, to });
    });
    packCopies.set(node, copies);
  }

  for (const t of outputs.map(rootOf)) {
    if (!refs.has(t)) refs.set(t, whole(storage(t.size, "own"), t.size));
  }
  const refOf = (t: Tensor): Ref => {
    const root = rootOf(t);
    let ref = refs.get(root);
    if (!ref) refs.set(root, ref = whole(storage(root.size, "temp"), root.size));
    return ref;
  };
  return { refOf, storages, inputs, constants, packCopies, updateCopies };
}

/** True where a group may overwrite `target`: it is the last reader, and reads what it writes there. */
function canWriteInPlace(
  target: Ref,
  group: Group,
  groups: readonly Group[],
  refs: ReadonlyMap<Tensor, Ref>,
): boolean {
  const reads = (t: Tensor): Ref | null => {
    const ref = refs.get(rootOf(t));
    if (!ref || ref.storage !== target.storage) return null;
    const apart = ref.offset + ref.size <= target.offset ||
      target.offset + target.size <= ref.offset;
    return apart ? null : ref;
  };
  for (const g of groups) {
    if (g.position < group.position) continue;
    if (g.anchor?.inputs.some(reads)) return false;
    for (const node of g.nodes) {
      for (let i = 0; i < node.inputs.length; i++) {
        const ref = reads(node.inputs[i]);
        if (!ref) continue;
        const same = ref.offset === target.offset && ref.size === target.size &&
          node.outputs[0].size === target.size && isIndexIdentical(node, i);
        if (g !== group || !same) return false;
      }
    }
  }
  return true;
}

function countReaders(nodes: readonly Node[]): Map<Tensor, number> {
  const readers = new Map<Tensor, number>();
  for (const node of nodes) {
    for (const t of node.inputs) {
      // A reshape is not a reader; those of its result count for the tensor behind it.
      if (node.op.name === "reshape") continue;
      const root = rootOf(t);
      readers.set(root, (readers.get(root) ?? 0) + 1);
    }
  }
  return readers;
}
