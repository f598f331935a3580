import type { BlockData } from "./block.ts";

/** A job that a library is ready to do: compiled, its inputs in place. */
export interface Runner extends Disposable {
  /** Does the job `times` times, and waits once for all of them. */
  run(times: number): Promise<void>;
  /** Does the job and reads its result, row-major. */
  result(): Promise<Float32Array>;
  /** Kernel launches of one run, where the library reports them. */
  readonly dispatches: number | null;
}

/** The jobs as one library does them. All data is f32 and row-major. */
export interface Library {
  readonly name: string;
  /** The product of two `[n, n]`. */
  matmul(a: Float32Array, b: Float32Array, n: number): Promise<Runner>;
  /** Softmax along the rows of `[rows, columns]`. */
  softmax(x: Float32Array, columns: number): Promise<Runner>;
  /** Layer norm along the rows of `[rows, columns]`, with a weight and a bias. */
  layerNorm(
    x: Float32Array,
    weight: Float32Array,
    bias: Float32Array,
  ): Promise<Runner>;
  /**
   * The mean of squares of a transformer block's output with its gradients by every parameter; the
   * result that is read is the gradient by the first layer norm's bias.
   */
  block(data: BlockData): Promise<Runner>;
}
