import type { StoredTensor } from "./stored_tensor.ts";

/**
 * A value of a pickle: null, booleans, numbers (integers beyond 2^53 as bigint), strings, tensors,
 * lists (tuples, too) and dictionaries; an {@link OpaqueValue} is any other object.
 * @category Files
 */
export type PickledValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | StoredTensor
  | OpaqueValue
  | PickledValue[]
  | Map<string | number, PickledValue>;

/**
 * A Python object that is known by its name alone; it was neither made nor run.
 * @category Files
 */
export class OpaqueValue {
  /** An object of a class, or what a function would have returned. */
  constructor(
    /** Module and name of the class or function, such as `argparse.Namespace`. */
    readonly name: string,
  ) {}
}

/** A pickle cannot be read or written; the message names the problem. */
export class PickleError extends Error {
  /** The class's name. */
  override readonly name: string = "PickleError";
}

/** A class or function that a pickle may name. */
export class PickleGlobal {
  /** Allows a pickle to name it, and to call it unless `make` is null. */
  constructor(
    /** Module and name, such as `torch.FloatStorage`. */
    readonly name: string,
    /** What a call of it returns; null where it may not be called. */
    readonly make: ((args: unknown[]) => unknown) | null,
  ) {}
}

/** An object made by a {@link PickleGlobal}, which becomes a value once the pickle is read. */
export abstract class PickleObject {
  /** Sets its state, as Python's `__setstate__` does. */
  setState(_state: unknown): void {
    throw new PickleError(`it gives a state to ${this.constructor.name}`);
  }

  /** Its value: a tensor, an opaque one, or a list whose items are still to be converted. */
  abstract value(): StoredTensor | OpaqueValue | unknown[];
}

/** An object of an unknown class: whatever a pickle does to it changes nothing. */
export class OpaqueObject extends PickleObject {
  /** An object of the class, or what the function would have returned. */
  constructor(
    /** Module and name of the class or function. */
    readonly name: string,
  ) {
    super();
  }

  /** Ignores it. */
  override setState(): void {}

  /** Its name. */
  override value(): OpaqueValue {
    return new OpaqueValue(this.name);
  }
}

const MAX_DEPTH = 500;
const MAX_VALUES = 2_000_000;

/**
 * Converts what `unpickle` made into values. Values that a pickle repeats are shared, as in Python.
 *
 * @param opaque whether objects, functions, bytes and odd keys may be among them, as
 * {@link OpaqueValue}s and as the text of keys
 * @throws {PickleError} when a value contains itself, unfolds to over two million values, or is no
 * {@link PickledValue}.
 */
export function plainValue(made: unknown, { opaque }: { opaque: boolean }): PickledValue {
  const unknown = (name: string): OpaqueValue => {
    if (!opaque) throw new PickleError(`it holds ${name} where a value should be`);
    return new OpaqueValue(name);
  };
  const done = new Map<unknown, { value: PickledValue; count: number } | null>();
  const plain = (made: unknown, depth: number): { value: PickledValue; count: number } => {
    if (made === null || ["boolean", "number", "bigint", "string"].includes(typeof made)) {
      return { value: made as PickledValue, count: 1 };
    }
    const known = done.get(made);
    if (known) return known;
    if (known === null) throw new PickleError("it holds a value that contains itself");
    if (depth > MAX_DEPTH) throw new PickleError(`its values are nested over ${MAX_DEPTH} deep`);
    done.set(made, null);
    let count = 1;
    const inner = (item: unknown) => {
      const { value, count: more } = plain(item, depth + 1);
      // Shared values count each time: a small pickle could otherwise be exponentially large.
      if ((count += more) > MAX_VALUES) throw new PickleError("it unfolds to too many values");
      return value;
    };
    let value: PickledValue;
    if (made instanceof PickleObject) {
      const behind = made.value();
      value = Array.isArray(behind)
        ? behind.map(inner)
        : behind instanceof OpaqueValue
        ? unknown(behind.name)
        : behind;
    } else if (Array.isArray(made)) {
      value = made.map(inner);
    } else if (made instanceof Map) {
      value = new Map<string | number, PickledValue>();
      for (const [key, item] of made) {
        if (typeof key === "string" || typeof key === "number") value.set(key, inner(item));
        else if (opaque) value.set(keyText(key), inner(item));
        else throw new PickleError("a dictionary has a key that is neither text nor a number");
      }
    } else if (made instanceof PickleGlobal) {
      value = unknown(made.name);
    } else value = unknown("raw bytes");
    const result = { value, count };
    done.set(made, result);
    return result;
  };
  return plain(made, 0).value;
}

/** The text of a dictionary's key that is neither text nor a number: a tuple, a type, an object. */
function keyText(key: unknown): string {
  if (Array.isArray(key)) return `(${key.map(keyText).join(", ")})`;
  if (key instanceof PickleGlobal || key instanceof OpaqueObject) return `<${key.name}>`;
  return typeof key === "object" && key !== null ? "<object>" : String(key);
}
