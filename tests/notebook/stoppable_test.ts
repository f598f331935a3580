import { deepStrictEqual as deepEqual } from "node:assert/strict";

const MODULE = import.meta.resolve("../../notebook/stoppable.ts");
const ignore = Deno.build.os === "windows";

/** Runs a script of its own, as SIGINT to the tests would end them. */
async function run(script: string): Promise<{ signal: Deno.Signal | null; out: string }> {
  const { signal, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", `import { stoppable } from "${MODULE}";\n${script}`],
    env: { NO_COLOR: "1" },
    stderr: "null",
  }).output();
  return { signal, out: new TextDecoder().decode(stdout) };
}

Deno.test({
  name: "stoppable() aborts its signal at SIGINT, and a second one soon after does no harm",
  ignore,
  async fn() {
    const ended = await run(`
      const heard = await stoppable(async (signal) => {
        Deno.kill(Deno.pid, "SIGINT");
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        return "heard";
      });
      Deno.kill(Deno.pid, "SIGINT");
      await new Promise((resolve) => setTimeout(resolve, 200));
      console.log(heard);
      Deno.exit();`);
    deepEqual(ended, { signal: null, out: "heard\n" });
  },
});

Deno.test({
  name: "stoppable() leaves SIGINT as it was: it ends the process",
  ignore,
  async fn() {
    const ended = await run(`
      console.log(await stoppable(() => Promise.resolve("done")));
      Deno.kill(Deno.pid, "SIGINT");
      await new Promise((resolve) => setTimeout(resolve, 5000));
      console.log("alive");`);
    deepEqual(ended, { signal: "SIGINT", out: "done\n" });
  },
});
