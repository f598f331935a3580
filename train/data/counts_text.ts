import { counted } from "../../engine/counted.ts";
import type { ImageSource } from "./image_source.ts";

/** Classes that are named before the rest is counted. */
const NAMED = 8;

/** How many images a source has, and of which classes: "5 images, 2 classes: cat (3), ship (2)". */
export function countsText(
  { length, class_names, class_counts }: Pick<
    ImageSource,
    "length" | "class_names" | "class_counts"
  >,
): string {
  const named = class_names.slice(0, NAMED)
    .map((name, label) => `${name} (${class_counts[label].toLocaleString("en")})`);
  const rest = class_names.length - named.length;
  return `${counted(length, "image")}, ${counted(class_names.length, "class", "classes")}: ${
    named.join(", ")
  }${rest > 0 ? ` and ${rest.toLocaleString("en")} more` : ""}`;
}
