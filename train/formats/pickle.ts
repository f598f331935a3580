/**
 * Reading Python pickles without Python: an interpreter of the opcodes that PyTorch and NumPy use,
 * protocols 0 to 5. No code is executed; names that are not in a given list are refused, or stand for
 * objects that nothing is known of.
 */
import { OpaqueObject, PickleError, PickleGlobal, PickleObject } from "./pickled_value.ts";
import { PickleReader } from "./pickle_reader.ts";
import { shown } from "./shown.ts";

/** What a pickle may refer to. */
export interface PickleRules {
  /** The classes and functions that it may name, by module and name. */
  globals: ReadonlyMap<string, PickleGlobal>;
  /** Whether other names stand for opaque objects; without it, they are refused. */
  opaque?: boolean;
  /** Returns the object of a persistent id; without it, such ids are refused. */
  persistent?: (id: unknown) => unknown;
}

/** Makes {@link PickleRules.globals} from what each name's call returns. */
export function pickleGlobals(
  makers: Record<string, ((args: unknown[]) => unknown) | null>,
): Map<string, PickleGlobal> {
  return new Map(
    Object.entries(makers).map(([name, make]) => [name, new PickleGlobal(name, make)]),
  );
}

const MAX_STEPS = 2_000_000;
const MAX_CONTAINERS = 250_000;

/**
 * Reads the pickle at the start of `bytes`. Lists and tuples become arrays, dictionaries maps,
 * bytes `Uint8Array`s; `plainValue` converts the rest.
 *
 * @returns what it made, and its length in bytes
 * @throws {PickleError} when it is truncated, malformed, too large, or names what is not allowed.
 */
