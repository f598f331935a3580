import { type Device, DeviceError } from "../device.ts";
import { byteRange, type Dispatch, type Ref, storageBytes } from "../kernels/dispatch.ts";
import {
  type Layout,
  layOut,
  type PlanSpec,
  type PlanStep,
  planSteps,
  uniformOffsets,
} from "./layout.ts";
import type { HostArray, LeafType } from "../leaves.ts";
import type { Placement } from "./placement.ts";
import { type Shape, ShapeError, shapeText, type Tensor } from "../tensor.ts";
import type { Trial } from "./tuning.ts";

const BUFFER = () => GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;

/**
 * Turns a graph into a plan: sorts the nodes into kernels, gives every value a place, compiles the
 * pipelines and builds the bind groups.
 *
 * @throws {DeviceError} where the device refuses a kernel, with its source
 * @throws {ShapeError} where the graph cannot be planned
 */
export async function compile(device: Device, spec: PlanSpec): Promise<Plan> {
  const { capabilities, tuning } = device;
  const layout = layOut(capabilities, spec, tuning?.choices);
  checkLimits(device, layout.dispatches);
  if (!tuning || layout.undecided.size === 0) return await build(device, spec, layout);
  await tuning.decide(capabilities, layout.undecided, (trial) => timeOf(device, trial));
  const tuned = layOut(capabilities, spec, tuning.choices);
  checkLimits(device, tuned.dispatches);
  return await build(device, spec, tuned);
}

async function build(device: Device, spec: PlanSpec, layout: Layout): Promise<Plan> {
  const { dispatches } = layout;
  // Compiled before anything is allocated: nothing is left behind by a kernel that is refused.
  const pipelines = await Promise.all(dispatches.map((d) => device.pipeline(d.code, d.label)));

  const buffers: GPUBuffer[] = [];
  let launches: Launch[] = [];
  let fault: unknown = null;
  device.gpu.pushErrorScope("validation");
  try {
    const uniforms = allocate(device, layout, buffers);
    launches = dispatches.map((d, i) => launch(device, d, pipelines[i], uniforms, i));
  } catch (error) {
    fault = error;
  }
  const refused = await device.gpu.popErrorScope();
  if (refused) fault ??= new DeviceError(`plan: ${refused.message}`);
  if (fault) {
    for (const buffer of buffers) device.destroyBuffer(buffer);
    throw fault;
  }
  return new Plan(device, spec, layout, launches, buffers);
}

/**
 * Milliseconds of the best repetition of a trial but the first, on the device's clock, or on the
 * host's, over all of them, where it has none; `null` where there is no memory for it.
 */
async function timeOf(device: Device, { layout, length }: Trial): Promise<number | null> {
  device.gpu.pushErrorScope("out-of-memory");
  let plan: Plan | null = null;
  try {
    plan = await build(device, {}, layout);
  } catch (error) {
    if (!await device.gpu.popErrorScope()) throw error;
    return null;
  }
  using trial = plan;
  if (await device.gpu.popErrorScope()) return null;
  if (!device.gpu.features.has("timestamp-query")) {
    trial.run();
    await device.idle();
    const start = performance.now();
    trial.run();
    await device.idle();
    return performance.now() - start;
  }
  const times = await trial.profile();
  let best = Infinity;
  for (let i = length; i < times.length; i += length) {
    const sum = times.slice(i, i + length).reduce((sum, t) => sum + t.milliseconds, 0);
    best = Math.min(best, sum);
  }
  return best;
}

/** A kernel launch on the device's clock, in milliseconds. */
export interface KernelTime {
  readonly kernel: PlanStep;
  /** Since the first kernel began. */
  readonly start: number;
  readonly milliseconds: number;
}

interface Launch {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
}

/** A compiled graph. Running it encodes one pass and makes one submit. */
export class Plan implements Disposable {
  readonly device: Device;
  /** The kernel launches, in order. */
  readonly steps: readonly PlanStep[];
  #outputs: ReadonlyMap<string, { readonly tensor: Tensor; readonly ref: Ref }>;
  #placement: Placement;
  #launches: readonly Launch[];
  #buffers: readonly GPUBuffer[];
  #record: readonly string[];
  #recordLength: number;
  #ring: GPUBuffer | null;
  #recorded = 0;

