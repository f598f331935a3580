import { type Dispatch, type Storage, storageBytes } from "../kernels/dispatch.ts";

/** Which buffer each temporary storage uses, and how large the buffers are. */
export interface MemoryPlan {
  /** Bytes of each buffer. */
  readonly buffers: readonly number[];
  /** Index of the buffer of each temporary storage. */
  readonly bufferOf: ReadonlyMap<Storage, number>;
}

interface Lifetime {
  readonly storage: Storage;
  first: number;
  last: number;
}

/**
 * Gives temporaries that are never alive at the same time the same buffer, from the largest down,
 * each in the smallest buffer that is free for its whole life. Large, short-lived ones thus share
 * buffers with one another, not with small ones that would occupy them for long.
 */
export function planMemory(dispatches: readonly Dispatch[]): MemoryPlan {
  const lifetimes = [...lifetimesOf(dispatches).values()];
  const buffers: { bytes: number; users: Lifetime[] }[] = [];
  const bufferOf = new Map<Storage, number>();
  const bytesOf = (l: Lifetime) => storageBytes(l.storage);
  for (const life of lifetimes.toSorted((a, b) => bytesOf(b) - bytesOf(a) || a.first - b.first)) {
    let best = -1;
    buffers.forEach(({ bytes, users }, i) => {
      const isFree = users.every((l) => l.last < life.first || life.last < l.first);
      if (isFree && (best < 0 || bytes < buffers[best].bytes)) best = i;
    });
    if (best < 0) best = buffers.push({ bytes: bytesOf(life), users: [] }) - 1;
    buffers[best].users.push(life);
    bufferOf.set(life.storage, best);
  }
  checkOverlaps(lifetimes, bufferOf);
  return { buffers: buffers.map((b) => b.bytes), bufferOf };
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

/** Checks the result: a wrong plan would silently give wrong numbers on the device. */
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
