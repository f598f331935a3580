import { avgPool2dInputGradOp, avgPool2dOp } from "../ops/avg_pool2d.ts";
import { maxPool2dInputGradOp, maxPool2dOp } from "../ops/max_pool2d.ts";
import { pool2dSizes } from "../ops/pool2d.ts";
import { resizeBilinearInputGradOp, resizeBilinearOp } from "../ops/resize_bilinear.ts";
import { entry } from "./lowering.ts";
import {
  emitAvgPool2d,
  emitAvgPool2dInputGrad,
  emitMaxPool2d,
  emitMaxPool2dInputGrad,
} from "./pool2d.ts";
import { emitResizeBilinear, emitResizeBilinearInputGrad } from "./resize_bilinear.ts";

/** Enters pooling and resizing in the table of lowerings, once or more often. */
export function lowerPooling(): void {
  entry(maxPool2dOp, null, ({ emitter, node, inputs: [x], outputs: [y] }) => {
    emitMaxPool2d(emitter, x, y, pool2dSizes(node.inputs[0], node.outputs[0]), node.attrs);
  });

  entry(maxPool2dInputGradOp, null, ({ emitter, node, inputs: [x, grad], outputs: [dx] }) => {
    const sizes = pool2dSizes(node.inputs[0], node.inputs[1]);
    emitMaxPool2dInputGrad(emitter, x, grad, dx, sizes, node.attrs);
  });

  entry(avgPool2dOp, null, ({ emitter, node, inputs: [x], outputs: [y] }) => {
    emitAvgPool2d(emitter, x, y, pool2dSizes(node.inputs[0], node.outputs[0]), node.attrs);
  });

  entry(avgPool2dInputGradOp, null, ({ emitter, node, inputs: [grad], outputs: [dx] }) => {
    const sizes = pool2dSizes(node.outputs[0], node.inputs[0]);
    emitAvgPool2dInputGrad(emitter, grad, dx, sizes, node.attrs);
  });

  entry(resizeBilinearOp, null, ({ emitter, node, inputs: [x], outputs: [y] }) => {
    emitResizeBilinear(emitter, x, y, node.inputs[0].shape, node.outputs[0].shape);
  });

  entry(resizeBilinearInputGradOp, null, ({ emitter, node, inputs: [grad], outputs: [dx] }) => {
    emitResizeBilinearInputGrad(emitter, grad, dx, node.inputs[0].shape, node.outputs[0].shape);
  });
}
