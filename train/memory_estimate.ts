import {
  type Capabilities,
  fitsGrid,
  memoryNeed,
  type PlanSpec,
  planSteps,
} from "../engine/mod.ts";
import { type RunConfig, withBatch } from "./config/autoencoder_run_config.ts";
import { objectiveOf } from "./autoencoder/autoencoder_objective.ts";
import { trainStepLayouts } from "./train_step_graph.ts";

/** What a training step needs, worked out without a device's memory. */
export interface MemoryEstimate {
  /** Numbers in the network. */
  readonly parameters: number;
  /** Floating-point operations of a step for each image, a multiply-add counted as two. */
  readonly flops_per_image: number;
  readonly kernels: number;
  /** Bytes of weights, averages and moments. */
  readonly state_bytes: number;
  /** Bytes that are read back at once, at most: of these for a checkpoint, or what steps recorded. */
  readonly read_bytes: number;
  /** Bytes of activations, gradients, inputs and constants. */
  readonly plan_bytes: number;
  /** The largest tensor that a kernel binds, and the kernel. */
  readonly largest: { readonly label: string; readonly bytes: number };
  /** Whether the adapter's limits on bindings and workgroups allow it. */
  readonly fits: boolean;
}

/**
 * Plans a training step as the loop would, and adds up its buffers.
 *
 * @param recordLength steps between two reads of what is recorded, at most
 * @param probes also record what `probeTensors` measures
 */
export function memoryEstimate(
  capabilities: Capabilities,
  config: RunConfig,
  recordLength: number,
  probes = false,
): MemoryEstimate {
  const { graph, states, step: plans, norms } = trainStepLayouts(capabilities, config, {
    objective: objectiveOf(config),
    recordLength,
    probes,
  });
  const { state, update } = graph;
  const { batch_size } = config.train;
  // The check before each save is a plan of its own, and no part of a step.
  const layouts = [...plans.map(({ layout }) => layout), norms];
  const { bytes, largest } = memoryNeed(layouts);
  const flops = plans.map(({ layout: { dispatches }, runs }) =>
    runs * dispatches.reduce((sum, d) => sum + d.flops, 0)
  );
  const recorded = (spec: PlanSpec, runs: number) => (spec.record?.length ?? 0) * runs * 4;
  const records = recorded(update, recordLength);
  return {
    parameters: state.nnet.names.reduce((n, name) => n + state.nnet.entry(name).size, 0),
    flops_per_image: total(flops) / batch_size,
    kernels: total(plans.map(({ layout, runs }) => runs * layout.dispatches.length)),
    state_bytes: total(states.map(({ bytes }) => bytes)),
    read_bytes: Math.max(records, ...states.flatMap(({ lengths }) => lengths.map((n) => 4 * n))),
    plan_bytes: bytes + records + recorded(graph.norms, 1),
    largest,
    fits: largest.bytes <= capabilities.maxBindingBytes &&
      layouts.every((layout) => planSteps(layout).every((step) => fitsGrid(capabilities, step))),
  };
}

/**
 * The largest batch whose tensors the adapter can bind, with the configuration's number of
 * micro-batches: a multiple of that number; 0 where not even one image each fits.
 */
export function largestBatch(capabilities: Capabilities, config: RunConfig): number {
  const { micro_batches } = config.train;
  const fits = (each: number): boolean => {
    const other = withBatch(config, { batch_size: each * micro_batches });
    return memoryEstimate(capabilities, other, 1).fits;
  };
  let [good, bad] = [0, 1];
  while (bad < MOST_EACH && fits(bad)) [good, bad] = [bad, bad * 2];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (fits(middle)) good = middle;
    else bad = middle;
  }
  return good * micro_batches;
}

/** Where the search for the largest batch ends. */
const MOST_EACH = 2 ** 16;

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
