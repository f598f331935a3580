import { deepStrictEqual as deepEqual, ok, strictEqual as equal, throws } from "node:assert/strict";
import {
  affine,
  constant,
  evaluate,
  evaluateReference,
  reshape,
  type Tensor,
} from "../../engine/mod.ts";
import { type MakeParameter, parameterShapes } from "../../nets/parameters.ts";
import {
  constantScaling,
  gateLayout,
  type GateParameters,
  gateParameters,
  inverseSqrt2,
  learnableScaling,
  methodsWithGates,
  methodsWithKappa,
  original,
  scaleSkip,
  scaleSkips,
  SKIP_SCALINGS,
  type SkipScaling,
} from "../../nets/skip_scaling.ts";
import { openDevice } from "../device.ts";
import { distance } from "../golden.ts";

const BATCH = 2;
const TOKENS = 5;
const CHANNELS = 3;
const HIDDEN = 2;

const wave = (size: number, phase: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(2.3 * i + phase));

const values = wave(BATCH * TOKENS * CHANNELS, 0.4);
const skip = constant(values, [BATCH, TOKENS, CHANNELS]);
const of = (tensor: Tensor): number[] => Array.from(evaluateReference([tensor])[0]);

const gate = (phase: number, size = 1): GateParameters<Tensor> => ({
  layer1: {
    weight: constant(wave(HIDDEN * TOKENS, phase).map((v) => v * size), [HIDDEN, TOKENS]),
    bias: constant(wave(HIDDEN, phase + 1).map((v) => v * size)),
  },
  layer2: {
    weight: constant(wave(TOKENS * HIDDEN, phase + 2).map((v) => v * size), [TOKENS, HIDDEN]),
    bias: constant(wave(TOKENS, phase + 3).map((v) => v * size)),
  },
});

/** Method 3 in plain loops. */
function gated(phase: number): number[] {
  const [w1, b1, w2, b2] = [
    wave(HIDDEN * TOKENS, phase),
    wave(HIDDEN, phase + 1),
    wave(TOKENS * HIDDEN, phase + 2),
    wave(TOKENS, phase + 3),
  ];
  const scaled: number[] = [];
  for (let b = 0; b < BATCH; b++) {
    const at = (t: number, c: number) => values[(b * TOKENS + t) * CHANNELS + c];
    const means = [];
    for (let t = 0; t < TOKENS; t++) means.push((at(t, 0) + at(t, 1) + at(t, 2)) / CHANNELS);
    const hidden = [];
    for (let h = 0; h < HIDDEN; h++) {
      let sum = b1[h];
      for (let t = 0; t < TOKENS; t++) sum += w1[h * TOKENS + t] * means[t];
      hidden.push(Math.max(0, sum));
    }
    for (let t = 0; t < TOKENS; t++) {
      let sum = b2[t];
      for (let h = 0; h < HIDDEN; h++) sum += w2[t * HIDDEN + h] * hidden[h];
      for (let c = 0; c < CHANNELS; c++) scaled.push(at(t, c) / (1 + Math.exp(-sum)));
    }
  }
  return scaled;
}

Deno.test("original() returns the skip unchanged", () => {
  equal(original(skip), skip);
});

Deno.test("inverseSqrt2() divides by the root of two", () => {
  ok(distance(of(inverseSqrt2(skip)), values.map((v) => v / Math.sqrt(2))) < 1e-7);
});

Deno.test("constantScaling() is kappa^(i-1), so the outermost skip keeps its size", () => {
  equal(distance(of(constantScaling(skip, 1, 0.7)), values), 0);
  ok(distance(of(constantScaling(skip, 4, 0.7)), values.map((v) => v * 0.343)) < 1e-7);
});

Deno.test("constantScaling() with kappa 1 is the original bit for bit", async () => {
  using device = await openDevice();
  for (const i of [1, 3, 6]) {
    deepEqual(await evaluate(constantScaling(skip, i, 1), {}, device), values);
  }
});

Deno.test("learnableScaling() gates each token by the means of all tokens", () => {
  for (const phase of [0, 1, 2]) {
    ok(distance(of(learnableScaling(skip, gate(phase))), gated(phase)) < 1e-6);
  }
});

Deno.test("learnableScaling() with zero weights scales by a half", async () => {
  using device = await openDevice();
  const halves = await evaluate(learnableScaling(skip, gate(0, 0)), {}, device);
  deepEqual(halves, values.map((v) => v / 2));
});

Deno.test("learnableScaling() gates the channels of an image by their means", () => {
  const image = constant(values, [BATCH, TOKENS, 1, CHANNELS]);
  ok(distance(of(learnableScaling(image, gate(1))), gated(1)) < 1e-6);
});

