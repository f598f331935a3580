import { deepStrictEqual as deepEqual } from "node:assert/strict";

const milliseconds = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const ignore = Deno.build.os === "windows";

/** Sends a process signals at moments, in milliseconds after the first; what it says and ends with. */
async function interrupted(
  signals: readonly (readonly [number, Deno.Signal])[],
  { busy_ms }: { busy_ms: number },
): Promise<{ said: string; code: number }> {
  const module = import.meta.resolve("../../../tasks/cli/interrupt.ts");
  const program = `import { Interrupt } from "${module}";
    const over = Promise.withResolvers();
    {
      using interrupt = new Interrupt(() => {
        console.log("first");
        setTimeout(over.resolve, 5000);
        for (const end = Date.now() + ${busy_ms}; Date.now() < end;);
      });
      console.log("ready");
      await over.promise;
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
    console.log("saved");`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", program],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = (await reader.read()).value ?? "";
  const start = performance.now();
  for (const [at, signal] of signals) {
    await milliseconds(Math.max(0, at - (performance.now() - start)));
    try {
      child.kill(signal);
    } catch {
      // It has ended: what it said tells.
    }
  }
  for (let piece; !(piece = await reader.read()).done;) said += piece.value;
  const { code } = await child.status;
  return { said, code };
}

const saved = { said: "ready\nfirst\nsaved\n", code: 0 };

Deno.test("Interrupt takes signals of any kind as one", { ignore }, async () => {
  const kinds = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2"] as const;
  const all = kinds.map((first) => {
    const soon = [...kinds, first].map((signal, i) => [100 * (i + 1), signal] as const);
    // These come after the process has saved, and before it ends.
    const late = [[5200, "SIGTERM"], [5300, "SIGHUP"]] as const;
    return interrupted([[0, first], ...soon, ...late], { busy_ms: 0 });
  });
  deepEqual(await Promise.all(all), [saved, saved, saved, saved]);
});

Deno.test(
  "Interrupt ends the process at a Ctrl-C two seconds after another, only",
  { ignore },
  async () => {
    const [ended, mixed, busy] = await Promise.all([
      interrupted([[0, "SIGINT"], [2900, "SIGTERM"], [3000, "SIGHUP"], [3400, "SIGINT"]], {
        busy_ms: 0,
      }),
      // The first Ctrl-C after a supervisor's signal is a first.
      interrupted([[0, "SIGTERM"], [3000, "SIGINT"], [3100, "SIGINT"]], { busy_ms: 0 }),
      // What waits for a busy thread is heard late, and came soon after the first.
      interrupted([[0, "SIGINT"], [500, "SIGINT"]], { busy_ms: 3000 }),
    ]);
    deepEqual(ended, { said: "ready\nfirst\n", code: 130 });
    deepEqual([mixed, busy], [saved, saved]);
  },
);
