import { strictEqual as equal } from "node:assert/strict";
import { crc32c } from "../../../train/tensorboard/crc32c.ts";

Deno.test("crc32c() agrees with the vectors of RFC 3720 and of the catalogue of CRCs", () => {
  equal(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
  equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e);
  equal(crc32c(new Uint8Array(0)), 0);
});
