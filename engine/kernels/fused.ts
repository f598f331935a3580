import type { ElementwiseOperation, WgslType } from "../ops/elementwise.ts";
import { inputMap } from "../ops/input_map.ts";
import { type Node, stridesOf, type Tensor } from "../tensor.ts";
import type { Capabilities } from "../capabilities.ts";
import { type Binding, declareBindings, type Ref } from "./dispatch.ts";
import { binderOf, type BoundMemory } from "./bound_memory.ts";

/** A chain of elementwise nodes that runs as one function of an index. */
export interface FusedNodes {
  /** The elementwise nodes, inputs before users, all of one size. */
  readonly nodes: readonly Node[];
  /** The value that the kernel itself computes, where the chain ends another kernel. */
  readonly anchor: Tensor | null;
  /** The values that are stored for other kernels. */
  readonly stores: readonly Tensor[];
}

/** The generated function and what it binds. */
export interface FusedFunction {
  /** WGSL: declarations, helpers and `fn finish(flat: u32, row: u32, column: u32, value: T)`. */
  readonly code: string;
  /** The memory it binds. */
  readonly bindings: readonly Binding[];
}

/** How a kernel calls the function. */
export interface FusedContext {
  /** What the kernel must fit. */
  readonly capabilities: Capabilities;
  /** What the kernel computes with. */
  readonly type: WgslType;
  /** The number of the first binding. */
  readonly firstBinding: number;
  /** Where a value lives. */
  readonly refOf: (t: Tensor) => Ref;
  /** Follows reshapes to the tensor that owns the memory. */
  readonly rootOf: (t: Tensor) => Tensor;
  /** Writable bindings of the kernel that stores may use. */
  readonly bound?: readonly BoundMemory[];
  /** Added to the kernel's own value: by column, or at the index `row`, given as WGSL. */
  readonly bias?: { readonly ref: Ref; readonly row: string | null };
  /** Columns of the kernel's output, where `row` and `column` are given. */
  readonly columns?: number;
}

/**
 * Generates the function. In vec4 form `flat` and `column` count vectors; see {@linkcode fitsVec4}.
 */
export function fuse({ nodes, anchor, stores }: FusedNodes, context: FusedContext): FusedFunction {
  const { type, refOf, rootOf } = context;
  const { read } = binderOf(context.capabilities);
  const own: BoundMemory[] = [];
  const stored = new Set(context.bound);
  const bind = (ref: Ref, element: WgslType): BoundMemory => {
    const bound = read(`x${own.length}`, ref, element);
    const known = [...context.bound ?? [], ...own].find((b) =>
      b.ref.storage === ref.storage && b.ref.offset === ref.offset && b.type === bound.type
    );
    if (!known) own.push(bound);
    return known ?? bound;
  };
  const values = new Map<Tensor, string>();
  const lines: string[] = [];
  if (anchor) values.set(anchor, "value");
  if (anchor && context.bias) {
    const { ref, row } = context.bias;
    const element = row === null ? type : "f32";
    lines.push(`let biased = value + ${bind(ref, element).load(row ?? "column")};`);
    values.set(anchor, "biased");
  }
  const helpers = new Set<string>();
  nodes.forEach((node, n) => {
    const op = node.op as ElementwiseOperation;
    const operands = node.inputs.map((t, i) => {
      const inner = values.get(rootOf(t));
      if (inner) return inner;
      const access = accessOf(node, i, type, context.columns);
      const loaded = bind(refOf(t), access.element).load(access.index);
      const wide = access.element === type ? loaded : `${type}(${loaded})`;
      lines.push(
        `let v${n}_${i} = ${
          access.guard ? `select(${type}(0.0), ${wide}, ${access.guard})` : wide
        };`,
      );
      return `v${n}_${i}`;
    });
    op.helpers?.(type).forEach((text) => helpers.add(text));
    lines.push(`let t${n} = ${op.wgsl(operands, type, node.attrs)};`);
    values.set(node.outputs[0], `t${n}`);
  });
  for (const t of stores) {
    const bound = bind(refOf(t), type);
    stored.add(bound);
    lines.push(bound.store("flat", values.get(t)!));
  }
  const bindings = own.map((b) => ({
    ...b,
    access: stored.has(b) ? "read_write" as const : "read" as const,
  }));
  const declarations = declareBindings(bindings, context.firstBinding);
  return {
    code: `${declarations}
${[...helpers].join("\n")}
fn finish(flat: u32, row: u32, column: u32, value: ${type}) {
  ${lines.join("\n  ")}
}`,
    bindings,
  };
}

interface Access {
  readonly index: string;
  readonly element: WgslType;
  readonly guard: string | null;
}

function accessOf(node: Node, i: number, type: WgslType, columns?: number): Access {
  const { shape, strides, offset, inside } = inputMap(node, i);
  const last = shape.length - 1;
  const vector = type === "vec4f";
  // A vector of one repeated element is loaded as a scalar.
  const element = vector && last >= 0 && strides[last] === 1 ? "vec4f" : "f32";
  const per = element === "vec4f" ? 4 : 1;
  const sizes = shape.map((n, d) => vector && d === last ? n / 4 : n);
  const steps = strides.map((s, d) => d === last && per === 4 ? 1 : s / per);
  const coordinates = coordinatesOf(sizes, vector ? columns && columns / 4 : columns);
  const terms = coordinates.flatMap((c, d) =>
    steps[d] === 0 ? [] : [steps[d] === 1 ? c : `${c} * ${steps[d]}u`]
  );
  const start = offset / per;
  // Windows may start before the input: the index wraps around, and back for elements inside.
  if (start !== 0) terms.push(start > 0 ? `${start}u` : `${(start + 2 ** 32) % 2 ** 32}u`);
  const guards = (inside ?? []).flatMap(([from, to], d) => {
    const scale = vector && d === last ? 4 : 1;
    return [
      ...(from > 0 ? [`${coordinates[d]} >= ${from / scale}u`] : []),
      ...(to < shape[d] ? [`${coordinates[d]} < ${to / scale}u`] : []),
    ];
  });
  const index = terms.length ? terms.join(" + ") : "0u";
  const bounded = guards.length ? `min(${index}, ${node.inputs[i].size / per - 1}u)` : index;
  return { index: bounded, element, guard: guards.length ? guards.join(" && ") : null };
}

/** WGSL of each dimension's coordinate, given the flat index of a row-major shape. */
function coordinatesOf(sizes: readonly number[], columns?: number): string[] {
  if (sizes.length === 1) return ["flat"];
  const strides = stridesOf(sizes);
  return sizes.map((n, d) => {
    if (columns !== undefined && sizes[sizes.length - 1] === columns) {
      if (d === sizes.length - 1) return "column";
      const above = strides[d] / columns;
      const quotient = above === 1 ? "row" : `(row / ${above}u)`;
      return d === 0 ? quotient : `(${quotient} % ${n}u)`;
    }
    const quotient = strides[d] === 1 ? "flat" : `(flat / ${strides[d]}u)`;
    return d === 0 ? quotient : `(${quotient} % ${n}u)`;
  });
}
