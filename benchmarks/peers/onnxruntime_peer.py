"""ONNX Runtime as a peer: MODEL IMAGE THREADS. Masks that the model leaves at 28 x 28 are pasted by NumPy."""

import sys
import time

start = time.perf_counter()

import onnxruntime  # noqa: E402

from paste import paste_masks  # noqa: E402
from serve import chw, read_pixels, serve  # noqa: E402


def main(model, picture, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(threads)
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # it warns of each object's mask that the output grew
    pixels = read_pixels(picture)
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def segment():
        boxes, labels, scores, masks = session.run(None, {"image": chw(pixels)})
        if masks.dtype != bool:
            masks = paste_masks(masks, boxes, *pixels.shape[:2])
        return boxes, labels, scores, masks

    serve(start, segment)


main(*sys.argv[1:])
