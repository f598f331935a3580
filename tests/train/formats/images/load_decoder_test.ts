import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { decodeImage, DecoderError } from "../../../../train/formats/image.ts";

const PHOTO = fileURLToPath(new URL("../../../data/images/photos/ycc444.jpg", import.meta.url));

Deno.test({
  name: "decodeImage() tells a decoder that cannot be loaded from a file that is damaged",
  permissions: { read: [PHOTO] },
  async fn() {
    const decoding = decodeImage(Deno.readFileSync(PHOTO), PHOTO);
    await assert.rejects(decoding, (error) => {
      assert.ok(error instanceof DecoderError);
      assert.match(error.message, /^cannot load an image decoder[^\n]+$/);
      return true;
    });
  },
});
