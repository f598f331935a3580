import { machineFlags } from "./cli/machine_flags.ts";
import { ensureAdapter } from "./cli/setup/ensure_adapter.ts";
import { testArguments } from "./test/test_arguments.ts";
import { countTestFiles, TestProgress } from "./test/test_progress.ts";
import { formatTestSummary, readTestSummary } from "./test/test_summary.ts";

/** Seconds between two lines of progress where no terminal shows one that is rewritten. */
const LINE_INTERVAL = 30;

/**
 * Runs `deno test`, with the examples in the documentation of `mod.ts` and the given arguments
 * added, files side by side unless `--serial` is among them. Passes its output on, shows progress on
 * the standard error, and ends with a line of counts.
 *
 * @returns The exit code of `deno test`.
 */
export async function main(args: readonly string[]): Promise<number> {
  await ensureAdapter();
  await fetchDependencies();
  const tests = new Deno.Command(Deno.execPath(), {
    args: testArguments(args),
    stdout: "piped",
    env: Deno.stdout.isTerminal() && !Deno.noColor ? { FORCE_COLOR: "1" } : {},
  }).spawn();
  const files = await countTestFiles(args) || await countTestFiles(["tests"]);
  const progress = new TestProgress(files);
  const isTerminal = Deno.stderr.isTerminal();
  const write = (text: string) => Deno.stderr.writeSync(new TextEncoder().encode(text));
  const start = performance.now();
  const show = () => {
    const text = progress.text((performance.now() - start) / 1000);
    write(isTerminal ? `\r\x1b[K${text}` : `${text}\n`);
  };
  const timer = setInterval(show, isTerminal ? 1000 : LINE_INTERVAL * 1000);
  let output = "";
  const decoder = new TextDecoder();
  for await (const chunk of tests.stdout) {
    if (isTerminal) write("\r\x1b[K");
    Deno.stdout.writeSync(chunk);
    const text = decoder.decode(chunk, { stream: true });
    output += text;
    progress.add(text);
    if (isTerminal && text.endsWith("\n")) show();
  }
  clearInterval(timer);
  if (isTerminal) write("\r\x1b[K");
  const { code } = await tests.status;
  const summary = readTestSummary(output);
  const failed = Math.max(summary.failed, code === 0 ? 0 : 1);
  console.log(formatTestSummary({ ...summary, failed }));
  return code;
}

/** Fetches what the commands import, so that no test that runs one depends on what was cached. */
async function fetchDependencies(): Promise<void> {
  const entries = await Array.fromAsync(Deno.readDir("tasks"), ({ name }) => `tasks/${name}`);
  const args = ["cache", "--lock=deno.lock", ...entries.filter((path) => path.endsWith(".ts"))];
  // Without the network the tests run as well, where nothing is missing.
  await new Deno.Command(Deno.execPath(), { args, stdout: "inherit" }).spawn().status;
}

if (import.meta.main) Deno.exit(await main(machineFlags(Deno.args).rest));
