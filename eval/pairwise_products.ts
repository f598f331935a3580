import { compile, type Device, input, matmul, type Plan } from "../engine/mod.ts";

/**
 * All inner products of rows: of `a` `[n, d]` and `b` `[m, d]`, the products `[n, m]`. What measures
 * that compare pictures by pairs are written against, whoever does the multiplying.
 */
export type Products = (a: Float32Array, b: Float32Array) => Promise<Float32Array>;

/** Rows of each side that one run of the plan multiplies. */
const ROWS = 512;

/** {@linkcode Products} on a device, block by block, by one plan; in float32. */
export class PairwiseProducts implements Disposable {
  readonly #plan: Plan;
  readonly #d: number;

  private constructor(plan: Plan, d: number) {
    this.#plan = plan;
    this.#d = d;
  }

  /** Compiles the plan for rows of `d` numbers. */
  static async create(device: Device, d: number): Promise<PairwiseProducts> {
    const products = matmul(input("a", [ROWS, d]), input("b", [ROWS, d]), { transposeB: true });
    return new PairwiseProducts(await compile(device, { outputs: { products } }), d);
  }

  /** The products of all rows of `a` with all rows of `b`. */
  readonly products: Products = async (a, b) => {
    const n = a.length / this.#d;
    const m = b.length / this.#d;
    const out = new Float32Array(n * m);
    for (let i = 0; i < n; i += ROWS) {
      for (let j = 0; j < m; j += ROWS) {
        this.#plan.run({ a: this.#rows(a, i), b: this.#rows(b, j) });
        const block = await this.#plan.read("products");
        const width = Math.min(ROWS, m - j);
        for (let row = 0; row < Math.min(ROWS, n - i); row++) {
          out.set(block.subarray(row * ROWS, row * ROWS + width), (i + row) * m + j);
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
  #rows(x: Float32Array, first: number): Float32Array<ArrayBuffer> {
    const rows = new Float32Array(ROWS * this.#d);
    rows.set(x.subarray(first * this.#d, (first + ROWS) * this.#d));
    return rows;
  }
}
