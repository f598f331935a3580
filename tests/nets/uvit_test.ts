import {
  deepStrictEqual as deepEqual,
  notDeepStrictEqual as notDeepEqual,
  ok,
  strictEqual as equal,
  throws,
} from "node:assert/strict";
import {
  compile,
  constant,
  type Device,
  type DeviceOptions,
  evaluate,
  evaluateReference,
  grad,
  mean,
  square,
  sub,
  type Tensor,
} from "../../engine/mod.ts";
import { initialize, type MakeParameter, parameterShapes } from "../../nets/parameters.ts";
import type { NetworkInputs } from "../../nets/network_inputs.ts";
import { timestepEmbedding, uvit, uvitParameters, uvitTokens } from "../../nets/uvit.ts";
import type { UVitNnetConfig } from "../../train/config/config.ts";
import { openDevice } from "../device.ts";
import { distance, type Golden, goldenNnet, readGolden } from "../golden.ts";

const TOLERANCE = 1e-4;
const FILES = [0, 1, 2, 3, 4].map((method) => `uvit_tiny_scalelong${method}`)
  .concat("uvit_cond_scalelong3");

const describe = (config: UVitNnetConfig) => (make: MakeParameter<void>) =>
  uvitParameters(config, make);

/** Output, loss and gradients of a golden network, named as in its file. */
function golden(file: Golden, config: UVitNnetConfig): Record<string, Tensor> {
  const leaf = (name: string) => constant(file.f32(name).data, file.f32(name).shape);
  const leaves: Record<string, Tensor> = {};
  const params = uvitParameters(config, (name) => leaves[name] = leaf(`param.${name}`));
  const x = leaf("xt");
  const labels = file.i32("y");
  const condition = labels && constant(labels.data, labels.shape);
  const output = uvit(params, { x, timesteps: leaf("timesteps"), condition }, config);
  const loss = mean(square(sub(leaf("noise"), output)));
  const names = Object.keys(leaves);
  const grads = grad(loss, [x, ...names.map((name) => leaves[name])]);
  return {
    output,
    loss,
    grad_xt: grads[0],
    ...Object.fromEntries(names.map((name, i) => [`grad.${name}`, grads[i + 1]])),
  };
}

/** Arrays of a golden network that are further than the tolerance from its file. */
async function strayed(device: Device, file: Golden, config: UVitNnetConfig): Promise<string[]> {
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

for (const name of FILES) {
  Deno.test(`uvit() and its gradients are the reference's: ${name}`, async () => {
    using device = await openDevice();
    const file = await readGolden(name);
    for (const use_checkpoint of [false, true]) {
      deepEqual(await strayed(device, file, { ...goldenNnet(file.metadata), use_checkpoint }), []);
    }
  });
}

Deno.test("uvit() and its gradients are the reference's on other kinds of adapter", async () => {
  const file = await readGolden("uvit_tiny_scalelong3");
  const kinds: DeviceOptions[] = [
    { withoutSubgroups: true },
    { adapterClass: "integrated" },
    { adapterClass: "discrete" },
  ];
  for (const options of kinds) {
    using device = await openDevice(options);
    deepEqual(await strayed(device, file, goldenNnet(file.metadata)), [], JSON.stringify(options));
  }
});

Deno.test("uvitParameters() has the names and shapes of the reference's checkpoints", async () => {
  for (const name of FILES) {
    const file = await readGolden(name);
    const shapes = Object.fromEntries(
      Object.entries(file.group("param.")).map(([key, { shape }]) => [key, shape]),
    );
    deepEqual({ ...parameterShapes(describe(goldenNnet(file.metadata))) }, shapes);
  }
});

Deno.test("uvitParameters() has no parameters for options that are off", () => {
  const options = {
    conv: false,
    skip: false,
    qkv_bias: false,
    mlp_time_embed: false,
    num_classes: -1,
  };
  const names = Object.keys(parameterShapes(describe({ ...tiny, ...options, scalelong: 4 })));
  deepEqual(names.filter((name) => /final|skip|se\.|qkv\.bias|time|label/.test(name)), []);
});

/** Weights and inputs by the formula of tests/golden/README.md. */
function byFormula(size: number, key: number, scale: number, offset = 0): Float32Array {
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    values[i] = offset + scale * Math.sin(12.9898 * (i + 1) + 78.233 * (key + 1));
  }
  return values;
}

