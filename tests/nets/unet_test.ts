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
  evaluate,
  evaluateReference,
  grad,
  mean,
  square,
  sub,
  type Tensor,
} from "../../engine/mod.ts";
import type { NetworkInputs } from "../../nets/network_inputs.ts";
import { initialize, type MakeParameter, parameterShapes } from "../../nets/parameters.ts";
import {
  unet,
  type UNetConfig,
  unetParameters,
  unetSkips,
  unetTimestepEmbedding,
} from "../../nets/unet.ts";
import { openDevice } from "../device.ts";
import { distance, type Golden, readGolden } from "../golden.ts";

const TOLERANCE = 1e-4;

const cifar10: UNetConfig = {
  img_size: 32,
  in_chans: 3,
  ch: 128,
  ch_mult: [1, 2, 2, 2],
  num_res_blocks: 2,
  attn_resolutions: [16],
  dropout: 0.1,
  num_classes: -1,
  use_checkpoint: false,
  scalelong: 0,
  kappa: 0.7,
  kappa_index: "skip",
};

const tiny: UNetConfig = {
  ...cifar10,
  img_size: 4,
  ch: 32,
  ch_mult: [1, 2],
  num_res_blocks: 1,
  attn_resolutions: [2],
  dropout: 0.25,
  num_classes: 5,
};

const describe = (config: UNetConfig) => (make: MakeParameter<void>) =>
  unetParameters(config, make);

/** The options that the golden file names; `resolution` is the port's word. */
function goldenConfig({ metadata }: Golden): UNetConfig {
  const { resolution, ...options } = JSON.parse(metadata.config);
  return { ...cifar10, ...options, img_size: resolution };
}

/** Output, loss and gradients of the golden network, named as in its file. */
function golden(file: Golden, config: UNetConfig): Record<string, Tensor> {
  const leaf = (name: string) => constant(file.f32(name).data, file.f32(name).shape);
  const leaves: Record<string, Tensor> = {};
  const params = unetParameters(config, (name) => leaves[name] = leaf(`param.${name}`));
  const x = leaf("x");
  const output = unet(params, { x, timesteps: leaf("timesteps") }, config);
  const loss = mean(square(sub(leaf("noise"), output)));
  const names = Object.keys(leaves);
  const grads = grad(loss, [x, ...names.map((name) => leaves[name])]);
  return {
    output,
    loss,
    grad_x: grads[0],
    ...Object.fromEntries(names.map((name, i) => [`grad.${name}`, grads[i + 1]])),
  };
}

/** Gradients this far below the network's largest are zero but for rounding. */
const ROUNDING = 1e-6;

async function strayed(device: Device, file: Golden, config: UNetConfig): Promise<string[]> {
  const outputs = golden(file, config);
  using plan = await compile(device, { outputs });
  plan.run();
  const grads = Object.values(file.group("grad."));
  const zero = ROUNDING * Math.max(...grads.map(({ data }) => largest(data)));
  const problems: string[] = [];
  for (const name of Object.keys(outputs)) {
    const [actual, expected] = [await plan.read(name), file.f32(name).data];
    // A bias before a norm of single channels has none, nor has the bias of keys.
    if (name.startsWith("grad.") && largest(expected) < zero) {
      if (!(largest(actual) < zero)) problems.push(`${name}: not zero, ${largest(actual)}`);
      continue;
    }
    const error = distance(actual, expected);
    if (!(error <= TOLERANCE)) problems.push(`${name}: ${error}`);
  }
  return problems;
}

function largest(values: Float32Array): number {
  return values.reduce((top, v) => Math.max(top, Math.abs(v)), 0);
}

Deno.test("unet() and its gradients are the reference's", async () => {
  using device = await openDevice();
  const file = await readGolden("unet_tiny_scalelong2");
  for (const use_checkpoint of [false, true]) {
    deepEqual(await strayed(device, file, { ...goldenConfig(file), use_checkpoint }), []);
  }
});

Deno.test("unetParameters() has the names, shapes and order of the port's checkpoints", async () => {
  const file = await readGolden("unet_tiny_scalelong2");
  const shapes = Object.entries(file.group("param.")).map(([key, { shape }]) => [key, shape]);
  deepEqual(Object.entries(parameterShapes(describe(goldenConfig(file)))), shapes);
});

Deno.test("unetParameters() at CIFAR-10's full size has 35,746,307 parameters and 12 skips", () => {
  const shapes = Object.values(parameterShapes(describe(cifar10)));
  equal(shapes.reduce((n, shape) => n + shape.reduce((a, b) => a * b, 1), 0), 35_746_307);
  equal(unetSkips(cifar10).length, 12);
});

