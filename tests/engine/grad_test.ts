import assert from "node:assert/strict";
import { grad } from "../../engine/grad.ts";
import { constant, input } from "../../engine/leaves.ts";
import { add, mul } from "../../engine/ops/binary.ts";
import { unpackBytes } from "../../engine/ops/bytes.ts";
import { linear } from "../../engine/ops/linear.ts";
import { randomNormal } from "../../engine/ops/random.ts";
import { sum } from "../../engine/ops/sum.ts";
import { affine, exp, sin, square, step } from "../../engine/ops/unary.ts";
import { slice } from "../../engine/ops/views.ts";
import { evaluateReference } from "../../engine/reference.ts";
import type { Tensor } from "../../engine/tensor.ts";

const numbers = (t: Tensor): number[] => [...evaluateReference([t])[0]];

Deno.test("grad() accumulates over every use of a tensor", () => {
  const x = constant([1, 2, 3]);
  const [dx] = grad(sum(add(add(mul(x, x), x), affine(x, 4))), [x]);
  assert.deepEqual(numbers(dx), [7, 9, 11]);
});

Deno.test("grad() of grad() is the second derivative", () => {
  const x = constant([0.5, -1, 2]);
  const [first] = grad(sum(mul(square(x), x)), [x]);
  const [second] = grad(sum(first), [x]);
  assert.deepEqual(numbers(second), [3, -6, 12]);
  const y = constant([0.25, 1.5]);
  const [cosine] = grad(sum(sin(y)), [y]);
  const [minusSine] = grad(sum(cosine), [y]);
  assert.deepEqual(numbers(minusSine), numbers(y).map((v) => -Math.sin(v)));
});

Deno.test("grad() accepts inner tensors and the loss itself", () => {
  const x = constant([3]);
  const y = exp(x);
  const loss = sum(square(y));
  const [dy, dloss] = grad(loss, [y, loss]);
  assert.deepEqual(numbers(dy), [2 * Math.exp(3)]);
  assert.deepEqual(numbers(dloss), [1]);
  assert.deepEqual(dloss.shape, []);
});

Deno.test("grad() of a part of a tensor is zero elsewhere", () => {
  const x = constant([1, 2, 3, 4, 5, 6], [2, 3]);
  const [dx] = grad(sum(square(slice(x, 1, 1, 2))), [x]);
  assert.deepEqual(dx.shape, [2, 3]);
  assert.deepEqual(numbers(dx), [0, 4, 0, 0, 10, 0]);
});

Deno.test("grad() rejects a loss or target that does not fit, naming it", () => {
  const x = constant([1, 2]);
  assert.throws(() => grad(x, [x]), /^ShapeError: grad: the loss has shape \[2\]$/);
  assert.throws(
    () => grad(sum(x), [input("other", [3, 4])]),
    /^ShapeError: grad: the loss does not depend on input \[3, 4\]$/,
  );
  assert.throws(() => grad(sum(step(x)), [x]), /does not depend on constant \[2\]/);
  const words = input("words", [1], "u32");
  assert.throws(() => grad(sum(unpackBytes(words, [4])), [words]), /"unpack_bytes" has no adjoint/);
});

Deno.test("grad() ignores operations without an adjoint that do not depend on the parameters", () => {
  const key = input("key", [4], "u32");
  const weight = constant([1, 2], [1, 2]);
  const loss = sum(linear(randomNormal(key, [3, 2], 0), weight));
  const [dw] = grad(loss, [weight]);
  const [values] = evaluateReference([dw], { key: [1, 2, 3, 4] });
  assert.equal(values.length, 2);
  assert.throws(() => grad(loss, [key]), /"random" has no adjoint/);
});
