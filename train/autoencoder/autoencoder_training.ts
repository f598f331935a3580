import {
  affine,
  compile,
  type Device,
  grad,
  input,
  type Plan,
  type PlanSpec,
  randomNormal,
  type Shape,
  State,
  type StateLayout,
  type Tensor,
  unpackBytes,
} from "../../engine/mod.ts";
import {
  type AutoencoderConfig,
  autoencoderParameters,
  downsamplingOf,
} from "../../nets/autoencoder_parameters.ts";
import { initialize, type MakeParameter, parameterShapes } from "../../nets/parameters.ts";
import type { Config } from "../config/config.ts";
import { learningRate } from "../config/learning_rate.ts";
import { batches } from "../data/batches.ts";
import type { ImageSource } from "../data/image_source.ts";
import { batchKey, words } from "../data/micro_batches.ts";
import { optimizerInputs, type OptimizerState, optimizerUpdate } from "../optimizer.ts";
import { ReadAhead } from "../read_ahead.ts";
import { autoencoderLoss } from "./autoencoder_loss.ts";

/**
 * How an autoencoder is trained; the names are those of a {@linkcode Config}.
 * @category Training
 */
export interface AutoencoderSettings extends Pick<Config, "seed" | "optimizer" | "lr_scheduler"> {
  /** The network. */
  readonly autoencoder: AutoencoderConfig;
  /** Weight of the divergence from the standard normal distribution; latent diffusion's is 1e-6. */
  readonly kl_weight: number;
  /** Steps, batch and averages. */
  readonly train: Pick<Config["train"], "n_steps" | "batch_size" | "grad_clip" | "ema_rate">;
}

/**
 * A step that the device has done.
 * @category Training
 */
export interface AutoencoderStep {
  /** Steps done, with this one. */
  readonly step: number;
  /** The learning rate of the step. */
  readonly lr: number;
  /** What is minimised. */
  readonly loss: number;
  /** Mean absolute difference of images in [-1, 1] from what is decoded. */
  readonly reconstruction: number;
  /** Divergence of the latents from the standard normal distribution, by value of an image. */
  readonly divergence: number;
  /** Norm of the gradient before clipping. */
  readonly grad_norm: number;
}

/** Philox stream of the noise in latents. */
const NOISE = 5;
/** Steps that may be submitted before they are read. */
const MOST_AHEAD = 64;

/**
 * An autoencoder with its optimizer on a device, for images of one size: a step is one submit.
 *
 * @example
 * ```ts no-eval
 * import {
 *   autoencoderOf,
 *   AutoencoderTraining,
 *   Device,
 *   presets,
 *   shapes,
 *   STABLE_DIFFUSION_AUTOENCODER,
 * } from "@scalelong/scalelong";
 *
 * const { seed, optimizer, lr_scheduler, train } = presets.quickstart;
 * const autoencoder = { ...STABLE_DIFFUSION_AUTOENCODER, ch: 32, ch_mult: [1, 2] };
 * const settings = { autoencoder, kl_weight: 1e-6, seed, optimizer, lr_scheduler, train };
 * const data = shapes({ image_size: 16, n: 8192, seed: 0 });
 * using device = await Device.open();
 * using training = await AutoencoderTraining.create(device, settings, data.shape);
 * for await (const { step, reconstruction } of training.steps(data)) {
 *   console.log(step, reconstruction);
 * }
 * const weights = autoencoderOf(autoencoder, await training.weights());
 * ```
 *
 * @category Training
 */
export class AutoencoderTraining implements Disposable {
  /** How it is trained. */
  readonly settings: AutoencoderSettings;
  readonly #state: OptimizerState;
  readonly #plan: Plan;
  readonly #resources: DisposableStack;

  private constructor(
    settings: AutoencoderSettings,
    state: OptimizerState,
    plan: Plan,
    resources: DisposableStack,
  ) {
    this.settings = settings;
    this.#state = state;
    this.#plan = plan;
    this.#resources = resources;
  }

