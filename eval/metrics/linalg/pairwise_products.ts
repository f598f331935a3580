import { compile, type Device, input, matmul, type Plan } from "../../../engine/mod.ts";

/**
 * Computes the inner products `[n, m]` of all rows of `a` `[n, d]` with all rows of `b` `[m, d]`. Metrics
 * over pairs of images take it as a function, so that a test can run them without a device.
 * @category Metrics
 */
export type Products = (a: Float32Array, b: Float32Array) => Promise<Float32Array>;

/** Rows of each side that one run of the plan multiplies, at most. */
const MAX_ROWS = 512;

/**
 * {@linkcode Products} on a device, block by block, by one plan; in float32.
 * @category Metrics
 */
export class PairwiseProducts implements Disposable {
  readonly #plan: Plan;
  readonly #d: number;
  readonly #rows: number;

  private constructor(plan: Plan, rows: number, d: number) {
    this.#plan = plan;
    this.#rows = rows;
    this.#d = d;
  }

  /**
   * Compiles the plan for rows of `d` numbers.
   *
   * @param most an upper bound on the rows of either side, where there are few
   */
  static async create(device: Device, d: number, most = MAX_ROWS): Promise<PairwiseProducts> {
    const rows = Math.min(MAX_ROWS, most);
    const products = matmul(input("a", [rows, d]), input("b", [rows, d]), { transposeB: true });
    return new PairwiseProducts(await compile(device, { outputs: { products } }), rows, d);
  }

  /** The products of all rows of `a` with all rows of `b`. */
  readonly products: Products = async (a, b) => {
    const rows = this.#rows;
    const n = a.length / this.#d;
    const m = b.length / this.#d;
    const out = new Float32Array(n * m);
    for (let i = 0; i < n; i += rows) {
      for (let j = 0; j < m; j += rows) {
        this.#plan.run({ a: this.#part(a, i), b: this.#part(b, j) });
        const block = await this.#plan.read("products");
        const width = Math.min(rows, m - j);
        for (let row = 0; row < Math.min(rows, n - i); row++) {
          out.set(block.subarray(row * rows, row * rows + width), (i + row) * m + j);
        }
      }
    }
    return out;
  };

  /** Frees the plan. */
  [Symbol.dispose](): void {
    this.#plan[Symbol.dispose]();
  }

  /** The rows from `first` on, as many as a run takes, zeros after the last. */
  #part(x: Float32Array, first: number): Float32Array<ArrayBuffer> {
    const part = new Float32Array(this.#rows * this.#d);
    part.set(x.subarray(first * this.#d, (first + this.#rows) * this.#d));
    return part;
  }
}
