"""OpenVINO as a peer: MODEL IMAGE THREADS [f32]. Without f32 it chooses the precision. Masks are pasted by NumPy."""

import sys
import time

start = time.perf_counter()

import openvino  # noqa: E402

from paste import paste_masks  # noqa: E402
from serve import chw, read_pixels, serve  # noqa: E402


def main(model, picture, threads, precision=None):
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": int(threads)}
    if precision:
        settings["INFERENCE_PRECISION_HINT"] = precision
    pixels = read_pixels(picture)
    request = openvino.Core().compile_model(model, "CPU", settings).create_infer_request()

    def segment():
        found = request.infer({"image": chw(pixels)}, share_inputs=True, share_outputs=True)
        boxes, labels, scores, masks = (found[i] for i in range(4))
        return boxes, labels, scores, paste_masks(masks, boxes, *pixels.shape[:2])

    serve(start, segment)


main(*sys.argv[1:])
