import assert from "node:assert/strict";
import { checkpoint, grad } from "../../engine/grad.ts";
import { constant, input } from "../../engine/leaves.ts";
import { add, mul } from "../../engine/ops/binary.ts";
import { gelu } from "../../engine/ops/gelu.ts";
import { layerNorm } from "../../engine/ops/layer_norm.ts";
import { linear } from "../../engine/ops/linear.ts";
import { sum } from "../../engine/ops/sum.ts";
import { square } from "../../engine/ops/unary.ts";
import { compile } from "../../engine/plan/compile.ts";
import { evaluateReference } from "../../engine/reference.ts";
import type { Tensor } from "../../engine/tensor.ts";
import { openDevice } from "../device.ts";

const ROWS = 128;
const WIDTH = 8;
const BLOCKS = 6;

const wave = (size: number, phase: number): number[] =>
  Array.from({ length: size }, (_, i) => 0.5 * Math.sin(1.7 * i + phase));

const ones = constant(new Array(WIDTH).fill(1));

/** The gradients of a chain of MLP blocks by its input and weights. */
function gradients(region: (trace: () => Tensor) => Tensor): readonly Tensor[] {
  const x = constant(wave(ROWS * WIDTH, 0), [ROWS, WIDTH]);
  const weights: Tensor[] = [];
  const weight = (out: number, columns: number): Tensor => {
    const w = constant(wave(out * columns, weights.length), [out, columns]);
    weights.push(w);
    return w;
  };
  let y = x;
  for (let i = 0; i < BLOCKS; i++) {
    const up = weight(4 * WIDTH, WIDTH);
    const down = weight(WIDTH, 4 * WIDTH);
    const from = y;
    y = region(() =>
      add(from, linear(gelu(linear(layerNorm(from, { weight: ones, bias: ones }), up)), down))
    );
  }
  return grad(sum(square(y)), [x, ...weights]);
}

Deno.test("checkpoint() gives the same gradients from fewer bytes of temporaries", async () => {
  using device = await openDevice();
  const run = async (tensors: readonly Tensor[]) => {
    using plan = await compile(device, { outputs: Object.fromEntries(tensors.entries()) });
    plan.run();
    const values = [];
    for (const i of tensors.keys()) values.push(await plan.read(String(i)));
    return { bytes: plan.bufferBytes, values, launches: plan.steps.length };
  };
  const retained = await run(gradients((trace) => trace()));
  const recomputed = await run(gradients(checkpoint));
  assert.deepEqual(recomputed.values, retained.values);
  assert.ok(recomputed.launches > retained.launches);
  assert.ok(
    recomputed.bytes < 0.6 * retained.bytes,
    `${recomputed.bytes} bytes instead of ${retained.bytes}`,
  );
});

Deno.test("checkpoint() gives the same gradients in float64", () => {
  assert.deepEqual(
    evaluateReference(gradients(checkpoint)),
    evaluateReference(gradients((trace) => trace())),
  );
});

Deno.test("checkpoint() does not duplicate leaves", async () => {
  using device = await openDevice();
  let x!: Tensor;
  const loss = sum(checkpoint(() => {
    x = input("x", [3]);
    return mul(square(x), x);
  }));
  const [dx] = grad(loss, [x]);
  using plan = await compile(device, { outputs: { loss, dx } });
  plan.run({ x: Float32Array.of(1, 2, -3) });
  assert.deepEqual([...await plan.read("loss")], [-18]);
  assert.deepEqual([...await plan.read("dx")], [3, 12, 27]);
});

Deno.test("checkpoint() nests", () => {
  const x = constant([0.5, 2]);
  const twice = checkpoint(() => {
    const y = checkpoint(() => mul(gelu(x), x));
    return checkpoint(() => gelu(mul(y, x)));
  });
  const plain = gelu(mul(mul(gelu(x), x), x));
  assert.deepEqual(
    evaluateReference(grad(sum(twice), [x])),
    evaluateReference(grad(sum(plain), [x])),
  );
});
