import { UsageError } from "../../train/config/usage_error.ts";
import { shownCommand } from "./shown_command.ts";

/** The flags of every command that uses a device, and the other arguments. */
export interface MachineFlags {
  /** The requested device; null for the best one. */
  readonly device: number | null;
  /** Whether packages may be installed without asking. */
  readonly yes: boolean;
  /** The arguments that are left for the command. */
  readonly rest: readonly string[];
}

/**
 * Takes the flags of the machine out of a command line.
 *
 * @throws {UsageError} where a device is not given by its number
 */
export function machineFlags(args: readonly string[]): MachineFlags {
  const rest: string[] = [];
  let device: number | null = null;
  let yes = false;
  for (let i = 0; i < args.length; i++) {
    const [, value] = /^--device(?:=(.*))?$/.exec(args[i]) ?? [null, null];
    if (args[i] === "--yes") yes = true;
    else if (value === null) rest.push(args[i]);
    else device = deviceNumber(value ?? args[++i]);
  }
  return { device, yes, rest };
}

function deviceNumber(text: string | undefined): number {
  if (text !== undefined && /^\d{1,4}$/.test(text)) return Number(text);
  throw new UsageError(
    `--device: expected the number of a device, got ${JSON.stringify(text ?? "")}; ` +
      `\`${shownCommand("doctor")}\` lists them`,
  );
}
