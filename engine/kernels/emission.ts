import type { Capabilities } from "../capabilities.ts";
import type { Dispatch, Emitter, Storage, Variants } from "./dispatch.ts";
import { PAIRS } from "./bound_memory.ts";

/**
 * The chosen kernel variants, by {@linkcode Variants.key}.
 * @category Engine
 */
export type KernelChoices = ReadonlyMap<string, string>;

/** An emitter with what was emitted through it. */
export interface Emission {
  /** Takes the dispatches. */
  readonly emitter: Emitter;
  /** The dispatches so far. */
  readonly dispatches: readonly Dispatch[];
  /** Variants, by key, of which the usual one was taken for want of a choice. */
  readonly undecided: ReadonlyMap<string, Variants>;
}

/** Starts collecting dispatches; where `choices` names no variant the usual one is taken. */
export function startEmission(capabilities: Capabilities, choices: KernelChoices): Emission {
  const dispatches: Dispatch[] = [];
  const undecided = new Map<string, Variants>();
  let scratches = 0;
  const emitter: Emitter = {
    capabilities,
    emit: (d) => dispatches.push(addPairs(enableF16(d))),
    scratch(elements) {
      const storage: Storage = { id: -++scratches, bytes: 4 * elements, kind: "temp" };
      return { storage, offset: 0, size: elements, dtype: "f32" };
    },
    choose(variants) {
      const { key, names } = variants;
      const chosen = choices.get(key);
      if (chosen !== undefined && names.includes(chosen)) return chosen;
      if (names.length > 1) undecided.set(key, variants);
      return names[0];
    },
  };
  return { emitter, dispatches, undecided };
}

/**
 * Enables f16 in the kernels that bind it.
 * @throws {Error} where one would read it as f32
 */
function enableF16(d: Dispatch): Dispatch {
  const f16 = d.bindings.flatMap(({ ref }, i) => ref.dtype === "f16" ? [i] : []);
  for (const i of f16) {
    if (!new RegExp(`@binding\\(${i}\\)[^;]*array<(vec4<)?f16>`).test(d.code)) {
      throw new Error(`kernel "${d.label}" does not take f16 as binding ${i}`);
    }
  }
  return f16.length === 0 ? d : { ...d, code: `enable f16;\n${d.code}` };
}

/** Adds {@linkcode PAIRS} to the kernels that call them. */
function addPairs(d: Dispatch): Dispatch {
  return /\b(from|to)_pairs\(/.test(d.code) ? { ...d, code: d.code + PAIRS } : d;
}
