import { deepStrictEqual as deepEqual, ok, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { readRuns, shortNames } from "../../../tasks/report/logged_run.ts";
import { reportPage } from "../../../tasks/report/report_page.ts";
import { spread } from "../../../tasks/report/sample_strip.ts";

Deno.test("runs are called by as little of their paths as tells them apart", () => {
  deepEqual(shortNames(["runs/a", "runs/b"]), ["a", "b"]);
  deepEqual(shortNames(["x/a", "y/a", "/z/b"]), ["x/a", "y/a", "z/b"]);
  deepEqual(shortNames(["a", "b/a"]), ["a", "b/a"]);
  deepEqual(shortNames(["."]), ["."]);
});

Deno.test("spread() takes the last, and others at even distances", () => {
  const list = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  deepEqual([1, 2, 3, 5, 9, 20].map((n) => spread(list, n)), [
    ...[[9], [1, 9], [1, 5, 9], [1, 3, 5, 7, 9], list, list],
  ]);
  deepEqual(spread([], 3), []);
});

Deno.test("a page about a long run with many images stays small", async () => {
  const workdir = await Deno.makeTempDir();
  {
    using file = Deno.openSync(join(workdir, "log.jsonl"), { write: true, create: true });
    const lines = 50_000;
    let text = "";
    for (let step = 1; step <= lines; step++) {
      const loss = step === 34_567 ? 1000 : 1 / step;
      text += `{"step":${step},"loss":${loss},"loss_average":${loss},"grad_norm":1,"lr":0.1}\n`;
    }
    file.writeSync(new TextEncoder().encode(`${text}{"step":${lines + 1},"lo`));
  }
  await Deno.mkdir(join(workdir, "samples"));
  for (let step = 1; step <= 40; step++) {
    await Deno.writeFile(join(workdir, "samples", `${step}.png`), new Uint8Array(1_000_000));
  }
  const runs = await readRuns([workdir]);
  equal(runs[0].step, 50_000);
  const page = await reportPage(runs, "report");
  ok(page.length < 6e6, `${page.length}`);
  equal(page.match(/<img/g)?.length, 3);
  ok(page.includes("to 1000) at steps 34"), "the largest loss is not lost");
  await Deno.remove(workdir, { recursive: true });
});