/** A small network's graph over the weights that `initialize` draws, changed by `edit`. */
function traced(
  config: UNetConfig,
  inputs: Partial<NetworkInputs> = {},
  edit: (name: string, values: Float32Array) => void = () => {},
): { output: Tensor; seen: Record<string, Tensor> } {
  const values = initialize(describe(config), 5);
  const params = unetParameters(config, (name, shape) => {
    edit(name, values[name]);
    return constant(values[name], shape);
  });
  const seen: Record<string, Tensor> = {};
  const observe = (name: string, value: Tensor) => seen[name] = value;
  const labels = config.num_classes > 0 ? { condition } : {};
  const output = unet(params, { x, timesteps, ...labels, observe, ...inputs }, config);
  return { output, seen };
}

const wave = (size: number): number[] => Array.from({ length: size }, (_, i) => Math.sin(i * i));
const x = constant(wave(2 * 3 * 16), [2, 3, 4, 4]);
const timesteps = constant([10, 900]);
const condition = constant(Int32Array.of(0, 4), [2]);
const key = (step: number) => constant(Uint32Array.of(1, 0, step, 0));
const of = (t: Tensor): Float64Array => evaluateReference([t])[0];

Deno.test("unet() on the device agrees with float64, dropout and labels included", async () => {
  using device = await openDevice();
  const { output } = traced({ ...tiny, scalelong: 3 }, { key: key(3) });
  ok(distance(await evaluate(output, {}, device), of(output)) < 1e-5);
});

Deno.test("unet() with kappa 1 is the original bit for bit, gradients included", async () => {
  using device = await openDevice();
  const run = async (config: UNetConfig) => {
    const { output, seen } = traced(config);
    const [slope] = grad(mean(square(output)), [seen["skips.1"]]);
    using plan = await compile(device, { outputs: { output, slope } });
    plan.run();
    return [await plan.read("output"), await plan.read("slope")];
  };
  const original = await run(tiny);
  for (const kappa_index of ["skip", "resolution"] as const) {
    deepEqual(await run({ ...tiny, scalelong: 2, kappa: 1, kappa_index }), original);
  }
});

Deno.test("unet() with LS gates of zero weights scales every skip by a half", async () => {
  using device = await openDevice();
  for (const scalelong of [3, 4] as const) {
    const { seen } = traced({ ...tiny, scalelong }, {}, (name, values) => {
      if (name.startsWith("se.")) values.fill(0);
    });
    for (let i = 1; i <= unetSkips(tiny).length; i++) {
      const whole = await evaluate(seen[`skips.${i}`], {}, device);
      const scaled = await evaluate(seen[`scaled_skips.${i}`], {}, device);
      deepEqual(scaled, whole.map((v) => v / 2));
    }
  }
});

Deno.test("unet() counts CS's exponent by skip or by resolution", () => {
  const factors = (kappa_index: UNetConfig["kappa_index"]) => {
    const config: UNetConfig = {
      ...tiny,
      num_res_blocks: 2,
      scalelong: 2,
      kappa: 0.5,
      kappa_index,
    };
    const { seen } = traced(config);
    return unetSkips(config).map((_, n) => {
      const [whole, scaled] = [`skips.${n + 1}`, `scaled_skips.${n + 1}`].map((k) => of(seen[k]));
      return scaled[0] / whole[0];
    });
  };
  deepEqual(factors("skip"), [1, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32]);
  deepEqual(factors("resolution"), [1, 1, 1, 1 / 2, 1 / 2, 1 / 2]);
});

Deno.test("unet() shares LS gates among skips of a width, or has one for each", () => {
  const gates = (scalelong: 3 | 4) => {
    const names = Object.keys(parameterShapes(describe({ ...tiny, scalelong })));
    return names.filter((name) => /^se\..*layer1.weight$/.test(name));
  };
  equal(gates(3).length, 2);
  equal(gates(4).length, 4);
  // Widths from the innermost: 64, then 32 three times.
  const shapes = parameterShapes(describe({ ...tiny, scalelong: 4 }));
  deepEqual([0, 1, 3].map((n) => shapes[`se.${n}.layer1.weight`]), [[4, 64], [2, 32], [2, 32]]);
  // The first gate is opened, all others are shut: it is the innermost skip's.
  const { seen } = traced({ ...tiny, scalelong: 4 }, {}, (name, values) => {
    if (/^se\..*layer2.bias$/.test(name)) values.fill(name.startsWith("se.0.") ? 30 : -30);
  });
  ok(of(seen["gates.4"]).every((v) => v > 0.99));
  for (const i of [1, 2, 3]) ok(of(seen[`gates.${i}`]).every((v) => v < 0.01));
});

