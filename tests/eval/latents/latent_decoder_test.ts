import {
  deepStrictEqual as deepEqual,
  ok,
  rejects,
  strictEqual as equal,
} from "node:assert/strict";
import { encoderMemory, ImageEncoder } from "../../../eval/latents/image_encoder.ts";
import { decoderMemory, LatentDecoder } from "../../../eval/latents/latent_decoder.ts";
import { constant, evaluateReference } from "../../../engine/mod.ts";
import { decodeLatents } from "../../../nets/autoencoder.ts";
import {
  type AutoencoderConfig,
  autoencoderParameters,
  decoderParameters,
  STABLE_DIFFUSION_AUTOENCODER,
} from "../../../nets/autoencoder_parameters.ts";
import { initialize, type MakeParameter, parameterShapes } from "../../../nets/parameters.ts";
import { autoencoderOf } from "../../../train/checkpoints/autoencoder/autoencoder_weights.ts";
import { IS_FULL } from "../../adapter_kinds.ts";
import { openDevice } from "../../device.ts";
import { distance } from "../../golden.ts";
import { goldenAutoencoder } from "../../nets/golden_autoencoder.ts";
import { hashedValues } from "../../nets/hashed_weights.ts";

const config = { ...STABLE_DIFFUSION_AUTOENCODER, ch: 32, ch_mult: [1, 1], num_res_blocks: 1 };
const size = { height: 8, width: 12 };
/** Twelve rows of an image's 32 channels, and as many bytes as the largest weight. */
const LIMIT = 12 * 32 * 24 * 4;

const describe = (config: AutoencoderConfig) => (make: MakeParameter<void>) =>
  autoencoderParameters(config, make);

/** What the decoder computes in float64, whole. */
function expected(
  config: AutoencoderConfig,
  values: Readonly<Record<string, Float32Array>>,
  latents: Float32Array,
  shape: readonly number[],
): Float64Array {
  const shapes = parameterShapes(describe(config));
  const params = decoderParameters(config, (name) => constant(values[name], shapes[name]));
  return evaluateReference([decodeLatents(params, constant(latents, shape), config)])[0];
}

Deno.test("what exceeds the adapter's binding is decoded in bands, and equals the whole", async () => {
  using device = await openDevice({ maxBindingBytes: LIMIT });
  const { capabilities } = device;
  const values = initialize(describe(config), 5);
  const latents = hashedValues(2 * 4 * 8 * 12, 1);
  const whole = expected(config, values, latents, [2, 4, 8, 12]);
  {
    using decoder = await LatentDecoder.open(device, autoencoderOf(config, values), { batch: 2 });
    equal(decoder.batchOf(size), 1);
    const done: number[] = [];
    const decoded = await decoder.decode(latents, size, (n) => done.push(n));
    deepEqual(done, [1, 2]);
    equal(decoded.length, 2 * 3 * 16 * 24);
    ok(distance(decoded, whole) < 1e-5, `${distance(decoded, whole)}`);
    const need = decoderMemory(capabilities, config, size, { batch: 2 });
    equal(device.bufferBytes, need.bytes);
    ok(need.largest.bytes <= LIMIT, `${need.largest.bytes}`);
  }
  equal(device.bufferBytes, 0);
  const unlimited = { ...capabilities, maxBindingBytes: 2 ** 27 };
  equal(decoderMemory(unlimited, config, size, { batch: 2 }).batch, 2);
  ok(decoderMemory(unlimited, config, size, { batch: 2 }).largest.bytes > 2 * LIMIT);
});

