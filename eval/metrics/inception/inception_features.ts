import {
  broadcastTo,
  type Capabilities,
  compile,
  type Device,
  input,
  type Layout,
  layOut,
  type MemoryNeed,
  memoryNeed,
  type Plan,
  type PlanSpec,
  type PlanStep,
  ShapeError,
  State,
  StateLayout,
  unpackBytes,
} from "../../../engine/mod.ts";
import { inception, inceptionInput, inceptionShapes } from "../../../nets/inception.ts";

/**
 * Width of an image's features.
 * @category Metrics
 */
export const FEATURES = 2048;
/**
 * Classes of an image's logits.
 * @category Metrics
 */
export const LOGITS = 1008;

/**
 * The size of images.
 * @category Metrics
 */
export interface ImageSize {
  /** 3, or 1 for grey images, which count as three equal channels. */
  readonly channels: number;
  /** Height, pixels. */
  readonly height: number;
  /** Width, pixels. */
  readonly width: number;
}

/**
 * Images as bytes, all of one size.
 * @category Metrics
 */
export interface ByteImages extends ImageSize {
  /** `[n, channels, height, width]`, 0 to 255. */
  readonly images: Uint8Array;
}

/**
 * What Inception computes from n images.
 * @category Metrics
 */
export interface Features {
  /** `[n, 2048]`: the features of FID, KID, precision and recall. */
  readonly pool: Float32Array;
  /** `[n, 1008]` without the last layer's bias, for the Inception Score; null where not requested. */
  readonly logits: Float32Array | null;
}

/**
 * Options of {@linkcode InceptionExtractor}.
 * @category Metrics
 */
export interface InceptionExtractorOptions {
  /** Images per run of the network; fewer where the adapter's largest binding requires it. */
  readonly batch_size?: number;
  /** Whether to compute logits, too. */
  readonly logits?: boolean;
}

/** Bytes per image of the network's largest tensor, `[64, 147, 147]`. */
const LARGEST_BYTES = 4 * 64 * 147 ** 2;
/** A software adapter gains nothing from more. */
const SOFTWARE_BATCH = 8;
const GPU_BATCH = 64;

/**
 * FID's Inception on a device: bytes in, features out.
 * @category Metrics
 */
export class InceptionExtractor implements Disposable {
  /** The device that it runs on. */
  readonly device: Device;
  /** Images per run of the network. */
  readonly batch_size: number;
  readonly #logits: boolean;
  readonly #state: State;
  /** For images of the size seen last. */
  #plan: { readonly key: string; readonly plan: Plan } | null = null;

  /**
   * Puts the weights on the device.
   *
   * @param weights the network's parameters by name, as `foldBatchNorm` makes them
   * @throws {ShapeError} where a parameter has the wrong size
   */
  constructor(
    device: Device,
    weights: Readonly<Record<string, Float32Array>>,
    { batch_size, logits = false }: InceptionExtractorOptions = {},
  ) {
    this.device = device;
    this.batch_size = inceptionBatchSize(device.capabilities, batch_size);
    this.#logits = logits;
    using resources = new DisposableStack();
    this.#state = resources.use(new State(device, inceptionShapes(), "inception"));
    for (const name of this.#state.names) this.#state.write(name, weights[name]);
    resources.move();
  }

  /**
   * Computes features, which do not depend on the batch size. The last batch is padded with black, so
   * images that arrive in parts are best passed in multiples of `batch_size`.
   *
   * @param onProgress called after each batch with the number of images done
   * @throws {ShapeError} where the bytes are not a whole number of images
   */
  async extract(
    batch: ByteImages,
    onProgress?: (done: number) => void,
  ): Promise<Features> {
    const { images, channels, height, width } = batch;
    if (channels !== 3 && channels !== 1) {
      throw new ShapeError(`inception: images have 3 channels or 1, not ${channels}`);
    }
    const bytes = channels * height * width;
    const n = images.length / bytes;
    if (!Number.isInteger(n)) {
      throw new ShapeError(
        `inception: ${images.length} bytes are no whole number of images [${channels}, ${height}, ${width}]`,
      );
    }
    const pool = new Float32Array(n * FEATURES);
    const logits = this.#logits ? new Float32Array(n * LOGITS) : null;
    if (n === 0) return { pool, logits };
    const plan = await this.#planFor(batch);
    const words = new Uint32Array(Math.ceil(this.batch_size * bytes / 4));
    const packed = new Uint8Array(words.buffer);
    for (let first = 0; first < n; first += this.batch_size) {
      const end = Math.min(first + this.batch_size, n);
      packed.fill(0);
      packed.set(images.subarray(first * bytes, end * bytes));
      plan.run({ words });
      pool.set((await plan.read("pool")).subarray(0, (end - first) * FEATURES), first * FEATURES);
      if (logits) {
        const read = await plan.read("logits");
        logits.set(read.subarray(0, (end - first) * LOGITS), first * LOGITS);
      }
      onProgress?.(end);
    }
    return { pool, logits };
  }

  /** The kernels behind a batch of the images seen last, for tables. */
  get kernels(): readonly PlanStep[] {
    return this.#plan?.plan.steps ?? [];
  }

  async #planFor(size: ImageSize): Promise<Plan> {
    const key = [size.channels, size.height, size.width].join();
    if (this.#plan?.key === key) return this.#plan.plan;
    this.#plan?.plan[Symbol.dispose]();
    this.#plan = null;
    const spec = planSpec(this.#state, this.batch_size, size, this.#logits);
    const plan = await compile(this.device, spec);
    this.#plan = { key, plan };
    return plan;
  }

  /** Frees the weights and the plan. */
  [Symbol.dispose](): void {
    this.#plan?.plan[Symbol.dispose]();
    this.#state[Symbol.dispose]();
  }
}

/**
 * The device memory of an {@linkcode InceptionExtractor} for images of one size.
 * @category Metrics
 */
export function inceptionMemory(
  capabilities: Capabilities,
  size: ImageSize,
  { batch_size, logits = false }: InceptionExtractorOptions = {},
): MemoryNeed {
  const state = new StateLayout(inceptionShapes(), "inception");
  const spec = planSpec(state, inceptionBatchSize(capabilities, batch_size), size, logits);
  return memoryNeed([layOut(capabilities, spec)], [state]);
}

/** The plan that an {@linkcode InceptionExtractor} runs for each batch of images of one size. */
export function inceptionLayout(
  capabilities: Capabilities,
  size: ImageSize,
  batch_size: number,
): Layout {
  const state = new StateLayout(inceptionShapes(), "inception");
  return layOut(capabilities, planSpec(state, batch_size, size, false));
}

function planSpec(
  state: StateLayout,
  batch_size: number,
  { channels, height, width }: ImageSize,
  logits: boolean,
): PlanSpec {
  const shape = [batch_size, channels, height, width];
  const words = input("words", [Math.ceil(shape.reduce((a, b) => a * b) / 4)], "u32");
  const images = broadcastTo(unpackBytes(words, shape), [batch_size, 3, height, width]);
  const { pool, logits_unbiased } = inception(
    inceptionInput(images, 255),
    (name) => state.tensor(name),
  );
  return { outputs: { pool, ...(logits && { logits: logits_unbiased }) } };
}

/** The requested batch, or the usual one, or what the adapter's largest binding holds. */
export function inceptionBatchSize(
  { adapterClass, maxBindingBytes }: Capabilities,
  requested?: number,
): number {
  const usual = adapterClass === "software" ? SOFTWARE_BATCH : GPU_BATCH;
  return Math.min(requested ?? usual, Math.max(1, Math.floor(maxBindingBytes / LARGEST_BYTES)));
}
