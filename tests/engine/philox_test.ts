import { deepStrictEqual as deepEqual } from "node:assert/strict";
import { philox, PHILOX_WGSL } from "../../engine/philox.ts";
import { openDevice } from "../device.ts";

type Words = readonly [number, number, number, number];

/** The known answers for philox4x32-10 that Random123 publishes: counter, key, result. */
const known: readonly (readonly [Words, readonly [number, number], Words])[] = [
  [[0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
];

Deno.test("philox() gives the known answers", () => {
  for (const [counter, key, words] of known) deepEqual(philox(counter, key), [...words]);
});

Deno.test("PHILOX_WGSL gives the known answers on the device", async () => {
  using device = await openDevice();
  const { gpu } = device;
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const buffer = device.createBuffer(known.length * 32, usage, "counters and keys");
  gpu.queue.writeBuffer(
    buffer,
    0,
    Uint32Array.from(known.flatMap(([counter, key]) => [...counter, ...key, 0, 0])),
  );
  const pipeline = await device.pipeline(
    `${PHILOX_WGSL}
struct Case { counter: vec4u, key: vec4u }
@group(0) @binding(0) var<storage, read_write> cases: array<Case>;
@compute @workgroup_size(1) fn main(@builtin(global_invocation_id) id: vec3u) {
  cases[id.x].counter = philox(cases[id.x].counter, cases[id.x].key.xy);
}`,
    "philox",
  );
  const encoder = gpu.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(
    0,
    gpu.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer } }],
    }),
  );
  pass.dispatchWorkgroups(known.length);
  pass.end();
  gpu.queue.submit([encoder.finish()]);
  const words = new Uint32Array(await device.read(buffer));
  known.forEach(([, , expected], i) =>
    deepEqual([...words.slice(8 * i, 8 * i + 4)], [...expected])
  );
});
