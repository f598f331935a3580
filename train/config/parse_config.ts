import { isRecord } from "../formats/is_record.ts";
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
  if (!isRecord(value)) throw new UsageError("expected a configuration, an object of type Config");
  const { problems } = objectSettings(value, fieldsOf(configSchema), NAMES);
  if (problems.length > 0) throw new UsageError(problems);
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UsageError(
    parsed.error.issues.map(({ path, message }) =>
      path.length > 0 ? `${path.join(".")}: ${message}` : message
    ),
  );
}
