import { type SkipScaling, skipScaling } from "../../nets/skip_scaling.ts";
import type { Config } from "../../train/config/config.ts";
import { configSchema } from "../../train/config/config_schema.ts";
import { UsageError } from "../../train/config/usage_error.ts";

/** A field that may be swept, and the values it takes. */
export interface Sweep {
  readonly field: SweepField;
  readonly values: readonly number[];
}

/** What is trained alike but for the seed. */
export interface Variation {
  /** `CS, kappa 0.7`. */
  readonly method: string;
  /** `depth 8`; empty without a sweep. */
  readonly setting: string;
  readonly config: Config;
}

/**
 * Fields that `--sweep` takes, and where they are in a configuration; a UNet's depth is its residual
 * blocks per level.
 */
const SWEEPS = {
  depth: (c: Config, depth: number): Config => ({
    ...c,
    nnet: c.nnet.name === "uvit" ? { ...c.nnet, depth } : { ...c.nnet, num_res_blocks: depth },
  }),
  kappa: (c: Config, kappa: number): Config => ({ ...c, nnet: { ...c.nnet, kappa } }),
  lr: (c: Config, lr: number): Config => ({ ...c, optimizer: { ...c.optimizer, lr } }),
  batch_size: (c: Config, batch_size: number): Config => ({
    ...c,
    train: { ...c.train, batch_size },
  }),
};

/** A name that `--sweep` takes. */
export type SweepField = keyof typeof SWEEPS;

/** The fields that can be swept. */
export const SWEEP_FIELDS: readonly SweepField[] = Object.keys(SWEEPS) as SweepField[];

/**
 * Every method, with every kappa where it has one, at every value of the sweep.
 *
 * @throws {UsageError} where a value makes no valid configuration
 */
export function variations(base: Config, { methods, kappas, sweep }: {
  methods: readonly SkipScaling[];
  kappas: readonly number[];
  sweep: Sweep | null;
}): Variation[] {
  const settings = sweep === null ? [{ setting: "", config: base }] : sweep.values.map((value) => ({
    setting: `${sweep.field} ${value}`,
    config: SWEEPS[sweep.field](base, value),
  }));
  return settings.flatMap(({ setting, config }) =>
    methods.flatMap((scalelong) => {
      const { name, uses_kappa } = skipScaling(scalelong);
      if (!uses_kappa) {
        return [variation(name, setting, { ...config, nnet: { ...config.nnet, scalelong } })];
      }
      // A sweep of kappa takes the place of the list.
      const of = sweep?.field === "kappa" ? [config.nnet.kappa] : kappas;
      return of.map((kappa) =>
        variation(`${name}, kappa ${kappa}`, setting, {
          ...config,
          nnet: { ...config.nnet, scalelong, kappa },
        })
      );
    })
  );
}

function variation(method: string, setting: string, config: Config): Variation {
  const parsed = configSchema.safeParse(config);
  if (parsed.success) return { method, setting, config: parsed.data };
  throw new UsageError(
    parsed.error.issues.map(({ message }) => setting ? `${setting}: ${message}` : message),
  );
}
