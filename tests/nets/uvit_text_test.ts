import { deepStrictEqual as deepEqual, ok, strictEqual as equal, throws } from "node:assert/strict";
import {
  cast,
  compile,
  constant,
  type Device,
  evaluate,
  grad,
  mean,
  square,
  sub,
  type Tensor,
} from "../../engine/mod.ts";
import { conditioningOf, conditionInput } from "../../nets/conditioning.ts";
import { conditionInputs } from "../../nets/conditions.ts";
import { type MakeParameter, parameterShapes } from "../../nets/parameters.ts";
import { uvit, type UVitConfig, uvitParameters, uvitTokens } from "../../nets/uvit.ts";
import type { UVitNnetConfig } from "../../train/config/config.ts";
import { type PresetName, presets } from "../../train/config/presets.ts";
import { ADAPTER_KINDS, IS_FULL } from "../adapter_kinds.ts";
import { openDevice } from "../device.ts";
import { distance, type Golden, goldenNnet, readGolden } from "../golden.ts";
import { hashedValues, hashedWeight } from "./hashed_weights.ts";

const TOLERANCE = 1e-4;

const shapesOf = (config: UVitConfig) =>
  parameterShapes((make: MakeParameter<void>) => void uvitParameters(config, make));

/** Output, loss and gradients of a golden network of texts, named as in its file. */
function golden(file: Golden, config: UVitConfig): Record<string, Tensor> {
  const leaf = (name: string) => constant(file.f32(name).data, file.f32(name).shape);
  const leaves: Record<string, Tensor> = {};
  const params = uvitParameters(config, (name) => leaves[name] = leaf(`param.${name}`));
  const [x, condition] = [leaf("xn"), leaf("context")];
  const timesteps = constant(Float32Array.from(file.i32("n")!.data), [x.shape[0]]);
  const output = uvit(params, { x, timesteps, condition }, config);
  const loss = mean(square(sub(leaf("noise"), output)));
  const names = Object.keys(leaves);
  const [grad_xn, grad_context, ...grads] = grad(loss, [
    x,
    condition,
    ...names.map((name) => leaves[name]),
  ]);
  return {
    output,
    loss,
    grad_xn,
    grad_context,
    ...Object.fromEntries(names.map((name, i) => [`grad.${name}`, grads[i]])),
  };
}

/** Arrays of a golden network that are further than the tolerance from its file. */
async function strayed(device: Device, file: Golden, config: UVitConfig): Promise<string[]> {
  const outputs = golden(file, config);
  using plan = await compile(device, { outputs });
  plan.run();
  const problems: string[] = [];
  for (const name of Object.keys(outputs)) {
    const error = distance(await plan.read(name), file.f32(name).data);
    if (!(error <= TOLERANCE)) problems.push(`${name}: ${error}`);
  }
  return problems;
}

Deno.test("uvit() of texts and its gradients are the reference's with CS and LS", async () => {
  for (const options of ADAPTER_KINDS) {
    using device = await openDevice(options);
    for (const name of ["t2i_uvit_tiny_scalelong2", "t2i_uvit_tiny_scalelong3"]) {
      const file = await readGolden(name);
      const nnet = { ...goldenNnet(file.metadata), use_checkpoint: name.endsWith("3") };
      deepEqual(await strayed(device, file, nnet), [], `${name} ${JSON.stringify(options)}`);
    }
  }
});

Deno.test("uvit() in f16 of packed contexts gives the bits of the same numbers in f32", async () => {
  using device = await openDevice();
  const file = await readGolden("t2i_uvit_tiny_scalelong3");
  const config = goldenNnet(file.metadata);
  const leaf = (name: string) => constant(file.f32(name).data, file.f32(name).shape);
  const params = uvitParameters(config, (name) => cast(leaf(`param.${name}`), "f16"));
  const x = leaf("xn");
  const timesteps = constant(Float32Array.from(file.i32("n")!.data), [x.shape[0]]);
  const conditioning = conditioningOf(config);
  const packing = conditioning.kind === "tokens" ? { ...conditioning, packed: true } : conditioning;
  const { data, shape } = file.f32("context");
  const context = Float16Array.from(data);
  const outputs = {
    packed: uvit(
      params,
      { x, timesteps, condition: conditionInput(packing, x.shape[0]) },
      config,
    ),
    f32: uvit(
      params,
      { x, timesteps, condition: constant(Float32Array.from(context), shape) },
      config,
    ),
  };
  using plan = await compile(device, { outputs });
  plan.run(conditionInputs(packing, context));
  deepEqual(await plan.read("packed"), await plan.read("f32"));
});

