import type { Group } from "./fusion.ts";
import type { Ref, Storage } from "../kernels/dispatch.ts";
import {
  type ConstantAttrs,
  constantOp,
  type HostArray,
  type InputAttrs,
  inputOp,
} from "../leaves.ts";
import { embeddingOp } from "../ops/embedding.ts";
import { isIndexIdentical } from "../ops/input_map.ts";
import { packOp, type UnpackAttrs, unpackOp } from "../ops/pack.ts";
import { reshapeOp, rootOf } from "../ops/views.ts";
import { type StateAttrs, type StateLayout, stateOp } from "../state_layout.ts";
import { type DType, ELEMENT_BYTES, type Node, ShapeError, type Tensor } from "../tensor.ts";

/**
 * A new value for a state leaf, written when the plan runs.
 * @category Engine
 */
export interface Update {
  /** A leaf made by a `State`. */
  readonly state: Tensor;
  /** What the leaf holds afterwards, of its size and type. */
  readonly value: Tensor;
}

/** A copy that a value needs because it cannot be made in place. */
export interface PlacedCopy {
  /** The value. */
  readonly from: Tensor;
  /** Where it goes. */
  readonly to: Ref;
}

/** A host array with its place in device memory. */
export interface PlacedArray {
  /** The place. */
  readonly ref: Ref;
  /** Its elements. */
  readonly data: HostArray;
}

/** An input of the graph. */
export interface PlacedInput {
  /** The place. */
  readonly ref: Ref;
  /** Its name, shape and type. */
  readonly attrs: InputAttrs;
  /** Rows of the smallest table that it indexes; null where it indexes none. */
  readonly rows: number | null;
}

/** A segment of a state. */
export interface PlacedSegment {
  /** The state, or its layout alone where the graph is only planned. */
  readonly state: StateLayout;
  /** Which of its segments. */
  readonly segment: number;
}

/** Where every value of a graph lives. */
export interface Placement {
  /** The place of a value, itself or the tensor that it is a reshape of. */
  readonly refOf: (t: Tensor) => Ref;
  /** All memory that the plan uses. */
  readonly storages: readonly Storage[];
  /** What the "external" ones of the storages are. */
  readonly external: ReadonlyMap<Storage, PlacedSegment>;
  /** Inputs of the graph, by name. */
  readonly inputs: ReadonlyMap<string, PlacedInput>;
  /** Constants of the graph. */
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
  memoryOf: (t: Tensor) => { readonly size: number; readonly dtype: DType },
): Placement {
  const refs = new Map<Tensor, Ref>();
  const storages: Storage[] = [];
  const storage = (bytes: number, kind: Storage["kind"]): Storage => {
    const made = { id: storages.length, bytes, kind };
    storages.push(made);
    return made;
  };
  const whole = ({ size, dtype }: { size: number; dtype: DType }, kind: Storage["kind"]): Ref => ({
    storage: storage(size * ELEMENT_BYTES[dtype], kind),
    offset: 0,
    size,
    dtype,
  });

  const small: { elements: number; at: number[] } = { elements: 0, at: [] };
  const leafNodes = nodes.filter((n) => n.inputs.length === 0);
  const smallLeaves = leafNodes.filter((n) => n.op !== stateOp && n.outputs[0].size <= SMALL);
  for (const node of smallLeaves) {
    small.at.push(small.elements);
    small.elements += Math.ceil(node.outputs[0].size / ALIGNMENT) * ALIGNMENT;
  }
  const shared = small.elements > 0 ? storage(4 * small.elements, "own") : null;
  smallLeaves.forEach((node, i) => {
    const [t] = node.outputs;
    refs.set(t, { storage: shared!, offset: small.at[i], size: t.size, dtype: t.dtype });
  });
  const segmentsOf = new Map<StateLayout, Storage[]>();
  const external = new Map<Storage, PlacedSegment>();
  const inputs = new Map<string, PlacedInput>();
  const constants: PlacedArray[] = [];
  for (const node of leafNodes) {
    const [t] = node.outputs;
    if (node.op === stateOp) {
      const { state, segment, offset } = node.attrs as StateAttrs;
      let segments = segmentsOf.get(state);
      if (!segments) {
        segments = state.lengths.map((length) => storage(4 * length, "external"));
        segments.forEach((s, segment) => external.set(s, { state, segment }));
        segmentsOf.set(state, segments);
      }
      refs.set(t, { storage: segments[segment], offset, size: t.size, dtype: t.dtype });
      continue;
    }
    if (!refs.has(t)) refs.set(t, whole(t, "own"));
    const ref = refs.get(t)!;
    if (node.op === constantOp) constants.push({ ref, data: (node.attrs as ConstantAttrs).data });
    if (node.op === inputOp) {
      const attrs = node.attrs as InputAttrs;
      if (inputs.has(attrs.name)) {
        throw new ShapeError(`plan: two inputs are named "${attrs.name}"`);
      }
      inputs.set(attrs.name, { ref, attrs, rows: rowsIndexedBy(t, nodes) });
    }
  }

  const producer = new Map<Tensor, Group>();
  for (const group of groups) {
    if (group.anchor?.op === unpackOp) continue;
    for (const t of valuesOf(group)) producer.set(t, group);
  }
  const claimed = new Set(outputs.map(ownerOf));

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
    if (value.dtype !== state.dtype) {
      throw new ShapeError(`plan: an update of ${state.dtype} with ${value.dtype}`);
    }
    const group = producer.get(root);
    const isOnlyUse = !claimed.has(root) && !refs.has(root) &&
      updates.every((u) => u.value === value || rootOf(u.value) !== root);
    if (group && isOnlyUse && canWriteInPlace(root, target, group, groups, refs)) {
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
    const packed = whole(node.outputs[0], "own");
    refs.set(node.outputs[0], packed);
    const copies: PlacedCopy[] = [];
    node.inputs.forEach((t, i) => {
      const root = rootOf(t);
      const to = { ...packed, offset: attrs.offsets[i], size: t.size };
      const free = producer.has(root) && !refs.has(root) && !claimed.has(root);
      if (free && readers.get(root) === 1 && to.offset % ALIGNMENT === 0) refs.set(root, to);
      else copies.push({ from: t, to });
    });
    packCopies.set(node, copies);
  }

  for (const t of outputs.map(ownerOf)) {
    if (!refs.has(t)) refs.set(t, whole(t, "own"));
  }
  const refOf = (t: Tensor): Ref => {
    const root = rootOf(t);
    let ref = refs.get(root);
    if (!ref) refs.set(root, ref = isUnpacked(root) ? within(root) : whole(memoryOf(root), "temp"));
    return ref;
  };
  const within = ({ node, size }: Tensor): Ref => {
    const packed = refOf(node.inputs[0]);
    return { ...packed, offset: packed.offset + (node.attrs as UnpackAttrs).offset, size };
  };
  return { refOf, storages, external, inputs, constants, packCopies, updateCopies };
}

