import type { Device } from "../device.ts";
import { byteRange, type Storage, storageBytes } from "../kernels/dispatch.ts";
import { ShapeError } from "../tensor.ts";
import type { Layout } from "./layout.ts";

const storageUsage = () =>
  GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;

/** The buffers of a layout's storages on a device; those of states are borrowed. */
export class LayoutMemory implements Disposable {
  readonly #device: Device;
  readonly #bufferOf = new Map<Storage, GPUBuffer>();
  readonly #buffers: GPUBuffer[] = [];

  /**
   * Allocates a layout's storages and writes its constants.
   *
   * @throws {DeviceError} where a buffer is larger than the adapter allows
   * @throws {ShapeError} for a state that has no memory
   */
  constructor(device: Device, layout: Layout) {
    this.#device = device;
    try {
      this.#allocate(layout);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  #allocate({ placement, memory }: Layout): void {
    const shared = memory.buffers.map((bytes, i) => this.create(bytes, `temporary ${i}`));
    for (const [storage, i] of memory.bufferOf) this.#bufferOf.set(storage, shared[i]);
    for (const storage of placement.storages) {
      if (storage.kind !== "own") continue;
      const buffer = this.create(storageBytes(storage), `storage ${storage.id}`);
      this.#bufferOf.set(storage, buffer);
    }
    for (const [storage, { state, segment }] of placement.external) {
      const buffer = state.buffers[segment];
      if (!buffer) throw new ShapeError(`plan: the state "${state.label}" has no memory`);
      this.#bufferOf.set(storage, buffer);
    }
    for (const { ref, data } of placement.constants) {
      this.#device.gpu.queue.writeBuffer(
        this.bufferOf(ref.storage),
        byteRange(ref).offset,
        data as Float32Array<ArrayBuffer>,
      );
    }
  }

  /** The buffer that a storage lies in. */
  bufferOf(storage: Storage): GPUBuffer {
    return this.#bufferOf.get(storage)!;
  }

  /** Creates one more buffer, which is freed with the rest. */
  create(bytes: number, label: string, usage: number = storageUsage()): GPUBuffer {
    const buffer = this.#device.createBuffer(bytes, usage, label);
    this.#buffers.push(buffer);
    return buffer;
  }

  /** Bytes of the buffers, states' not counted. */
  get bytes(): number {
    return this.#buffers.reduce((sum, b) => sum + b.size, 0);
  }

  /** Frees the buffers. */
  [Symbol.dispose](): void {
    for (const buffer of this.#buffers) this.#device.destroyBuffer(buffer);
  }
}
