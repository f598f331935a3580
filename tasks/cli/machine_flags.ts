import { z } from "zod";
import { type Field, fieldsOf } from "../../train/config/fields.ts";
import { takeFlags } from "./flags.ts";

/** The flags of every command that uses a device, and the other arguments. */
export interface MachineFlags {
  /** The requested device; null for the best one. */
  readonly device: number | null;
  /** Whether packages may be installed without asking. */
  readonly yes: boolean;
  /** The arguments that are left for the command. */
  readonly rest: readonly string[];
}

const schema = z.object({
  device: z.int().min(0).optional()
    .describe("number of the GPU to use, of those that the command doctor lists"),
  yes: z.boolean().describe("install a missing driver without asking"),
});

/** The flags of every command that uses a device. */
export const machineFields: readonly Field[] = fieldsOf(schema).map((field) =>
  field.path === "device"
    ? { ...field, expects: "the number of a device, as the command doctor lists them" }
    : field
);

/**
 * Takes the flags of the machine out of a command line.
 *
 * @throws {UsageError} where a device is not given by its number
 */
export function machineFlags(args: readonly string[]): MachineFlags {
  const { settings, rest } = takeFlags(args, machineFields);
  const { device = null, yes = false } = schema.partial().parse(Object.fromEntries(settings));
  return { device, yes, rest };
}
