import { counted } from "../counted.ts";
import { type Device, DeviceError } from "../device.ts";
import { byteRange, type Ref } from "../kernels/dispatch.ts";
import type { HostArray, LeafType } from "../leaves.ts";
import { type Shape, ShapeError, shapeText, type Tensor } from "../tensor.ts";
import { encode, type Launch, prepareLaunches } from "./launches.ts";
import { rowFault } from "../ops/embedding.ts";
import { type Layout, type PlanRecording, type PlanStep, planSteps } from "./layout.ts";
import { checkLimits } from "./limits.ts";
import { LayoutMemory } from "./layout_memory.ts";
import type { Placement } from "./placement.ts";

/**
 * When a kernel ran, on the device's clock.
 * @category Engine
 */
export interface KernelTime {
  /** The kernel launch. */
  readonly kernel: PlanStep;
  /** Milliseconds since the first kernel began. */
  readonly start: number;
  /** Milliseconds that the kernel took. */
  readonly milliseconds: number;
}

/** A plan's buffers do not fit the memory of the device. */
export class OutOfMemoryError extends DeviceError {
  /** The name in messages. */
  override readonly name = "OutOfMemoryError";
}

/**
 * A compiled graph. Running it encodes one pass and makes one submit.
 * @category Engine
 */
export class Plan implements Disposable {
  /** The device that it runs on. */
  readonly device: Device;
  /** The kernel launches, in order. */
  readonly steps: readonly PlanStep[];
  readonly #outputs: ReadonlyMap<string, { readonly tensor: Tensor; readonly ref: Ref }>;
  readonly #placement: Placement;
  readonly #memory: LayoutMemory;
  readonly #launches: readonly Launch[];
  readonly #record: readonly string[];
  readonly #recordLength: number;
  readonly #ring: GPUBuffer | null;
  #recorded = 0;

