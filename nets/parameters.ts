import { philox, type Shape } from "../engine/mod.ts";

/**
 * How a parameter's initial values are drawn; PyTorch's names and rules.
 * @category Networks
 */
export type Initializer =
  | { readonly kind: "zeros" }
  | { readonly kind: "ones" }
  /** Normal with a standard deviation. */
  | { readonly kind: "normal"; readonly std: number }
  /** Uniform in +-1/sqrt(fan_in), the default of `nn.Linear` and `nn.Conv2d`. */
  | { readonly kind: "uniform"; readonly fan_in: number };

/**
 * Makes one leaf of a network's parameters. A network describes its parameters once, by calling
 * this for each; what a leaf is (a shape, a tensor, an array) is the caller's choice.
 * @category Networks
 */
export type MakeParameter<T> = (name: string, shape: Shape, init: Initializer) => T;

/** Philox stream of the parameters; training draws from others. */
const STREAM = 0x1417;

/**
 * The initial values of a network's parameters, by name, row-major. Each tensor has random numbers
 * of its own, so adding a layer does not change the others.
 *
 * @param describe calls its argument for every parameter, as `uvitParameters` does
 * @param seed a whole number from 0 to 2^53 - 1
 * @category Networks
 */
export function initialize(
  describe: (make: MakeParameter<void>) => unknown,
  seed: number,
): Record<string, Float32Array> {
  const values: Record<string, Float32Array> = {};
  describe((name, shape, init) => {
    const size = shape.reduce((n, d) => n * d, 1);
    values[name] = fill(new Float32Array(size), init, seed, hash(name));
  });
  return values;
}

/**
 * The shapes of a network's parameters, by name.
 * @category Networks
 */
export function parameterShapes(
  describe: (make: MakeParameter<void>) => unknown,
): Record<string, Shape> {
  const shapes: Record<string, Shape> = {};
  describe((name, shape) => {
    shapes[name] = shape;
  });
  return shapes;
}

function fill(out: Float32Array, init: Initializer, seed: number, tensor: number): Float32Array {
  if (init.kind === "zeros") return out;
  if (init.kind === "ones") return out.fill(1);
  for (let i = 0; i < out.length; i += 4) {
    const bits = philox([i / 4, tensor, 0, STREAM], [seed >>> 0, Math.floor(seed / 2 ** 32)]);
    for (let j = 0; j < 4 && i + j < out.length; j++) {
      const u = (bits[j] + 0.5) / 2 ** 32;
      if (init.kind === "uniform") out[i + j] = (2 * u - 1) / Math.sqrt(init.fan_in);
      else {
        const v = (bits[j ^ 1] + 0.5) / 2 ** 32;
        // Box and Muller: the even element takes the cosine, the odd one the sine of the same pair.
        const [r, a] = j % 2 === 0 ? [u, v] : [v, u];
        const radius = Math.sqrt(-2 * Math.log(r));
        out[i + j] = init.std * radius *
          (j % 2 === 0 ? Math.cos(2 * Math.PI * a) : Math.sin(2 * Math.PI * a));
      }
    }
  }
  return out;
}

/** FNV-1a of a parameter's name. */
function hash(name: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  return h >>> 0;
}
