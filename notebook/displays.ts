import { Device, State, Tensor } from "../engine/mod.ts";
import { ImageGrid } from "../eval/image_sets/image_grid.ts";
import { Samples } from "../eval/image_sets/samples.ts";
import { deviceBundle } from "./device_bundle.ts";
import { pngBase64 } from "./image_html.ts";
import { DISPLAY, type MediaBundle } from "./jupyter.ts";
import { stateBundle } from "./state_bundle.ts";
import { tensorBundle } from "./tensor_bundle.ts";

/**
 * Gives the classes of the other rooms, which know no notebooks, the method that Deno's kernel asks
 * for what to show.
 */
export function addDisplays(): void {
  add(Tensor, tensorBundle);
  add(State, stateBundle);
  add(Device, deviceBundle);
  add(ImageGrid, (grid) => ({ "image/png": pngBase64(grid) }));
  add(Samples, (samples) => ({ "image/png": pngBase64(samples.grid()) }));
}

function add<T>(
  { prototype }: { readonly prototype: T },
  bundle: (of: T) => MediaBundle | Promise<MediaBundle>,
): void {
  Object.defineProperty(prototype, DISPLAY, {
    value(this: T) {
      return bundle(this);
    },
    configurable: true,
    writable: true,
  });
}
