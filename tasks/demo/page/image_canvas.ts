/// <reference lib="dom" />
import { counted } from "../../../engine/counted.ts";
import { imageGrid } from "../../../eval/image_sets/image_grid.ts";
import type { ShownImages } from "../messages.ts";
import { byId } from "./element.ts";

/** Shows images as a grid, pixel by pixel; the page scales it up. */
export function showImages(canvas_id: string, caption_id: string, images: ShownImages): void {
  const canvas = byId(canvas_id, HTMLCanvasElement);
  const n = images.images.length / (images.channels * images.image_size ** 2);
  const columns = Math.min(8, n);
  const { pixels, width, height, channels } = imageGrid(images.images, { ...images, columns });
  const shown = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) shown.data[4 * i + c] = pixels[i * channels + c % channels];
    shown.data[4 * i + 3] = 255;
  }
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")!.putImageData(shown, 0, 0);
  canvas.hidden = false;
  byId(caption_id, HTMLElement).textContent = `${images.run}, after ${
    counted(images.step, "step")
  }`;
}
