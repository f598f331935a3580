import type { z } from "zod";
import { isRecord } from "../formats/is_record.ts";
import type { AutoencoderRunConfig } from "./autoencoder_run_config.ts";
import { autoencoderRunSchema } from "./autoencoder_run_schema.ts";
import type { Config } from "./config.ts";
import { configSchema } from "./config_schema.ts";
import { fieldsOf } from "./fields.ts";
import { objectSettings } from "./object_settings.ts";
import { UsageError } from "./usage_error.ts";

const NAMES = { prefix: "", lookup: "the type Config has them all" };

/**
 * Checks that a value, from JSON say, is a whole configuration; sections that were added later may be
 * missing, and get their defaults.
 *
 * @throws {UsageError} with a line for each unknown field, value out of range and contradiction
 * @category Configuration
 */
export function parseConfig(value: unknown): Config {
  return parsed(value, configSchema);
}

/**
 * Checks that a value is a whole configuration of an autoencoder.
 *
 * @throws {UsageError} as {@linkcode parseConfig}
 * @category Configuration
 */
export function parseAutoencoderConfig(value: unknown): AutoencoderRunConfig {
  return parsed(value, autoencoderRunSchema);
}

function parsed<C>(value: unknown, schema: z.ZodType<C>): C {
  if (!isRecord(value)) throw new UsageError("expected a configuration, an object of type Config");
  const { problems } = objectSettings(value, fieldsOf(schema), NAMES);
  if (problems.length > 0) throw new UsageError(problems);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new UsageError(
    result.error.issues.map(({ path, message }) =>
      path.length > 0 ? `${path.join(".")}: ${message}` : message
    ),
  );
}
