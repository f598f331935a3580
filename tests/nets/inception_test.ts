import { deepStrictEqual as deepEqual, ok, throws } from "node:assert/strict";
import { compile, constant, input, mean, slice, type Tensor } from "../../engine/mod.ts";
import {
  foldBatchNorm,
  inception,
  inceptionInput,
  inceptionStateShapes,
} from "../../nets/inception.ts";
import { openDevice } from "../device.ts";
import { distance, readGolden } from "../golden.ts";
import { formulaInception } from "./formula_inception.ts";

const TOLERANCE = 1e-4;

Deno.test("inception() computes the reference's four blocks", async () => {
  const file = await readGolden("inception");
  const weights = foldBatchNorm(formulaInception());
  const { shape, data } = file.f32("input");
  const { block0, block1, block2, pool } = inception(
    inceptionInput(constant(data, shape), 1),
    (name, shape) => constant(weights[name], shape),
  );
  const corner = (x: Tensor) => slice(slice(slice(x, 1, 0, 4), 2, 0, 8), 3, 0, 8);
  const outputs = {
    block0_mean: mean(block0, [2, 3]),
    block1_mean: mean(block1, [2, 3]),
    block2_mean: mean(block2, [2, 3]),
    block0_corner: corner(block0),
    block2_corner: corner(block2),
    pool2048: pool,
  };
  using device = await openDevice();
  using plan = await compile(device, { outputs });
  plan.run();
  const problems: string[] = [];
  for (const name of file.names.filter((name) => name !== "input")) {
    const error = distance(await plan.read(name), file.f32(name).data);
    if (!(error <= TOLERANCE)) problems.push(`${name}: ${error}`);
  }
  deepEqual(problems, []);
});

Deno.test("inceptionStateShapes() has the names and shapes of the published weights", async () => {
  const { metadata } = await readGolden("inception");
  deepEqual({ ...inceptionStateShapes() }, JSON.parse(metadata.keys));
});

Deno.test("foldBatchNorm() folds convolution and batch norm into one convolution", () => {
  const state = formulaInception();
  const folded = foldBatchNorm(state);
  const bn = (key: string) => state[`Mixed_7c.branch_pool.bn.${key}`];
  const fan = 2048;
  for (const channel of [0, 191]) {
    const factor = bn("weight")[channel] / Math.sqrt(bn("running_var")[channel] + 0.001);
    const at = channel * fan + 3;
    const weight = state["Mixed_7c.branch_pool.conv.weight"][at] * factor;
    const bias = bn("bias")[channel] - bn("running_mean")[channel] * factor;
    const found = [
      folded["Mixed_7c.branch_pool.conv.weight"][at],
      folded["Mixed_7c.branch_pool.conv.bias"][channel],
    ];
    ok(distance(found, [weight, bias]) < 1e-7);
  }
  deepEqual(folded["fc.bias"], state["fc.bias"]);
});

Deno.test("inception() names the image shape it takes", () => {
  const leaf = (name: string, shape: readonly number[]) => input(name, shape);
  throws(() => inception(input("x", [1, 3, 32, 32]), leaf), {
    name: "ShapeError",
    message: "inception: takes [n, 3, 299, 299], not [1, 3, 32, 32]",
  });
});
