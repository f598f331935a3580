import assert from "node:assert/strict";
import { fuseGraph, type Group } from "../../../engine/plan/fusion.ts";
import { ancestors } from "../../../engine/graph.ts";
import { anchorBindings } from "../../../engine/kernels/lowering.ts";
import { constant } from "../../../engine/leaves.ts";
import { add, mul, sub } from "../../../engine/ops/binary.ts";
import { conv2d } from "../../../engine/ops/conv2d.ts";
import { gelu } from "../../../engine/ops/gelu.ts";
import { linear } from "../../../engine/ops/linear.ts";
import { matmul } from "../../../engine/ops/matmul.ts";
import { softmax } from "../../../engine/ops/softmax.ts";
import { sum } from "../../../engine/ops/sum.ts";
import { affine, exp, sigmoid, silu } from "../../../engine/ops/unary.ts";
import { concat, permute, reshape, rootOf, slice } from "../../../engine/ops/views.ts";
import { philox } from "../../../engine/philox.ts";
import { compile } from "../../../engine/plan/compile.ts";
import { evaluateReference } from "../../../engine/reference.ts";
import type { Tensor } from "../../../engine/tensor.ts";
import { openDevice } from "../../device.ts";

function fuse(outputs: readonly Tensor[], maxBindings = 48): Group[] {
  const retained = new Set(outputs.map(rootOf));
  return fuseGraph(ancestors(outputs), {
    anchorBindings,
    isRetained: (t) => retained.has(t),
    maxBindings,
  });
}

const labels = (groups: readonly Group[]): string[] =>
  groups.map(({ anchor, nodes }) =>
    [...(anchor ? [anchor.op.name] : []), ...nodes.map((n) => n.op.name)].join("+")
  );

const leaf = (...shape: number[]): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return constant(Array.from({ length: size }, (_, i) => Math.sin(1.3 * i + size)), shape);
};

Deno.test("fuseGraph() makes one kernel of an elementwise chain", () => {
  const x = leaf(4, 5);
  const y = gelu(mul(add(x, leaf(5)), leaf(4, 1)));
  assert.deepEqual(labels(fuse([sub(reshape(y, [20]), sigmoid(reshape(y, [20])))])), [
    "add+mul+gelu+sigmoid+sub",
  ]);
});

Deno.test("fuseGraph() ends a product with what follows, a residual made before included", () => {
  const residual = exp(leaf(4, 5));
  const y = add(gelu(linear(leaf(4, 3), leaf(5, 3), leaf(5))), residual);
  assert.deepEqual(labels(fuse([y])), ["linear+exp+gelu+add"]);
});

Deno.test("fuseGraph() ends a convolution with its bias and what follows", () => {
  const y = conv2d(leaf(2, 3, 4, 5), leaf(6, 3, 3, 3), { bias: leaf(6), padding: 1 });
  assert.deepEqual(labels(fuse([add(silu(y), leaf(2, 6, 4, 5))])), ["conv2d+silu+add"]);
});

Deno.test("fuseGraph() does not fuse what is read at other positions than it is written", () => {
  const y = exp(leaf(3, 4));
  assert.deepEqual(labels(fuse([add(permute(y, [1, 0]), leaf(4, 3))])), ["exp", "permute+add"]);
  const z = exp(leaf(4));
  assert.deepEqual(labels(fuse([mul(z, leaf(3, 4))])), ["exp", "mul"]);
});

Deno.test("fuseGraph() does not end a product with a second output's or another size's users", () => {
  const y = matmul(leaf(3, 2), leaf(2, 4));
  assert.deepEqual(labels(fuse([slice(y, 0, 0, 1)])), ["matmul", "window"]);
  assert.deepEqual(labels(fuse([affine(softmax(leaf(3, 4)), 2)])), ["softmax", "affine"]);
});

Deno.test("fuseGraph() does not move a kernel past one that needs it", () => {
  const y = exp(leaf(3, 4));
  const total = sum(y, [1], true);
  assert.deepEqual(labels(fuse([mul(y, total)])), ["exp", "sum", "mul"]);
});