Deno.test("scaleSkip() applies the chosen method", () => {
  const kappa = 0.6;
  const scaled = (method: SkipScaling, i: number, kappa_index?: number) =>
    of(scaleSkip(skip, i, { method, kappa, kappa_index, gate: gate(10) }));
  for (const i of [1, 2, 3]) {
    deepEqual(scaled(0, i), Array.from(values));
    deepEqual(scaled(1, i), of(inverseSqrt2(skip)));
    deepEqual(scaled(2, i), of(constantScaling(skip, i, kappa)));
    deepEqual(scaled(2, i, 2), of(constantScaling(skip, 2, kappa)));
    deepEqual(scaled(3, i), of(learnableScaling(skip, gate(10))));
    deepEqual(scaled(4, i), of(learnableScaling(skip, gate(10))));
  }
  throws(() => scaleSkip(skip, 2, { method: 3, kappa }), {
    name: "TypeError",
    message: "method 3 needs a gate for skip 2",
  });
});

Deno.test("scaleSkips() scales each skip as scaleSkip() does, by its own gate", () => {
  const kappa = 0.6;
  const skips = [skip, reshape(skip, [BATCH, TOKENS, 1, CHANNELS]), affine(skip, 2)];
  const gates = [gate(3), gate(4)];
  // The innermost first.
  const gate_of = [1, 0, 1];
  for (const method of [0, 1, 2, 3] as const) {
    const together = scaleSkips(skips, { method, kappa, gates, gate_of }).map(of);
    const apart = skips.map((s, n) =>
      of(scaleSkip(s, n + 1, { method, kappa, gate: gates[gate_of[2 - n]] }))
    );
    deepEqual(together, apart);
  }
  const by_resolution = {
    method: 2,
    kappa,
    kappa_indices: [1, 1, 2],
    gates: [],
    gate_of: [],
  } as const;
  deepEqual(scaleSkips(skips, by_resolution).map(of)[2], of(constantScaling(skips[2], 2, kappa)));
});

Deno.test("scaleSkip() lets the skip be observed before and after, and its gate", () => {
  const seen: Record<string, Tensor> = {};
  const observe = (name: string, value: Tensor) => seen[name] = value;
  const scaled = scaleSkip(skip, 2, { method: 4, kappa: 1, gate: gate(3), observe });
  deepEqual(Object.keys(seen), ["skips.2", "gates.2", "scaled_skips.2"]);
  equal(seen["skips.2"], skip);
  equal(seen["scaled_skips.2"], scaled);
  deepEqual(seen["gates.2"].shape, [BATCH, TOKENS]);
  const gates = of(seen["gates.2"]);
  const product = Array.from(values, (v, i) => v * gates[Math.floor(i / CHANNELS)]);
  ok(distance(of(scaled), product) < 1e-7);
});

Deno.test("gateParameters() has a 16th of the tokens in its hidden layer, at least one", () => {
  const shapes = (tokens: number) =>
    parameterShapes((make: MakeParameter<void>) => gateParameters(make, "se", tokens));
  deepEqual({ ...shapes(257) }, {
    "se.layer1.weight": [16, 257],
    "se.layer1.bias": [16],
    "se.layer2.weight": [257, 16],
    "se.layer2.bias": [257],
  });
  deepEqual(shapes(5)["se.layer1.weight"], [1, 5]);
});

Deno.test("SKIP_SCALINGS numbers its methods by place and names each", () => {
  deepEqual(SKIP_SCALINGS.map(({ number }) => number), [...SKIP_SCALINGS.keys()]);
  equal(new Set(SKIP_SCALINGS.map(({ name }) => name)).size, SKIP_SCALINGS.length);
  deepEqual(SKIP_SCALINGS.map(({ name }) => name).slice(0, 5), [
    ...["original", "1/sqrt(2)-CS", "CS", "LS", "LS (non-share)"],
  ]);
});

Deno.test("methodsWithGates() and methodsWithKappa() find the paper's methods first", () => {
  deepEqual(methodsWithGates("none").slice(0, 3), [0, 1, 2]);
  equal(methodsWithGates("shared")[0], 3);
  equal(methodsWithGates("each")[0], 4);
  equal(methodsWithKappa()[0], 2);
});

Deno.test("gateLayout() shares a gate among skips of one width, or has one for each", () => {
  const widths = [64, 64, 32, 64];
  deepEqual(gateLayout(2, widths), { widths: [], gate_of: [] });
  deepEqual(gateLayout(3, widths), { widths: [64, 32], gate_of: [0, 0, 1, 0] });
  deepEqual(gateLayout(4, widths), { widths, gate_of: [0, 1, 2, 3] });
});
