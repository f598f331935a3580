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

/** Every setting of a configuration, as flags, files and the help use it. */
export function configFields(): Field[] {
  return fieldsOf(configSchema).map((field) => {
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
    accepts,
    read: (text) => {
      if (names.includes(text)) return text;
      return isNullable && text === "null" ? null : undefined;
    },
  };
}
