import type { ExampleInput, OperationExample } from "../example.ts";
import { unpackBytes } from "../../ops/bytes.ts";
import { unpackF16 } from "../../ops/unpack_f16.ts";
import { dropout } from "../../ops/dropout.ts";
import { embedding } from "../../ops/embedding.ts";
import { randomNormal, randomUniform } from "../../ops/random.ts";
import { silu } from "../../ops/unary.ts";
import { type Shape, shapeText } from "../../tensor.ts";
import { f32 } from "./building.ts";

const key: ExampleInput = { shape: [4], dtype: "u32", values: (i) => [7, 11, 13, 2 ** 32 - 2][i] };

function dropping(shape: Shape, p: number): OperationExample {
  return {
    name: `dropout: ${shapeText(shape)}, p ${p}`,
    inputs: [f32(shape), key],
    differentiable: [0],
    build: ([x, key]) => [silu(dropout(silu(x), p, key, 5))],
  };
}

/** Operations with indices, packed words or random numbers. */
export const gathers: readonly OperationExample[] = [
  dropping([], 0.25),
  dropping([3, 5], 0.5),
  dropping([2, 3, 8, 4], 0.1),
  dropping([1, 2053], 0.9),
  {
    name: "embedding: 5 rows of 7, indices [3, 4]",
    inputs: [f32([5, 7]), { shape: [3, 4], dtype: "i32", values: (i) => (i * i) % 4 }],
    differentiable: [0],
    build: ([table, index]) => [embedding(table, index)],
  },
  {
    name: "embedding: 1 row of 8, index []",
    inputs: [f32([1, 8]), { shape: [], dtype: "i32", values: () => 0 }],
    differentiable: [0],
    build: ([table, index]) => [embedding(table, index)],
  },
  {
    name: "unpack_bytes: [2, 5] of 3 words",
    inputs: [{ shape: [3], dtype: "u32", values: (i) => 0xfe01807f + i * 77 }],
    differentiable: [],
    build: ([words]) => [unpackBytes(words, [2, 5])],
  },
  {
    name: "unpack_bytes: more workgroups than one dimension of the grid",
    inputs: [{ shape: [131075], dtype: "u32", values: (i) => (i * 2654435761) >>> 0 }],
    differentiable: [],
    build: ([words]) => [unpackBytes(words, [524297])],
  },
  {
    // Below 2, so that all are finite; a sixteenth are subnormal.
    name: "unpack_f16: [3, 5] of 8 words",
    inputs: [{ shape: [8], dtype: "u32", values: (i) => (i * 2654435761 & 0xbbffbbff) >>> 0 }],
    differentiable: [],
    build: ([words]) => [unpackF16(words, [3, 5])],
  },
  {
    name: "random: [], [3, 5], [2, 2, 4] and [1, 9], the sample index wrapping around",
    inputs: [key],
    differentiable: [],
    build: ([key]) => [
      randomNormal(key, [], 0),
      randomNormal(key, [3, 5], 1),
      randomUniform(key, [2, 2, 4], 1),
      randomUniform(key, [1, 9], 4000000000),
    ],
  },
];
