import {
  add,
  compile,
  type Device,
  div,
  input,
  mul,
  type Plan,
  randomNormal,
  type Shape,
  sqrt,
  square,
  sub,
  sum,
} from "../../engine/mod.ts";
import { type Conditioning, conditionInput } from "../../nets/conditioning.ts";
import { conditionInputs, conditionRows, type Conditions } from "../../nets/conditions.ts";
import type { Process } from "../../train/diffusion/process.ts";
import type { Network } from "../trained_network.ts";

/** Philox streams of the diffusion's noise and of the perturbation. */
const NOISE = 0x9e26;
const PERTURBATION = 0x9e27;

/** What a network is perturbed around, with the conditions of a conditional one. */
export interface PerturbedInputs extends Conditions {
  /** Images in [-1, 1], `[n, C, H, W]`. */
  readonly x0: Float32Array;
  /** The time in [0, 1] that they are diffused to. */
  readonly t: number;
}

/**
 * How much a network's output changes under noise on its input, `|f(x + d) - f(x)| / |d|` for each
 * image, `d` normal, for images diffused to a time: what ScaleLong's theorem on robustness bounds.
 */
export class Perturbation implements Disposable {
  readonly #plan: Plan;
  readonly #conditioning: Conditioning;

  private constructor(plan: Plan, conditioning: Conditioning) {
    this.#plan = plan;
    this.#conditioning = conditioning;
  }

  /** Compiles the measurement. @param shape the images' `[n, C, H, W]` */
  static async create(
    device: Device,
    { network, process, shape }: { network: Network; process: Process; shape: Shape },
  ): Promise<Perturbation> {
    const key = input("key", [4], "u32");
    const t = input("t", [shape[0]]);
    const x = process.diffuse({
      x0: input("x0", shape),
      t,
      noise: randomNormal(key, shape, NOISE),
    });
    const timesteps = process.timesteps(t);
    const condition = conditionInput(network.conditioning, shape[0]);
    const d = mul(randomNormal(key, shape, PERTURBATION), input("level", []));
    const change = sub(
      network.predict(add(x, d), timesteps, condition),
      network.predict(x, timesteps, condition),
    );
    const axes = [1, 2, 3];
    const ratios = sqrt(div(sum(square(change), axes), sum(square(d), axes)));
    const plan = await compile(device, { outputs: { ratios } });
    return new Perturbation(plan, network.conditioning);
  }

  /** The ratio for each image, at noise of standard deviation `level`. */
  async ratios(
    { x0, t, ...conditions }: PerturbedInputs,
    { level, seed }: { level: number; seed: number },
  ): Promise<number[]> {
    this.#plan.run({
      x0,
      t: new Float32Array(this.#plan.shape("ratios")[0]).fill(t),
      key: Uint32Array.of(seed, 0, 0, 0),
      level: Float32Array.of(level),
      ...conditionInputs(this.#conditioning, conditionRows(this.#conditioning, conditions)),
    });
    return [...await this.#plan.read("ratios")];
  }

  /** Frees the plan. */
  [Symbol.dispose](): void {
    this.#plan[Symbol.dispose]();
  }
}
