#!/usr/bin/env python3
"""Times this library and other runtimes on the same weights and picture, alternating in one run.

    python3 benchmarks/peers/compare.py --install              # makes a virtual environment with all peers, then compares
    python3 benchmarks/peers/compare.py --program build/release/bin/maskrcnn-end-to-end

The second form takes the peers that this Python has. --model resnet50: ResNet-50-FPN on 640 x 480 pixels, which all
resize to 1066 x 800 and pad to 1088 x 800, with generated weights (see tests/parity/lively_model.py); --model nuclei: the
bundled model on 256 x 256 pixels. Prints medians, ratios, the first run, the time to load, peak resident memory, and how
far the detections are from torchvision's. Run it on an otherwise idle machine; benchmarks/README.md has the rules.
"""

import argparse
import hashlib
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import venv

from runner import HERE, KEEP_MEMORY, Failed, Runner, difference, settle

ROOT = HERE.parents[1]
ISAS = ["avx512", "avx2", "generic"]  # best first
NOT_RUN = {
    "OpenVINO, as exported": "refuses the model: cannot convert the loop over masks (2026.4)",
    "ncnn": "pnnx converts the model, but ncnn cannot load it: no torch.topk, torchvision.roi_align, aten::scatter, "
    "torch.unbind (20261020)",
    "oneDNN": "a library of layers, no runtime for models; its kernels are inside PyTorch and OpenVINO",
    "zentorch": "2.14 was tried with PyTorch 2.14, as the compiler of backbone and heads: no faster than torchvision, tuned",
}


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--install", action="store_true", help="make --venv, install every peer into it, use it")
    parser.add_argument("--venv", type=pathlib.Path, default=ROOT / "build" / "peers-venv")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build" / "peers", help="keeps exported models")
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build/release/bin/maskrcnn-end-to-end")
    parser.add_argument("--model", choices=["resnet50", "nuclei"], default="resnet50")
    parser.add_argument("--image", type=pathlib.Path, help="instead of the model's own picture; resized to its size")
    parser.add_argument("--threads", default="2", help="N, or N,M..: this library with each, the peers with the most")
    parser.add_argument("--isa", default="", help="avx512,avx2,generic: this library with each, besides its choice")
    parser.add_argument("--bf16", action="store_true", help="this library in bfloat16, too")
    parser.add_argument("--peers", default="", help="only peers whose names contain one of these, comma between; or none")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--pause", type=float, default=0.5, help="seconds between runs, until idle threads have stopped")
    return parser.parse_args()


def install(folder):
    """Makes the virtual environment, unless it is there, and starts this program again inside it."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", HERE / "requirements.txt"], check=True)
    arguments = [argument for argument in sys.argv[1:] if argument != "--install"]
    os.execv(python, [str(python), str(HERE / "compare.py"), *arguments])


def prepare(arguments):
    """The folder with the peers' inputs, made if this model, picture and code have not been prepared before."""
    parts = [arguments.model.encode(), arguments.image.read_bytes() if arguments.image else b""]
    sources = [HERE / "prepare.py", HERE / "models.py", ROOT / "tests" / "parity" / "lively_model.py"]
    parts += [source.read_bytes() for source in sources]
    parts.append(b"onnx" if importlib.util.find_spec("onnx") else b"")
    work = arguments.work / f"{arguments.model}-{hashlib.sha256(b'|'.join(parts)).hexdigest()[:12]}"
    if not (work / "facts.json").exists():
        work.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, HERE / "prepare.py", work, arguments.model, *filter(None, [arguments.image])]
        subprocess.run([str(part) for part in command], check=True)
    return work


def peak(program, threads):
    """GFLOP/s by (type, threads) of the best instruction set; empty where the processor's is not measured."""
    found = {}
    command = [str(program.parent / "maskrcnn-peak"), str(threads)]
    for line in subprocess.run(command, capture_output=True, text=True).stdout.splitlines():
        kind, _, count, speed = line.split()
        found[kind, int(count)] = max(float(speed), found.get((kind, int(count)), 0))
    return found


def own_runners(arguments, work, threads):
    """Name, command and environment of each form of this library."""
    command = [arguments.program, work / "weights.safetensors", work / "picture.png"]
    yield "this library", command, threads[-1], {}
    if arguments.bf16:
        yield "this library, bf16", [*command, "bf16"], threads[-1], {}
    for count in threads[:-1]:
        yield f"this library, {count} thread{'s' * (count > 1)}", command, count, {}
    for isa in filter(None, arguments.isa.split(",")):
        yield f"this library, {isa}", command, threads[-1], {"MASKRCNN_ISA": isa}


def peer_runners(work, threads):
    """Name, packages, script, arguments and environment of each peer."""
    weights, picture = work / "weights.safetensors", work / "picture.png"
    torch, common = ["torchvision"], [weights, picture, threads]
    yield "torchvision, plain", torch, "torchvision_peer.py", common, {}
    yield "torchvision, tuned", torch, "torchvision_peer.py", [*common, "tuned"], KEEP_MEMORY
    yield "torchvision, compiled", torch, "torchvision_peer.py", [*common, "compiled"], KEEP_MEMORY
    ort, exported, pasted = ["onnxruntime", "onnx"], work / "as_exported.onnx", work / "without_paste.onnx"
    yield "ONNX Runtime, as exported", ort, "onnxruntime_peer.py", [exported, picture, threads], {}
    yield "ONNX Runtime, tuned", ort, "onnxruntime_peer.py", [pasted, picture, threads], KEEP_MEMORY
    vino = ["openvino", "onnx"]
    yield "OpenVINO, f32", vino, "openvino_peer.py", [pasted, picture, threads, "f32"], {}
    yield "OpenVINO, its default", vino, "openvino_peer.py", [pasted, picture, threads], {}


