import { SKIP_SCALINGS } from "../../../nets/skip_scaling.ts";
import type { Config } from "../../../train/config/config.ts";
import { quickstart } from "../../../train/config/quickstart.ts";
import { UsageError } from "../../../train/config/usage_error.ts";
import { LABELS, type Method, type NumberName, RANGES, type Settings } from "../settings.ts";

const { nnet, train, lr_scheduler } = quickstart;

/** What the page offers at first: the network of a first `deno task train --scalelong=3`. */
export const FIRST_SETTINGS: Settings = {
  scalelong: 3,
  kappa: nnet.kappa,
  depth: nnet.depth,
  embed_dim: nnet.embed_dim,
  batch_size: train.batch_size,
  n_steps: train.n_steps,
  save_interval: 100,
};

/** The ways to scale long skips. */
export const METHODS: readonly Method[] = SKIP_SCALINGS.map((
  { number, name, help, uses_kappa },
) => ({
  number,
  // The help ends with the name in brackets.
  text: `${number}: ${name}, ${help.replace(/ \([^)]*\)$/, "")}`,
  uses_kappa,
}));

/** `(1 - ema_rate) n_steps` of the quickstart: its average forgets its first weights so often. */
const FORGOTTEN = 7.5;

/** Numbers of a token that one attention head sees. */
const HEAD_DIM = 32;

/**
 * The configuration of a run: the quickstart's, with what was chosen. `deno task train` and `sample`
 * take it as it is: within the ranges no choice contradicts another.
 *
 * @throws {UsageError} with a line for each number that is out of range
 */
export function configOf(settings: Settings): Config {
  const problems = Object.entries(RANGES).flatMap(([key, [least, most, of]]) => {
    const name = key as NumberName;
    const value = settings[name];
    if (value >= least && value <= most && (of === null || value % of === 0)) return [];
    const kind = of === null ? "a number" : of === 1 ? "a whole number" : `a multiple of ${of}`;
    return [`${LABELS[name]}: give ${kind} from ${least} to ${most}`];
  });
  if (problems.length > 0) throw new UsageError(problems);
  const { scalelong, kappa, depth, embed_dim, batch_size, n_steps, save_interval } = settings;
  return {
    ...quickstart,
    train: {
      ...train,
      batch_size,
      n_steps,
      save_interval,
      eval_interval: save_interval,
      ema_rate: Math.min(train.ema_rate, Math.max(0, 1 - FORGOTTEN / n_steps)),
    },
    // A short run has a short warm-up, and forgets its first weights sooner.
    lr_scheduler: {
      ...lr_scheduler,
      warmup_steps: Math.min(lr_scheduler.warmup_steps, Math.ceil(n_steps / 10)),
    },
    nnet: { ...nnet, scalelong, kappa, depth, embed_dim, num_heads: embed_dim / HEAD_DIM },
  };
}
