import assert from "node:assert/strict";
import { constant, input } from "../../../engine/leaves.ts";
import { add, div, mul } from "../../../engine/ops/binary.ts";
import { linear } from "../../../engine/ops/linear.ts";
import { softmax } from "../../../engine/ops/softmax.ts";
import { sum } from "../../../engine/ops/sum.ts";
import { affine, sqrt, square } from "../../../engine/ops/unary.ts";
import { permute, reshape } from "../../../engine/ops/views.ts";
import type { Update } from "../../../engine/plan/placement.ts";
import { compile } from "../../../engine/plan/compile.ts";
import { State } from "../../../engine/state.ts";
import type { Shape, Tensor } from "../../../engine/tensor.ts";
import { openDevice } from "../../device.ts";

interface Outcome {
  readonly labels: readonly string[];
  readonly values: Record<string, number[]>;
  readonly outputs: Record<string, number[]>;
}

/** Runs updates once on a state whose tensor number n holds n + 1, n + 1.5, n + 2, .. */
async function update(
  shapes: Readonly<Record<string, Shape>>,
  trace: (state: State) => { updates: readonly Update[]; outputs?: Record<string, Tensor> },
): Promise<Outcome> {
  using device = await openDevice();
  using state = new State(device, shapes, "state");
  state.names.forEach((name, n) => {
    const size = state.shape(name).reduce((a, b) => a * b, 1);
    state.write(name, Float32Array.from({ length: size }, (_, i) => n + 1 + i / 2));
  });
  const traced = trace(state);
  using plan = await compile(device, traced);
  plan.run();
  const outputs: Record<string, number[]> = {};
  for (const name of Object.keys(traced.outputs ?? {})) outputs[name] = [...await plan.read(name)];
  const values = Object.entries(await state.read()).map(([name, v]) => [name, [...v]]);
  return { labels: plan.steps.map((s) => s.label), values: Object.fromEntries(values), outputs };
}

Deno.test("place() updates in place, several states in one dispatch", async () => {
  using device = await openDevice();
  const shapes = { weight: [3, 5], bias: [5] };
  using weights = new State(device, shapes, "weights");
  using moments = new State(device, shapes, "moments");
  using squares = new State(device, shapes, "squares");
  const gradients = { weight: input("weight", [3, 5]), bias: input("bias", [5]) };
  const updates = weights.pack(gradients).flatMap((g, i): Update[] => {
    const [w, m, v] = [weights, moments, squares].map((state) => state.segments()[i]);
    const moment = add(affine(m, 0.9), affine(g, 0.1));
    const second = add(affine(v, 0.99), affine(square(g), 0.01));
    const step = div(moment, affine(sqrt(second), 1, 1e-8));
    return [
      { state: m, value: moment },
      { state: v, value: second },
      { state: w, value: add(w, affine(step, -0.5)) },
    ];
  });
  using plan = await compile(device, { updates });
  const computing = plan.steps.filter(({ label }) => label !== "copy");
  assert.equal(computing.length, 1, plan.steps.map((s) => s.label).join(", "));
  // The two copies pack the inputs; there are none at the end.
  assert.equal(plan.steps.length, 3);

  const weight = Float32Array.from({ length: 15 }, (_, i) => i % 2 ? -2 : 1);
  const bias = new Float32Array(5).fill(3);
  plan.run({ weight, bias });
  plan.run({ weight, bias });
  const expected = (g: number): [number, number, number] => {
    let [w, m, v] = [0, 0, 0];
    for (let step = 0; step < 2; step++) {
      m = 0.9 * m + 0.1 * g;
      v = 0.99 * v + 0.01 * g * g;
      w -= 0.5 * m / (Math.sqrt(v) + 1e-8);
    }
    return [w, m, v];
  };
  for (const [k, state] of [weights, moments, squares].entries()) {
    const read = await state.read();
    read.weight.forEach((x, i) => assert.ok(Math.abs(x - expected(weight[i])[k]) < 1e-6));
    read.bias.forEach((x) => assert.ok(Math.abs(x - expected(3)[k]) < 1e-6));
    const whole = new Float32Array(await device.read(state.buffers[0]));
    assert.deepEqual([...whole.slice(15, 128), ...whole.slice(133)], new Array(113 + 123).fill(0));
  }
});

Deno.test("place() copies where the old value is still needed", async () => {
  const { labels, values, outputs } = await update({ a: [4] }, (state) => {
    const a = state.tensor("a");
    const next = affine(a, 10);
    const total = sum(mul(next, a));
    return { updates: [{ state: a, value: next }], outputs: { total, next } };
  });
  assert.equal(labels[labels.length - 1], "copy");
  assert.deepEqual(values, { a: [10, 15, 20, 25] });
  assert.deepEqual(outputs, { total: [10 + 22.5 + 40 + 62.5], next: [10, 15, 20, 25] });
});

Deno.test("place() copies where a value is read at other positions than it is written", async () => {
  const { labels, values } = await update({ a: [60, 70] }, (state) => {
    const a = state.tensor("a");
    const turned = permute(reshape(a, [70, 60]), [1, 0]);
    return { updates: [{ state: a, value: affine(turned, 2) }] };
  });
  assert.deepEqual(labels, ["permute+affine", "copy"]);
  const expected = (i: number) => 2 + (i % 70) * 60 + Math.floor(i / 70);
  assert.deepEqual(values.a, Array.from({ length: 4200 }, (_, i) => expected(i)));
});

