import assert from "node:assert/strict";
import { constant, input } from "../../../engine/leaves.ts";
import { add } from "../../../engine/ops/binary.ts";
import { applyOne, elementwise } from "../../../engine/ops/elementwise.ts";
import { embedding } from "../../../engine/ops/embedding.ts";
import { linear } from "../../../engine/ops/linear.ts";
import { softmax } from "../../../engine/ops/softmax.ts";
import { sum } from "../../../engine/ops/sum.ts";
import { affine, exp } from "../../../engine/ops/unary.ts";
import { broadcastTo, reshape } from "../../../engine/ops/views.ts";
import { compile } from "../../../engine/plan/compile.ts";
import { layOut } from "../../../engine/plan/layout.ts";
import { Plan } from "../../../engine/plan/plan.ts";
import { State } from "../../../engine/state.ts";
import { StateLayout } from "../../../engine/state_layout.ts";
import type { Operation } from "../../../engine/tensor.ts";
import { openDevice } from "../../device.ts";

Deno.test("Plan.run() names an input that is missing, unknown, or of the wrong size or type", async () => {
  using device = await openDevice();
  const rows = embedding(input("table", [3, 2]), input("index", [2], "i32"));
  using plan = await compile(device, { outputs: { rows } });
  const table = Float32Array.of(1, 2, 3, 4, 5, 6);
  const index = Int32Array.of(2, 0);
  const throws = (inputs: Parameters<typeof plan.run>[0], message: string) =>
    assert.throws(() => plan.run(inputs), { name: "ShapeError", message });
  throws({ table }, 'plan: the input "index" is missing');
  throws({ table, index, indx: index }, 'plan: there is no input "indx"');
  throws(
    { table: table.subarray(1), index },
    'plan: the input "table" is f32 [3, 2], not 5 of f32',
  );
  throws(
    { table, index: Float32Array.of(2, 0) },
    'plan: the input "index" is i32 [2], not 2 of f32',
  );
  plan.run({ table, index });
  assert.deepEqual([...await plan.read("rows")], [5, 6, 1, 2]);
  await assert.rejects(plan.read("row"), /^ShapeError: plan: there is no output "row"$/);
});

Deno.test("Plan.run() accepts a subarray", async () => {
  using device = await openDevice();
  using plan = await compile(device, { outputs: { y: affine(input("x", [2]), 10) } });
  plan.run({ x: Float32Array.of(1, 2, 3, 4).subarray(1, 3) });
  assert.deepEqual([...await plan.read("y")], [20, 30]);
});

Deno.test("Plan reads back leaves, reshaped values and values of several names", async () => {
  using device = await openDevice();
  using state = new State(device, { s: [2] }, "state");
  state.write("s", Float32Array.of(7, 8));
  const x = input("x", [2, 3]);
  const y = exp(x);
  const outputs = {
    x,
    flat: reshape(x, [6]),
    y,
    same: y,
    column: reshape(y, [6, 1]),
    fixed: constant([4, 5]),
    state: state.tensor("s"),
  };
  using plan = await compile(device, { outputs });
  const elements = Float32Array.of(0, 1, 2, 3, 4, 5);
  plan.run({ x: elements });
  assert.deepEqual(await plan.read("x"), elements);
  assert.deepEqual(await plan.read("flat"), elements);
  const read = await plan.read("y");
  read.forEach((v, i) => assert.ok(Math.abs(v - Math.exp(i)) < 1e-5 * v));
  assert.deepEqual(await plan.read("same"), read);
  assert.deepEqual(await plan.read("column"), read);
  assert.deepEqual(plan.shape("column"), [6, 1]);
  assert.deepEqual([...await plan.read("fixed")], [4, 5]);
  assert.deepEqual([...await plan.read("state")], [7, 8]);
});

Deno.test("a layout is built twice and on two devices, each plan with memory of its own", async () => {
  using device = await openDevice();
  using other = await openDevice();
  const y = softmax(add(input("x", [2, 2]), constant([0, 1, 0, 1], [2, 2])));
  const layout = layOut(device.capabilities, { outputs: { y, total: sum(exp(y)) } });
  layout.placement.storages.forEach(Object.freeze);
  using first = await Plan.build(device, layout);
  using second = await Plan.build(device, layout);
  using third = await Plan.build(other, layout);
  const plans = [first, second, third];
  plans.forEach((plan, i) => plan.run({ x: Float32Array.of(i, 0, 2 * i, 0) }));
  for (const [i, plan] of plans.entries()) {
    const rows = [i, 2 * i].map((v) => 1 / (1 + Math.exp(1 - v)));
    const expected = rows.flatMap((p) => [p, 1 - p]);
    (await plan.read("y")).forEach((v, j) => assert.ok(Math.abs(v - expected[j]) < 1e-6));
    const total = expected.reduce((sum, p) => sum + Math.exp(p), 0);
    assert.ok(Math.abs((await plan.read("total"))[0] - total) < 1e-5);
  }
});

Deno.test("Plan.build() rejects a layout over states that have no memory", async () => {
  using device = await openDevice();
  const state = new StateLayout({ s: [2] }, "weights");
  const layout = layOut(device.capabilities, { outputs: { y: exp(state.tensor("s")) } });
  const message = 'plan: the state "weights" has no memory';
  await assert.rejects(Plan.build(device, layout), { name: "ShapeError", message });
  assert.equal(device.bufferCount, 0);
});

