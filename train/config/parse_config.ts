import type { Config } from "./config.ts";
import { configSchema } from "./config_schema.ts";
import { UsageError } from "./usage_error.ts";

/**
 * Checks that a value, from JSON say, is a whole configuration; sections that were added later may be
 * missing, and get their defaults.
 *
 * @throws {UsageError} with a line for each unknown field, value out of range and contradiction
 */
export function parseConfig(value: unknown): Config {
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UsageError(
    parsed.error.issues.map(({ path, message }) =>
      path.length > 0 ? `${path.join(".")}: ${message}` : message
    ),
  );
}
