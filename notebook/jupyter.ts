import { UserError } from "../engine/mod.ts";

/**
 * The method by which Deno's kernel asks an object what to show of it.
 * @category Notebooks
 */
export const DISPLAY: unique symbol = Symbol.for("Jupyter.display");

/**
 * What is to be shown, by media type: images as base64.
 * @category Notebooks
 */
export type MediaBundle = Readonly<Record<string, string>>;

/**
 * What a notebook can show.
 * @category Notebooks
 */
export interface Displayable {
  /** What is shown. */
  [DISPLAY](): MediaBundle | Promise<MediaBundle>;
}

/**
 * Something outside a notebook asks for what only notebooks have.
 * @category Notebooks
 */
export class NotebookError extends UserError {
  /** The class's name. */
  override readonly name: string = "NotebookError";
}

/**
 * The kernel tells of a cell's end by another way, which may be the faster: nbclient, and so nbconvert,
 * drops what comes after it. Without the pause that was one of six on a busy machine.
 */
const SENDING_MS = 100;

/** Where something is shown: in place of what had the same id, or anew. */
export type Place = Pick<Deno.jupyter.DisplayOptions, "display_id" | "update">;

/** Shows something under the cell that runs. @throws {NotebookError} outside a notebook */
export async function display(thing: unknown, place: Place = {}): Promise<void> {
  await jupyter().display(thing, place);
  await new Promise((resolve) => setTimeout(resolve, SENDING_MS));
}

function jupyter(): typeof Deno.jupyter {
  try {
    return Deno.jupyter;
  } catch {
    throw new NotebookError(
      "this is no notebook: open one with Deno's kernel (deno jupyter --install), " +
        "or use trainLoop() and encodePng()",
    );
  }
}

/** An object that is shown as this. */
export function displayable(bundle: MediaBundle): Displayable {
  return { [DISPLAY]: () => bundle };
}
