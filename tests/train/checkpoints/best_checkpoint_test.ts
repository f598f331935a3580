import { deepStrictEqual as deepEqual, strictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import {
  bestFile,
  readBest,
  withScore,
  writeBest,
} from "../../../train/checkpoints/best_checkpoint.ts";

async function withWorkdir(run: (workdir: string) => Promise<void>): Promise<void> {
  const workdir = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(workdir, "checkpoints"));
    await run(workdir);
  } finally {
    await Deno.remove(workdir, { recursive: true });
  }
}

const scored = (...fids: number[]) =>
  fids.reduce<ReturnType<typeof withScore> | null>(
    (record, fid, i) => withScore(record, { step: 10 * (i + 1), fid }, "a"),
    null,
  )!;

Deno.test("withScore() finds the lowest, the first of equals, and replaces a step's score", () => {
  const record = scored(5, 3, 3, 4);
  deepEqual(record.best, { step: 20, fid: 3 });
  const again = withScore(record, { step: 20, fid: 6 }, "a");
  deepEqual(again.best, { step: 30, fid: 3 });
  deepEqual(again.scores.map(({ step }) => step), [10, 20, 30, 40]);
});

Deno.test("readBest() of a run resumed from an earlier step forgets later scores", async () => {
  await withWorkdir(async (workdir) => {
    const final = { step: 30, fid: 2.5, kind: "b" };
    await writeBest(workdir, { ...scored(5, 4, 3), final });
    const read = (step: number) => readBest(workdir, { step, kind: "a" });
    deepEqual(await read(40), { ...scored(5, 4, 3), final });
    deepEqual(await read(29), scored(5, 4));
    equal(await read(9), null);
    equal(await readBest(workdir, { step: 40, kind: "other" }), null);
  });
});

Deno.test("readBest() of a damaged file, or none, is null", async () => {
  await withWorkdir(async (workdir) => {
    const read = () => readBest(workdir, { step: 9, kind: "a" });
    equal(await read(), null);
    for (const text of ["", "{", "[]", `{"kind": "a"}`]) {
      await Deno.writeTextFile(bestFile(workdir), text);
      equal(await read(), null);
    }
    await writeBest(workdir, scored(1));
    await writeBest(workdir, scored(2));
    equal((await readBest(workdir, { step: 10, kind: "a" }))?.best.fid, 2);
  });
});