export function unpickle(
  bytes: Uint8Array<ArrayBuffer>,
  { globals, opaque = false, persistent }: PickleRules,
): { made: unknown; length: number } {
  const reader = new PickleReader(bytes);
  const memo = new Map<number, unknown>();
  const marked: unknown[][] = [];
  let stack: unknown[] = [];
  let containers = 0;
  let credit = 4 * bytes.length + MAX_CONTAINERS;

  const contain = <T>(container: T): T => {
    if (++containers > MAX_CONTAINERS) throw new PickleError("it makes too many objects");
    return container;
  };
  const pop = (): unknown => {
    if (stack.length === 0) throw new PickleError("it pops from an empty stack");
    return stack.pop();
  };
  const top = (): unknown => {
    if (stack.length === 0) throw new PickleError("it pops from an empty stack");
    return stack[stack.length - 1];
  };
  const popMark = (): unknown[] => {
    const items = stack;
    const below = marked.pop();
    if (!below) throw new PickleError("it pops to a mark that was never set");
    stack = below;
    return items;
  };
  const array = (value: unknown, what: string): unknown[] => {
    if (!Array.isArray(value)) throw new PickleError(`it takes something else for ${what}`);
    return value;
  };
  const note = (index: number): void => {
    if (memo.size > MAX_CONTAINERS) throw new PickleError("it memoises too many values");
    memo.set(index, top());
  };
  const recall = (index: number): unknown => {
    if (!memo.has(index)) throw new PickleError("it recalls a value that was never memoised");
    return memo.get(index);
  };
  const setItems = (items: unknown[]): void => {
    const dictionary = top();
    if (dictionary instanceof OpaqueObject) return;
    if (!(dictionary instanceof Map) || items.length % 2 !== 0) {
      throw new PickleError("it takes something else for a dictionary");
    }
    for (let i = 0; i < items.length; i += 2) dictionary.set(items[i], items[i + 1]);
  };
  const append = (items: unknown[]): void => {
    if (top() instanceof OpaqueObject) return;
    const list = array(top(), "a list");
    for (const item of items) list.push(item);
  };
  // Calls may copy their arguments, and a small pickle can pass the same large one many times.
  const spend = (given: unknown): void => {
    if (given instanceof Map) credit -= given.size;
    else if (typeof given === "string" || given instanceof Uint8Array || Array.isArray(given)) {
      credit -= given.length;
    }
    if (credit < 0) throw new PickleError("it uses the same data over and over");
  };
  const named = (module: unknown, name: unknown): PickleGlobal => {
    if (typeof module !== "string" || typeof name !== "string") {
      throw new PickleError("it takes something else for a name");
    }
    const full = `${module}.${name}`;
    const found = globals.get(full);
    if (!found && opaque) {
      return contain(new PickleGlobal(full, () => new OpaqueObject(full)));
    }
    if (!found) {
      throw new PickleError(
        `it asks for ${shown(full)}, which is refused; ` +
          "save only tensors, numbers, text, lists and dictionaries of them, such as a state dict",
      );
    }
    return found;
  };
  const call = (args: unknown, callee: unknown): unknown => {
    if (callee instanceof OpaqueObject) return contain(new OpaqueObject(callee.name));
    if (!(callee instanceof PickleGlobal)) throw new PickleError("it calls what is not a function");
    if (!callee.make) throw new PickleError(`it calls ${callee.name}, which is refused`);
    const list = array(args, "a tuple");
    list.forEach(spend);
    return contain(callee.make(list));
  };
  const build = (state: unknown, target: unknown): void => {
    if (target instanceof PickleObject) {
      if (Array.isArray(state)) state.forEach(spend);
      target.setState(state);
    } // PyTorch gives a state dict a state of its own, the versions of its modules: ignored.
    else if (!(target instanceof Map || opaque)) {
      throw new PickleError("it gives a state to a plain value");
    }
  };

  for (let step = 0; step < MAX_STEPS; step++) {
    const opcode = reader.u8();
    switch (String.fromCharCode(opcode)) {
      case "\x80": {
        const protocol = reader.u8();
        if (protocol > 5) throw new PickleError(`its protocol ${protocol} is unknown`);
        break;
      }
      case "\x95":
        reader.length64();
        break;
      case ".": {
        const made = pop();
        if (stack.length > 0 || marked.length > 0) throw new PickleError("it stops halfway");
        return { made, length: reader.at };
      }
      case "(":
        marked.push(stack);
        stack = contain([]);
        break;
      case "0":
        pop();
        break;
      case "1":
        popMark();
        break;
      case "2":
        stack.push(top());
        break;
      case "N":
        stack.push(null);
        break;
      case "\x88":
        stack.push(true);
        break;
      case "\x89":
        stack.push(false);
        break;
      case "J":
        stack.push(reader.i32());
        break;
      case "K":
        stack.push(reader.u8());
        break;
      case "M":
        stack.push(reader.u16());
        break;
      case "\x8a":
        stack.push(reader.long(reader.u8()));
        break;
      case "\x8b":
        stack.push(reader.long(reader.u32()));
        break;
      case "G":
        stack.push(reader.f64());
        break;
      case "X":
        stack.push(reader.text(reader.u32()));
        break;
      case "\x8c":
        stack.push(reader.text(reader.u8()));
        break;
      case "\x8d":
        stack.push(reader.text(reader.length64()));
        break;
      case "T":
        stack.push(reader.latin1(reader.u32()));
        break;
      case "U":
        stack.push(reader.latin1(reader.u8()));
        break;
      case "B":
        stack.push(contain(reader.bytes(reader.u32())));
        break;
      case "C":
        stack.push(contain(reader.bytes(reader.u8())));
        break;
      case "\x8e":
      case "\x96":
        stack.push(contain(reader.bytes(reader.length64())));
        break;
      case ")":
      case "]":
        stack.push(contain([]));
        break;
      case "t":
      case "\x91":
      case "l": {
        const items = popMark();
        stack.push(items);
        break;
      }
      case "\x85":
        stack.push(contain([pop()]));
        break;
      case "\x86": {
        const b = pop();
        stack.push(contain([pop(), b]));
        break;
      }
      case "\x87": {
        const c = pop();
        const b = pop();
        stack.push(contain([pop(), b, c]));
        break;
      }
      case "a":
        append([pop()]);
        break;
      case "e":
        append(popMark());
        break;
      case "}":
        stack.push(contain(new Map<unknown, unknown>()));
        break;
      case "d": {
        const items = popMark();
        stack.push(contain(new Map<unknown, unknown>()));
        setItems(items);
        break;
      }
      case "s": {
        const value = pop();
        setItems([pop(), value]);
        break;
      }
      case "u":
        setItems(popMark());
        break;
      case "q":
        note(reader.u8());
        break;
      case "r":
        note(reader.u32());
        break;
      case "\x94":
        note(memo.size);
        break;
      case "h":
        stack.push(recall(reader.u8()));
        break;
      case "j":
        stack.push(recall(reader.u32()));
        break;
      case "c": {
        const module = reader.line();
        stack.push(named(module, reader.line()));
        break;
      }
      case "\x93": {
        const name = pop();
        stack.push(named(pop(), name));
        break;
      }
      case "R":
      case "\x81":
        stack.push(call(pop(), pop()));
        break;
      case "\x92":
        pop(); // Its keywords, which only objects have.
        stack.push(call(pop(), pop()));
        break;
      case "i": {
        const module = reader.line();
        const callee = named(module, reader.line());
        const args = popMark();
        stack.push(call(args, callee));
        break;
      }
      case "o": {
        const [callee, ...args] = popMark();
        stack.push(call(args, callee));
        break;
      }
      case "\x8f":
        stack.push(contain([]));
        break;
      case "\x90":
        append(popMark());
        break;
      case "I": {
        const line = reader.line();
        stack.push(line === "00" || line === "01" ? line === "01" : integer(line));
        break;
      }
      case "L":
        stack.push(integer(reader.line().replace(/L$/, "")));
        break;
      case "F":
        stack.push(Number(reader.line()));
        break;
      case "S":
        stack.push(reader.line().slice(1, -1));
        break;
      case "V":
        stack.push(reader.line());
        break;
      case "p":
        note(Number(reader.line()));
        break;
      case "g":
        stack.push(recall(Number(reader.line())));
        break;
      case "b":
        build(pop(), top());
        break;
      case "Q":
        if (!persistent) throw new PickleError("it refers to data outside of itself");
        stack.push(persistent(pop()));
        break;
      default:
        throw new PickleError(`its opcode 0x${opcode.toString(16)} is unknown`);
    }
  }
  throw new PickleError("it takes too many steps");
}

/** A decimal integer. */
function integer(text: string): number | bigint {
  if (!/^-?\d{1,999}$/.test(text)) throw new PickleError("it has an integer that is none");
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}
