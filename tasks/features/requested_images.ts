import type { AutoencoderRunConfig } from "../../train/config/autoencoder_run_config.ts";
import { UsageError } from "../../train/config/usage_error.ts";
import type { LoadDatasetOptions } from "../../train/data/load_dataset.ts";
import { shownCommand } from "../cli/shown_command.ts";
import { runImages, splitImages, splitNamed } from "./data_set_images.ts";
import type { FeaturesArguments } from "./features_flags.ts";
import { folderImages } from "./folder_images.ts";
import type { ListedImages } from "./listed_images.ts";

/** Height and width that a folder's images are brought to where nothing says otherwise, pixels. */
const USUAL_SIZE = 256;

/**
 * The images that a command line asks for: of a folder, of a data set, or those that the autoencoder
 * was trained on.
 *
 * @param run that trained the autoencoder; null where unknown
 * @throws {UsageError} where they are not named, or flags do not fit them
 * @throws {DatasetError} where they cannot be had
 */
export async function requestedImages(
  args: FeaturesArguments,
  run: AutoencoderRunConfig | null,
  { channels, ...options }: LoadDatasetOptions & { readonly channels: 1 | 3 },
): Promise<ListedImages> {
  const { images, n, seed } = args;
  const split = images === null ? null : await splitNamed(images);
  if (images !== null && split === null) {
    for (const [flag, value] of Object.entries({ n, seed })) {
      if (value !== null) {
        throw new UsageError(
          `--${flag}: says which shapes are drawn, and ${images} is a folder; leave it out`,
        );
      }
    }
    const image_size = args.image_size ?? run?.dataset.image_size ?? USUAL_SIZE;
    return await folderImages({ ...args, images, image_size, channels });
  }
  if (images === null && run === null) {
    throw new UsageError(
      `name the folder of images, or a data set: ${
        shownCommand("features IMAGES --out=FOLDER --autoencoder=FILE")
      }; --help shows how`,
    );
  }
  for (const flag of ["coco", "text_encoder", "crop"] as const) {
    if (args[flag] === null) continue;
    throw new UsageError(`--${flag}: is for a folder of images; leave it out, or name one`);
  }
  return split === null
    ? await runImages(run!, args, options)
    : await splitImages(split, { ...args, channels, run }, options);
}
