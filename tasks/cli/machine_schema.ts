import { z } from "zod";
import { shownCommand } from "./shown_command.ts";

/** The flags of every command that uses a device. */
export const machineSchema = z.object({
  device: z.int().min(0).optional()
    .describe(`number of the GPU to use, of those that \`${shownCommand("doctor")}\` lists`),
  yes: z.boolean().describe("install a missing driver without asking"),
});