  private constructor(
    device: Device,
    layout: Layout,
    { record = [], recordLength = 1 }: PlanRecording,
    memory: LayoutMemory,
    launches: readonly Launch[],
  ) {
    this.device = device;
    const { placement } = layout;
    this.steps = planSteps(layout);
    this.#placement = placement;
    this.#memory = memory;
    this.#launches = launches;
    this.#outputs = new Map(
      layout.outputs.map(([name, tensor]) => [name, { tensor, ref: placement.refOf(tensor) }]),
    );
    this.#record = record;
    this.#recordLength = recordLength;
    this.#ring = record.length === 0
      ? null
      : memory.create(record.length * recordLength * 4, "records");
  }

  /**
   * Builds a layout on a device: compiles the pipelines, allocates the buffers and binds them. A
   * layout may be built several times; its plans share the states of its graph and nothing else.
   *
   * @param recording the outputs to record, the same as the layout was made with
   * @throws {DeviceError} where the adapter's limits do not allow it, or the device refuses a
   * kernel
   * @throws {ShapeError} for a state leaf of a `StateLayout` that has no memory
   */
  static async build(
    device: Device,
    layout: Layout,
    recording: PlanRecording = {},
  ): Promise<Plan> {
    const { dispatches } = layout;
    checkLimits(device, dispatches);
    // Compiled before anything is allocated: a kernel that is rejected leaves nothing behind.
    const pipelines = await Promise.all(dispatches.map((d) => device.pipeline(d.code, d.label)));

    let memory: LayoutMemory | null = null;
    let plan: Plan | null = null;
    let fault: unknown = null;
    device.gpu.pushErrorScope("out-of-memory");
    device.gpu.pushErrorScope("validation");
    try {
      memory = new LayoutMemory(device, layout);
      const launches = prepareLaunches(device, dispatches, pipelines, memory);
      plan = new Plan(device, layout, recording, memory, launches);
    } catch (error) {
      fault = error;
    }
    // Both are closed before anything is awaited: no scope spans the work of others.
    const [refused, lacking] = await Promise.all([
      device.gpu.popErrorScope(),
      device.gpu.popErrorScope(),
    ]);
    if (lacking) fault = new OutOfMemoryError(`plan: out of device memory: ${lacking.message}`);
    if (refused) fault ??= new DeviceError(`plan: ${refused.message}`);
    if (plan && !fault) return plan;
    memory?.[Symbol.dispose]();
    throw fault;
  }

  /**
   * Submits one run; returns without waiting for it.
   *
   * @param inputs elements of every input of the graph, by name
   * @throws {ShapeError} naming an input that is missing, unknown, of the wrong size or type, or
   * that indexes a row which its table does not have
   */
  run(inputs: Readonly<Record<string, HostArray>> = {}): void {
    this.#write(inputs);
    if (this.#ring && this.#recorded === this.#recordLength) {
      throw new ShapeError(
        `plan: the records of ${counted(this.#recordLength, "run")} were not read`,
      );
    }
    const encoder = this.device.gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const launch of this.#launches) encode(pass, launch);
    pass.end();
    this.#record.forEach((name, i) => {
      const { ref } = this.#output(name);
      const at = (i * this.#recordLength + this.#recorded) * 4;
      const { offset } = byteRange(ref);
      encoder.copyBufferToBuffer(this.#memory.bufferOf(ref.storage), offset, this.#ring!, at, 4);
    });
    if (this.#ring) this.#recorded++;
    this.device.submit(encoder.finish());
  }

  #write(inputs: Readonly<Record<string, HostArray>>): void {
    this.device.check();
    for (const name of Object.keys(inputs)) {
      if (!this.#placement.inputs.has(name)) {
        throw new ShapeError(`plan: there is no input "${name}"`);
      }
    }
    const { queue } = this.device.gpu;
    for (const [name, { ref, attrs, rows }] of this.#placement.inputs) {
      const data = inputs[name];
      if (!data) throw new ShapeError(`plan: the input "${name}" is missing`);
      if (data.length !== ref.size || dtypeOf(data) !== attrs.dtype) {
        throw new ShapeError(
          `plan: the input "${name}" is ${attrs.dtype} ${
            shapeText(attrs.shape)
          }, not ${data.length} of ${dtypeOf(data)}`,
        );
      }
      const fault = rows === null ? null : rowFault(data, rows);
      if (fault) throw new ShapeError(`plan: the input "${name}": ${fault}`);
      const { offset } = byteRange(ref);
      queue.writeBuffer(
        this.#memory.bufferOf(ref.storage),
        offset,
        data as Float32Array<ArrayBuffer>,
      );
    }
  }

  /**
   * Runs once with a pass per kernel and returns the device time of each of `steps`.
   *
   * @throws {DeviceError} where the adapter has no timestamps
   */
  async profile(inputs: Readonly<Record<string, HostArray>> = {}): Promise<KernelTime[]> {
    const { gpu } = this.device;
    if (!gpu.features.has("timestamp-query")) {
      throw new DeviceError("profile: the adapter has no timestamp queries");
    }
    this.#write(inputs);
    const stamps: bigint[] = [];
    // Query sets are limited in size: the kernels are timed in parts.
    for (let first = 0; first < this.#launches.length; first += 1024) {
      const part = this.#launches.slice(first, first + 1024);
      const queries = gpu.createQuerySet({ type: "timestamp", count: 2 * part.length });
      const resolved = this.device.createBuffer(
        16 * part.length,
        GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
        "timestamps",
      );
      const encoder = gpu.createCommandEncoder();
      part.forEach((launch, i) => {
        const pass = encoder.beginComputePass({
          timestampWrites: {
            querySet: queries,
            beginningOfPassWriteIndex: 2 * i,
            endOfPassWriteIndex: 2 * i + 1,
          },
        });
        encode(pass, launch);
        pass.end();
      });
      encoder.resolveQuerySet(queries, 0, 2 * part.length, resolved, 0);
      this.device.submit(encoder.finish());
      stamps.push(...new BigUint64Array(await this.device.read(resolved)));
      this.device.destroyBuffer(resolved);
      queries.destroy();
    }
    const milliseconds = (later: bigint, earlier: bigint) => Number(later - earlier) / 1e6;
    return this.steps.map((kernel, i) => ({
      kernel,
      start: milliseconds(stamps[2 * i], stamps[0]),
      milliseconds: milliseconds(stamps[2 * i + 1], stamps[2 * i]),
    }));
  }

  /** Reads an output of the last run back. @throws {ShapeError} for an unknown name. */
  async read(name: string): Promise<Float32Array> {
    const { ref } = this.#output(name);
    const { offset, size } = byteRange(ref);
    const bytes = await this.device.read(this.#memory.bufferOf(ref.storage), offset, size);
    return ref.dtype === "f16"
      ? new Float32Array(new Float16Array(bytes, 0, ref.size))
      : new Float32Array(bytes);
  }

  /** Shape of an output. */
  shape(name: string): Shape {
    return this.#output(name).tensor.shape;
  }

  /** The recorded scalars of all runs since the last call, oldest first. */
  async records(): Promise<Record<string, Float32Array>> {
    const out: Record<string, Float32Array> = {};
    const count = this.#recorded;
    if (!this.#ring) throw new ShapeError("plan: nothing is recorded");
    const reading = count === 0 ? new ArrayBuffer(0) : this.device.read(this.#ring);
    // The copy is submitted: later runs may take the slots before it arrives.
    this.#recorded = 0;
    const all = new Float32Array(await reading);
    this.#record.forEach((name, i) => {
      out[name] = all.slice(i * this.#recordLength, i * this.#recordLength + count);
    });
    return out;
  }

  /** Bytes of device memory that the plan holds, states not counted. */
  get bufferBytes(): number {
    return this.#memory.bytes;
  }

  /** Frees the buffers. */
  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]();
  }

  #output(name: string): { readonly tensor: Tensor; readonly ref: Ref } {
    const output = this.#outputs.get(name);
    if (!output) throw new ShapeError(`plan: there is no output "${name}"`);
    return output;
  }
}

function dtypeOf(data: HostArray): LeafType {
  return data instanceof Float32Array ? "f32" : data instanceof Int32Array ? "i32" : "u32";
}
