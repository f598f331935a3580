import type { Dispatch } from "../kernels/dispatch.ts";
import type { Layout } from "./layout.ts";
import { planMemory } from "./memory.ts";

/** Dispatches on memory that is nobody else's, repeated, to be timed. */
export interface Trial {
  /** All repetitions, with the memory they take. */
  readonly layout: Layout;
  /** Dispatches of one repetition. */
  readonly length: number;
}

/** The trial of dispatches that bind "temp" and "own" memory alone. */
export function trialOf(dispatches: readonly Dispatch[], repeats: number): Trial {
  const repeated = Array.from({ length: repeats }, () => dispatches).flat();
  const used = new Set(dispatches.flatMap((d) => d.bindings.map(({ ref }) => ref.storage)));
  return {
    length: dispatches.length,
    layout: {
      outputs: [],
      placement: {
        refOf: () => {
          throw new Error("a trial has no tensors");
        },
        storages: [...used].filter(({ kind }) => kind === "own"),
        external: new Map(),
        inputs: new Map(),
        constants: [],
        packCopies: new Map(),
        updateCopies: [],
      },
      dispatches: repeated,
      memory: planMemory(repeated),
      undecided: new Map(),
    },
  };
}
