import { autoencoderRunSchema } from "../train/config/autoencoder_run_schema.ts";
import { configSchema } from "../train/config/config_schema.ts";
import { type Field, fieldsOf } from "../train/config/fields.ts";
import { DATASET_NAMES } from "../train/data/data_sets.ts";
import { lastTimeHelp, optionHelp, SAMPLER_NAMES } from "./samplers/registry.ts";
import { DPM_VARIANTS } from "./samplers/sampler_entry.ts";
import { TIME_GRIDS } from "./time_grid.ts";

/**
 * The names that are valid for settings whose schema accepts any: they are keys of tables that
 * `train/config` does not import.
 */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  "sample.algorithm": SAMPLER_NAMES,
  "sample.variant": DPM_VARIANTS,
  "sample.grid": TIME_GRIDS,
  "eval.fid.algorithm": SAMPLER_NAMES,
  "dataset.name": DATASET_NAMES,
};

/** What the help says of settings whose defaults those tables hold. */
const HELP: Readonly<Record<string, () => string>> = {
  "sample.variant": () => optionHelp("variant"),
  "sample.order": () => optionHelp("order"),
  "sample.grid": () => optionHelp("grid"),
  "sample.eta": () => optionHelp("eta"),
  "sample.t_end": lastTimeHelp,
};

/** The setting that says which network it is. */
const NETWORK = "nnet.name";

/** Every setting of a diffusion model's configuration, as flags, files and the help use it. */
export function configFields(): Field[] {
  return withNames(fieldsOf(configSchema));
}

/**
 * Every setting of any run's configuration. One that only some networks have says which.
 *
 * @param network whose descriptions those have that mean something else in another
 */
export function runFields(network: unknown = "uvit"): Field[] {
  const [diffusion, autoencoder] = [configFields(), withNames(fieldsOf(autoencoderRunSchema))];
  const networks = diffusion.find(({ path }) => path === NETWORK)!.choices;
  const own = new Map(autoencoder.map((field) => [field.path, field]));
  const shared = diffusion.map((field): Field => {
    if (field.path === NETWORK) return named(field, [...networks, "autoencoder"]);
    const other = own.get(field.path);
    const is = field.only?.is ?? networks;
    if (!other) return { ...field, only: { when: NETWORK, is } };
    const only = field.only && { when: NETWORK, is: [...is, "autoencoder"] };
    return { ...(network === "autoencoder" ? other : field), only };
  });
  const known = new Set(diffusion.map(({ path }) => path));
  const more = autoencoder.filter(({ path }) => !known.has(path))
    .map((field): Field => ({ ...field, only: { when: NETWORK, is: ["autoencoder"] } }));
  return [...shared, ...more];
}

function withNames(fields: readonly Field[]): Field[] {
  return fields.map((field) => {
    const names = NAMES[field.path];
    const explained = described(field, HELP[field.path]);
    return names ? named(explained, names) : explained;
  });
}

function described(field: Field, help: (() => string) | undefined): Field {
  return help ? { ...field, description: `${field.description}; ${help()}` } : field;
}

function named(field: Field, names: readonly string[]): Field {
  const isNullable = field.accepts(null);
  const accepts = (value: unknown) =>
    names.includes(value as string) || isNullable && value === null;
  const all = isNullable ? [...names, "null"] : names;
  const last = all[all.length - 1];
  return {
    ...field,
    choices: [...names],
    expects: `${all.slice(0, -1).join(", ")} or ${last}`,
    only: null,
    accepts,
    read: (text) => {
      if (names.includes(text)) return text;
      return isNullable && text === "null" ? null : undefined;
    },
  };
}
