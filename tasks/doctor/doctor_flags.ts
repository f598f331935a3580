import { z } from "zod";
import { parseFlags } from "../cli/flags.ts";
import { helpText } from "../cli/help_text.ts";
import { machineFields } from "../cli/machine_flags.ts";

const flagsSchema = z.object({
  json: z.boolean().describe("print the report as JSON, for programs"),
  help: z.boolean().describe("print this help"),
});

/** Reads the command line. @throws {UsageError} with a line for each problem */
export function readDoctorArguments(
  args: readonly string[],
): { readonly json: boolean; readonly help: boolean } {
  const flags = parseFlags(args, flagsSchema);
  return { json: flags.get("json") === true, help: flags.get("help") === true };
}

/** The help page. */
export function doctorHelp(): string {
  return helpText({
    about:
      "Reports this machine's WebGPU adapter; compares every kernel with the float64 reference.",
    examples: [{ command: "doctor --json", does: "the same, for programs" }],
    schemas: [flagsSchema, machineFields],
    defaults: new Map(),
  });
}
