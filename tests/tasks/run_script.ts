import { fileURLToPath } from "node:url";
import { lastFlags } from "./last_flags.ts";

/** What a script left when it ended. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The arguments of Deno before a script: what is cached changes nothing in its output. */
const RUN = [
  "run",
  "--quiet",
  "--allow-all",
  `--lock=${fileURLToPath(import.meta.resolve("../../deno.lock"))}`,
];

/** Runs a script of `tasks/` as a process of its own, to its end; the last of equal flags is given. */
export async function runScript(name: string, ...args: string[]): Promise<Outcome> {
  const script = new URL(`../../tasks/${name}`, import.meta.url);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...RUN, script.href, ...lastFlags(args)],
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}
