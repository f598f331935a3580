import assert from "node:assert/strict";
import { type Dispatch, type Storage, storageBytes } from "../../../engine/kernels/dispatch.ts";
import { planMemory } from "../../../engine/plan/memory.ts";
import { philox } from "../../../engine/philox.ts";

interface Life {
  readonly storage: Storage;
  readonly first: number;
  readonly last: number;
}

/** Dispatches that bind each storage at the ends of its life. */
function dispatchesOf(lives: readonly Life[], count: number): Dispatch[] {
  return Array.from({ length: count }, (_, at) => ({
    label: `dispatch ${at}`,
    code: "",
    bindings: lives
      .filter(({ first, last }) => at === first || at === last)
      .map(({ storage }) => ({
        ref: { storage, offset: 0, size: storage.bytes / 4, dtype: "f32" as const },
        access: "read_write" as const,
      })),
    uniforms: null,
    workgroups: [1, 1, 1],
    flops: 0,
  }));
}

const temp = (id: number, elements: number): Storage => ({
  id,
  bytes: 4 * elements,
  kind: "temp",
});

/** Bytes of all storages alive at the busiest dispatch: no plan can do with less. */
function leastBytes(lives: readonly Life[], count: number): number {
  const alive = (at: number) => lives.filter(({ first, last }) => first <= at && at <= last);
  return Math.max(
    ...Array.from(
      { length: count },
      (_, at) => alive(at).reduce((sum, { storage }) => sum + storageBytes(storage), 0),
    ),
  );
}

Deno.test("planMemory() never gives one buffer to two storages that are alive together", () => {
  for (let trial = 0; trial < 300; trial++) {
    const random = (i: number, below: number) => philox([i, trial, 0, 0], [0, 0])[0] % below;
    const count = 1 + random(0, 40);
    const lives = Array.from({ length: 1 + random(1, 60) }, (_, i): Life => {
      const first = random(3 * i + 2, count);
      const last = Math.min(count - 1, first + random(3 * i + 3, 8));
      return { storage: temp(i, 1 + random(3 * i + 4, 5000)), first, last };
    });
    const { buffers, bufferOf } = planMemory(dispatchesOf(lives, count));
    for (const [i, a] of lives.entries()) {
      assert.ok(buffers[bufferOf.get(a.storage)!] >= a.storage.bytes);
      for (const b of lives.slice(i + 1)) {
        if (bufferOf.get(a.storage) !== bufferOf.get(b.storage)) continue;
        assert.ok(a.last < b.first || b.last < a.first, `trial ${trial}`);
      }
    }
    const total = buffers.reduce((sum, n) => sum + n, 0);
    const least = leastBytes(lives, count);
    assert.ok(least <= total && total <= 2.5 * least, `trial ${trial}: ${total}, least ${least}`);
  }
});

Deno.test("planMemory() needs two buffers for a chain", () => {
  const lives = Array.from(
    { length: 9 },
    (_, i): Life => ({ storage: temp(i, 100), first: i, last: i + 1 }),
  );
  assert.deepEqual(planMemory(dispatchesOf(lives, 10)).buffers, [512, 512]);
});

Deno.test("planMemory() prefers the free buffer that fits best", () => {
  const lives: Life[] = [
    { storage: temp(0, 6400), first: 0, last: 1 },
    { storage: temp(1, 640), first: 0, last: 1 },
    { storage: temp(2, 64), first: 0, last: 3 },
    { storage: temp(3, 600), first: 2, last: 3 },
    { storage: temp(4, 6000), first: 2, last: 3 },
  ];
  const { buffers, bufferOf } = planMemory(dispatchesOf(lives, 4));
  assert.deepEqual(buffers, [25600, 2560, 256]);
  assert.deepEqual(lives.map(({ storage }) => bufferOf.get(storage)), [0, 1, 2, 1, 0]);
});

Deno.test("planMemory() assigns no buffers to memory that is not temporary", () => {
  const own: Storage = { id: 0, bytes: 256, kind: "own" };
  const external: Storage = { id: 1, bytes: 256, kind: "external" };
  const lives = [own, external].map((storage) => ({ storage, first: 0, last: 0 }));
  const { buffers, bufferOf } = planMemory(dispatchesOf(lives, 1));
  assert.deepEqual([buffers, bufferOf.size], [[], 0]);
});
