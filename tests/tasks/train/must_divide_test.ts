import { deepStrictEqual as deepEqual, throws } from "node:assert/strict";
import { mustDivide } from "../../../tasks/train/must_divide.ts";

Deno.test("mustDivide() names the batches that fit", () => {
  mustDivide({ batch_size: 12, micro_batches: 2 }, 3);
  const said = (batch_size: number, micro_batches: number, size: number) => {
    let message = "";
    throws(() => mustDivide({ batch_size, micro_batches }, size), (error: Error) => {
      message = error.message;
      return error.name === "UsageError";
    });
    return message;
  };
  deepEqual([said(10, 1, 4), said(10, 3, 2), said(2, 1, 4)], [
    "train.batch_size: a batch of 10 cannot be divided among 4 processes; take 8 or 12",
    "train.batch_size: a batch of 10 cannot be divided among 2 processes, in 3 micro-batches " +
    "each; take 6 or 12",
    "train.batch_size: a batch of 2 cannot be divided among 4 processes; take 4",
  ]);
});
