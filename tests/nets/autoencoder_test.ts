import { deepStrictEqual as deepEqual, ok, strictEqual as equal, throws } from "node:assert/strict";
import {
  compile,
  constant,
  type Device,
  evaluateReference,
  input,
  State,
  type Tensor,
} from "../../engine/mod.ts";
import { decodeLatents, encodeImages } from "../../nets/autoencoder.ts";
import { autoencoderFromShapes } from "../../nets/autoencoder_from_shapes.ts";
import {
  type AutoencoderConfig,
  autoencoderParameters,
  decoderParameters,
  encoderParameters,
  STABLE_DIFFUSION_AUTOENCODER,
} from "../../nets/autoencoder_parameters.ts";
import { latentMode, sampleLatents } from "../../nets/latent_moments.ts";
import { initialize, type MakeParameter, parameterShapes } from "../../nets/parameters.ts";
import { bandEdges } from "../../nets/row_bands.ts";
import { ADAPTER_KINDS, IS_FULL } from "../adapter_kinds.ts";
import { openDevice } from "../device.ts";
import { distance } from "../golden.ts";
import { type GoldenAutoencoder, goldenAutoencoder } from "./golden_autoencoder.ts";
import { hashedValues } from "./hashed_weights.ts";

const TOLERANCE = 1e-4;

const small: AutoencoderConfig = {
  ...STABLE_DIFFUSION_AUTOENCODER,
  ch: 32,
  ch_mult: [1, 1],
  num_res_blocks: 1,
};

const count = (describe: (make: MakeParameter<void>) => unknown) =>
  Object.values(parameterShapes(describe))
    .reduce((sum, shape) => sum + shape.reduce((n, d) => n * d, 1), 0);

Deno.test("the autoencoder has Stable Diffusion's parameters, in number, name and shape", async () => {
  const config = STABLE_DIFFUSION_AUTOENCODER;
  equal(count((make) => autoencoderParameters(config, make)), 83_653_863);
  equal(count((make) => encoderParameters(config, make)), 34_163_664);
  equal(count((make) => decoderParameters(config, make)), 49_490_199);
  for (const name of ["kl", "kl_tiny", "kl_quarter_hashed", "kl_sd_hashed"]) {
    const { shapes, config } = await goldenAutoencoder(`autoencoder_${name}`);
    const ours = parameterShapes((make) => autoencoderParameters(config, make));
    deepEqual(Object.entries(ours).sort(), Object.entries(shapes).sort());
    const { scale_factor: _, ...structure } = config;
    deepEqual(autoencoderFromShapes(shapes), structure);
    const half = (part: string) =>
      Object.fromEntries(Object.entries(shapes).filter(([key]) => key.includes(part)));
    deepEqual(autoencoderFromShapes({ ...half("encoder"), ...half("quant_conv") }), structure);
  }
});

/** Everything that a golden file has, computed on the device; a line for what differs. */
async function strayed(device: Device, golden: GoldenAutoencoder): Promise<string[]> {
  const { config, shapes, images, noise } = golden;
  const values = golden.values();
  using state = new State(device, shapes, "autoencoder");
  for (const name of state.names) state.write(name, values[name]);
  const parameter = (name: string) => state.tensor(name);
  const leaf = ({ shape, data }: { shape: number[]; data: Float32Array }) => constant(data, shape);
  const moments = encodeImages(encoderParameters(config, parameter), leaf(images), config);
  const given = leaf(golden.array("moments"));
  const decoder = decoderParameters(config, parameter);
  const latents = input("latents", noise.shape);
  const outputs: Record<string, Tensor> = {
    moments,
    latent: sampleLatents(given, leaf(noise), config),
    latent_mean_scaled: latentMode(given, config),
    decoded: decodeLatents(decoder, latents, config),
  };
  if (golden.has("wild_moments")) {
    outputs.wild_latent = sampleLatents(leaf(golden.array("wild_moments")), leaf(noise), config);
  }
  using plan = await compile(device, { outputs });
  const problems: string[] = [];
  let compared = 0;
  const compare = async (output: string, array: string) => {
    if (!golden.has(array)) return;
    compared++;
    const error = distance(await plan.read(output), golden.array(array).data);
    if (!(error <= TOLERANCE)) problems.push(`${array}: ${error}`);
  };
  // The old file has the mode alone.
  const drawn = golden.has("latent") ? "latent" : "latent_mean_scaled";
  plan.run({ latents: golden.array(drawn).data });
  for (const name of Object.keys(outputs)) await compare(name, name);
  if (golden.has("mode_decoded")) {
    plan.run({ latents: await plan.read("latent_mean_scaled") });
    await compare("decoded", "mode_decoded");
  }
  ok(compared >= 3, `${compared} arrays`);
  return problems;
}

Deno.test("moments, latents and decoded images are the reference's", async () => {
  const golden = await goldenAutoencoder("autoencoder_kl_tiny");
  for (const options of ADAPTER_KINDS) {
    using device = await openDevice(options);
    deepEqual(await strayed(device, golden), [], JSON.stringify(options));
  }
});

