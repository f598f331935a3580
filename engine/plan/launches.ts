import { type Device, DeviceError } from "../device.ts";
import { byteRange, type Dispatch } from "../kernels/dispatch.ts";
import { uniformOffsets } from "./layout.ts";
import type { LayoutMemory } from "./layout_memory.ts";

/** A dispatch that is ready to be encoded. */
export interface Launch {
  /** The compiled kernel. */
  readonly pipeline: GPUComputePipeline;
  /** What it binds. */
  readonly group: GPUBindGroup;
  /** Workgroups in each dimension. */
  readonly workgroups: readonly [number, number, number];
}

/**
 * Binds the memory of dispatches, and writes their uniform blocks.
 *
 * @throws {DeviceError} where a kernel would read and write one buffer
 */
export function prepareLaunches(
  device: Device,
  dispatches: readonly Dispatch[],
  pipelines: readonly GPUComputePipeline[],
  memory: LayoutMemory,
): Launch[] {
  checkClashes(dispatches, memory);
  const uniforms = writeUniforms(device, dispatches, memory);
  return dispatches.map((d, i) => {
    const entries: GPUBindGroupEntry[] = d.bindings.map(({ ref }, binding) => ({
      binding,
      resource: { buffer: memory.bufferOf(ref.storage), ...byteRange(ref) },
    }));
    if (d.uniforms) {
      const { buffer, offsets } = uniforms!;
      const size = d.uniforms.byteLength;
      entries.push({ binding: entries.length, resource: { buffer, offset: offsets[i], size } });
    }
    const layout = pipelines[i].getBindGroupLayout(0);
    const group = device.gpu.createBindGroup({ label: d.label, layout, entries });
    return { pipeline: pipelines[i], group, workgroups: d.workgroups };
  });
}

/** Encodes a launch. */
export function encode(
  pass: GPUComputePassEncoder,
  { pipeline, group, workgroups }: Launch,
): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(...workgroups);
}

/** @throws {DeviceError} where a kernel would read and write one buffer. */
function checkClashes(dispatches: readonly Dispatch[], memory: LayoutMemory): void {
  for (const { label, bindings } of dispatches) {
    for (const { ref, access } of bindings) {
      if (access === "read") continue;
      const buffer = memory.bufferOf(ref.storage);
      const isRead = bindings.some((b) =>
        b.access === "read" && memory.bufferOf(b.ref.storage) === buffer
      );
      if (isRead) throw new DeviceError(`kernel "${label}" would read and write one buffer`);
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
  memory: LayoutMemory,
): Uniforms | null {
  const { offsets, bytes } = uniformOffsets(dispatches);
  if (bytes === 0) return null;
  const words = new Uint32Array(bytes / 4);
  dispatches.forEach((d, i) => d.uniforms && words.set(d.uniforms, offsets[i] / 4));
  const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
  const buffer = memory.create(bytes, "uniforms", usage);
  device.gpu.queue.writeBuffer(buffer, 0, words);
  return { buffer, offsets };
}
