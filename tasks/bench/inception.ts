import type { Device } from "../../engine/mod.ts";
import { InceptionExtractor } from "../../eval/metrics/inception/inception_features.ts";
import { inceptionShapes } from "../../nets/inception.ts";
import { median, pairedTimes } from "../../engine/testing/paired_times.ts";
import { plainProduct } from "./plain_product.ts";
import { uniform } from "./uniform.ts";

/** Speed of FID's feature extraction, from bytes to bytes. */
export interface InceptionRow {
  readonly batch: number;
  readonly images_per_s: number;
  readonly gflops: number;
  /** Rate of a matrix product of this engine, `[size, size]` by `[size, size]`. */
  readonly matmul: { readonly size: number; readonly gflops: number };
  /** The network's rate over the product's, the median of the rounds. */
  readonly fraction: number;
  readonly dispatches: number;
  /** Megabytes of device memory, weights included. */
  readonly megabytes: number;
}

/** Height and width of the images: CIFAR-10's. */
const SIZE = 32;

/** Times Inception on images of noise, weights drawn, in turns with a product. */
export async function inceptionRow(device: Device, rounds: number): Promise<InceptionRow> {
  const before = device.bufferBytes;
  const weights = Object.fromEntries(
    Object.entries(inceptionShapes()).map(([name, shape], i) => {
      const fan_in = shape.slice(1).reduce((n, d) => n * d, 1);
      return [name, uniform(shape[0] * fan_in, Math.sqrt(6 / fan_in), i)];
    }),
  );
  using extractor = new InceptionExtractor(device, weights);
  const batch = extractor.batch_size;
  const noise = uniform(batch * 3 * SIZE * SIZE, 1, 1000);
  const images = {
    images: Uint8Array.from(noise, (v) => 127.5 * (v + 1)),
    channels: 3,
    height: SIZE,
    width: SIZE,
  };
  await extractor.extract(images);
  const megabytes = (device.bufferBytes - before) / 1e6;

  using product = await plainProduct(device);
  const [features, products] = await pairedTimes([
    async (times) => {
      for (let i = 0; i < times; i++) await extractor.extract(images);
    },
    product.run,
  ], rounds);
  const flops = extractor.kernels.reduce((sum, kernel) => sum + kernel.flops, 0);
  const rate = (ms: number) => flops / ms / 1e6;
  const productRate = (ms: number) => product.flops / ms / 1e6;
  return {
    batch,
    images_per_s: 1000 * batch / median(features),
    gflops: rate(median(features)),
    matmul: { size: product.size, gflops: productRate(median(products)) },
    fraction: median(features.map((ms, round) => rate(ms) / productRate(products[round]))),
    dispatches: extractor.kernels.length,
    megabytes,
  };
}
