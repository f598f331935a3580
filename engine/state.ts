import type { Device } from "./device.ts";
import { pack } from "./ops/pack.ts";
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
  readonly state: State;
  /** Which of the state's buffers, and where in it, in elements. */
  readonly segment: number;
  readonly offset: number;
  readonly shape: Shape;
}

/** The operation behind {@linkcode State.tensor} and {@linkcode State.segments}. */
export const stateOp: Operation<StateAttrs> = {
  name: "state",
  infer: (_inputs, { shape }) => [{ shape, dtype: "f32" }],
  evaluate: () => {
    throw new Error("reference evaluator: the values of a state leaf were not given");
  },
};

/** Elements of one segment at most: 128 MiB, the binding that every WebGPU adapter allows. */
export const SEGMENT_ELEMENTS: number = 2 ** 25;

/** Tensors start at multiples of this many elements, as bindings must. */
const ALIGNMENT = 64;

interface Entry {
  readonly shape: Shape;
  readonly size: number;
  readonly segment: number;
  readonly offset: number;
}

/**
 * Named f32 tensors that live on the device between runs: parameters, moments, averages. They lie
 * one after another in a few large buffers ("segments"), zeros between them, so that an optimizer
 * walks all of them in a handful of dispatches.
 */
export class State implements Disposable {
  readonly device: Device;
  readonly label: string;
  readonly buffers: readonly GPUBuffer[];
  #entries = new Map<string, Entry>();
  #lengths: number[] = [];

  /** Allocates zeros for the given shapes. @throws {ShapeError} for a tensor beyond a segment. */
  constructor(device: Device, shapes: Readonly<Record<string, Shape>>, label: string) {
    this.device = device;
    this.label = label;
    for (const [name, shape] of Object.entries(shapes)) {
      const size = sizeOf(shape);
      const padded = Math.ceil(size / ALIGNMENT) * ALIGNMENT;
      if (padded > SEGMENT_ELEMENTS) {
        throw new ShapeError(
          `${label}: "${name}" ${shapeText(shape)} is larger than ${SEGMENT_ELEMENTS} elements`,
        );
      }
      const last = this.#lengths.length - 1;
      if (last < 0 || this.#lengths[last] + padded > SEGMENT_ELEMENTS) this.#lengths.push(0);
      const segment = this.#lengths.length - 1;
      this.#entries.set(name, { shape, size, segment, offset: this.#lengths[segment] });
      this.#lengths[segment] += padded;
    }
    this.buffers = this.#lengths.map((length, i) =>
      device.createBuffer(
        length * 4,
        GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
        `${label}[${i}]`,
      )
    );
  }

  /** Names of the tensors, in the order they were given. */
  get names(): string[] {
    return [...this.#entries.keys()];
  }

  /** Shape of a tensor. @throws {ShapeError} for an unknown name. */
  shape(name: string): Shape {
    return this.#entry(name).shape;
  }

  /** A leaf of the graph that reads the named tensor. */
  tensor(name: string): Tensor {
    const { segment, offset, shape } = this.#entry(name);
    return apply(stateOp, [], { state: this, segment, offset, shape })[0];
  }

  /** Leaves of the graph that read whole segments, `[length]` each: what an optimizer works on. */
  segments(): Tensor[] {
    return this.#lengths.map((length, segment) =>
      apply(stateOp, [], { state: this, segment, offset: 0, shape: [length] })[0]
    );
  }

  /**
   * Tensors by name (all of them), laid out as this state's segments are.
   * @throws {ShapeError} naming one that is missing or of another size
   */
  pack(tensors: Readonly<Record<string, Tensor>>): Tensor[] {
    return this.#lengths.map((length, segment) => {
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

  /** Writes a tensor's elements. @throws {ShapeError} where the length is not the shape's size. */
  write(name: string, data: Float32Array): void {
    const { segment, offset, size, shape } = this.#entry(name);
    if (data.length !== size) {
      throw new ShapeError(
        `${this.label}: ${data.length} elements for "${name}" ${shapeText(shape)}`,
      );
    }
    this.device.check();
    this.device.gpu.queue.writeBuffer(
      this.buffers[segment],
      offset * 4,
      data as Float32Array<ArrayBuffer>,
    );
  }

  /** Reads every tensor back. */
  async read(): Promise<Record<string, Float32Array>> {
    const out: Record<string, Float32Array> = {};
    for (let segment = 0; segment < this.buffers.length; segment++) {
      const data = new Float32Array(await this.device.read(this.buffers[segment]));
      for (const [name, e] of this.#entries) {
        if (e.segment === segment) out[name] = data.slice(e.offset, e.offset + e.size);
      }
    }
    return out;
  }

  /** Frees the buffers. */
  [Symbol.dispose](): void {
    for (const buffer of this.buffers) this.device.destroyBuffer(buffer);
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (!entry) throw new ShapeError(`${this.label}: there is no tensor "${name}"`);
    return entry;
  }
}
