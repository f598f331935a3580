import { deepStrictEqual as deepEqual, ok } from "node:assert/strict";
import {
  compile,
  constant,
  grad,
  mean,
  slice,
  square,
  sub,
  type Tensor,
} from "../../engine/mod.ts";
import {
  foldBatchNorm,
  inception,
  inceptionInput,
  inceptionStateShapes,
} from "../../nets/inception.ts";
import { type MakeParameter, parameterShapes } from "../../nets/parameters.ts";
import { unet, type UNetConfig, unetParameters } from "../../nets/unet.ts";
import { uvit, uvitParameters } from "../../nets/uvit.ts";
import { presets } from "../../train/config/presets.ts";
import { openDevice } from "../device.ts";
import { distance, type Golden, goldenNnet, readGolden } from "../golden.ts";
import { hashedValues, hashedWeight } from "./hashed_weights.ts";

const OUTPUT = 1e-5;
const NORM = 3e-5;
const ENTRY = 1e-4;
/** Gradients of a norm this far below the largest are zero but for rounding. */
const ROUNDING = 1e-6;

type Describe = <T>(make: MakeParameter<T>) => unknown;
type Predict = (make: MakeParameter<Tensor>, inputs: { x: Tensor; timesteps: Tensor }) => Tensor;

/** What of a network of hashed weights, its loss and its gradients is further off than it may be. */
async function strayed(file: Golden, describe: Describe, predict: Predict): Promise<string[]> {
  const shapes = parameterShapes((make: MakeParameter<void>) => void describe(make));
  const names = Object.keys(shapes).sort();
  deepEqual(JSON.parse(file.metadata.names), names);
  const leaves: Record<string, Tensor> = {};
  const { shape, data } = file.f32("output");
  const byHash = (key: number) => constant(hashedValues(data.length, key), shape);
  const timesteps = constant(file.f32("timesteps").data, [shape[0]]);
  const output = predict(
    (name, shape) => leaves[name] = constant(hashedWeight(name, shape, names.indexOf(name)), shape),
    { x: byHash(900), timesteps },
  );
  const loss = mean(square(sub(byHash(905), output)));
  const grads = grad(loss, names.map((name) => leaves[name]));
  using device = await openDevice();
  using plan = await compile(device, {
    outputs: {
      output,
      loss,
      ...Object.fromEntries(names.map((name, i) => [`grad.${name}`, grads[i]])),
    },
  });
  plan.run();
  const problems: string[] = [];
  for (const name of ["output", "loss"]) {
    const error = distance(await plan.read(name), file.f32(name).data);
    if (!(error <= OUTPUT)) problems.push(`${name}: ${error}`);
  }
  const norms = file.f64("grad_norms");
  const zero = ROUNDING * Math.max(...norms);
  const entries = file.f32("grad_entries");
  const places = file.i32("grad_places")!;
  const width = places.shape[1];
  for (const [row, name] of names.entries()) {
    const actual = await plan.read(`grad.${name}`) as Float32Array;
    const norm = Math.sqrt(actual.reduce((sum, v) => sum + v * v, 0));
    if (norms[row] < zero) {
      if (!(norm < zero)) problems.push(`${name}: not zero, ${norm}`);
      continue;
    }
    const error = Math.abs(norm / norms[row] - 1);
    if (!(error <= NORM)) problems.push(`${name}: norm ${error}`);
    const largest = actual.reduce((top, v) => Math.max(top, Math.abs(v)), 0);
    for (let i = row * width; i < (row + 1) * width; i++) {
      const off = Math.abs(actual[places.data[i]] - entries.data[i]) / largest;
      if (!(off <= ENTRY)) problems.push(`${name} ${places.data[i]}: ${off}`);
    }
  }
  return problems;
}

Deno.test("uvit() at CIFAR-10's full size has the reference's output, loss and gradients", async () => {
  const file = await readGolden("uvit_cifar10_small_hashed_scalelong3");
  const config = goldenNnet(file.metadata);
  deepEqual(
    await strayed(
      file,
      (make) => uvitParameters(config, make),
      (make, inputs) => uvit(uvitParameters(config, make), inputs, config),
    ),
    [],
  );
});

Deno.test("unet() at CIFAR-10's full size has the reference's output, loss and gradients", async () => {
  const file = await readGolden("unet_cifar10_hashed_scalelong2");
  const { resolution, ...options } = JSON.parse(file.metadata.config);
  const config: UNetConfig = { ...presets.cifar10_unet.nnet, ...options, img_size: resolution };
  deepEqual(
    await strayed(
      file,
      (make) => unetParameters(config, make),
      (make, inputs) => unet(unetParameters(config, make), inputs, config),
    ),
    [],
  );
});

Deno.test("inception() has the reference's blocks with weights of full rank", async () => {
  const file = await readGolden("inception_hashed");
  const shapes = inceptionStateShapes();
  const names = Object.keys(shapes).sort();
  const weights = foldBatchNorm(
    Object.fromEntries(names.map((name, key) => [name, hashedWeight(name, shapes[name], key, 2)])),
  );
  const images = constant(Float32Array.from(file.f64("images")), [2, 3, 48, 40]);
  const { block0, block1, block2, pool } = inception(
    inceptionInput(images, 255),
    (name, shape) => constant(weights[name], shape),
  );
  const corner = (x: Tensor) => slice(slice(slice(x, 1, 0, 6), 2, 0, 6), 3, 0, 6);
  const outputs = {
    pool2048: pool,
    block0_mean: mean(block0, [2, 3]),
    block1_mean: mean(block1, [2, 3]),
    block2_mean: mean(block2, [2, 3]),
    block1_corner: corner(block1),
    block2_corner: corner(block2),
  };
  using device = await openDevice();
  using plan = await compile(device, { outputs });
  plan.run();
  const problems: string[] = [];
  for (const name of file.names.filter((name) => name !== "images")) {
    const error = distance(await plan.read(name), file.f32(name).data);
    if (!(error <= OUTPUT)) problems.push(`${name}: ${error}`);
  }
  deepEqual(problems, []);
});

Deno.test("hashedValues() are those that the files' README gives", () => {
  const [a, b, c] = hashedValues(3, 902);
  ok(distance([a, b, c], [-0.69825697, 1.61217093, 1.02967846]) < 1e-7);
});
