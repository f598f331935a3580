import { UserError } from "../../engine/user_error.ts";
import { UsageError } from "./usage_error.ts";

const FLAG = /(?<![^\s(])--(?=[a-z_]+)/g;

/** A sentence about flags as one about settings: `--nnet.depth=4` is `nnet.depth=4`. */
export function withoutFlags(sentence: string): string {
  return sentence.replaceAll(FLAG, "");
}

/**
 * Does what a library user asks for: where an error for a person speaks of flags, which programs do not
 * have, it speaks of settings.
 */
export async function namingSettings<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw inSettings(error);
  }
}

/** An error whose sentences name settings, not flags; any but a {@linkcode UserError} as it is. */
export function inSettings(error: unknown): unknown {
  if (!(error instanceof UserError)) return error;
  if (error instanceof UsageError) return new UsageError(error.problems.map(withoutFlags));
  error.message = withoutFlags(error.message);
  return error;
}
