import assert from "node:assert/strict";
import { constant } from "../../engine/leaves.ts";
import { affine } from "../../engine/ops/unary.ts";
import { compile } from "../../engine/plan/compile.ts";
import { openDevice } from "../device.ts";

const USAGE = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

Deno.test("Device counts the buffers and bytes in use", async () => {
  using device = await openDevice();
  assert.deepEqual([device.bufferCount, device.bufferBytes], [0, 0]);
  const a = device.createBuffer(256, USAGE, "a");
  const b = device.createBuffer(1024, USAGE, "b");
  assert.deepEqual([device.bufferCount, device.bufferBytes], [2, 1280]);
  assert.deepEqual(new Uint8Array(await device.read(b)), new Uint8Array(1024));
  device.destroyBuffer(a);
  assert.deepEqual([device.bufferCount, device.bufferBytes], [1, 1024]);
});

Deno.test("Device.read() reads a part", async () => {
  using device = await openDevice();
  const buffer = device.createBuffer(256, USAGE, "numbers");
  device.gpu.queue.writeBuffer(buffer, 0, Float32Array.of(1, 2, 3, 4));
  assert.deepEqual([...new Float32Array(await device.read(buffer, 4, 8))], [2, 3]);
});

Deno.test("Device reports what it waits for, and when the wait is over", async () => {
  const reports: string[] = [];
  const onWait = (what: string): Disposable => {
    reports.push(what);
    return { [Symbol.dispose]: () => reports.push("done") };
  };
  using device = await openDevice({ onWait });
  await device.read(device.createBuffer(4, USAGE, "numbers"));
  await device.idle();
  device.submit(device.gpu.createCommandEncoder().finish());
  await device.pipeline("@compute @workgroup_size(1) fn main() {}", "nothing");
  const waits = [
    'reading "numbers"',
    "finishing the work submitted",
    "taking up more work",
    'compiling "nothing"',
  ];
  assert.deepEqual(reports, waits.flatMap((what) => [what, "done"]));
});

Deno.test("Device.open() takes the requested class, and does without what its options exclude", async () => {
  for (const adapterClass of ["software", "integrated", "discrete"] as const) {
    using device = await openDevice({
      adapterClass,
      withoutSubgroups: true,
      withoutF16: true,
      withoutInt64: true,
    });
    assert.equal(device.capabilities.adapterClass, adapterClass);
    const { subgroupSize, f16, int64 } = device.capabilities;
    assert.deepEqual({ subgroupSize, f16, int64 }, {
      subgroupSize: 0,
      f16: false,
      int64: false,
    });
  }
});

Deno.test("Device compiles a kernel once per text", async () => {
  using device = await openDevice();
  const code = "@compute @workgroup_size(1) fn main() {}";
  const first = await device.pipeline(code, "nothing");
  assert.equal(await device.pipeline(code, "nothing again"), first);
  assert.notEqual(await device.pipeline(`${code} `, "nothing"), first);
});

Deno.test("Device rejects a buffer beyond the adapter's limit", async () => {
  using device = await openDevice();
  const limit = device.gpu.limits.maxBufferSize;
  assert.throws(() => device.createBuffer(limit + 4, USAGE, "huge"), {
    name: "DeviceError",
    message: `"huge" needs ${limit + 4} bytes, more than the adapter's largest buffer (${limit})`,
  });
  assert.equal(device.bufferCount, 0);
});

Deno.test("Device throws a rejected command at the next call, once", async () => {
  using device = await openDevice();
  using plan = await compile(device, { outputs: { y: affine(constant([1, 2]), 3) } });
  const encoder = device.gpu.createCommandEncoder();
  const tooSmall = device.createBuffer(8, USAGE, "too small");
  encoder.copyBufferToBuffer(tooSmall, 0, tooSmall, 0, 16);
  device.gpu.queue.submit([encoder.finish()]);
  await new Promise((done) => setTimeout(done));
  assert.throws(() => plan.run(), /^DeviceError: the device refused a command: /);
  plan.run();
  assert.deepEqual([...await plan.read("y")], [3, 6]);
});

Deno.test("Device throws once it is lost, from every call", async () => {
  const device = await openDevice();
  const plan = await compile(device, { outputs: { y: affine(constant([1, 2]), 3) } });
  device.gpu.destroy();
  await device.gpu.lost;
  const message = /^DeviceError: the device was lost: /;
  assert.throws(() => plan.run(), message);
  assert.throws(() => device.createBuffer(4, USAGE, "more"), message);
  await assert.rejects(plan.read("y"), message);
  await assert.rejects(device.idle(), message);
});

Deno.test("Device throws once it is disposed", async () => {
  const device = await openDevice();
  const plan = await compile(device, { outputs: { y: affine(constant([1, 2]), 3) } });
  device[Symbol.dispose]();
  await device.gpu.lost;
  const message = /^DeviceError: the device was disposed$/;
  assert.throws(() => plan.run(), message);
  await assert.rejects(plan.read("y"), message);
  await assert.rejects(compile(device, { outputs: { y: constant([1]) } }), message);
  plan[Symbol.dispose]();
});

Deno.test("Device.open() explains what to do where there is no adapter", async () => {
  const module = new URL("../../engine/device.ts", import.meta.url).href;
  const code = `import { Device } from ${JSON.stringify(module)};
    await Device.open().catch((error) => console.log(String(error)));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", code],
    env: {
      DENO_WEBGPU_BACKEND: "vulkan",
      VK_DRIVER_FILES: "/dev/null",
      VK_ICD_FILENAMES: "/dev/null",
    },
  }).output();
  assert.match(
    new TextDecoder().decode(stdout),
    /^DeviceError: no WebGPU adapter was found: install a GPU's driver or, without a GPU, a/,
  );
});

Deno.test("Device.open() leaves no device open where its tuning cannot be read", async () => {
  const { requestDevice } = GPUAdapter.prototype;
  const opened: GPUDevice[] = [];
  GPUAdapter.prototype.requestDevice = async function (descriptor) {
    const device = await requestDevice.call(this, descriptor);
    opened.push(device);
    return device;
  };
  try {
    const tuning = {
      recall: () => Promise.reject(new Error("unreadable")),
      remember: () => Promise.resolve(),
    };
    await assert.rejects(openDevice({ tuning }), /unreadable/);
    assert.deepEqual(opened, []);
  } finally {
    GPUAdapter.prototype.requestDevice = requestDevice;
    for (const device of opened) device.destroy();
  }
});