  /** Made by {@linkcode compile}. */
  constructor(
    device: Device,
    spec: PlanSpec,
    layout: Layout,
    launches: readonly Launch[],
    buffers: readonly GPUBuffer[],
  ) {
    this.device = device;
    const { placement } = layout;
    this.steps = planSteps(layout);
    this.#placement = placement;
    this.#launches = launches;
    this.#outputs = new Map(
      layout.outputs.map(([name, tensor]) => [name, { tensor, ref: placement.refOf(tensor) }]),
    );
    this.#record = spec.record ?? [];
    this.#recordLength = spec.recordLength ?? 1;
    this.#ring = this.#record.length === 0
      ? null
      : device.createBuffer(this.#record.length * this.#recordLength * 4, BUFFER(), "records");
    this.#buffers = this.#ring ? [...buffers, this.#ring] : buffers;
  }

  /**
   * Submits one run; returns without waiting for it.
   *
   * @param inputs elements of every input of the graph, by name
   * @throws {ShapeError} naming an input that is missing, unknown or of the wrong size or type
   */
  run(inputs: Readonly<Record<string, HostArray>> = {}): void {
    this.#write(inputs);
    if (this.#ring && this.#recorded === this.#recordLength) {
      throw new ShapeError(`plan: ${this.#recordLength} runs were recorded and not read`);
    }
    const encoder = this.device.gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const launch of this.#launches) encode(pass, launch);
    pass.end();
    this.#record.forEach((name, i) => {
      const { ref } = this.#output(name);
      const at = (i * this.#recordLength + this.#recorded) * 4;
      const { offset } = byteRange(ref);
      encoder.copyBufferToBuffer(ref.storage.buffer!, offset, this.#ring!, at, 4);
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
    for (const [name, { ref, attrs }] of this.#placement.inputs) {
      const data = inputs[name];
      if (!data) throw new ShapeError(`plan: the input "${name}" is missing`);
      if (data.length !== ref.size || dtypeOf(data) !== attrs.dtype) {
        throw new ShapeError(
          `plan: the input "${name}" is ${attrs.dtype} ${
            shapeText(attrs.shape)
          }, not ${data.length} of ${dtypeOf(data)}`,
        );
      }
      const { offset } = byteRange(ref);
      queue.writeBuffer(ref.storage.buffer!, offset, data as Float32Array<ArrayBuffer>);
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
    // Query sets are small on some adapters: a part of the kernels at a time.
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
    const bytes = await this.device.read(ref.storage.buffer!, offset, size);
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
    const all = count === 0
      ? new Float32Array(0)
      : new Float32Array(await this.device.read(this.#ring));
    this.#record.forEach((name, i) => {
      out[name] = all.slice(i * this.#recordLength, i * this.#recordLength + count);
    });
    this.#recorded = 0;
    return out;
  }

  /** Bytes of device memory that the plan holds, states not counted. */
  get bufferBytes(): number {
    return this.#buffers.reduce((sum, b) => sum + b.size, 0);
  }

  /** Frees the buffers. */
  [Symbol.dispose](): void {
    for (const buffer of this.#buffers) this.device.destroyBuffer(buffer);
  }

  #output(name: string): { readonly tensor: Tensor; readonly ref: Ref } {
    const output = this.#outputs.get(name);
    if (!output) throw new ShapeError(`plan: there is no output "${name}"`);
    return output;
  }
}

function encode(pass: GPUComputePassEncoder, { pipeline, group, workgroups }: Launch): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(...workgroups);
}

/** Gives every storage its buffer, adding those it makes to `buffers`; returns the uniform blocks. */
function allocate(
  device: Device,
  { dispatches, placement, memory }: Layout,
  buffers: GPUBuffer[],
): Uniforms | null {
  const create = (bytes: number, usage: number, label: string): GPUBuffer => {
    const buffer = device.createBuffer(bytes, usage, label);
    buffers.push(buffer);
    return buffer;
  };
  const shared = memory.buffers.map((bytes, i) => create(bytes, BUFFER(), `temporary ${i}`));
  for (const [s, i] of memory.bufferOf) s.buffer = shared[i];
  for (const s of placement.storages) {
    if (s.kind === "own") {
      s.buffer = create(storageBytes(s), BUFFER(), `storage ${s.id}`);
    }
  }
  for (const { ref, data } of placement.constants) {
    device.gpu.queue.writeBuffer(
      ref.storage.buffer!,
      byteRange(ref).offset,
      data as Float32Array<ArrayBuffer>,
    );
  }
  checkClashes(dispatches);
  return writeUniforms(device, dispatches, create);
}

function launch(
  device: Device,
  d: Dispatch,
  pipeline: GPUComputePipeline,
  uniforms: Uniforms | null,
  i: number,
): Launch {
  const entries: GPUBindGroupEntry[] = d.bindings.map(({ ref }, binding) => ({
    binding,
    resource: { buffer: ref.storage.buffer!, ...byteRange(ref) },
  }));
  if (d.uniforms) {
    const { buffer, offsets } = uniforms!;
    const size = d.uniforms.byteLength;
    entries.push({ binding: entries.length, resource: { buffer, offset: offsets[i], size } });
  }
  const layout = pipeline.getBindGroupLayout(0);
  const group = device.gpu.createBindGroup({ label: d.label, layout, entries });
  return { pipeline, group, workgroups: d.workgroups };
}

/** @throws {DeviceError} where a kernel's memory is beyond the adapter. */
function checkLimits({ capabilities, info }: Device, dispatches: readonly Dispatch[]): void {
  const { maxBindingBytes, maxStorageBuffers, f16 } = capabilities;
  for (const { label, bindings } of dispatches) {
    if (!f16 && bindings.some(({ ref }) => ref.dtype === "f16")) {
      throw new DeviceError(
        `the adapter "${info.description || info.vendor}" has no 16-bit floats (shader-f16): ` +
          "use --mixed_precision=no",
      );
    }
    if (bindings.length > maxStorageBuffers) {
      throw new DeviceError(
        `kernel "${label}" needs ${bindings.length} buffers, the adapter has ${maxStorageBuffers}`,
      );
    }
    for (const { ref } of bindings) {
      const { size } = byteRange(ref);
      if (size > maxBindingBytes) {
        throw new DeviceError(
          `kernel "${label}" needs a tensor of ${size} bytes, the adapter binds at most ${maxBindingBytes}: ` +
            "use a smaller batch or more micro-batches",
        );
      }
    }
  }
}

/** @throws {DeviceError} where a kernel would read and write one buffer. */
function checkClashes(dispatches: readonly Dispatch[]): void {
  for (const { label, bindings } of dispatches) {
    for (const { ref, access } of bindings) {
      const clash = access === "read_write" &&
        bindings.some((b) => b.access === "read" && b.ref.storage.buffer === ref.storage.buffer);
      if (clash) throw new DeviceError(`kernel "${label}" would read and write one buffer`);
    }
  }
}

/** The uniform blocks of all dispatches. */
interface Uniforms {
  readonly buffer: GPUBuffer;
  readonly offsets: readonly number[];
}

function writeUniforms(
  device: Device,
  dispatches: readonly Dispatch[],
  create: (bytes: number, usage: number, label: string) => GPUBuffer,
): Uniforms | null {
  const { offsets, bytes } = uniformOffsets(dispatches);
  if (bytes === 0) return null;
  const words = new Uint32Array(bytes / 4);
  dispatches.forEach((d, i) => d.uniforms && words.set(d.uniforms, offsets[i] / 4));
  const buffer = create(bytes, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST, "uniforms");
  device.gpu.queue.writeBuffer(buffer, 0, words);
  return { buffer, offsets };
}

function dtypeOf(data: HostArray): LeafType {
  return data instanceof Float32Array ? "f32" : data instanceof Int32Array ? "i32" : "u32";
}
