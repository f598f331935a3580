import type { Device } from "./device.ts";
import { StateLayout } from "./state_layout.ts";
import { type Shape, ShapeError, shapeText } from "./tensor.ts";

/**
 * Named f32 tensors that live on the device between runs: parameters, moments, averages. They lie
 * one after another in a few large buffers ("segments"), zeros between them, so that an optimizer
 * walks all of them in a handful of dispatches.
 * @category Engine
 */
export class State extends StateLayout implements Disposable {
  /** The device that holds it. */
  readonly device: Device;
  /** The memory of each segment. */
  override readonly buffers: readonly GPUBuffer[];
  readonly #memory: DisposableStack;

  /** Allocates zeros for the given shapes. @throws {ShapeError} for a tensor beyond a segment. */
  constructor(device: Device, shapes: Readonly<Record<string, Shape>>, label: string) {
    super(shapes, label);
    this.device = device;
    using memory = new DisposableStack();
    this.buffers = this.lengths.map((length, i) => {
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
      const buffer = device.createBuffer(length * 4, usage, `${label}[${i}]`);
      return memory.adopt(buffer, () => device.destroyBuffer(buffer));
    });
    this.#memory = memory.move();
  }

  /** Writes a tensor's elements. @throws {ShapeError} where the length is not the shape's size. */
  write(name: string, data: Float32Array): void {
    const { size, shape } = this.entry(name);
    if (data.length !== size) {
      throw new ShapeError(
        `${this.label}: ${data.length} elements for "${name}" ${shapeText(shape)}`,
      );
    }
    this.writePart(name, 0, data);
  }

  /** Writes some of a tensor's elements, from `first` on. @throws {ShapeError} beyond its end. */
  writePart(name: string, first: number, data: Float32Array): void {
    const { segment, offset, size, shape } = this.entry(name);
    if (first + data.length > size) {
      throw new ShapeError(
        `${this.label}: ${data.length} elements from ${first} on for "${name}" ${shapeText(shape)}`,
      );
    }
    this.device.check();
    this.device.gpu.queue.writeBuffer(
      this.buffers[segment],
      (offset + first) * 4,
      data as Float32Array<ArrayBuffer>,
    );
  }

  /** Reads every tensor back. */
  async read(): Promise<Record<string, Float32Array>> {
    const out: Record<string, Float32Array> = {};
    for (let segment = 0; segment < this.buffers.length; segment++) {
      const data = new Float32Array(await this.device.read(this.buffers[segment]));
      for (const name of this.names) {
        const e = this.entry(name);
        if (e.segment === segment) out[name] = data.slice(e.offset, e.offset + e.size);
      }
    }
    return out;
  }

  /** Frees the buffers. */
  [Symbol.dispose](): void {
    this.#memory.dispose();
  }
}