Deno.test("uvitParameters() of texts have the names and shapes of the reference's", async () => {
  for (const name of ["t2i_uvit_tiny_scalelong2", "t2i_uvit_tiny_scalelong3"]) {
    const file = await readGolden(name);
    const expected = Object.entries(file.group("param.")).map(([key, { shape }]) => [key, shape]);
    deepEqual({ ...shapesOf(goldenNnet(file.metadata)) }, Object.fromEntries(expected));
  }
});

Deno.test({
  name: "uvit() at MS-COCO's full size has the reference's output",
  ignore: !IS_FULL,
  async fn() {
    const file = await readGolden("t2i_uvit_small_hashed_scalelong3");
    const config = goldenNnet(file.metadata);
    const names = Object.keys(shapesOf(config)).sort();
    const params = uvitParameters(
      config,
      (name, shape) => constant(hashedWeight(name, shape, names.indexOf(name)), shape),
    );
    const inputs = {
      x: constant(hashedValues(4 * 32 * 32, 900), [1, 4, 32, 32]),
      timesteps: constant(Float32Array.from(file.i32("n")!.data), [1]),
      condition: constant(hashedValues(77 * 768, 904), [1, 77, 768]),
    };
    using device = await openDevice();
    const output = await evaluate(uvit(params, inputs, config), {}, device);
    const error = distance(output, file.f32("output").data);
    ok(error <= TOLERANCE, `${error}`);
  },
});

Deno.test("uvitParameters() of the latent presets count what is published, and what gates add", () => {
  const published: [preset: PresetName, counts: [number, number, number], tokens: number][] = [
    ["mscoco_uvit_small", [44_692_644, 13_714, 82_284], 334],
    ["mscoco_uvit_small_deep", [58_345_636, 13_714, 109_712], 334],
    ["imagenet256_uvit_large", [286_763_172, 8_530, 85_300], 258],
    ["imagenet256_uvit_huge", [500_832_016, 8_530, 119_420], 258],
    ["imagenet512_uvit_large", [286_861_524, 8_530, 85_300], 258],
    ["imagenet512_uvit_huge", [500_942_656, 8_530, 119_420], 258],
  ];
  for (const [preset, [plain, shared, each], tokens] of published) {
    const nnet = presets[preset].nnet as UVitNnetConfig;
    const counts = ([0, 3, 4] as const).map((scalelong) =>
      Object.values(shapesOf({ ...nnet, scalelong }))
        .reduce((sum, shape) => sum + shape.reduce((n, d) => n * d, 1), 0)
    );
    deepEqual(counts, [plain, plain + shared, plain + each], preset);
    equal(uvitTokens(nnet), tokens);
  }
});

Deno.test("uvit() of texts names a condition that does not match", () => {
  const config = {
    ...presets.mscoco_uvit_small.nnet,
    ...{ embed_dim: 32, num_heads: 2, depth: 2, clip_dim: 5, num_clip_token: 3 },
  };
  const traced = (condition?: Tensor) =>
    uvit(
      uvitParameters(config, (_, shape) =>
        constant(new Float32Array(shape.reduce((n, d) => n * d, 1)), shape)),
      { x: constant(new Float32Array(4096), [1, 4, 32, 32]), timesteps: constant([1]), condition },
      config,
    );
  equal(traced(constant(new Float32Array(15), [1, 3, 5])).shape[1], 4);
  throws(() => traced(), {
    name: "ShapeError",
    message: "uvit: a conditional network needs its condition, f32 [1, 3, 5]",
  });
  throws(() => traced(constant(new Float32Array(15), [1, 5, 3])), {
    name: "ShapeError",
    message: "uvit: the condition is f32 [1, 5, 3], the network takes f32 [1, 3, 5]",
  });
});
