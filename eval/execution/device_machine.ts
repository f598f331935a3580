import {
  add,
  affine,
  compile,
  type Device,
  div,
  type HostArray,
  type KernelTime,
  mean,
  type Plan,
  type PlanSpec,
  relu,
  type Shape,
  square,
  State,
  sub,
  type Tensor,
} from "../../engine/mod.ts";
import { MachinePlans, type StepKind } from "./machine_plans.ts";
import type { NoiseSchedule } from "../../train/diffusion/noise_schedule.ts";
import { Throttle } from "./throttle.ts";
import type { Clipping } from "../clipping.ts";
import type {
  SamplerMachine,
  SamplerMethod,
  SamplerStep,
  ToleranceCheck,
} from "../samplers/program.ts";
import type { Network } from "../trained_network.ts";

/** How strongly labels guide, and when. */
export interface Guidance {
  /** `cond + scale (cond - uncond)`; 0 is no guidance, and half the work. */
  readonly scale: number;
  /** Guidance is given at times from the first to the second. */
  readonly interval: readonly [number, number];
}

/** What a {@linkcode DeviceMachine} is made for. */
export interface DeviceMachineOptions {
  /** Shape of the batch, `[n, C, H, W]`. */
  readonly shape: Shape;
  readonly network: Network;
  readonly schedule: NoiseSchedule;
  readonly method: SamplerMethod;
  readonly guidance: Guidance;
  readonly limit: Clipping;
}

/** How a batch of images begins. */
export interface BatchStart {
  readonly seed: number;
  /** Number of the first image: image i of a seed is the same in every batch. */
  readonly first: number;
  /** Labels `[n]`, for a network with labels. */
  readonly labels?: Int32Array;
  /** Begin with this instead of noise, `[n, C, H, W]`. */
  readonly x?: Float32Array;
}

/**
 * Carries sampler steps out on a device. A run is one submit: what the network is shown, its call
 * (one on twice the batch where guided), and the new values of all slots. Its plans are compiled when
 * first needed.
 */
export class DeviceMachine implements SamplerMachine, Disposable {
  readonly images: number;
  readonly #device: Device;
  readonly #options: DeviceMachineOptions;
  readonly #pace: Throttle;
  readonly #specs: MachinePlans<State>;
  readonly #plans = new Map<string, Plan>();
  #start: BatchStart = { seed: 0, first: 0 };
  /** Steps done since the start, which number the noise. */
  #done = 0;

  constructor(device: Device, options: DeviceMachineOptions) {
    this.#device = device;
    this.#options = options;
    this.#pace = new Throttle(device);
    this.images = options.shape[0];
    this.#specs = new MachinePlans(options, (shapes, label) => new State(device, shapes, label));
  }

  /** Begins a batch: `x` is noise, or what is given; the other slots are zeros. */
  async begin(start: BatchStart): Promise<void> {
    this.#start = start;
    this.#done = 0;
    const plan = await this.#plan("start", () => this.#specs.start());
    plan.run({ key: this.#key() });
    if (start.x) this.#specs.slots.get("x")!.write("x", start.x);
  }

  async run(step: SamplerStep | readonly SamplerStep[]): Promise<void> {
    const { plan, inputs } = await this.#prepared(step);
    plan.run(inputs);
    this.#done++;
    await this.#pace.submitted();
  }

  /**
   * Carries a step out with the device's clock on each kernel.
   *
   * @throws {DeviceError} where the adapter has no timestamps
   */
  async profile(step: SamplerStep): Promise<KernelTime[]> {
    const { plan, inputs } = await this.#prepared(step);
    const times = await plan.profile(inputs);
    this.#done++;
    return times;
  }

  async errors({ a, b, c, absolute, relative }: ToleranceCheck): Promise<number[]> {
    const key = `errors ${a} ${b} ${c} ${absolute} ${relative}`;
    const plan = await this.#plan(key, () => {
      const [u, v, w] = [a, b, c].map((slot) => this.#specs.read(slot));
      const larger = maximum(magnitude(v), magnitude(w));
      const allowed = affine(relu(affine(larger, relative, -absolute)), 1, absolute);
      const squares = square(div(sub(u, v), allowed));
      const errors = mean(squares, squares.shape.map((_, d) => d).slice(1));
      return { outputs: { errors } };
    });
    plan.run();
    return Array.from(await plan.read("errors"), Math.sqrt);
  }

  /** The images as they are now, `[n, C, H, W]`; waits for the steps submitted. */
  async read(): Promise<Float32Array> {
    return (await this.#specs.slots.get("x")!.read()).x;
  }

  /** Frees plans and slots. */
  [Symbol.dispose](): void {
    for (const plan of this.#plans.values()) plan[Symbol.dispose]();
    for (const state of this.#specs.slots.values()) state[Symbol.dispose]();
  }

  /** The plan that carries a step out, and its inputs. */
  async #prepared(step: SamplerStep | readonly SamplerStep[]) {
    const steps = "look" in step ? new Array<SamplerStep>(this.images).fill(step) : step;
    const scales = steps.map(({ t }) => this.#specs.scaleAt(t));
    const kind = this.#specs.kindOf(steps[0].t, scales);
    const graph = this.#specs.graph(kind);
    const inputs: Record<string, HostArray> = {
      ...graph.factors(this.#options.schedule, steps, scales),
      ...(graph.noisy ? { key: this.#key() } : {}),
      ...this.#labels(kind),
    };
    return { plan: await this.#plan(kind, () => this.#specs.step(kind)), inputs };
  }

  /** The plan of a name, compiled on first use. */
  async #plan(name: string, spec: () => PlanSpec): Promise<Plan> {
    let plan = this.#plans.get(name);
    if (!plan) {
      plan = await compile(this.#device, spec());
      this.#plans.set(name, plan);
    }
    return plan;
  }

  #labels(kind: StepKind): Record<string, HostArray> {
    const { no_label } = this.#options.network;
    if (kind === "set" || no_label === null) return {};
    const given = this.#start.labels ?? new Int32Array(this.images).fill(no_label);
    if (kind === "plain") return { labels: given };
    const both = new Int32Array(2 * given.length).fill(no_label);
    both.set(given);
    return { labels: both };
  }

  #key(): Uint32Array {
    const { seed, first } = this.#start;
    return Uint32Array.of(seed, Math.floor(seed / 2 ** 32), this.#done, first);
  }
}

function magnitude(x: Tensor): Tensor {
  return add(relu(x), relu(affine(x, -1)));
}

function maximum(a: Tensor, b: Tensor): Tensor {
  return add(b, relu(sub(a, b)));
}
