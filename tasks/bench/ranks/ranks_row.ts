import { type Device, StateLayout } from "../../../engine/mod.ts";
import { shapesOf } from "../../../train/checkpoints/network_shapes.ts";
import { ONE_PROCESS } from "../../../train/collective/collective.ts";
import { CollectiveError } from "../../../train/collective/collective_error.ts";
import { withBatch } from "../../../train/config/autoencoder_run_config.ts";
import type { Config } from "../../../train/config/config.ts";
import { type PresetName, presets } from "../../../train/config/presets.ts";
import { fitting } from "../fitting.ts";
import { allMs, exchangeTimes } from "./exchange_times.ts";
import {
  type Efficiency,
  efficiency,
  exchangeMs,
  LINKS,
  RANKS,
  type ScalingFacts,
  sharedStepMs,
} from "./scaling_model.ts";
import { stepMs } from "./step_ms.ts";
import { type TwoRanks, twoRanks } from "./two_ranks.ts";

/** What several processes cost here, and what is predicted of more. */
export interface RanksRow {
  readonly preset: PresetName;
  readonly parameters: number;
  readonly batch: number;
  readonly facts: ScalingFacts;
  /** Null where they could not be started. */
  readonly pair: TwoRanks | null;
  /** Why not. */
  readonly problem: string | null;
  /** The exchange's part of a step of the two; null where there is none. */
  readonly share: number | null;
  /** The model's step of two ranks in one machine with an adapter each, ms. */
  readonly pair_step_ms: number;
  readonly predicted: readonly {
    readonly link: string;
    readonly ranks: number;
    readonly exchange_ms: number;
    readonly efficiency: Efficiency;
  }[];
}

/** Parameters up to which a software adapter does whole batches. */
const SMALL_NETWORK = 4e6;
/** Images of a step of a larger network there. */
const SMALL_BATCH = 4;

/**
 * Times the exchange of a preset's gradients and its step, by one process and by two ranks on this
 * machine, and predicts more.
 *
 * @param chosen the number of the adapter that the person names; null where none is
 */
export async function ranksRow(
  device: Device,
  preset: PresetName,
  rounds: number,
  chosen: number | null,
  onStart: (what: string) => void,
): Promise<RanksRow> {
  const shapes = shapesOf(presets[preset]);
  const { lengths } = new StateLayout(shapes, "gradient");
  const sizes = Object.values(shapes).map((shape) => shape.reduce((a, b) => a * b, 1));
  const parameters = sizes.reduce((a, b) => a + b);
  const isSlow = device.capabilities.adapterClass === "software" && parameters > SMALL_NETWORK;
  const config = isSlow ? withBatch(presets[preset], { batch_size: SMALL_BATCH }) : presets[preset];
  const batch = config.train.batch_size;
  const half = fitting(device.capabilities, withBatch<Config>(config, { batch_size: batch / 2 }));
  onStart("the exchange of one process");
  const alone = await exchangeTimes(device, shapes, ONE_PROCESS, rounds);
  onStart("steps with the batch and with half of it");
  const whole = fitting(device.capabilities, config);
  const [step_ms, half_step_ms] = await stepMs(device, [whole, half], ONE_PROCESS, rounds);
  onStart("two ranks");
  const { micro_batches } = half.train;
  const orders = { config: withBatch(config, { micro_batches }), rounds, steps: true };
  const pair = await twoRanks(orders, chosen).catch((error) => {
    if (error instanceof CollectiveError) return error;
    throw error;
  });
  const here = pair instanceof CollectiveError ? null : pair;
  const facts: ScalingFacts = {
    lengths,
    alone,
    pair_sum_ms: here && here.exchange.sum_ms,
    step_ms,
    half_step_ms,
  };
  return {
    preset,
    parameters,
    batch,
    facts,
    pair: here,
    problem: pair instanceof CollectiveError ? pair.message : null,
    share: here?.step_ms ? allMs(here.exchange) / here.step_ms : null,
    pair_step_ms: sharedStepMs(facts, 2, LINKS[0]),
    predicted: LINKS.flatMap((link) =>
      RANKS.map((ranks) => ({
        link: link.name,
        ranks,
        exchange_ms: exchangeMs(facts, ranks, link),
        efficiency: efficiency(facts, ranks, link),
      }))
    ),
  };
}
