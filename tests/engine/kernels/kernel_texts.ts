import type { AdapterClass, Capabilities } from "../../../engine/capabilities.ts";
import type { OperationExample } from "../../../engine/testing/example.ts";
import { traceExample } from "../../../engine/testing/example.ts";
import { examples } from "../../../engine/testing/registry.ts";
import { type Layout, layOut, type PlanSpec } from "../../../engine/plan/layout.ts";
import { startEmission } from "../../../engine/kernels/emission.ts";
import { StateLayout } from "../../../engine/state_layout.ts";
import type { Config } from "../../../train/config/config.ts";
import { presets } from "../../../train/config/presets.ts";
import { trainStepGraph } from "../../../train/train_step_graph.ts";
import { f16Examples } from "../test_kernels.ts";

/** A kernel's text, and whether it may use subgroups. */
export interface KernelText {
  readonly code: string;
  readonly usesSubgroups: boolean;
}

const CLASSES: readonly AdapterClass[] = ["software", "integrated", "discrete"];
/** None, that of Chromium's software adapter, and that of most GPUs. */
const SUBGROUP_SIZES = [0, 4, 32];
/** Also those of Intel's, AMD's and Arm's. */
const EVERY_SUBGROUP_SIZE = [0, 4, 8, 16, 32, 64];

/** What a browser grants everywhere but on the oldest phones; it has no 64-bit integers. */
const LIMITS = {
  vendor: "other" as const,
  maxWorkgroupsPerDimension: 65535,
  maxWorkgroupMemory: 32768,
  maxStorageBuffers: 10,
  maxBindingBytes: 2 ** 30,
  int64: false,
};
/** With f16 no kernel is written in another way: the usual choice has one size of subgroups. */
const F16_SUBGROUP_SIZES = [4];

/**
 * The kernels that adapters of every class would be given: for every operation and its gradient, and
 * for a training step of the quickstart's networks; with every variant that tuning may choose. Of
 * texts that differ only in numbers, or in how often a line is repeated, the shortest stands for all.
 * Vendors get the same variants, in another order.
 *
 * @param isFull every text, and for every size of subgroups
 */
export function kernelTexts(isFull: boolean): KernelText[] {
  const kinds = new Map<string, KernelText>();
  for (const capabilities of everyCapabilities(isFull)) {
    const usesSubgroups = capabilities.subgroupSize > 0;
    for (const code of textsFor(capabilities)) {
      // Most use none, wherever there are some.
      const kind = `${usesSubgroups && code.includes("subgroup")} ${isFull ? code : linesOf(code)}`;
      const known = kinds.get(kind);
      if (!known || code.length < known.code.length) kinds.set(kind, { code, usesSubgroups });
    }
  }
  return [...kinds.values()];
}

function* everyCapabilities(isFull: boolean): Generator<Capabilities> {
  for (const f16 of [false, true]) {
    const usual = f16 ? F16_SUBGROUP_SIZES : SUBGROUP_SIZES;
    for (const adapterClass of CLASSES) {
      for (const subgroupSize of isFull ? EVERY_SUBGROUP_SIZE : usual) {
        yield { ...LIMITS, adapterClass, subgroupSize, f16 };
      }
    }
  }
}

/** The different lines of a text, without the numbers in values and names. */
function linesOf(code: string): string {
  const general = code.replace(TYPES_AND_NUMBERS, (word) => /^\d/.test(word) ? "#" : word);
  return [...new Set(general.split("\n").map((line) => line.trim()))].join("\n");
}

const TYPES_AND_NUMBERS = /\b(?:[fiu](?:16|32)|vec[234]\w?)\b|\d+/g;

function* textsFor(capabilities: Capabilities): Generator<string> {
  const { f16 } = capabilities;
  const specs = (f16 ? f16Examples : examples).map(specOf);
  for (const spec of [...specs, ...trainingSpecs(f16 ? "fp16" : "no")]) {
    const layout = layOut(capabilities, spec);
    for (const { code } of layout.dispatches) yield code;
    yield* variantsOf(layout, capabilities);
  }
}

function* variantsOf({ undecided }: Layout, capabilities: Capabilities): Generator<string> {
  for (const { names, trial } of undecided.values()) {
    for (const name of names) {
      const { emitter, dispatches } = startEmission(capabilities, new Map());
      trial(emitter, name);
      for (const { code } of dispatches) yield code;
    }
  }
}

function specOf(example: OperationExample): PlanSpec {
  const { outputs, gradients } = traceExample(example);
  return { outputs: Object.fromEntries([...outputs, ...gradients].entries()) };
}

function trainingSpecs(mixed_precision: Config["train"]["mixed_precision"]): PlanSpec[] {
  const { quickstart, quickstart_unet } = presets;
  const configs: Config[] = [
    { ...quickstart, nnet: { ...quickstart.nnet, scalelong: 3 } },
    { ...quickstart_unet, nnet: { ...quickstart_unet.nnet, scalelong: 4 } },
  ];
  return configs.flatMap((preset) => {
    const config = { ...preset, train: { ...preset.train, mixed_precision } };
    const makeState = (...[shapes, label]: ConstructorParameters<typeof StateLayout>) =>
      new StateLayout(shapes, label);
    const { update, norms } = trainStepGraph(config, makeState, { recordLength: 1 });
    return [update, norms];
  });
}
