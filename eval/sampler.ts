import {
  add,
  affine,
  broadcastTo,
  compile,
  type Device,
  div,
  type HostArray,
  input,
  mul,
  type Plan,
  randomNormal,
  relu,
  type Shape,
  State,
  sub,
  type Tensor,
} from "../engine/mod.ts";
import { alphaBar, TIMESTEP_SCALE } from "../train/vp_sde.ts";
import { eulerSteps } from "./samplers/euler_maruyama.ts";

/** The noise in `x` `[n, C, H, W]` at timesteps `[n]`, as graph. */
export type NoiseModel = (x: Tensor, timesteps: Tensor) => Tensor;

/** What one call of {@linkcode Sampler.sample} makes. */
export interface SampleRequest {
  readonly seed: number;
  /** Number of the first picture: picture i of a seed is the same in every batch. */
  readonly first?: number;
  /** Network evaluations. */
  readonly steps: number;
  /** The noise model's own inputs, the same at every step: labels. */
  readonly inputs?: Readonly<Record<string, HostArray>>;
  /** Start from this instead of noise, `[n, C, H, W]`. */
  readonly start?: Float32Array;
}

/** Philox stream of the noise that pictures start from. */
const INITIAL = 3;

/** Draws pictures by Euler steps of the probability-flow ODE; its plan is compiled once. */
export class Sampler implements Disposable {
  #state: State;
  #start: Plan;
  #step: Plan;

  #clip_denoised: boolean;

  private constructor(state: State, start: Plan, step: Plan, clip_denoised: boolean) {
    this.#state = state;
    this.#start = start;
    this.#step = step;
    this.#clip_denoised = clip_denoised;
  }

  /**
   * Compiles a sampler of pictures of `shape` `[n, C, H, W]`.
   *
   * @param clip_denoised keep the picture that each step predicts within [-1, 1]
   */
  static async create(
    device: Device,
    shape: Shape,
    model: NoiseModel,
    { clip_denoised = false }: { clip_denoised?: boolean } = {},
  ): Promise<Sampler> {
    const state = new State(device, { x: shape }, "sampler");
    const x = state.tensor("x");
    const timesteps = broadcastTo(input("timestep", [1]), [shape[0]]);
    const predicted = model(x, timesteps);
    const noise = clip_denoised
      ? clipDenoised(x, predicted, input("alpha", []), input("sigma", []))
      : predicted;
    const value = add(mul(x, input("x_factor", [])), mul(noise, input("noise_factor", [])));
    const step = await compile(device, { updates: [{ state: x, value }] });
    const start = await compile(device, {
      updates: [{ state: x, value: randomNormal(input("key", [4], "u32"), shape, INITIAL) }],
    });
    return new Sampler(state, start, step, clip_denoised);
  }

  /** Draws pictures, `[n, C, H, W]`, about in [-1, 1]. Nothing is read back before the last step. */
  async sample({ seed, first = 0, steps, inputs, start }: SampleRequest): Promise<Float32Array> {
    if (start) this.#state.write("x", start);
    else this.#start.run({ key: Uint32Array.of(seed, Math.floor(seed / 2 ** 32), 0, first) });
    for (const { t, x, noise } of eulerSteps(steps)) {
      this.#step.run({
        timestep: Float32Array.of(t * TIMESTEP_SCALE),
        x_factor: Float32Array.of(x),
        noise_factor: Float32Array.of(noise),
        ...(this.#clip_denoised ? levels(t) : {}),
        ...inputs,
      });
    }
    return (await this.#state.read()).x;
  }

  /** Frees the plans and the pictures. */
  [Symbol.dispose](): void {
    this.#step[Symbol.dispose]();
    this.#start[Symbol.dispose]();
    this.#state[Symbol.dispose]();
  }
}

/** Share of picture and of noise at time `t`. */
function levels(t: number): Record<string, Float32Array> {
  const abar = alphaBar(t);
  return {
    alpha: Float32Array.of(Math.sqrt(abar)),
    sigma: Float32Array.of(Math.sqrt(1 - abar)),
  };
}

/** The noise that belongs to the predicted picture once that is clipped to [-1, 1]. */
function clipDenoised(x: Tensor, noise: Tensor, alpha: Tensor, sigma: Tensor): Tensor {
  const x0 = div(sub(x, mul(sigma, noise)), alpha);
  const clipped = affine(sub(relu(affine(x0, 1, 1)), relu(affine(x0, 1, -1))), 1, -1);
  return div(sub(x, mul(alpha, clipped)), sigma);
}
