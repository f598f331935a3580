import { strictEqual as equal } from "node:assert/strict";
import { countsText } from "../../../train/data/counts_text.ts";

Deno.test("countsText() names classes with their counts, and counts those beyond the eighth", () => {
  equal(
    countsText({ length: 20_003, class_names: ["cat", "ship"], class_counts: [20_000, 3] }),
    "20,003 images, 2 classes: cat (20,000), ship (3)",
  );
  equal(
    countsText({ length: 1, class_names: ["all"], class_counts: [1] }),
    "1 image, 1 class: all (1)",
  );
  const class_names = [..."abcdefghij"];
  equal(
    countsText({ length: 10, class_names, class_counts: class_names.map(() => 1) }),
    "10 images, 10 classes: a (1), b (1), c (1), d (1), e (1), f (1), g (1), h (1) and 2 more",
  );
});
