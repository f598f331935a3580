import { compile, type Device, input, State } from "../../engine/mod.ts";
import { median, pairedTimes } from "../../engine/testing/paired_times.ts";
import { decoderMemory } from "../../eval/latents/latent_decoder.ts";
import { decodeLatents } from "../../nets/autoencoder.ts";
import {
  decoderParameters,
  STABLE_DIFFUSION_AUTOENCODER,
} from "../../nets/autoencoder_parameters.ts";
import { initialize, type MakeParameter, parameterShapes } from "../../nets/parameters.ts";
import { plainProduct } from "./plain_product.ts";
import { uniform } from "./uniform.ts";

/** Speed of Stable Diffusion's decoder, from latents to images on the host. */
export interface DecoderRow {
  /** Height and width of the images. */
  readonly size: number;
  readonly batch: number;
  readonly images_per_s: number;
  readonly gflops: number;
  /** The convolutions' alone, on the device's clock; null without timestamps. */
  readonly convolutions: { readonly gflops: number; readonly fraction: number } | null;
  /** Rate of a matrix product of this engine, `[size, size]` by `[size, size]`. */
  readonly matmul: { readonly size: number; readonly gflops: number };
  readonly dispatches: number;
  /** Megabytes of device memory, weights included. */
  readonly megabytes: number;
}

const SIZE = 256;
/** Decodes with the device's clock, at most: one takes seconds on a software adapter. */
const PROFILES = 3;
const LATENT = { height: SIZE / 8, width: SIZE / 8 };

/** Times the decoder on latents of noise, first values for weights, in turns with a product. */
export async function decoderRow(device: Device, rounds: number): Promise<DecoderRow> {
  const config = STABLE_DIFFUSION_AUTOENCODER;
  const { maxBindingBytes } = device.capabilities;
  const before = device.bufferBytes;
  const { batch } = decoderMemory(device.capabilities, config, LATENT);
  const describe = (make: MakeParameter<void>) => decoderParameters(config, make);
  using weights = new State(device, parameterShapes(describe), "decoder");
  for (const [name, values] of Object.entries(initialize(describe, 0))) weights.write(name, values);
  const latents = uniform(batch * config.embed_dim * LATENT.height * LATENT.width, 1, 1000);
  const z = input("z", [batch, config.embed_dim, LATENT.height, LATENT.width]);
  const params = decoderParameters(config, (name) => weights.tensor(name));
  const y = decodeLatents(params, z, config, { maxTensorBytes: maxBindingBytes });
  using plan = await compile(device, { outputs: { y } });
  const megabytes = (device.bufferBytes - before) / 1e6;
  using product = await plainProduct(device);
  const [decodes, products] = await pairedTimes([
    async (times) => {
      for (let i = 0; i < times; i++) {
        plan.run({ z: latents });
        await plan.read("y");
      }
    },
    product.run,
  ], rounds);
  const fractions: { gflops: number; fraction: number }[] = [];
  const profiles = device.gpu.features.has("timestamp-query") ? Math.min(rounds, PROFILES) : 0;
  for (let round = 0; round < profiles; round++) {
    const kernels = await plan.profile({ z: latents });
    const ours = kernels.filter(({ kernel }) => kernel.label.startsWith("conv2d"));
    const ms = ours.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    const gflops = ours.reduce((sum, { kernel }) => sum + kernel.flops, 0) / ms / 1e6;
    const [[other]] = await pairedTimes([product.run], 1);
    fractions.push({ gflops, fraction: gflops / (product.flops / other / 1e6) });
  }
  const flops = plan.steps.reduce((sum, kernel) => sum + kernel.flops, 0);
  return {
    size: SIZE,
    batch,
    images_per_s: 1000 * batch / median(decodes),
    gflops: flops / median(decodes) / 1e6,
    convolutions: fractions.length === 0 ? null : {
      gflops: median(fractions.map(({ gflops }) => gflops)),
      fraction: median(fractions.map(({ fraction }) => fraction)),
    },
    matmul: { size: product.size, gflops: product.flops / median(products) / 1e6 },
    dispatches: plan.steps.length,
    megabytes,
  };
}