Deno.test("Stable Diffusion's autoencoder fits bindings of 128 MiB, up to 1024 px", async () => {
  using device = await openDevice();
  for (const adapterClass of ["software", "discrete"] as const) {
    const capabilities = { ...device.capabilities, adapterClass, maxBindingBytes: 2 ** 27 };
    for (const dtype of ["f32", "f16"] as const) {
      const batches = [256, 512, 1024].map((side) => {
        const [image, latent] = [1, 8].map((f) => ({ height: side / f, width: side / f }));
        const options = { dtype, batch: 4 };
        const sd = STABLE_DIFFUSION_AUTOENCODER;
        const decoder = decoderMemory(capabilities, sd, latent, options);
        const encoder = encoderMemory(capabilities, sd, image, options);
        for (const { largest: { label, bytes } } of [decoder, encoder]) {
          ok(bytes <= 2 ** 27, `${adapterClass} ${dtype} ${side}: ${label} ${bytes}`);
        }
        return decoder.batch;
      });
      const half = dtype === "f16" && adapterClass === "discrete";
      deepEqual(batches, half ? [4, 1, 1] : [2, 1, 1]);
    }
  }
});

Deno.test({
  name: "Stable Diffusion's decoder gives at full width in bands what it gives whole",
  ignore: !IS_FULL,
  async fn() {
    using device = await openDevice();
    // 512 px where the adapter binds 256 MiB, else what it holds whole.
    const isLarge = device.capabilities.maxBindingBytes >= 2 ** 28;
    const [side, limit] = isLarge ? [64, 2 ** 27] : [16, 10 * 2 ** 20];
    const size = { height: side, width: side };
    const golden = await goldenAutoencoder("autoencoder_kl_sd_hashed");
    const weights = autoencoderOf(golden.config, golden.values());
    const latents = hashedValues(4 * side ** 2, 1);
    using decoder = await LatentDecoder.open(device, weights);
    const whole = await decoder.decode(latents, size);
    using limited = await openDevice({ maxBindingBytes: limit });
    equal(decoderMemory(limited.capabilities, golden.config, size).in_bands, true);
    equal(decoderMemory(device.capabilities, golden.config, size).in_bands, false);
    using banded = await LatentDecoder.open(limited, weights);
    const error = distance(await banded.decode(latents, size), whole);
    ok(error < 1e-5, `${error}`);
  },
});

Deno.test("ImageEncoder and LatentDecoder compute what the reference does, and free what they took", async () => {
  using device = await openDevice();
  const golden = await goldenAutoencoder("autoencoder_kl_tiny");
  const weights = autoencoderOf(golden.config, golden.values());
  {
    using encoder = await ImageEncoder.open(device, weights);
    const moments = await encoder.encode(golden.images.data, { height: 16, width: 24 });
    ok(distance(moments, golden.array("moments").data) < 1e-4);
    await rejects(encoder.encode(golden.images.data, { height: 128, width: 3 }), {
      name: "ShapeError",
      message: /^autoencoder: takes images \[batch, 3, height, width\] with height and width mul/,
    });
  }
  {
    using decoder = await LatentDecoder.open(device, weights);
    const decoded = await decoder.decode(golden.array("latent").data, size);
    ok(distance(decoded, golden.array("decoded").data) < 1e-4);
  }
  equal(device.bufferBytes, 0);
});

Deno.test("LatentDecoder decodes in f16, and refuses it on an adapter without", async () => {
  using device = await openDevice();
  const one = { ...config, ch_mult: [1], num_res_blocks: 0 };
  const values = initialize(describe(one), 6);
  const weights = autoencoderOf(one, values);
  const latents = hashedValues(4 * 8 * 8, 1);
  if (device.capabilities.f16) {
    using decoder = await LatentDecoder.open(device, weights, { dtype: "f16" });
    const decoded = await decoder.decode(latents, { height: 8, width: 8 });
    const error = distance(decoded, expected(one, values, latents, [1, 4, 8, 8]));
    ok(error > 1e-6 && error < 0.01, `${error}`);
    await rejects(decoder.decode(latents.subarray(1), { height: 8, width: 8 }), {
      name: "ShapeError",
      message: "decoder: 255 values are no whole number of [4, 8, 8]",
    });
  }
  using without = await openDevice({ withoutF16: true });
  await rejects(LatentDecoder.open(without, weights, { dtype: "f16" }), {
    name: "DeviceError",
    message: /^decoder: the adapter ".+" has no 16-bit floats \(shader-f16\): use f32$/,
  });
  equal(without.bufferBytes, 0);
});
