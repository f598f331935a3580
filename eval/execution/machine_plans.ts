import {
  broadcastTo,
  constant,
  input,
  type PlanSpec,
  randomNormal,
  type Shape,
  type StateLayout,
  type Tensor,
} from "../../engine/mod.ts";
import type { DeviceMachineOptions } from "./device_machine.ts";
import { StepGraph } from "./step_graph.ts";

/** A step asks the network with guidance or without, or not at all; each is a plan. */
export type StepKind = "guided" | "plain" | "set";

/** Philox stream of the noise that images begin as. */
const INITIAL = 3;

/**
 * The slots of a sampler's machine and what its plans compute, over states that have memory or over
 * mere layouts. Each kind of step is one plan, which serves every step of its kind (see
 * {@linkcode StepGraph}); one more begins a batch.
 */
export class MachinePlans<S extends StateLayout> {
  /** Memory of each slot: one of its own, as a kernel cannot read and write parts of one buffer. */
  readonly slots: ReadonlyMap<string, S>;
  readonly #options: DeviceMachineOptions;
  readonly #graphs = new Map<StepKind, StepGraph>();

  /** @param makeState gives memory, or a layout alone, to named tensors */
  constructor(
    options: DeviceMachineOptions,
    makeState: (shapes: Readonly<Record<string, Shape>>, label: string) => S,
  ) {
    const { shape, method: { forms } } = options;
    this.#options = options;
    const names = new Set(["x", ...forms.flatMap(({ set }) => Object.keys(set))]);
    this.slots = new Map([...names].map((name) => [name, makeState({ [name]: shape }, name)]));
  }

  /** The kinds of step that the method takes. */
  get kinds(): StepKind[] {
    const { method: { forms } } = this.#options;
    return [...new Set(forms.map(({ t }) => this.kindOf(t, [this.scaleAt(t)])))];
  }

  /** The content of a slot. */
  read(slot: string): Tensor {
    return this.slots.get(slot)!.tensor(slot);
  }

  /** Strength of guidance at a time. */
  scaleAt(t: number | null): number {
    const { network, guidance: { scale, interval: [from, to] } } = this.#options;
    return t !== null && network.no_label !== null && from <= t && t <= to ? scale : 0;
  }

  /** The kind of a step at time `t` with guidance of `scales`, by image. */
  kindOf(t: number | null, scales: readonly number[]): StepKind {
    return t === null ? "set" : scales.some((s) => s > 0) ? "guided" : "plain";
  }

  /** The graph of a kind of step. */
  graph(kind: StepKind): StepGraph {
    let graph = this.#graphs.get(kind);
    if (!graph) {
      const { shape, network, method, limit } = this.#options;
      const steps = method.forms.filter(({ t }) => (t === null) === (kind === "set"));
      graph = new StepGraph(
        { shape, network, prediction: method.prediction, limit, guided: kind === "guided" },
        steps,
        (slot) => this.read(slot),
      );
      this.#graphs.set(kind, graph);
    }
    return graph;
  }

  /** The plan that begins a batch: `x` is noise, the other slots are zeros. */
  start(): PlanSpec {
    const { shape } = this.#options;
    const noise = randomNormal(input("key", [4], "u32"), shape, INITIAL);
    const zeros = broadcastTo(constant([0], []), shape);
    const slots = [...this.slots.keys()];
    return this.#updates(
      Object.fromEntries(slots.map((slot) => [slot, slot === "x" ? noise : zeros])),
    );
  }

  /** The plan of a kind of step. */
  step(kind: StepKind): PlanSpec {
    return this.#updates(this.graph(kind).values);
  }

  /** The plan that gives slots new values. */
  #updates(values: Readonly<Record<string, Tensor>>): PlanSpec {
    const updates = Object.entries(values)
      .map(([slot, value]) => ({ state: this.read(slot), value }));
    return { updates };
  }
}
