import {
  type Capabilities,
  cast,
  compile,
  type Device,
  DeviceError,
  type FloatType,
  input,
  type Layout,
  layOut,
  type MemoryNeed,
  memoryNeed,
  type Plan,
  type PlanSpec,
  type PlanStep,
  type Shape,
  ShapeError,
  State,
  StateLayout,
  type Tensor,
} from "../../engine/mod.ts";
import { type MakeParameter, parameterShapes } from "../../nets/parameters.ts";

/**
 * Height and width of images or latents.
 * @category Latents
 */
export interface Size {
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
}

/**
 * How a half of an autoencoder runs.
 * @category Latents
 */
export interface ImageNetworkOptions {
  /**
   * Images at a time, fewer where the adapter does not bind that many; default: 8, on a software
   * adapter fewer where images are not small.
   */
  readonly batch?: number;
  /** Type of activations and weights in memory; default f32. Arithmetic is f32 in both. */
  readonly dtype?: FloatType;
}

/** A network from images to images, by what it is made of. */
export interface ImageNetwork {
  /** Its name, for errors and buffers. */
  readonly label: string;
  /** Channels of its input and output. */
  readonly channels: readonly [input: number, output: number];
  /** Height and width of the output. */
  outputSize(size: Size): Size;
  /** Calls its argument for every parameter. */
  describe(make: MakeParameter<void>): void;
  /** Its output, as graph, with tensors of at most so many bytes. */
  trace(parameter: MakeParameter<Tensor>, x: Tensor, maxTensorBytes: number): Tensor;
  /** The largest tensor of each level, for one image. */
  levels(size: Size): readonly Shape[];
}

const USUAL_BATCH = 8;
/** Bytes of the largest tensor up to which several images at once are faster on a processor. */
const SOFTWARE_BYTES = 2 ** 22;

/** The largest tensor that kernels can compute, where elements are of a type. */
function mostBytes({ adapterClass, maxBindingBytes }: Capabilities, dtype: FloatType): number {
  // There, partial sums of products are f32 in memory, whatever the type of the result.
  return adapterClass === "software" && dtype === "f16" ? maxBindingBytes / 2 : maxBindingBytes;
}

/** Images at a time: as many as were asked for, and the adapter binds without bands. */
export function batchOf(
  capabilities: Capabilities,
  network: ImageNetwork,
  size: Size,
  { batch, dtype = "f32" }: ImageNetworkOptions,
): number {
  const bytes = largestBytes(network, size, dtype);
  const usual = capabilities.adapterClass === "software"
    ? Math.min(USUAL_BATCH, Math.floor(SOFTWARE_BYTES / bytes))
    : USUAL_BATCH;
  return Math.max(
    1,
    Math.min(batch ?? usual, bound(capabilities, network, size, dtype)),
  );
}

/** Bytes of the largest tensor of one image. */
function largestBytes(network: ImageNetwork, size: Size, dtype: FloatType): number {
  const elementBytes = dtype === "f16" ? 2 : 4;
  return Math.max(
    ...network.levels(size).map((shape) => shape.reduce((a, b) => a * b, elementBytes)),
  );
}

/** Images that the adapter binds without bands; 0 where even one takes them. */
function bound(
  capabilities: Capabilities,
  network: ImageNetwork,
  size: Size,
  dtype: FloatType,
): number {
  return Math.floor(mostBytes(capabilities, dtype) / largestBytes(network, size, dtype));
}

/**
 * What a half of an autoencoder takes on the device.
 * @category Latents
 */
export interface ImageNetworkNeed extends MemoryNeed {
  /** Images at a time. */
  readonly batch: number;
  /** Whether an image is computed in bands of rows, since the adapter does not bind it whole. */
  readonly in_bands: boolean;
}

/** The device memory of a network for images of one size, weights included. */
export function imageNetworkMemory(
  capabilities: Capabilities,
  network: ImageNetwork,
  size: Size,
  options: ImageNetworkOptions,
): ImageNetworkNeed {
  const { layout, state } = imageNetworkLayout(capabilities, network, size, options);
  return {
    ...memoryNeed([layout], [state]),
    batch: batchOf(capabilities, network, size, options),
    in_bands: bound(capabilities, network, size, options.dtype ?? "f32") === 0,
  };
}

/** The kernels of a network for as many images of one size as run at a time, and its weights. */
export function imageNetworkLayout(
  capabilities: Capabilities,
  network: ImageNetwork,
  size: Size,
  options: ImageNetworkOptions,
): { readonly layout: Layout; readonly state: StateLayout } {
  const state = new StateLayout(parameterShapes(network.describe), network.label);
  const batch = batchOf(capabilities, network, size, options);
  const spec = specOf(capabilities, network, state, { ...size, batch }, options);
  return { layout: layOut(capabilities, spec), state };
}

