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
import type { DeviceMachineOptions } from "./machine_options.ts";
import { StepGraph } from "./step_graph.ts";

/** A step calls the network with guidance or without, or not at all; each kind is a plan. */
export type StepKind = "guided" | "plain" | "update";

/** Philox stream of the noise that images begin as. */
const INITIAL = 3;

/**
 * The slots of a sampler's machine and what its plans compute, over states with memory or over
 * layouts alone. Each kind of step is one plan, which runs every step of its kind (see
 * {@linkcode StepGraph}); one more begins a batch.
 */
export class MachinePlans<S extends StateLayout> {
  /** The slots. Each has its own buffer: a kernel cannot read and write parts of the same one. */
  readonly slots: ReadonlyMap<string, S>;
  readonly #options: DeviceMachineOptions;
  readonly #graphs = new Map<StepKind, StepGraph>();

  /** Makes the slots. @param makeState makes a state, or a layout alone, of named tensors */
  constructor(
    options: DeviceMachineOptions,
    makeState: (shapes: Readonly<Record<string, Shape>>, label: string) => S,
  ) {
    const { shape, method: { forms } } = options;
    this.#options = options;
    const names = new Set(["x", ...forms.flatMap(({ update }) => Object.keys(update))]);
    this.slots = new Map([...names].map((name) => [name, makeState({ [name]: shape }, name)]));
  }

  /** The kinds of step that the method takes. */
  get kinds(): StepKind[] {
    const { method: { forms } } = this.#options;
    return [...new Set(forms.map(({ t }) => this.kindOf(t, [this.scaleAt(t)])))];
  }

  /** The content of a slot, as graph. */
  read(slot: string): Tensor {
    return this.slots.get(slot)!.tensor(slot);
  }

  /** Strength of guidance at a time. */
  scaleAt(t: number | null): number {
    const { network, guidance: { scale, interval: [from, to] } } = this.#options;
    return t !== null && network.conditioning.kind !== "none" && from <= t && t <= to ? scale : 0;
  }

  /** The kind of a step at time `t` with guidance of `scales`, by image. */
  kindOf(t: number | null, scales: readonly number[]): StepKind {
    return t === null ? "update" : scales.some((s) => s > 0) ? "guided" : "plain";
  }

  /** The graph of a kind of step. */
  graph(kind: StepKind): StepGraph {
    let graph = this.#graphs.get(kind);
    if (!graph) {
      const { shape, network, method, limit } = this.#options;
      const steps = method.forms.filter(({ t }) => (t === null) === (kind === "update"));
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
