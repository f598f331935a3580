import { ensureAdapter } from "./cli/setup/ensure_adapter.ts";
import { formatTestSummary, readTestSummary } from "./test/test_summary.ts";

/**
 * Runs `deno test` with the given arguments and the examples in the documentation of `mod.ts`, and
 * prints its output, then a line of counts.
 *
 * @returns the exit code of `deno test`
 */
export async function main(args: readonly string[]): Promise<number> {
  await ensureAdapter();
  const tests = new Deno.Command(Deno.execPath(), {
    args: ["test", "--doc", "--allow-all", ...args],
    stdout: "piped",
    env: Deno.stdout.isTerminal() && !Deno.noColor ? { FORCE_COLOR: "1" } : {},
  }).spawn();
  let output = "";
  const decoder = new TextDecoder();
  for await (const chunk of tests.stdout) {
    Deno.stdout.writeSync(chunk);
    output += decoder.decode(chunk, { stream: true });
  }
  const { code } = await tests.status;
  const summary = readTestSummary(output);
  const failed = Math.max(summary.failed, code === 0 ? 0 : 1);
  console.log(formatTestSummary({ ...summary, failed }));
  return code;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
