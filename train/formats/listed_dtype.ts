import type { StoredDtype } from "./stored_tensor.ts";

/**
 * An element type that a safetensors file may list; only a {@link StoredDtype} can be read.
 * @category Files
 */
export type ListedDtype =
  | StoredDtype
  | "F4"
  | "F6_E2M3"
  | "F6_E3M2"
  | "F8_E4M3"
  | "F8_E5M2"
  | "F8_E8M0"
  | "F8_E4M3FNUZ"
  | "F8_E5M2FNUZ"
  | "U16"
  | "U32"
  | "U64"
  | "C64";

/** Bits per value of every element type that safetensors specifies. */
const BITS: Record<ListedDtype, number> = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
};

/** Whether a value names an element type of the specification. */
export function isListedDtype(name: unknown): name is ListedDtype {
  return typeof name === "string" && Object.hasOwn(BITS, name);
}

/** Bits per value. */
export function dtypeBits(dtype: ListedDtype): number {
  return BITS[dtype];
}