  /**
   * Allocates the states with initial values, and compiles.
   *
   * @param shape of an image, `[in_channels, height, width]`
   * @throws {ShapeError} where the images do not fit the autoencoder
   * @throws {DeviceError} where the adapter's limits do not allow it
   */
  static async create(
    device: Device,
    settings: AutoencoderSettings,
    shape: readonly [channels: number, height: number, width: number],
  ): Promise<AutoencoderTraining> {
    using resources = new DisposableStack();
    const describe = (make: MakeParameter<void>) =>
      autoencoderParameters(settings.autoencoder, make);
    const make = (label: string) =>
      resources.use(new State(device, parameterShapes(describe), label));
    const state: OptimizerState = {
      nnet: make("nnet"),
      nnet_ema: make("nnet_ema"),
      exp_avg: make("exp_avg"),
      exp_avg_sq: make("exp_avg_sq"),
    };
    for (const [name, values] of Object.entries(initialize(describe, settings.seed))) {
      state.nnet.write(name, values);
      state.nnet_ema.write(name, values);
    }
    const plan = resources.use(await compile(device, trainingPlan(settings, state, shape)));
    return new AutoencoderTraining(settings, state, plan, resources.move());
  }

  /**
   * Trains on images until all steps are done, and yields each. Everything is a function of the seed
   * and the step.
   *
   * @param signal ends training after the steps that are submitted
   */
  async *steps(
    source: ImageSource<"u8">,
    signal?: AbortSignal,
  ): AsyncGenerator<AutoencoderStep, void, undefined> {
    const { seed, train: { n_steps, batch_size } } = this.settings;
    const data = batches(source, { seed, random_flip: false });
    const ahead = new ReadAhead(MOST_AHEAD);
    const inputs = { ...this.settings, train: { n_steps, mixed_precision: "no" as const } };
    for (let done = 0; done < n_steps && !signal?.aborted;) {
      const { images } = await data.at(done * batch_size, batch_size);
      this.#plan.run({
        ...optimizerInputs(inputs, done),
        images: words(images),
        key: batchKey(seed, done, 0),
      });
      done++;
      ahead.submitted();
      if (done < n_steps && !ahead.isFull && !signal?.aborted) continue;
      const records = await this.#plan.records();
      ahead.read();
      const count = records.loss.length;
      for (let i = 0; i < count; i++) {
        const step = done - count + i + 1;
        yield {
          step,
          lr: learningRate(inputs, step - 1),
          loss: records.loss[i],
          reconstruction: records.reconstruction[i],
          divergence: records.divergence[i],
          grad_norm: records.grad_norm[i],
        };
      }
      // A turn of the event loop, so that Ctrl-C is heard between two busy waits for the device.
      await new Promise((resolve) => setTimeout(resolve, 0));
      ahead.resume();
    }
  }

  /** Reads the weights' moving average, by the reference's names. */
  weights(): Promise<Record<string, Float32Array>> {
    return this.#state.nnet_ema.read();
  }

  /** Frees the states and the plan. */
  [Symbol.dispose](): void {
    this.#resources.dispose();
  }
}

/** The plan of a step: noise, forward, backward, update and averages. */
function trainingPlan(
  { autoencoder, kl_weight, optimizer, train }: AutoencoderSettings,
  state: OptimizerState<StateLayout>,
  [channels, height, width]: Shape,
): PlanSpec {
  const n = train.batch_size;
  const f = downsamplingOf(autoencoder);
  const parameters: Record<string, Tensor> = {};
  const params = autoencoderParameters(
    autoencoder,
    (name) => parameters[name] = state.nnet.tensor(name),
  );
  const shape = [n, channels, height, width];
  const bytes = input("images", [Math.ceil(n * channels * height * width / 4)], "u32");
  const images = affine(unpackBytes(bytes, shape), 2 / 255, -1);
  const latents = [n, autoencoder.embed_dim, Math.floor(height / f), Math.floor(width / f)];
  const noise = randomNormal(input("key", [4], "u32"), latents, NOISE);
  const losses = autoencoderLoss(params, { images, noise }, autoencoder, kl_weight);
  const names = Object.keys(parameters);
  const grads = grad(losses.loss, names.map((name) => parameters[name]));
  const packed = state.nnet.pack(Object.fromEntries(names.map((name, i) => [name, grads[i]])));
  const { updates, grad_norm } = optimizerUpdate(packed, state, { optimizer, train });
  const outputs = { ...losses, grad_norm };
  return { outputs, updates, record: Object.keys(outputs), recordLength: MOST_AHEAD };
}
