import type { ImageGrid } from "../eval/image_sets/image_grid.ts";
import { encodePng } from "../train/formats/image.ts";

/** An image as base64 of a PNG file. */
export function pngBase64({ pixels, width, height, channels }: ImageGrid): string {
  return encodePng(pixels, width, height, channels).toBase64();
}

/** An image as HTML that needs nothing else. @param alt HTML */
export function imageHtml(grid: ImageGrid, alt: string): string {
  return `<img alt="${alt}" src="data:image/png;base64,${pngBase64(grid)}" ` +
    `style="max-width:100%;height:auto;image-rendering:pixelated">`;
}
