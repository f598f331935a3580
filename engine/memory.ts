import { type Dispatch, type Storage, storageBytes } from "./kernels/dispatch.ts";

/** Which buffer each temporary storage uses, and how large the buffers are. */
export interface MemoryPlan {
  /** Bytes of each buffer. */
  readonly buffers: readonly number[];
  readonly bufferOf: ReadonlyMap<Storage, number>;
}

interface Lifetime {
  readonly storage: Storage;
  first: number;
  last: number;
}

/**
 * Gives temporaries that are never alive at the same time the same buffer: best fit in the order of
 * the dispatches, a buffer being free again only after the last dispatch that uses it.
 */
export function planMemory(dispatches: readonly Dispatch[]): MemoryPlan {
  const lifetimes = lifetimesOf(dispatches);
  const buffers: { bytes: number; freeFrom: number }[] = [];
  const bufferOf = new Map<Storage, number>();
  for (
    const { storage, first, last } of [...lifetimes.values()].sort((a, b) => a.first - b.first)
  ) {
    const bytes = storageBytes(storage);
    let best = -1;
    buffers.forEach((buffer, i) => {
      if (buffer.freeFrom > first) return;
      if (best < 0 || fit(buffer.bytes, bytes) < fit(buffers[best].bytes, bytes)) best = i;
    });
    if (best < 0) best = buffers.push({ bytes, freeFrom: 0 }) - 1;
    buffers[best].bytes = Math.max(buffers[best].bytes, bytes);
    buffers[best].freeFrom = last + 1;
    bufferOf.set(storage, best);
  }
  checkOverlaps([...lifetimes.values()], bufferOf);
  return { buffers: buffers.map((b) => b.bytes), bufferOf };
}

/** What a buffer wastes for a need; growing one costs as much as a fresh one of the difference. */
function fit(have: number, need: number): number {
  return Math.abs(have - need);
}

function lifetimesOf(dispatches: readonly Dispatch[]): Map<Storage, Lifetime> {
  const lifetimes = new Map<Storage, Lifetime>();
  dispatches.forEach((dispatch, at) => {
    for (const { ref: { storage } } of dispatch.bindings) {
      if (storage.kind !== "temp") continue;
      const known = lifetimes.get(storage);
      if (known) known.last = at;
      else lifetimes.set(storage, { storage, first: at, last: at });
    }
  });
  return lifetimes;
}

/** A second look at the result: a wrong plan would be silent nonsense on the device. */
function checkOverlaps(
  lifetimes: readonly Lifetime[],
  bufferOf: ReadonlyMap<Storage, number>,
): void {
  const byBuffer = new Map<number, Lifetime[]>();
  for (const l of lifetimes) {
    const at = bufferOf.get(l.storage)!;
    const list = byBuffer.get(at);
    if (list) list.push(l);
    else byBuffer.set(at, [l]);
  }
  for (const list of byBuffer.values()) {
    list.sort((a, b) => a.first - b.first);
    for (let i = 1; i < list.length; i++) {
      if (list[i].first <= list[i - 1].last) {
        throw new Error(
          `memory plan: storages ${list[i - 1].storage.id} and ${list[i].storage.id} overlap`,
        );
      }
    }
  }
}