def start(arguments, work, threads):
    """The runners that came up, and a reason for each that did not."""
    runners, reasons = [], {}
    for name, command, count, environment in own_runners(arguments, work, threads):
        runners.append(Runner(name, command, count, environment))
    wanted = [part.strip().lower() for part in arguments.peers.split(",")]
    for name, packages, script, words, environment in peer_runners(work, threads[-1]):
        if not any(part in name.lower() for part in wanted):
            continue
        missing = [package for package in packages if importlib.util.find_spec(package) is None]
        if missing:
            reasons[name] = f"not installed: {', '.join(missing)} (--install does)"
            continue
        try:
            runners.append(Runner.python(name, script, words, threads[-1], environment))
        except Failed as failure:
            reasons[name] = str(failure)
    return runners, reasons


def measure(runners, reasons, runs, pause):
    """Rounds in which each runs once. One that fails leaves, with its reason."""
    for _ in range(runs + 1):
        for runner in list(runners):
            settle(runners, pause)
            try:
                runner.run()
            except Failed as failure:
                reasons[runner.name] = str(failure)
                runners.remove(runner)
    for runner in runners:
        runner.rows = runner.detections()
        runner.finish()


def print_table(runners, own, reference):
    header = ["", "median s", "own/it", "first s", "load s", "peak GB", "found", "matched", "score", "box px", "area"]
    print("{:<27}{:>9}{:>8}{:>9}{:>8}{:>9}{:>7}{:>9}{:>9}{:>8}{:>8}".format(*header))
    for runner in runners:
        matched, score, box, area = difference(reference, runner.rows)
        print(
            f"{runner.name:<27}{runner.median:>9.3f}{own / runner.median:>8.2f}{runner.times[0]:>9.3f}"
            f"{runner.load:>8.2f}{runner.peak:>9.2f}{runner.found:>7}{matched:>9}{score:>9.0e}{box:>8.0e}{area:>8.0e}"
        )


def print_ratios(medians, threads, gflop, speeds):
    own = medians["this library"]
    fastest = {name: time for name, time in medians.items() if not name.startswith("this library")}
    if exact := {name: time for name, time in fastest.items() if name != "OpenVINO, its default"}:
        name = min(exact, key=exact.get)
        print(f"this library / fastest fp32 peer ({name}): {own / exact[name]:.3f}")
    for kind in ("torchvision", "ONNX Runtime"):
        if some := {name: time for name, time in fastest.items() if name.startswith(kind)}:
            name = min(some, key=some.get)
            print(f"this library / best setting of {kind} ({name}): {own / some[name]:.3f}")
    for count in threads[:-1]:
        one = medians[f"this library, {count} thread{'s' * (count > 1)}"]
        print(f"{threads[-1]} threads against {count}: {one / own:.3f} times as fast")
    best, *others = [isa for isa in ISAS if f"this library, {isa}" in medians] or [None]
    for isa in others:
        print(f"time with {isa} / with {best}: {medians[f'this library, {isa}'] / medians[f'this library, {best}']:.3f}")
    if speed := speeds.get(("fp32", threads[-1])):
        direct = gflop / speed
        print(f"direct arithmetic at the fp32 peak: {gflop:.1f} GFLOP / {speed:.1f} GFLOP/s = {direct:.3f} s")
        for name in medians:
            if name in ("this library", "this library, bf16"):
                print(f"{name} / direct arithmetic at the fp32 peak: {medians[name] / direct:.3f}")


def main():
    arguments = read_arguments()
    if arguments.install:
        install(arguments.venv)
    if not arguments.program.exists():
        sys.exit(f"{arguments.program} is not there; cmake --workflow --preset release builds it")
    threads = sorted({int(count) for count in arguments.threads.split(",")})
    work = prepare(arguments)
    facts = json.loads((work / "facts.json").read_text())
    reference = [[float(number) for number in line.split()] for line in (work / "reference.txt").read_text().splitlines()]

    before = peak(arguments.program, threads[-1])
    runners, reasons = start(arguments, work, threads)
    measure(runners, reasons, arguments.runs, arguments.pause)
    after = peak(arguments.program, threads[-1])

    medians = {runner.name: runner.median for runner in runners}
    print(
        f"{arguments.model}, input {facts['height']} x {facts['width']}, {threads[-1]} threads, {arguments.runs} runs each"
        f" after a first one, alternating; torchvision finds {len(reference)}"
    )
    print_table(runners, medians["this library"], reference)
    print("\nmatched, score, box px, area: detections paired with torchvision's, and their largest differences")
    for name, reason in {**reasons, **NOT_RUN}.items():
        print(f"not run: {name}: {reason}")
    print()
    for key in sorted(before):
        print(f"peak {key[0]}, {key[1]} thread(s): {before[key]:.1f} GFLOP/s before, {after[key]:.1f} after")
    if any(abs(before[key] - after[key]) > 0.1 * after[key] for key in before):
        print("WARNING: the peaks differ by more than a tenth: the machine was not idle")
    print_ratios(medians, threads, facts["gflop"], {key: max(before[key], after[key]) for key in before})


if __name__ == "__main__":
    main()
