import { counted } from "../../engine/counted.ts";
import { UsageError } from "../../train/config/usage_error.ts";

/**
 * Checks that a batch can be divided among processes, each of which divides its share into
 * micro-batches.
 *
 * @throws {UsageError} naming what fits
 */
export function mustDivide(
  { batch_size, micro_batches }: { readonly batch_size: number; readonly micro_batches: number },
  size: number,
): void {
  const parts = size * micro_batches;
  if (batch_size % parts === 0) return;
  const below = Math.floor(batch_size / parts) * parts;
  const fitting = below > 0 ? `${below} or ${below + parts}` : `${parts}`;
  const each = micro_batches > 1
    ? `, in ${counted(micro_batches, "micro-batch", "micro-batches")} each`
    : "";
  throw new UsageError(
    `train.batch_size: a batch of ${batch_size} cannot be divided among ${
      counted(size, "process", "processes")
    }${each}; take ${fitting}`,
  );
}