function specOf(
  capabilities: Capabilities,
  { channels, trace }: ImageNetwork,
  state: StateLayout,
  { batch, height, width }: Size & { readonly batch: number },
  { dtype = "f32" }: ImageNetworkOptions,
): PlanSpec {
  const x = input("x", [batch, channels[0], height, width]);
  const f16 = dtype === "f16" ? state.unpack(state.segments().map((s) => cast(s, dtype))) : null;
  const parameter = (name: string) => f16?.[name] ?? state.tensor(name);
  return { outputs: { y: trace(parameter, x, mostBytes(capabilities, dtype)) } };
}

interface CompiledNetwork {
  /** The size of the images. */
  readonly key: string;
  readonly batch: number;
  readonly plan: Plan;
}

/** A network with its weights on a device, and a plan for images of the size seen last. */
export class ImageNetworkRunner implements Disposable {
  readonly #device: Device;
  readonly #network: ImageNetwork;
  readonly #options: ImageNetworkOptions;
  readonly #state: State;
  #compiled: CompiledNetwork | null = null;

  private constructor(
    device: Device,
    network: ImageNetwork,
    options: ImageNetworkOptions,
    state: State,
  ) {
    this.#device = device;
    this.#network = network;
    this.#options = options;
    this.#state = state;
  }

  /**
   * Puts the weights on the device.
   *
   * @throws {DeviceError} for f16 on an adapter without it
   */
  static async open(
    device: Device,
    network: ImageNetwork,
    load: (state: State) => Promise<void>,
    options: ImageNetworkOptions,
  ): Promise<ImageNetworkRunner> {
    if (options.dtype === "f16" && !device.capabilities.f16) {
      const { description, vendor } = device.info;
      throw new DeviceError(
        `${network.label}: the adapter "${description || vendor}" has no 16-bit floats ` +
          "(shader-f16): use f32",
      );
    }
    using resources = new DisposableStack();
    const shapes = parameterShapes(network.describe);
    const state = resources.use(new State(device, shapes, network.label));
    await load(state);
    resources.move();
    return new ImageNetworkRunner(device, network, options, state);
  }

  /** Images at a time, at most, of a size. */
  batchOf(size: Size): number {
    return batchOf(this.#device.capabilities, this.#network, size, this.#options);
  }

  /** The kernels behind a batch of the size seen last, for tables. */
  get kernels(): readonly PlanStep[] {
    return this.#compiled?.plan.steps ?? [];
  }

  /**
   * Runs the network on as many images as there are, batch by batch.
   *
   * @param onProgress called after each batch with the number of images done
   * @throws {ShapeError} where the values are no whole number of images, or the images do not fit
   * @throws {DeviceError} where the adapter's limits do not allow it
   */
  async run(
    values: Float32Array,
    size: Size,
    onProgress?: (done: number) => void,
  ): Promise<Float32Array> {
    const { label, channels: [from, to] } = this.#network;
    const each = from * size.height * size.width;
    const n = values.length / each;
    if (!Number.isInteger(n)) {
      throw new ShapeError(
        `${label}: ${values.length} values are no whole number of [${from}, ${size.height}, ` +
          `${size.width}]`,
      );
    }
    const out = this.#network.outputSize(size);
    const eachOut = to * out.height * out.width;
    if (n === 0) return new Float32Array();
    const { plan, batch } = await this.#compiledFor(size, n);
    const results = new Float32Array(n * eachOut);
    for (let first = 0; first < n; first += batch) {
      const end = Math.min(first + batch, n);
      let x = values.subarray(first * each, end * each);
      if (end - first < batch) {
        const padded = new Float32Array(batch * each);
        padded.set(x);
        x = padded;
      }
      plan.run({ x });
      const y = await plan.read("y");
      results.set(y.subarray(0, (end - first) * eachOut), first * eachOut);
      onProgress?.(end);
    }
    return results;
  }

  /** A plan for a size; one for fewer images than could run at a time serves no more than those. */
  async #compiledFor(size: Size, n: number): Promise<CompiledNetwork> {
    const key = `${size.height} x ${size.width}`;
    const batch = Math.min(n, this.batchOf(size));
    if (this.#compiled?.key === key && this.#compiled.batch >= batch) return this.#compiled;
    this.#compiled?.plan[Symbol.dispose]();
    this.#compiled = null;
    const { capabilities } = this.#device;
    const spec = specOf(
      capabilities,
      this.#network,
      this.#state,
      { ...size, batch },
      this.#options,
    );
    const plan = await compile(this.#device, spec);
    return this.#compiled = { key, batch, plan };
  }

  /** Frees the weights and the plan. */
  [Symbol.dispose](): void {
    this.#compiled?.plan[Symbol.dispose]();
    this.#state[Symbol.dispose]();
  }
}