Deno.test("place() swaps two states", async () => {
  const { values } = await update({ a: [3], b: [3] }, (state) => {
    const [a, b] = [state.tensor("a"), state.tensor("b")];
    return { updates: [{ state: a, value: b }, { state: b, value: a }] };
  });
  assert.deepEqual(values, { a: [2, 2.5, 3], b: [1, 1.5, 2] });

  using device = await openDevice();
  using one = new State(device, { x: [2] }, "one");
  using two = new State(device, { x: [2] }, "two");
  one.write("x", Float32Array.of(1, 2));
  two.write("x", Float32Array.of(3, 4));
  const [a, b] = [one.tensor("x"), two.tensor("x")];
  const updates = [{ state: a, value: affine(b, 10) }, { state: b, value: affine(a, 10) }];
  using plan = await compile(device, { updates });
  plan.run();
  assert.deepEqual([...(await one.read()).x], [30, 40]);
  assert.deepEqual([...(await two.read()).x], [10, 20]);
});

Deno.test("place() updates one state from another's new value", async () => {
  const trace = (reversed: boolean) => (state: State) => {
    const [a, b] = [state.tensor("a"), state.tensor("b")];
    const next = affine(a, 2);
    const other = linear(reshape(next, [1, 3]), constant([0, 1, 0, 1, 0, 0, 0, 0, 1], [3, 3]));
    const updates = [{ state: a, value: next }, { state: b, value: other }];
    return { updates: reversed ? updates.reverse() : updates };
  };
  for (const reversed of [false, true]) {
    const { values } = await update({ a: [3], b: [3] }, trace(reversed));
    assert.deepEqual(values, { a: [2, 3, 4], b: [3, 2, 4] });
  }
});

Deno.test("place() keeps a state's old value for another state and for an output", async () => {
  const { values, outputs } = await update({ a: [3], b: [3] }, (state) => {
    const [a, b] = [state.tensor("a"), state.tensor("b")];
    return {
      updates: [{ state: a, value: affine(a, 1, 100) }, { state: b, value: reshape(a, [3, 1]) }],
      outputs: { before: a },
    };
  });
  assert.deepEqual(values, { a: [101, 101.5, 102], b: [1, 1.5, 2] });
  assert.deepEqual(outputs, { before: [1, 1.5, 2] });
});

Deno.test("place() writes one value to two states", async () => {
  const { values } = await update({ a: [2], b: [2] }, (state) => {
    const [a, b] = [state.tensor("a"), state.tensor("b")];
    const value = mul(a, b);
    return { updates: [{ state: a, value }, { state: b, value }] };
  });
  assert.deepEqual(values, { a: [2, 3.75], b: [2, 3.75] });
});

Deno.test("place() updates from another tensor of the same buffer", async () => {
  const elementwise = await update({ a: [3], b: [3] }, (state) => {
    const [a, b] = [state.tensor("a"), state.tensor("b")];
    return { updates: [{ state: b, value: add(a, b) }] };
  });
  assert.deepEqual(elementwise.values, { a: [1, 1.5, 2], b: [3, 4, 5] });

  const rows = await update({ a: [1, 1], b: [1, 1] }, (state) => {
    const [a, b] = [state.tensor("a"), state.tensor("b")];
    return { updates: [{ state: b, value: softmax(a) }] };
  });
  assert.deepEqual(rows.values, { a: [1], b: [1] });

  const product = await update({ a: [2, 2], b: [1, 2], c: [1, 2] }, (state) => {
    const [a, b, c] = ["a", "b", "c"].map((name) => state.tensor(name));
    return { updates: [{ state: c, value: add(linear(b, a), c) }] };
  });
  assert.deepEqual(product.values.c, [2 + 2.5 * 1.5 + 3, 4 + 2.5 * 2.5 + 3.5]);
});

Deno.test("place() packs what is used elsewhere, twice, or is a leaf by copies", async () => {
  using device = await openDevice();
  using state = new State(device, { a: [2], b: [2], c: [2], d: [2] }, "state");
  const x = constant([1, 2]);
  const used = affine(x, 3);
  const equal = softmax(affine(x, 0));
  const [packed] = state.pack({ a: used, b: affine(used, 2), c: x, d: used });
  const [read] = state.pack({ a: equal, b: softmax(equal), c: equal, d: square(equal) });
  using plan = await compile(device, { outputs: { packed, used, read } });
  plan.run();
  const halves = [...await plan.read("read")].filter((_, i) => i % 128 < 2);
  assert.deepEqual(halves, [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25]);
  const elements = await plan.read("packed");
  const at = (i: number) => [...elements.slice(128 * i, 128 * i + 2)];
  assert.deepEqual([at(0), at(1), at(2), at(3)], [[3, 6], [6, 12], [1, 2], [3, 6]]);
  assert.equal(elements.reduce((total, v) => total + v), 9 + 18 + 3 + 9);
  assert.deepEqual([...await plan.read("used")], [3, 6]);
});

Deno.test("place() rejects an update that does not fit its state", async () => {
  using device = await openDevice();
  using state = new State(device, { a: [2] }, "state");
  const a = state.tensor("a");
  await assert.rejects(
    compile(device, { updates: [{ state: constant([1, 2]), value: a }] }),
    /^ShapeError: plan: an update's target is not a state leaf$/,
  );
  await assert.rejects(
    compile(device, { updates: [{ state: a, value: constant([1, 2, 3]) }] }),
    /^ShapeError: plan: an update of 2 elements with 3$/,
  );
  await assert.rejects(
    compile(device, { outputs: { y: add(input("x", [2]), input("x", [2])) } }),
    /^ShapeError: plan: two inputs are named "x"$/,
  );
});
