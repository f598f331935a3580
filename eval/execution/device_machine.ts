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
  square,
  State,
  sub,
  type Tensor,
} from "../../engine/mod.ts";
import {
  conditionInputs,
  conditionRows,
  type Conditions,
  guidedRows,
  repeatedRow,
  unconditionalRow,
} from "../../nets/conditions.ts";
import type { DeviceMachineOptions } from "./machine_options.ts";
import { MachinePlans, type StepKind } from "./machine_plans.ts";
import { Throttle } from "./throttle.ts";
import type { SamplerMachine, SamplerStep, ToleranceCheck } from "../samplers/program.ts";

/**
 * How a batch of images begins, with the conditions of a conditional network; where they are left out,
 * all are `none`.
 * @category Samplers
 */
export interface BatchStart extends Conditions {
  /** Seed of the noise. */
  readonly seed: number;
  /** Index of the first image: image i of a seed is the same in every batch. */
  readonly first: number;
  /**
   * The condition of one image that stands for none, and that guidance compares with: the last label
   * where it is left out; a text's must be given.
   */
  readonly none?: Conditions;
  /** Initial values in place of noise, `[n, C, H, W]`. */
  readonly x?: Float32Array;
}

const NEEDS_EMPTY =
  "a network of texts needs the context of the empty text, none: { context }, to be " +
  "guided or to draw without a text";

/**
 * Runs sampler steps on a device. A step is one submit: the model input, the network (on twice the
 * batch where guided) and the new values of all slots. Plans are compiled when first needed.
 * @category Samplers
 */
export class DeviceMachine implements SamplerMachine, Disposable {
  /** Number of images in the batch. */
  readonly images: number;
  readonly #device: Device;
  readonly #options: DeviceMachineOptions;
  readonly #throttle: Throttle;
  readonly #specs: MachinePlans<State>;
  readonly #slots: DisposableStack;
  readonly #plans = new Map<string, Plan>();
  #start: BatchStart = { seed: 0, first: 0 };
  /** Steps done since the start, which number the noise. */
  #done = 0;

  /** Allocates the slots. @throws {DeviceError} where the batch is too large for the adapter */
  constructor(device: Device, options: DeviceMachineOptions) {
    this.#device = device;
    this.#options = options;
    this.#throttle = new Throttle(device);
    this.images = options.shape[0];
    using slots = new DisposableStack();
    this.#specs = new MachinePlans(
      options,
      (shapes, label) => slots.use(new State(device, shapes, label)),
    );
    this.#slots = slots.move();
  }

  /** Begins a batch: `x` is noise, or the values given; the other slots are zeros. */
  async begin(start: BatchStart): Promise<void> {
    this.#start = start;
    this.#done = 0;
    const plan = await this.#plan("start", () => this.#specs.start());
    plan.run({ key: this.#key() });
    if (start.x) this.#specs.slots.get("x")!.write("x", start.x);
  }

  /**
   * Submits one step for all images, or one for each image.
   *
   * @throws {TypeError} where a step has a term that the method's forms lack, or a condition is missing
   */
  async run(step: SamplerStep | readonly SamplerStep[]): Promise<void> {
    const { plan, inputs } = await this.#prepared(step);
    plan.run(inputs);
    this.#done++;
    await this.#throttle.submitted();
  }

  /**
   * Runs a step with the device's clock on each kernel.
   *
   * @throws {DeviceError} where the adapter has no timestamps
   */
  async profile(step: SamplerStep): Promise<KernelTime[]> {
    const { plan, inputs } = await this.#prepared(step);
    const times = await plan.profile(inputs);
    this.#done++;
    return times;
  }

  /** Reads the error of each image, as {@linkcode SamplerMachine.errors}. */
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

  /** Reads the current images, `[n, C, H, W]`, after the steps submitted. */
  async read(): Promise<Float32Array> {
    return (await this.#specs.slots.get("x")!.read()).x;
  }

  /** Frees plans and slots. */
  [Symbol.dispose](): void {
    for (const plan of this.#plans.values()) plan[Symbol.dispose]();
    this.#slots.dispose();
  }

  /** The plan that runs a step, and its inputs. */
  async #prepared(step: SamplerStep | readonly SamplerStep[]) {
    const steps = "input" in step ? new Array<SamplerStep>(this.images).fill(step) : step;
    const scales = steps.map(({ t }) => this.#specs.scaleAt(t));
    const kind = this.#specs.kindOf(steps[0].t, scales);
    const graph = this.#specs.graph(kind);
    const inputs: Record<string, HostArray> = {
      ...graph.factors(this.#options.schedule, steps, scales),
      ...(graph.noisy ? { key: this.#key() } : {}),
      ...this.#conditions(kind),
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

  #conditions(kind: StepKind): Record<string, HostArray> {
    const { conditioning } = this.#options.network;
    if (kind === "update" || conditioning.kind === "none") return {};
    const none = unconditionalRow(conditioning, this.#start.none);
    const rows = conditionRows(conditioning, this.#start) ??
      (none && repeatedRow(none, this.images));
    if (!rows || (kind === "guided" && !none)) throw new TypeError(NEEDS_EMPTY);
    return conditionInputs(conditioning, kind === "plain" ? rows : guidedRows(rows, none!));
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