function rowsIndexedBy(leaf: Tensor, nodes: readonly Node[]): number | null {
  const tables = nodes
    .filter(({ op, inputs }) => op === embeddingOp && rootOf(inputs[1]) === leaf)
    .map(({ inputs: [table] }) => table.shape[0]);
  return tables.length === 0 ? null : Math.min(...tables);
}

function isUnpacked({ node }: Tensor): boolean {
  return node.op === unpackOp;
}

/** The tensor whose memory a tensor lies in. */
function ownerOf(t: Tensor): Tensor {
  const root = rootOf(t);
  return isUnpacked(root) ? ownerOf(root.node.inputs[0]) : root;
}

/**
 * True where a group may write `value` over `target`: it is the last reader and reads there only
 * what it writes, and no kernel would read and write one buffer at different positions.
 */
function canWriteInPlace(
  value: Tensor,
  target: Ref,
  group: Group,
  groups: readonly Group[],
  refs: ReadonlyMap<Tensor, Ref>,
): boolean {
  const isInTarget = (t: Tensor) => refs.get(t)?.storage === target.storage;
  return groups.filter((g) => g.position >= group.position).every((g) =>
    readsOf(g).every(({ root, isIdentical }) => {
      if (root === value) return g === group || !valuesOf(g).some(isInTarget);
      if (!isInTarget(root)) return true;
      const { offset, size } = refs.get(root)!;
      if (g === group) return isIdentical && offset === target.offset && size === target.size;
      return offset + size <= target.offset || target.offset + target.size <= offset;
    })
  );
}

function valuesOf({ anchor, nodes }: Group): Tensor[] {
  return (anchor ? [anchor, ...nodes] : nodes).flatMap((node) => node.outputs);
}

/** What a group reads, and whether it is read at the index that is written. */
function readsOf({ anchor, nodes }: Group): { root: Tensor; isIdentical: boolean }[] {
  return [
    ...(anchor?.inputs ?? []).map((t) => ({ root: ownerOf(t), isIdentical: false })),
    ...nodes.flatMap((node) =>
      node.inputs.map((t, i) => ({
        root: ownerOf(t),
        isIdentical: t.size === node.outputs[0].size && isIndexIdentical(node, i) &&
          !isUnpacked(rootOf(t)),
      }))
    ),
  ];
}

function countReaders(nodes: readonly Node[]): Map<Tensor, number> {
  const readers = new Map<Tensor, number>();
  for (const node of nodes) {
    for (const t of node.inputs) {
      // A reshape is not a reader; readers of its result count as readers of its input.
      if (node.op === reshapeOp) continue;
      const root = rootOf(t);
      readers.set(root, (readers.get(root) ?? 0) + 1);
    }
  }
  return readers;
}