Deno.test("uvit() at CIFAR-10's full size has the reference's output", async () => {
  using device = await openDevice();
  const file = await readGolden("uvit_cifar10_small_formula_scalelong2");
  const config = goldenNnet(file.metadata);
  const sorted = Object.keys(parameterShapes(describe(config))).sort();
  let count = 0;
  const params = uvitParameters(config, (name, shape) => {
    const size = shape.reduce((n, d) => n * d, 1);
    count += size;
    const vector = shape.length < 2;
    const scale = vector ? 0.1 : Math.sqrt(2 * shape[0] / size);
    const offset = vector && name.endsWith("weight") ? 1 : 0;
    return constant(byFormula(size, sorted.indexOf(name), scale, offset), shape);
  });
  equal((count / 1e6).toFixed(2), "44.26");
  const { shape, data } = file.f32("output");
  const x = constant(byFormula(data.length, 900, 1), shape);
  const timesteps = constant(file.f32("timesteps").data, [1]);
  const output = await evaluate(uvit(params, { x, timesteps }, config), {}, device);
  ok(distance(output, data) <= TOLERANCE, `${distance(output, data)}`);
});

const tiny: UVitNnetConfig = {
  name: "uvit",
  img_size: 8,
  patch_size: 4,
  in_chans: 3,
  embed_dim: 32,
  depth: 2,
  num_heads: 2,
  mlp_ratio: 4,
  qkv_bias: true,
  qk_scale: null,
  mlp_time_embed: true,
  num_classes: 6,
  clip_dim: null,
  num_clip_token: 77,
  text_depth: 0,
  text_heads: 4,
  conv: true,
  skip: true,
  use_checkpoint: false,
  scalelong: 4,
  kappa: 0.7,
};

/** The tiny network's output in float64, its weights drawn for `config`. */
function outputOf(config: UVitNnetConfig, inputs: NetworkInputs) {
  const values = initialize(describe(config), 5);
  const params = uvitParameters(config, (name, shape) => constant(values[name], shape));
  return evaluateReference([uvit(params, inputs, config)])[0];
}

const x = constant(byFormula(2 * 3 * 64, 1, 1), [2, 3, 8, 8]);
const timesteps = constant([10, 900]);
const condition = constant(Int32Array.of(0, 5), [2]);

Deno.test("uvit() depends on each option", () => {
  const plain = outputOf(tiny, { x, timesteps, condition });
  const heads = { num_heads: 4, qk_scale: (tiny.embed_dim / tiny.num_heads) ** -0.5 };
  for (const change of [{ qk_scale: 1 }, heads, { conv: false }, { skip: false }]) {
    notDeepEqual(outputOf({ ...tiny, ...change }, { x, timesteps, condition }), plain);
  }
  const spelled = { qk_scale: (tiny.embed_dim / tiny.num_heads) ** -0.5 };
  deepEqual(outputOf({ ...tiny, ...spelled }, { x, timesteps, condition }), plain);
  deepEqual(outputOf({ ...tiny, use_checkpoint: true }, { x, timesteps, condition }), plain);
  const scaled = (scalelong: 0 | 2, kappa: number) =>
    outputOf({ ...tiny, depth: 4, scalelong, kappa }, { x, timesteps, condition });
  deepEqual(scaled(2, 1), scaled(0, 1));
  notDeepEqual(scaled(2, 0.9), scaled(0, 1));
  notDeepEqual(
    outputOf(tiny, { x, timesteps, condition: constant(Int32Array.of(0, 4), [2]) }),
    plain,
  );
  notDeepEqual(outputOf(tiny, { x, timesteps: constant([10, 901]), condition }), plain);
});

Deno.test("uvit() lets blocks, skips and gates be observed in the order of computation", () => {
  const seen = (config: UVitNnetConfig) => {
    const values = initialize(describe(config), 5);
    const params = uvitParameters(config, (name, shape) => constant(values[name], shape));
    const shapes: Record<string, readonly number[]> = {};
    uvit(
      params,
      { x, timesteps, condition, observe: (name, { shape }) => shapes[name] = shape },
      config,
    );
    return shapes;
  };
  const shapes = seen({ ...tiny, depth: 4, use_checkpoint: true });
  const skip = (i: number) => [`skips.${i}`, `gates.${i}`, `scaled_skips.${i}`];
  deepEqual(Object.keys(shapes), [
    ...["in_blocks.0", "in_blocks.1", "mid_block"],
    ...[...skip(2), ...skip(1), "out_blocks.0", "out_blocks.1"],
  ]);
  deepEqual(shapes["skips.2"], [2, 6, tiny.embed_dim]);
  deepEqual(shapes["gates.1"], [2, 6]);
  const blocks = ["in_blocks.0", "mid_block", "out_blocks.0"];
  deepEqual(Object.keys(seen({ ...tiny, skip: false })), blocks);
});

