import type { Device } from "../device.ts";
import { median, pairedTimes } from "./paired_times.ts";

/** The measured peak rates of an adapter: the scale for every other measurement. */
export interface AdapterRates {
  /** Gigabytes per second of a copy of 64 MiB, reads and writes both counted. */
  readonly copyGBs: number;
  /** GFLOP/s of f32 multiply-adds in registers, each counted as two operations. */
  readonly multiplyAddGflops: number;
}

const COPY_BYTES = 64 * 2 ** 20;
const CHAINS = 12;
const UNROLLED = 8;
const TURNS = 512;

/** Measures both rates, each with a kernel of its own. */
export async function adapterRates(device: Device, rounds: number): Promise<AdapterRates> {
  const software = device.capabilities.adapterClass === "software";
  const lanes = software ? 8 : 256;
  const copy = await kernel(device, copyWgsl(lanes, software ? 256 : 4), {
    bytes: [COPY_BYTES, COPY_BYTES],
    groups: COPY_BYTES / 16 / lanes / (software ? 256 : 4),
  });
  const groups = software ? 512 : 4096;
  const multiplyAdd = await kernel(device, multiplyAddWgsl(lanes), {
    bytes: [groups * lanes * 16],
    groups,
  });
  const flops = groups * lanes * TURNS * UNROLLED * CHAINS * 4 * 2;
  const [copyTimes, multiplyAddTimes] = await pairedTimes([copy.run, multiplyAdd.run], rounds);
  for (const { free } of [copy, multiplyAdd]) free();
  return {
    copyGBs: 2 * COPY_BYTES / median(copyTimes) / 1e6,
    multiplyAddGflops: flops / median(multiplyAddTimes) / 1e6,
  };
}

function copyWgsl(lanes: number, each: number): string {
  return `@group(0) @binding(0) var<storage, read_write> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> copied: array<vec4f>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let start = group.x * ${lanes * each}u + lane;
  for (var i = 0u; i < ${each}u; i++) { copied[start + i * ${lanes}u] = source[start + i * ${lanes}u]; }
}`;
}

/** Independent chains of multiply-adds that never leave the registers until the end. */
function multiplyAddWgsl(lanes: number): string {
  const chains = Array.from({ length: CHAINS }, (_, c) => c);
  const turn = chains.map((c) => `c${c} = fma(c${c}, x, y);`).join(" ");
  return `@group(0) @binding(0) var<storage, read_write> out: array<vec4f>;
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = group.x * ${lanes}u + lane;
  let x = vec4f(0.999 + out[at].x * 1e-9);
  let y = vec4f(f32(lane) * 1e-3);
  ${chains.map((c) => `var c${c} = vec4f(${c}.0);`).join(" ")}
  for (var i = 0u; i < ${TURNS}u; i++) {
    ${Array(UNROLLED).fill(turn).join("\n    ")}
  }
  out[at] = ${chains.map((c) => `c${c}`).join(" + ")};
}`;
}

/** A kernel over buffers of its own, repeated in one submit. */
async function kernel(
  device: Device,
  code: string,
  { bytes, groups }: { bytes: readonly number[]; groups: number },
): Promise<{ run: (times: number) => Promise<void>; free: () => void }> {
  const pipeline = await device.pipeline(code, "adapter rate");
  const buffers = bytes.map((n) => device.createBuffer(n, GPUBufferUsage.STORAGE, "adapter rate"));
  const group = device.gpu.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  return {
    async run(times) {
      const encoder = device.gpu.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      for (let i = 0; i < times; i++) pass.dispatchWorkgroups(groups);
      pass.end();
      device.gpu.queue.submit([encoder.finish()]);
      await device.idle();
    },
    free() {
      for (const buffer of buffers) device.destroyBuffer(buffer);
    },
  };
}