Deno.test("fuseGraph() starts another kernel where bindings run out", async () => {
  const parts = Array.from({ length: 13 }, (_, i) => affine(leaf(2, i + 1), i + 1));
  const y = concat(parts, 1);
  const groups = fuse([y], 8);
  assert.ok(groups.length > parts.length + 1);
  for (const { nodes } of groups) {
    const inside = new Set(nodes.flatMap((n) => n.outputs));
    const loads = new Set(nodes.flatMap((n) => n.inputs.map(rootOf)).filter((t) => !inside.has(t)));
    assert.ok(loads.size + 2 <= 8, `${loads.size} loads`);
  }
  const total = Array.from({ length: 13 }, () => leaf(5)).reduce(add);
  assert.deepEqual(fuse([total], 8).map((group) => group.nodes.length), [5, 5, 2]);

  using device = await openDevice();
  using plan = await compile(device, { outputs: { y } });
  plan.run();
  near(await plan.read("y"), evaluateReference([y])[0]);
});

/** A graph of operations that fuse in many ways, on values of 8 x 8, 8 x 1 and 8. */
function randomGraph(trial: number, size: number): Tensor[] {
  let draws = 0;
  const random = (below: number) => philox([draws++, trial, 0, 0], [1, 0])[0] % below;
  const squares = [leaf(8, 8), leaf(8, 8)];
  const narrow = [leaf(8, 1), leaf(8)];
  const pick = (list: readonly Tensor[]) =>
    list[Math.max(random(list.length), random(list.length))];
  const makers: (() => Tensor)[] = [
    () => affine(add(pick(squares), pick(squares)), 0.5),
    () => mul(pick(squares), pick(narrow)),
    () => sigmoid(pick(squares)),
    () => permute(pick(squares), [1, 0]),
    () => affine(matmul(pick(squares), pick(squares)), 0.2),
    () => add(affine(linear(pick(squares), pick(squares)), 0.2), pick(squares)),
    () => softmax(pick(squares)),
    () => {
      const x = pick(squares);
      const at = 1 + random(7);
      return concat([slice(x, random(2), 0, 8), slice(pick(squares), 1, 0, at)], 1);
    },
    () => reshape(gelu(reshape(pick(squares), [4, 16])), [8, 8]),
  ];
  while (squares.length < size) {
    const t = makers[random(makers.length)]();
    squares.push(t.shape[1] === 8 ? t : slice(t, 1, t.shape[1] - 8, t.shape[1]));
    if (random(4) === 0) narrow.push(affine(sum(pick(squares), [random(2)], true), 0.2));
    const last = narrow[narrow.length - 1];
    if (last.shape[0] === 1) narrow[narrow.length - 1] = reshape(last, [8]);
  }
  return [squares[size - 1], narrow[narrow.length - 1], pick(squares)];
}

function near(actual: Float32Array, expected: Float64Array): void {
  expected.forEach((v, i) => assert.ok(Math.abs(actual[i] - v) < 1e-4 * (1 + Math.abs(v))));
}

Deno.test("fuseGraph() runs every node once, after what it needs, for random graphs", () => {
  for (let trial = 0; trial < 200; trial++) {
    const outputs = randomGraph(trial, 30);
    const made = new Set<Tensor>();
    let count = 0;
    for (const { anchor, nodes } of fuse(outputs, trial % 2 ? 8 : 48)) {
      const domain = (anchor ?? nodes[0]).outputs[0].size;
      for (const node of anchor ? [anchor, ...nodes] : nodes) {
        count++;
        if (node !== anchor) assert.equal(node.outputs[0].size, domain);
        for (const t of node.inputs.map(rootOf)) {
          assert.ok(t.node.inputs.length === 0 || made.has(t), `trial ${trial}`);
        }
        for (const t of node.outputs) made.add(t);
      }
    }
    const run = ancestors(outputs).filter((n) => n.inputs.length > 0 && n.op.name !== "reshape");
    assert.equal(count, run.length);
  }
});

Deno.test("plans of random graphs agree with float64", async () => {
  using device = await openDevice();
  for (let trial = 0; trial < 5; trial++) {
    const outputs = randomGraph(trial, 16);
    using plan = await compile(device, { outputs: Object.fromEntries(outputs.entries()) });
    plan.run();
    for (const [i, expected] of evaluateReference(outputs).entries()) {
      near(await plan.read(String(i)), expected);
    }
  }
});
