import { deepStrictEqual as deepEqual, rejects, strictEqual as equal } from "node:assert/strict";
import { MemoryFiles } from "../../../tasks/demo/worker/files.ts";
import { RunStore } from "../../../tasks/demo/worker/run_store.ts";
import { CHECKPOINT_FILES } from "../../../train/checkpoints/checkpoint.ts";
import { checkpointOf } from "../../train/checkpoints/checkpoint_of.ts";

/** Files that fail after so many writes: with the page closed, or the storage full. */
class CutShort extends MemoryFiles {
  left = Infinity;

  constructor(readonly fault: Error) {
    super();
  }

  override write(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.left-- > 0) return super.write(path, bytes);
    return Promise.reject(this.fault);
  }

  override remove(path: string): Promise<void> {
    // A page that is closed does not tidy up.
    return this.left < 0 && this.fault === CLOSED ? Promise.resolve() : super.remove(path);
  }
}

const CLOSED = new Error("closed");
const FULL = new DOMException("no room", "QuotaExceededError");

Deno.test("a saved run is loaded as it was, and takes the place of the one before", async () => {
  const files = new MemoryFiles();
  const store = new RunStore(files);
  for (const step of [5, 9]) {
    const losses = Float32Array.from({ length: step }, (_, i) => 1 / (i + 3));
    const loss_average = { sum: 0.1 + step, weight: 0.25 };
    const saved = { checkpoint: { ...checkpointOf(step), loss_average }, losses };
    await store.save("run-1", saved);
    deepEqual(await store.load("run-1"), saved);
  }
  deepEqual((await files.names("runs/run-1")).sort(), ["9", "latest.json"]);
  deepEqual((await store.checkpointFiles("run-1")).map(({ name }) => name), CHECKPOINT_FILES);
});

Deno.test("a save that is cut short, wherever it is, leaves the run of before", async () => {
  const files = new CutShort(CLOSED);
  const store = new RunStore(files);
  const first = { checkpoint: checkpointOf(5), losses: Float32Array.of(1) };
  const next = { checkpoint: checkpointOf(6), losses: Float32Array.of(1, 2) };
  await store.save("run-1", first);
  for (let writes = 0; writes <= CHECKPOINT_FILES.length + 1; writes++) {
    files.left = writes;
    await rejects(store.save("run-1", next), /closed/);
    files.left = Infinity;
    deepEqual(await store.load("run-1"), first, `after ${writes} writes`);
  }
  await store.save("run-1", next);
  deepEqual((await files.names("runs/run-1")).sort(), ["6", "latest.json"]);
});

Deno.test("what saves that were cut short have left is removed when the next run begins", async () => {
  const files = new CutShort(CLOSED);
  const store = new RunStore(files);
  const saved = { checkpoint: checkpointOf(5), losses: Float32Array.of(1) };
  await store.save("run-1", saved);
  for (const [run, step] of [["run-1", 6], ["run-2", 5]] as const) {
    files.left = 2;
    await rejects(store.save(run, { ...saved, checkpoint: checkpointOf(step) }), /closed/);
  }
  files.left = Infinity;
  deepEqual([...(await store.list()).keys()], ["run-1"]);
  equal((await files.names("runs")).length, 2);
  equal((await files.names("runs/run-1")).length, 3);
  equal(await store.newName(), "run-2");
  deepEqual(await files.names("runs"), ["run-1"]);
  deepEqual((await files.names("runs/run-1")).sort(), ["5", "latest.json"]);
  deepEqual(await store.load("run-1"), saved);
});

Deno.test("where the storage is full, a save says so and leaves nothing of itself", async () => {
  const files = new CutShort(FULL);
  const store = new RunStore(files);
  const first = { checkpoint: checkpointOf(5), losses: Float32Array.of(1) };
  const next = { checkpoint: checkpointOf(6), losses: Float32Array.of(1, 2) };
  files.left = 2;
  await rejects(store.save("run-1", first), {
    name: "StorageFullError",
    message:
      "The browser’s storage is full: run-1 is not saved at step 5. Delete runs that you no longer need.",
  });
  deepEqual(await files.names("runs"), []);
  files.left = Infinity;
  await store.save("run-1", first);
  files.left = 2;
  await rejects(
    store.save("run-1", next),
    /is not saved at step 6\. .*, then go on from step 5\.$/,
  );
  deepEqual((await files.names("runs/run-1")).sort(), ["5", "latest.json"]);
  deepEqual(await store.load("run-1"), first);
});

Deno.test("runs are listed newest first, and names are not used twice", async () => {
  const store = new RunStore(new MemoryFiles());
  for (let n = 1; n <= 11; n++) {
    const run = await store.newName();
    equal(run, `run-${n}`);
    await store.save(run, { checkpoint: checkpointOf(n), losses: new Float32Array() });
  }
  await store.remove("run-3");
  const names = [11, 10, 9, 8, 7, 6, 5, 4, 2, 1].map((n) => `run-${n}`);
  deepEqual([...(await store.list()).keys()], names);
  equal(await store.newName(), "run-12");
  await rejects(store.load("run-3"), { name: "CheckpointError", message: /run-3/ });
});
