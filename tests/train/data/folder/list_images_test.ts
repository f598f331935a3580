import { rejects } from "node:assert/strict";
import { join } from "node:path";
import { listImages } from "../../../../train/data/folder/list_images.ts";

/** A folder so deep that the system cannot read it by its path: nobody may, whoever runs the tests. */
async function tooDeep(top: string): Promise<void> {
  const half = Array.from({ length: 11 }, (_, i) => String.fromCharCode(97 + i).repeat(200));
  const [upper, lower] = [join(top, "photos", "b", ...half), join(top, "lower")];
  await Deno.mkdir(upper, { recursive: true });
  await Deno.mkdir(join(lower, ...half), { recursive: true });
  await Deno.rename(lower, join(upper, "lower"));
}

Deno.test("listImages() names a sub-folder that cannot be read, and says what to do", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const top = await Deno.makeTempDir();
  try {
    await tooDeep(top);
    await rejects(
      listImages(join(top, "photos")),
      /^DatasetError: cannot list the folder of images \S+\/photos\/b\/\S+: .*; make it readable, or/,
    );
  } finally {
    await Deno.remove(top, { recursive: true });
  }
});