Deno.test("Plan.records() returns the scalars of all runs since the last call", async () => {
  using device = await openDevice();
  const x = input("x", [3]);
  const outputs = { total: sum(x), twice: affine(sum(x), 2), x };
  using plan = await compile(device, { outputs, record: ["total", "twice"], recordLength: 3 });
  const run = (v: number) => plan.run({ x: Float32Array.of(v, v, v) });
  assert.deepEqual(await plan.records(), {
    total: new Float32Array(0),
    twice: new Float32Array(0),
  });
  for (const v of [1, 2, 3]) run(v);
  assert.throws(() => run(4), /^ShapeError: plan: the records of 3 runs were not read$/);
  assert.deepEqual(await plan.records(), {
    total: Float32Array.of(3, 6, 9),
    twice: Float32Array.of(6, 12, 18),
  });
  run(5);
  assert.deepEqual(await plan.records(), {
    total: Float32Array.of(15),
    twice: Float32Array.of(30),
  });
  using silent = await compile(device, { outputs });
  await assert.rejects(silent.records(), /^ShapeError: plan: nothing is recorded$/);
  const before = device.bufferCount;
  await assert.rejects(
    compile(device, { outputs, record: ["x"] }),
    /^ShapeError: plan: "x" is not an f32 scalar$/,
  );
  await assert.rejects(
    compile(device, { outputs, record: ["loss"] }),
    /^ShapeError: plan: there is no output "loss"$/,
  );
  assert.equal(device.bufferCount, before);
});

Deno.test("Plan holds the same bytes over 300 runs and none once disposed", async () => {
  using device = await openDevice();
  const before = [device.bufferCount, device.bufferBytes];
  const y = sum(softmax(linear(input("x", [9, 7]), constant(new Array(35).fill(0.1), [5, 7]))));
  const plan = await compile(device, { outputs: { y }, record: ["y"], recordLength: 30 });
  const held = [device.bufferCount, device.bufferBytes];
  assert.equal(plan.bufferBytes, held[1] - before[1]);
  for (let i = 1; i <= 300; i++) {
    plan.run({ x: new Float32Array(63).fill(i) });
    if (i % 30 > 0) continue;
    for (const v of (await plan.records()).y) assert.ok(Math.abs(v - 9) < 1e-5);
    assert.deepEqual([device.bufferCount, device.bufferBytes], held);
  }
  plan[Symbol.dispose]();
  assert.deepEqual([device.bufferCount, device.bufferBytes], before);
});

Deno.test("compile() shows the source of a kernel that does not compile, and leaves nothing", async () => {
  using device = await openDevice();
  const wrong = elementwise<null>({
    name: "wrong",
    arity: 1,
    wgsl: ([x]) => `nonsense(${x})`,
    f: ([x]) => x,
  });
  const y = sum(applyOne(wrong, [input("x", [1000])], null));
  const before = [device.bufferCount, device.bufferBytes];
  await assert.rejects(compile(device, { outputs: { y } }), (error: Error) => {
    assert.equal(error.name, "DeviceError");
    assert.match(error.message, /^kernel "wrong" does not compile: /);
    assert.match(error.message, /^\d+: .*= nonsense\(/m);
    return true;
  });
  assert.deepEqual([device.bufferCount, device.bufferBytes], before);
  // The device still hears of later errors.
  const unreadable = device.createBuffer(256, GPUBufferUsage.STORAGE, "without COPY_SRC");
  await assert.rejects(device.read(unreadable), /^DeviceError: the device refused a command: /);
});

Deno.test("compile() rejects what cannot be planned, with the reason", async () => {
  using device = await openDevice();
  await assert.rejects(compile(device, {}), /^ShapeError: plan: nothing to compute$/);
  const odd: Operation<null> = {
    name: "odd",
    infer: ([x]) => [{ shape: x.shape, dtype: "f32" }],
  };
  const y = applyOne(odd, [constant([1])], null);
  await assert.rejects(compile(device, { outputs: { y } }), /^ShapeError: "odd" has no kernel$/);
  const before = device.bufferCount;
  const large = device.capabilities.maxBindingBytes / 4 + 4;
  const wide = broadcastTo(add(constant([1]), input("x", [1])), [large]);
  await assert.rejects(
    compile(device, { outputs: { wide } }),
    /^DeviceError: (kernel "\S+" needs a tensor of \d+ bytes, the adapter binds at most \d+|.* needs \d+ bytes)/,
  );
  assert.equal(device.bufferCount, before);
});

Deno.test("records() loses no run that is submitted while it reads", async () => {
  using device = await openDevice();
  const y = affine(input("x", [1]), 2);
  using plan = await compile(device, { outputs: { y }, record: ["y"], recordLength: 2 });
  for (const x of [1, 2]) plan.run({ x: Float32Array.of(x) });
  const first = plan.records();
  for (const x of [3, 4]) plan.run({ x: Float32Array.of(x) });
  assert.deepEqual([...(await first).y], [2, 4]);
  assert.deepEqual([...(await plan.records()).y], [6, 8]);
});
