"""torchvision as a peer: WEIGHTS IMAGE THREADS [plain | tuned | compiled]

plain: as its documentation runs it; tuned: batch norms folded and channels last; compiled: that, and the backbone and
the heads through torch.compile with frozen weights."""

import sys
import time

start = time.perf_counter()

import torch  # noqa: E402

from models import fold_batch_norms, model_of  # noqa: E402
from serve import read_pixels, serve  # noqa: E402


def main(weights, picture, threads, setting="plain"):
    torch.set_num_threads(int(threads))
    pixels = read_pixels(picture)
    model = model_of(weights)
    if setting != "plain":
        model = fold_batch_norms(model).to(memory_format=torch.channels_last)
    if setting == "compiled":
        from torch._inductor import config

        config.freezing = True  # weights packed once
        for owner, name in [(model, "backbone"), (model.rpn, "head"), (model.roi_heads, "mask_head")]:
            setattr(owner, name, torch.compile(getattr(owner, name), dynamic=False))

    def segment():
        image = torch.from_numpy(pixels).permute(2, 0, 1).float() / 255
        found = model([image])[0]
        return found["boxes"], found["labels"], found["scores"], found["masks"] >= 0.5

    # the compiler's frozen weights and inference mode exclude each other
    with torch.no_grad() if setting == "compiled" else torch.inference_mode():
        serve(start, segment)


main(*sys.argv[1:])
