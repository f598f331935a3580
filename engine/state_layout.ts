import { pack, unpack } from "./ops/pack.ts";
import {
  apply,
  type Operation,
  type Shape,
  ShapeError,
  shapeText,
  sizeOf,
  type Tensor,
} from "./tensor.ts";

/** Attributes of a leaf that reads persistent memory. */
export interface StateAttrs {
  /** The state, or its layout alone. */
  readonly state: StateLayout;
  /** Which of the state's buffers, and where in it, in elements. */
  readonly segment: number;
  /** First element in the segment. */
  readonly offset: number;
  /** Sizes of the dimensions. */
  readonly shape: Shape;
}

/** The operation behind {@linkcode StateLayout.tensor} and {@linkcode StateLayout.segments}. */
export const stateOp: Operation<StateAttrs> = {
  name: "state",
  infer: (_inputs, { shape }) => [{ shape, dtype: "f32" }],
};

/** Most elements of a segment: 128 MiB, the binding size that every WebGPU adapter allows. */
export const SEGMENT_ELEMENTS: number = 2 ** 25;

/** Tensors start at multiples of this many elements, as bindings must, of f16 too. */
const ALIGNMENT = 128;

/**
 * Where a tensor of a state lies; offset and size in elements.
 * @category Engine
 */
export interface StateEntry {
  /** Sizes of the dimensions. */
  readonly shape: Shape;
  /** Number of elements. */
  readonly size: number;
  /** Index of the segment. */
  readonly segment: number;
  /** First element in the segment. */
  readonly offset: number;
}

/**
 * Where named f32 tensors lie in a few large buffers ("segments"): one after another, zeros between
 * them. A layout alone has no memory: graphs over it can be planned and measured, not run.
 * @category Engine
 */
export class StateLayout {
  /** The name of the state in errors and of its buffers. */
  readonly label: string;
  /** The segments' memory; none for a layout alone. */
  readonly buffers: readonly GPUBuffer[] = [];
  /** Elements of each segment. */
  readonly lengths: readonly number[];
  readonly #entries = new Map<string, StateEntry>();

  /** Lays out tensors of the given shapes. @throws {ShapeError} for a tensor beyond a segment. */
  constructor(shapes: Readonly<Record<string, Shape>>, label: string) {
    this.label = label;
    const lengths: number[] = [];
    for (const [name, shape] of Object.entries(shapes)) {
      const size = sizeOf(shape);
      const padded = Math.ceil(size / ALIGNMENT) * ALIGNMENT;
      if (padded > SEGMENT_ELEMENTS) {
        throw new ShapeError(
          `${label}: "${name}" ${shapeText(shape)} is larger than ${SEGMENT_ELEMENTS} elements`,
        );
      }
      const last = lengths.length - 1;
      if (last < 0 || lengths[last] + padded > SEGMENT_ELEMENTS) lengths.push(0);
      const segment = lengths.length - 1;
      this.#entries.set(name, { shape, size, segment, offset: lengths[segment] });
      lengths[segment] += padded;
    }
    this.lengths = lengths;
  }

  /** Bytes of all segments. */
  get bytes(): number {
    return this.lengths.reduce((sum, length) => sum + length * 4, 0);
  }

  /** Names of the tensors, in the order they were given. */
  get names(): string[] {
    return [...this.#entries.keys()];
  }

  /** Shape of a tensor. @throws {ShapeError} for an unknown name. */
  shape(name: string): Shape {
    return this.entry(name).shape;
  }

  /** A leaf of the graph that reads the named tensor. */
  tensor(name: string): Tensor {
    const { segment, offset, shape } = this.entry(name);
    return apply(stateOp, [], { state: this, segment, offset, shape })[0];
  }

  /** Leaves of the graph that read whole segments, `[length]` each: what an optimizer works on. */
  segments(): Tensor[] {
    return this.lengths.map((length, segment) =>
      apply(stateOp, [], { state: this, segment, offset: 0, shape: [length] })[0]
    );
  }

  /**
   * Tensors by name (all of them), laid out as this state's segments are.
   * @throws {ShapeError} naming one that is missing or of another size
   */
  pack(tensors: Readonly<Record<string, Tensor>>): Tensor[] {
    return this.lengths.map((length, segment) => {
      const entries = [...this.#entries].filter(([, e]) => e.segment === segment);
      const parts = entries.map(([name, { shape, size }]) => {
        const t = tensors[name];
        if (t?.size === size) return t;
        const found = t ? shapeText(t.shape) : "no tensor";
        throw new ShapeError(`${this.label}: ${found} for "${name}" ${shapeText(shape)}`);
      });
      return pack(parts, {
        offsets: entries.map(([, e]) => e.offset),
        length,
      });
    });
  }

  /** The tensors by name in vectors that are laid out as this state's segments are. */
  unpack(segments: readonly Tensor[]): Record<string, Tensor> {
    return Object.fromEntries(this.names.map((name) => {
      const { segment, offset, shape } = this.entry(name);
      return [name, unpack(segments[segment], { offset, shape })];
    }));
  }

  /** Where a tensor lies. @throws {ShapeError} for an unknown name. */
  entry(name: string): StateEntry {
    const entry = this.#entries.get(name);
    if (!entry) throw new ShapeError(`${this.label}: there is no tensor "${name}"`);
    return entry;
  }
}
