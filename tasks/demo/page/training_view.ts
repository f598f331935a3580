/// <reference lib="dom" />
import type { Report } from "../messages.ts";
import { byId } from "./element.ts";
import { lossCurve } from "./loss_curve.ts";

type Started = Extract<Report, { is: "started" }>;
type Trained = Extract<Report, { is: "trained" }>;

/** Room for the axes, pixels. */
const LEFT = 38;
const BOTTOM = 22;
const TOP = 8;

/** Shows how a run is going: progress, numbers, losses. */
export class TrainingView {
  readonly #svg = byId("curve", SVGSVGElement);
  readonly #progress = byId("progress", HTMLProgressElement);
  #losses: number[] = [];
  #first = 0;
  #n_steps = 0;

  /** An empty view. */
  constructor() {
    new ResizeObserver(() => this.#draw()).observe(this.#svg);
  }

  /** What goes on now, or what went wrong. */
  say(text: string, isWrong = false): void {
    const status = byId("status", HTMLElement);
    status.textContent = text;
    status.classList.toggle("wrong", isWrong);
  }

  /** Begins with a run, whose earlier losses are known. */
  start({ run, network, step, n_steps, losses }: Started): void {
    this.#losses = [...losses];
    this.#first = step - losses.length;
    this.#n_steps = n_steps;
    byId("training_title", HTMLElement).textContent = `Training ${run}: ${network}`;
    this.#show({ step, loss: "–", speed: "–", left: "–" });
  }

  /** Takes in steps that were done. */
  add({ step, losses, loss_average, images_per_s, seconds_left }: Trained): void {
    this.#losses.push(...losses);
    const isKnown = Number.isFinite(images_per_s);
    this.#show({
      step,
      loss: loss_average.toFixed(4),
      speed: isKnown ? images_per_s.toPrecision(3) : "–",
      left: isKnown ? duration(seconds_left) : "–",
    });
  }

  #show({ step, ...texts }: { step: number; loss: string; speed: string; left: string }): void {
    for (const [id, text] of Object.entries(texts)) byId(id, HTMLElement).textContent = text;
    byId("step", HTMLElement).textContent = `${step} of ${this.#n_steps}`;
    this.#progress.max = this.#n_steps;
    this.#progress.value = step;
    this.#draw();
  }

  #draw(): void {
    const svg = this.#svg;
    const [width, height] = [svg.clientWidth - LEFT, svg.clientHeight - BOTTOM - TOP];
    if (width <= 0 || height <= 0) return;
    const [first, n_steps] = [this.#first, this.#n_steps];
    const curve = lossCurve(this.#losses, { first, n_steps, width, height });
    svg.setAttribute("viewBox", `0 0 ${svg.clientWidth} ${svg.clientHeight}`);
    svg.replaceChildren(
      ...curve.marks.flatMap(({ y, text }) => [
        shape("line", { class: "rule", x1: LEFT, x2: LEFT + width, y1: TOP + y, y2: TOP + y }),
        label(text, LEFT - 6, TOP + y + 4, "end"),
      ]),
      label("loss", 0, TOP + height + BOTTOM - 5, "start"),
      ...n_steps > 0
        ? [
          label("1", LEFT, TOP + height + BOTTOM - 5, "start"),
          label(`step ${n_steps}`, LEFT + width, TOP + height + BOTTOM - 5, "end"),
        ]
        : [],
      line("losses", curve.losses),
      line("average", curve.average),
    );
  }
}

function line(name: string, points: string): SVGElement {
  return shape("polyline", { class: name, points, transform: `translate(${LEFT} ${TOP})` });
}

function label(text: string, x: number, y: number, anchor: string): SVGElement {
  const element = shape("text", { x, y, "text-anchor": anchor });
  element.textContent = text;
  return element;
}

function shape(tag: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, `${value}`);
  return element;
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 5400) return `${Math.ceil(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
