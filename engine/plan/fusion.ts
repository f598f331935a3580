import { isElementwise } from "../ops/elementwise.ts";
import { inputMap, isIndexIdentical } from "../ops/input_map.ts";
import { reshapeOp, rootOf } from "../ops/views.ts";
import type { Node, Tensor } from "../tensor.ts";

/** Nodes that run as one kernel: an anchor followed by elementwise nodes, or these alone. */
export interface Group {
  /** The node that is not elementwise, if any. */
  readonly anchor: Node | null;
  /** Elementwise nodes, inputs before users. */
  nodes: Node[];
  /** Groups run in ascending order. */
  readonly position: number;
}

/** What fusion needs to know of the graph and the device. */
export interface FusionContext {
  /**
   * Storage bindings of a kernel that can end with elementwise nodes on its first output, besides
   * what these load and store; null for operations that have no such kernel.
   */
  readonly anchorBindings: (node: Node) => number | null;
  /** True where a value must be in memory whether or not other kernels read it, as outputs must. */
  readonly isRetained: (t: Tensor) => boolean;
  /** Storage bindings that a kernel may have. */
  readonly maxBindings: number;
}

/** A use of a group's value by another group. */
interface Use {
  readonly value: Tensor;
  group: Group;
  /** The value is read at the index that the user writes, by an elementwise node. */
  readonly inline: boolean;
}

/**
 * Groups nodes into kernels. Elementwise nodes join the kernel that computes their latest input,
 * and elementwise kernels move forward into the kernel of their user where nothing between needs
 * them.
 *
 * @param nodes the graph in topological order, leaves included
 */
export function fuseGraph(nodes: readonly Node[], context: FusionContext): Group[] {
  const groupOf = new Map<Tensor, Group>();
  const uses = new Map<Group, Use[]>();
  const users = countUsers(nodes);
  const groups = new Set<Group>();

  let opened = 0;
  const open = (anchor: Node | null): Group => {
    const group = { anchor, nodes: [], position: opened++ };
    groups.add(group);
    uses.set(group, []);
    return group;
  };

  const record = (node: Node, group: Group): void => {
    node.inputs.forEach((t, i) => {
      const value = rootOf(t);
      const from = groupOf.get(value);
      if (!from || from === group) return;
      const inline = node !== group.anchor && isInline(node, i);
      uses.get(from)!.push({ value, group, inline });
    });
    for (const t of node.outputs) groupOf.set(t, group);
  };

  const domain = (g: Group): number => (g.anchor ?? g.nodes[0]).outputs[0].size;

  /** Storage bindings of a group with some more nodes: its loads and its stores. */
  const bindings = (group: Group, extra: readonly Node[]): number => {
    const { anchor } = group;
    const inside = new Set([...group.nodes, ...extra]);
    const vectors = new Set<Tensor>();
    const scalars = new Set<Tensor>();
    for (const node of inside) {
      node.inputs.map(rootOf).forEach((from, i) => {
        if (inside.has(from.node) || (from.node === anchor && from.index === 0)) return;
        // What is read in both ways is bound twice.
        (inputMap(node, i).strides.at(-1) === 1 ? vectors : scalars).add(from);
      });
    }
    const isStored = (t: Tensor): boolean =>
      context.isRetained(t) || [...users.get(t) ?? []].some((user) => !inside.has(user));
    const values = [...anchor ? [anchor] : [], ...inside].map(({ outputs }) => outputs[0]);
    const own = anchor ? context.anchorBindings(anchor) ?? 0 : 0;
    return vectors.size + scalars.size + values.filter(isStored).length + (anchor ? own : 1);
  };

  const canJoin = (node: Node, group: Group): boolean =>
    domain(group) === node.outputs[0].size &&
    (group.anchor === null || context.anchorBindings(group.anchor) !== null) &&
    node.inputs.every((t, i) => {
      const value = rootOf(t);
      if (groupOf.get(value) !== group) return true;
      return isInline(node, i) && (value.node !== group.anchor || value.index === 0);
    }) &&
    bindings(group, [node]) <= context.maxBindings;

  const canMove = (group: Group, target: Group): boolean =>
    group !== target && group.anchor === null && domain(group) === domain(target) &&
    (target.anchor === null || context.anchorBindings(target.anchor) !== null) &&
    uses.get(group)!.every((use) =>
      use.group === target ? use.inline : use.group.position > target.position
    ) &&
    bindings(target, group.nodes) <= context.maxBindings;

  const move = (group: Group, target: Group): void => {
    for (const list of uses.values()) {
      for (const use of list) if (use.group === group) use.group = target;
    }
    uses.get(target)!.push(...uses.get(group)!.filter((use) => use.group !== target));
    target.nodes = [...group.nodes, ...target.nodes].sort((a, b) => a.id - b.id);
    for (const node of group.nodes) groupOf.set(node.outputs[0], target);
    uses.delete(group);
    groups.delete(group);
  };

  for (const node of nodes) {
    if (node.op === reshapeOp || node.inputs.length === 0) continue;
    if (!isElementwise(node.op)) {
      record(node, open(node));
      continue;
    }
    const sources = new Set(node.inputs.flatMap((t) => groupOf.get(rootOf(t)) ?? []));
    const latest = [...sources].reduce<Group | null>(
      (best, g) => !best || g.position > best.position ? g : best,
      null,
    );
    const target = latest && canJoin(node, latest) ? latest : open(null);
    target.nodes.push(node);
    record(node, target);
    for (const group of sources) if (canMove(group, target)) move(group, target);
  }
  return [...groups].sort((a, b) => a.position - b.position);
}

function isInline(node: Node, i: number): boolean {
  return node.inputs[i].size === node.outputs[0].size && isIndexIdentical(node, i);
}

function countUsers(nodes: readonly Node[]): Map<Tensor, Set<Node>> {
  const users = new Map<Tensor, Set<Node>>();
  for (const node of nodes) {
    if (node.op === reshapeOp) continue;
    for (const t of node.inputs) {
      const value = rootOf(t);
      const set = users.get(value);
      if (set) set.add(node);
      else users.set(value, new Set([node]));
    }
  }
  return users;
}