Deno.test("uvit() gives method 4's first gate to the innermost skip", () => {
  const config: UVitNnetConfig = { ...tiny, depth: 4 };
  const values = initialize(describe(config), 5);
  values["se.0.layer2.bias"].fill(30);
  values["se.1.layer2.bias"].fill(-30);
  const params = uvitParameters(config, (name, shape) => constant(values[name], shape));
  const gates: Record<string, Tensor> = {};
  uvit(params, { x, timesteps, condition, observe: (name, value) => gates[name] = value }, config);
  const [inner, outer] = evaluateReference([gates["gates.2"], gates["gates.1"]]);
  ok(inner.every((v) => v > 0.99) && outer.every((v) => v < 0.01));
});

Deno.test("uvit() names the input that does not match", () => {
  const unconditional = { ...tiny, num_classes: -1 };
  throws(() => outputOf(unconditional, { x, timesteps, condition }), {
    name: "ShapeError",
    message: "uvit: a condition for an unconditional network",
  });
  throws(() => outputOf(tiny, { x, timesteps }), {
    name: "ShapeError",
    message: "uvit: a conditional network needs its condition, i32 [2]",
  });
  for (const shape of [[2, 3, 4, 16], [2, 12, 4, 4], [6, 1, 8, 8]]) {
    const wrong = constant(byFormula(2 * 3 * 64, 1, 1), shape);
    throws(() => outputOf(unconditional, { x: wrong, timesteps }), {
      name: "ShapeError",
      message: `uvit: images are [${shape.join(", ")}], the network takes [batch, 3, 8, 8]`,
    });
  }
});

Deno.test("timestepEmbedding() is cosines, then sines, of falling frequencies", () => {
  for (const dim of [6, 7]) {
    const [embedded] = evaluateReference([timestepEmbedding(constant([0, 3.5]), dim)]);
    const angles = [1, 10000 ** (-1 / 3), 10000 ** (-2 / 3)].map((f) => 3.5 * f);
    const row = [...angles.map(Math.cos), ...angles.map(Math.sin), 0].slice(0, dim);
    const expected = [1, 1, 1, 0, 0, 0, 0].slice(0, dim).concat(row);
    ok(distance(embedded, expected) < 1e-6);
  }
});

Deno.test("uvitTokens() counts time, label and patches", () => {
  equal(uvitTokens(tiny), 6);
  equal(uvitTokens({ ...tiny, num_classes: -1, img_size: 32, patch_size: 2 }), 257);
});

Deno.test("initialize() draws from the reference's distributions", () => {
  const config = { ...tiny, embed_dim: 128, num_heads: 4 };
  const values = initialize(describe(config), 7);
  const shapes = parameterShapes(describe(config));
  const std = (v: Float32Array) => Math.sqrt(v.reduce((s, a) => s + a * a, 0) / v.length);
  for (const [name, data] of Object.entries(values)) {
    const size = shapes[name].reduce((n, d) => n * d, 1);
    equal(data.length, size);
    const uniform = /^(patch_embed|final_layer|se)\./.exec(name);
    if (uniform) {
      const weight = shapes[name.replace(/bias$/, "weight")];
      const bound = weight.slice(1).reduce((n, d) => n * d, 1) ** -0.5;
      ok(data.every((v) => Math.abs(v) <= bound), name);
      if (size > 1000) ok(Math.abs(std(data) / (bound / Math.sqrt(3)) - 1) < 0.05, name);
      ok(data.some((v) => v !== 0), name);
    } else if (/norm.*weight$/.test(name)) {
      ok(data.every((v) => v === 1), name);
    } else if (name.endsWith("bias")) {
      ok(data.every((v) => v === 0), name);
    } else {
      const expected = name === "label_emb.weight" ? 1 : 0.02;
      ok(Math.abs(std(data) / expected - 1) < 3 / Math.sqrt(size), `${name}: ${std(data)}`);
      ok(Math.abs(data.reduce((s, v) => s + v, 0) / size) < 5 * expected / Math.sqrt(size), name);
    }
  }
});

Deno.test("initialize() depends on the seed and the name only", () => {
  const values = initialize(describe(tiny), 7);
  deepEqual(initialize(describe(tiny), 7), values);
  const deeper = initialize(describe({ ...tiny, depth: 4 }), 7);
  for (const name of Object.keys(values)) deepEqual(deeper[name], values[name], name);
  const drawn = Object.keys(values).filter((name) => values[name].some((v) => v !== 0 && v !== 1));
  for (const seed of [8, 7 + 2 ** 32]) {
    const other = initialize(describe(tiny), seed);
    for (const name of drawn) notDeepEqual(other[name], values[name], name);
  }
  const sizes = new Map<number, Float32Array>();
  for (const name of drawn) {
    const before = sizes.get(values[name].length);
    if (before) notDeepEqual(values[name], before, name);
    sizes.set(values[name].length, values[name]);
  }
});
