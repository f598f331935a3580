import {
  type Capabilities,
  type KernelChoices,
  type Layout,
  layOut,
  StateLayout,
} from "../../engine/mod.ts";
import type { DeviceMachineOptions } from "./machine_options.ts";
import { MachinePlans, type StepKind } from "./machine_plans.ts";

/** The plans of a sampler, none of them on a device. */
export interface SamplerLayouts {
  /** The slots. */
  readonly slots: readonly StateLayout[];
  /** Begins a batch. */
  readonly start: Layout;
  /** A step of each kind. */
  readonly kinds: ReadonlyMap<StepKind, Layout>;
  /**
   * Every plan with its runs for one batch of images; null where the method is adaptive, and the
   * number of steps is not known beforehand.
   */
  readonly batch: readonly { readonly layout: Layout; readonly runs: number }[] | null;
}

/** Plans a sampler. @param choices kernel variants found to be fastest */
export function samplerLayouts(
  capabilities: Capabilities,
  options: DeviceMachineOptions,
  choices?: KernelChoices,
): SamplerLayouts {
  const plans = new MachinePlans(options, (shapes, label) => new StateLayout(shapes, label));
  const start = layOut(capabilities, plans.start(), choices);
  const kinds = new Map(
    plans.kinds.map((kind) => [kind, layOut(capabilities, plans.step(kind), choices)] as const),
  );
  const { forms, evaluations } = options.method;
  const runs = new Map<StepKind, number>();
  for (const { t } of forms) {
    const kind = plans.kindOf(t, [plans.scaleAt(t)]);
    runs.set(kind, (runs.get(kind) ?? 0) + 1);
  }
  const batch = [
    { layout: start, runs: 1 },
    ...[...kinds].map(([kind, layout]) => ({ layout, runs: runs.get(kind)! })),
  ];
  // The forms of a method that is not adaptive are all of its steps.
  return {
    slots: [...plans.slots.values()],
    start,
    kinds,
    batch: evaluations === null ? null : batch,
  };
}
