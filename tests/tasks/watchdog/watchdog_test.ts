import { match, strictEqual as equal } from "node:assert/strict";

/** Waits briefly, then as a hung driver does: the thread stands still for ever. */
const HANGS = `
  import { Watchdog } from "${import.meta.resolve("../../../tasks/watchdog/watchdog.ts")}";
  using dog = new Watchdog(0.3);
  dog.watch("reading x")[Symbol.dispose]();
  using _ = dog.watch("reading y");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
`;

Deno.test("Watchdog says in one line that the device hangs, and how to get out", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", HANGS],
    env: { NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let said = "";
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    said += text;
    if (said.endsWith("\n")) child.kill("SIGKILL");
  }
  await child.status;
  equal(said.trimEnd().split("\n").length, 1, said);
  match(said, /^the device has not answered for \d+s \(reading y\); /);
  match(said, new RegExp(`end this with .* ${child.pid}, what is saved is kept\\n$`));
});
