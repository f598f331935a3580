import { configSchema } from "../train/config/config_schema.ts";
import { type Field, fieldsOf } from "../train/config/fields.ts";
import { DATASET_NAMES } from "../train/data/data_sets.ts";
import { SAMPLER_NAMES } from "./samplers/registry.ts";

/**
 * The names that are valid for settings whose schema accepts any: they are keys of tables that
 * `train/config` does not import.
 */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  "sample.algorithm": SAMPLER_NAMES,
  "eval.fid.algorithm": SAMPLER_NAMES,
  "dataset.name": DATASET_NAMES,
};

/** Every setting of a configuration, as flags, files and the help use it. */
export function configFields(): Field[] {
  return fieldsOf(configSchema).map((field) => {
    const names = NAMES[field.path];
    return names ? named(field, names) : field;
  });
}

function named(field: Field, names: readonly string[]): Field {
  const accepts = (value: unknown) => names.includes(value as string);
  const last = names[names.length - 1];
  return {
    ...field,
    choices: [...names],
    expects: `${names.slice(0, -1).join(", ")} or ${last}`,
    accepts,
    read: (text) => accepts(text) ? text : undefined,
  };
}