Deno.test("unet() lets blocks, skips and gates be observed in the order of computation", () => {
  const { seen } = traced({ ...tiny, scalelong: 4, use_checkpoint: true });
  const skip = (i: number) => [`skips.${i}`, `gates.${i}`, `scaled_skips.${i}`];
  deepEqual(Object.keys(seen), [
    ...["down.0.block.0", "down.1.block.0", "down.1.attn.0"],
    ...["mid.block_1", "mid.attn_1", "mid.block_2"],
    ...[...skip(4), ...skip(3), ...skip(2), ...skip(1)],
    ...["up.1.block.0", "up.1.attn.0", "up.1.block.1", "up.1.attn.1"],
    ...["up.0.block.0", "up.0.block.1"],
  ]);
  deepEqual(seen["skips.3"].shape, [2, 32, 2, 2]);
  deepEqual(seen["gates.4"].shape, [2, 64]);
});

Deno.test("unet() depends on each option", () => {
  const plain = of(traced(tiny).output);
  notDeepEqual(of(traced(tiny, { condition: constant(Int32Array.of(0, 3), [2]) }).output), plain);
  notDeepEqual(of(traced(tiny, { timesteps: constant([10, 901]) }).output), plain);
  notDeepEqual(of(traced({ ...tiny, num_classes: -1 }).output), plain);
  deepEqual(of(traced({ ...tiny, use_checkpoint: true }).output), plain);
  const names = (config: UNetConfig) => Object.keys(parameterShapes(describe(config)));
  equal(
    names({ ...tiny, attn_resolutions: [] }).filter((name) => /(down|up).*attn/.test(name)).length,
    0,
  );
  equal(
    names({ ...tiny, attn_resolutions: [2, 4] }).filter((name) => /0\.attn.*q.w/.test(name)).length,
    3,
  );
});

Deno.test("unet() applies dropout in training only, different at each step and in each block", () => {
  const plain = of(traced(tiny).output);
  const dropped = of(traced(tiny, { key: key(3) }).output);
  notDeepEqual(dropped, plain);
  deepEqual(of(traced(tiny, { key: key(3) }).output), dropped);
  deepEqual(of(traced({ ...tiny, use_checkpoint: true }, { key: key(3) }).output), dropped);
  notDeepEqual(of(traced(tiny, { key: key(4) }).output), dropped);
  deepEqual(of(traced({ ...tiny, dropout: 0 }, { key: key(3) }).output), plain);
  const streams = new Set<unknown>();
  const nodes = [traced(tiny, { key: key(3) }).output.node];
  for (const node of nodes) {
    if (node.op.name === "dropout") streams.add((node.attrs as { stream: number }).stream);
    for (const input of node.inputs) if (!nodes.includes(input.node)) nodes.push(input.node);
  }
  equal(streams.size, 2 + 2 + 4);
});

Deno.test("unet() names the input that does not match", () => {
  const unconditional = { ...tiny, num_classes: -1 };
  throws(() => traced(unconditional, { condition }), {
    name: "ShapeError",
    message: "unet: a condition for an unconditional network",
  });
  throws(() => traced(tiny, { condition: undefined }), {
    name: "ShapeError",
    message: "unet: a conditional network needs its condition, i32 [2]",
  });
  throws(() => traced(tiny, { x: constant(wave(2 * 3 * 64), [2, 3, 8, 8]) }), {
    name: "ShapeError",
    message: "unet: images are [2, 3, 8, 8], the network takes [batch, 3, 4, 4]",
  });
});

Deno.test("unetTimestepEmbedding() is sines, then cosines, of falling frequencies", () => {
  const embedded = of(unetTimestepEmbedding(constant([0, 3.5]), 6));
  const angles = [1, 10000 ** -0.5, 10000 ** -1].map((f) => 3.5 * f);
  ok(
    distance(embedded, [0, 0, 0, 1, 1, 1, ...angles.map(Math.sin), ...angles.map(Math.cos)]) < 1e-6,
  );
});

Deno.test("unetParameters() has PyTorch's initial values", () => {
  const config: UNetConfig = { ...tiny, scalelong: 3 };
  const shapes = parameterShapes(describe(config));
  for (const [name, values] of Object.entries(initialize(describe(config), 1))) {
    if (/norm/.test(name)) {
      ok(values.every((v) => v === (name.endsWith("weight") ? 1 : 0)), name);
    } else if (name !== "label_emb.weight") {
      const weight = shapes[name.replace(/bias$/, "weight")];
      const bound = weight.slice(1).reduce((n, d) => n * d, 1) ** -0.5;
      ok(values.every((v) => Math.abs(v) <= bound), name);
      ok(largest(values) > 0.8 * bound || values.length < 16, name);
    }
  }
});
