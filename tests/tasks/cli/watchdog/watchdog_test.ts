import { match, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const WATCHDOG = import.meta.resolve("../../../../tasks/cli/watchdog/watchdog.ts");

function run(code: string): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["eval", code],
    env: { NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  });
}

/** ProgressHooks briefly, then as a hung driver does: the thread stands still, here for a while. */
const HANGS = `
  import { Watchdog } from "${WATCHDOG}";
  using dog = new Watchdog(0.3);
  dog.watch("reading x")[Symbol.dispose]();
  using _ = dog.watch("reading y");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20_000);
`;

Deno.test("Watchdog reports in one line that the device hangs, and how to end it", async () => {
  const child = run(HANGS).spawn();
  let said = "";
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    said += text;
    if (said.endsWith("\n")) child.kill("SIGKILL");
  }
  await child.status;
  equal(said.trimEnd().split("\n").length, 1, said);
  match(said, /^the device has not answered for \d+s \(reading y\); /);
  match(said, new RegExp(`end the process with .* ${child.pid}; saved checkpoints are safe\\n$`));
});

Deno.test("Watchdog ends nothing where its thread cannot start", async () => {
  const folder = await Deno.makeTempDir();
  const alone = join(folder, "watchdog.ts");
  await Deno.copyFile(new URL(WATCHDOG), alone);
  const { code, stderr } = await run(`
    import { Watchdog } from "${pathToFileURL(alone)}";
    using dog = new Watchdog(0.1);
    using _ = dog.watch("reading x");
    await new Promise((resolve) => setTimeout(resolve, 1000));
    dog.watch("reading y")[Symbol.dispose]();
  `).output();
  equal(code, 0, new TextDecoder().decode(stderr));
  await Deno.remove(folder, { recursive: true });
});
