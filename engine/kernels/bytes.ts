import { declareBindings, type Emitter, type Ref } from "./dispatch.ts";
import { emitByElement } from "./by_element.ts";

/** Emits bytes as numbers: an invocation per element. */
export function emitUnpackBytes(emitter: Emitter, words: Ref, out: Ref): void {
  emitByElement(emitter, {
    label: "unpack_bytes",
    count: out.size,
    declarations: declareBindings([
      { name: "words", type: "u32", access: "read" },
      { name: "out", type: "f32", access: "read_write" },
    ]),
    reads: [words],
    outs: [out],
    body: "out[i] = f32((words[i / 4u] >> (8u * (i % 4u))) & 255u);",
  });
}
