import { display, displayable } from "./jupyter.ts";

/** An output of a cell that is drawn again and again in its place. */
export class LiveOutput {
  readonly #display_id = crypto.randomUUID();
  #last: Promise<void> = Promise.resolve();
  #update = false;

  /** Draws HTML in place of what was there; drawings appear in the order of the calls. */
  draw(html: string): Promise<void> {
    const place = { display_id: this.#display_id, update: this.#update };
    this.#update = true;
    const drawn = this.#last.then(() => display(displayable({ "text/html": html }), place));
    // Whoever awaits hears of it; the next drawing goes on.
    this.#last = drawn.catch(() => {});
    return drawn;
  }
}
