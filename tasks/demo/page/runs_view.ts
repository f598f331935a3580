/// <reference lib="dom" />
import type { Request, RunSummary } from "../messages.ts";
import { byId, made } from "./element.ts";

/** Shows the saved runs, each with what can be done with it. @param ask asks the worker */
export function showRuns(runs: readonly RunSummary[], ask: (request: Request) => void): void {
  byId("no_runs", HTMLElement).hidden = runs.length > 0;
  byId("runs", HTMLElement).replaceChildren(...runs.map((summary) => item(summary, ask)));
}

function item(
  { run, network, step, n_steps, goes_on }: RunSummary,
  ask: (request: Request) => void,
): HTMLElement {
  const element = made("li");
  element.dataset.run = run;
  const about = made("p", `${network}: ${step} of ${n_steps} steps`, "quiet");
  const buttons = made("p", "", "buttons");
  const add = (text: string, onClick: (button: HTMLButtonElement) => void) => {
    const button = made("button", text);
    button.type = "button";
    button.addEventListener("click", () => onClick(button));
    buttons.append(button);
    return button;
  };
  if (goes_on === true) add("Go on", () => ask({ ask: "go_on", run }));
  else if (step < n_steps) about.append(`; ${goes_on}`);
  add("Export", () => ask({ ask: "export", run }));
  let isSure = false;
  add("Delete", (button) => {
    if (isSure) return ask({ ask: "remove", run });
    isSure = true;
    button.textContent = "Delete for good?";
  });
  element.append(made("strong", run), about, buttons);
  return element;
}