Deno.test({
  name: "so they are with Stable Diffusion's layout, of a quarter of its widths and whole",
  ignore: !IS_FULL,
  async fn() {
    using device = await openDevice();
    for (const name of ["kl", "kl_quarter_hashed", "kl_sd_hashed"]) {
      deepEqual(await strayed(device, await goldenAutoencoder(`autoencoder_${name}`)), [], name);
    }
  },
});

Deno.test("the graph alone computes what the reference does, in float64", async () => {
  const golden = await goldenAutoencoder("autoencoder_kl");
  const { config, shapes, images } = golden;
  const values = golden.values();
  const leaf = (name: string) => constant(values[name], shapes[name]);
  const moments = encodeImages(
    encoderParameters(config, leaf),
    constant(images.data, images.shape),
    config,
  );
  const latents = latentMode(moments, config);
  const decoded = decodeLatents(decoderParameters(config, leaf), latents, config);
  const results = evaluateReference([moments, latents, decoded]);
  for (const [i, name] of ["moments", "latent_mean_scaled", "decoded"].entries()) {
    const error = distance(results[i], golden.array(name).data);
    ok(error < TOLERANCE, `${name}: ${error}`);
  }
});

Deno.test("log variances of latents are kept within -30 and 20", () => {
  const wild = [-1e9, -31, -29, 0, 19, 21];
  const expected = [-30, -30, -29, 0, 19, 20].map((v) => 0.5 * Math.exp(v / 2));
  const moments = constant([...wild.map(() => 0), ...wild], [1, 2, 1, 6]);
  const latents = sampleLatents(moments, constant(wild.map(() => 1), [1, 1, 1, 6]), {
    scale_factor: 0.5,
  });
  const [drawn] = evaluateReference([latents]);
  wild.forEach((_, i) => ok(Math.abs(drawn[i] / expected[i] - 1) < 1e-12, `${drawn[i]}`));
});

Deno.test("bandEdges() halves bands until each fits with its neighbours' rows", () => {
  // A row is 2 * 3 * 5 * 4 = 120 bytes.
  deepEqual(bandEdges([2, 3, 16, 5], "f32", 16 * 120), [0, 16]);
  deepEqual(bandEdges([2, 3, 16, 5], "f32", 16 * 120 - 1), [0, 8, 16]);
  deepEqual(bandEdges([2, 3, 16, 5], "f16", 8 * 120), [0, 16]);
  deepEqual(bandEdges([2, 3, 17, 5], "f32", 9 * 120), [0, 4, 8, 12, 17]);
  throws(() => bandEdges([2, 3, 16, 5], "f32", 4 * 120), {
    name: "ShapeError",
    message: "images of 16 x 5 with 3 channels do not fit 480 bytes, row by row: use smaller " +
      "images or a smaller batch",
  });
});

Deno.test("what is computed in bands equals the whole, seams included", () => {
  const describe = (make: MakeParameter<void>) => autoencoderParameters(small, make);
  const shapes = parameterShapes(describe);
  const values = initialize(describe, 3);
  const leaf = (name: string) => constant(values[name], shapes[name]);
  const [encoder, decoder] = [encoderParameters(small, leaf), decoderParameters(small, leaf)];
  const images = constant(hashedValues(2 * 3 * 16 * 8, 7), [2, 3, 16, 8]);
  const latents = constant(hashedValues(2 * 4 * 8 * 4, 8), [2, 4, 8, 4]);
  // Eight rows of the first level: four bands of four with two of each neighbour.
  const limits = [Infinity, 8 * (2 * 32 * 8 * 4)];
  const results = limits.map((maxTensorBytes) =>
    evaluateReference([
      encodeImages(encoder, images, small, { maxTensorBytes }),
      decodeLatents(decoder, latents, small, { maxTensorBytes }),
    ])
  );
  const [[moments, decoded], [bandedMoments, bandedDecoded]] = results;
  ok(distance(bandedMoments, moments) < 1e-12, `${distance(bandedMoments, moments)}`);
  ok(distance(bandedDecoded, decoded) < 1e-12, `${distance(bandedDecoded, decoded)}`);
});

Deno.test("the autoencoder refuses images and latents that do not fit it", () => {
  const leaf: MakeParameter<Tensor> = (name, shape) => input(name, shape);
  const encoder = encoderParameters(small, leaf);
  const decoder = decoderParameters(small, leaf);
  throws(() => encodeImages(encoder, input("x", [1, 3, 16, 15]), small), {
    name: "ShapeError",
    message:
      "autoencoder: takes images [batch, 3, height, width] with height and width multiples " +
      "of 2, not [1,3,16,15]",
  });
  throws(() => decodeLatents(decoder, input("z", [1, 3, 8, 8]), small), {
    name: "ShapeError",
    message: "autoencoder: takes latents [batch, 4, height, width], not [1,3,8,8]",
  });
});
