"""A program under test: a process that segments once for each line it is sent, and says how long that took."""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
# glibc hands large blocks back after each use; clearing fresh pages then costs PyTorch a quarter of its time and ONNX
# Runtime a little. OpenVINO gains nothing by this.
KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": "8589934592",
    "MALLOC_TRIM_THRESHOLD_": "8589934592",
    "MALLOC_TOP_PAD_": "268435456",
}


class Failed(Exception):
    """A peer ended before it answered; the text is the last line that it wrote."""


class Runner:
    def __init__(self, name, command, threads, environment=None):
        self.name, self.threads, self.times, self.found = name, threads, [], 0
        settings = {**os.environ, "OMP_NUM_THREADS": str(threads), **(environment or {})}
        # these make OpenBLAS fall back to kernels of older processors
        for variable in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
            settings.pop(variable, None)
        self.errors = tempfile.TemporaryFile("w+")  # a pipe that nobody reads would fill up
        self.process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
            text=True, env=settings,
        )  # fmt: skip
        self.load = float(self._answer().split()[1])

    @classmethod
    def python(cls, name, script, arguments, threads, environment=None):
        return cls(name, [sys.executable, HERE / script, *arguments], threads, environment)

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.errors.seek(0)
            errors = [text.strip() for text in self.errors if text.strip()]
            raise Failed(errors[-1] if errors else f"exit status {self.process.returncode}")
        return line

    def _send(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def ticks(self):
        """Processor time that all its threads have used, in hundredths of a second."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    def run(self):
        self._send("")
        seconds, found = self._answer().split()
        self.times.append(float(seconds))
        self.found = int(found)

    def detections(self):
        """Rows of label, score, x0, y0, x1, y1, pixels of the last run."""
        self._send("show")
        return [[float(number) for number in self._answer().split()] for _ in range(self.found)]

    def finish(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        self.peak = int(status.split("VmHWM:")[1].split()[0]) / 1e6
        self.process.stdin.close()
        self.process.wait()

    @property
    def median(self):
        return statistics.median(self.times[1:])


def settle(runners, pause):
    """Waits for at least `pause` seconds, and until no runner computes: idle threads of some spin for a while."""
    before = [runner.ticks() for runner in runners]
    while True:
        time.sleep(pause)
        after = [runner.ticks() for runner in runners]
        if after == before:
            return
        before = after


def difference(expected, found):
    """Pairs each expected detection with the nearest free box of its label, at most 2 pixels away. How many pairs, and
    their largest differences: of scores, of boxes in pixels, of mask areas as a share."""
    free, pairs = list(found), []
    for one in expected:
        near = [(max(abs(a - b) for a, b in zip(one[2:6], other[2:6])), other) for other in free if other[0] == one[0]]
        distance, other = min(near, key=lambda pair: pair[0], default=(3, None))
        if distance <= 2:
            free.remove(other)
            pairs.append((abs(one[1] - other[1]), distance, abs(one[6] - other[6]) / max(one[6], other[6], 1)))
    return len(pairs), *(max((pair[i] for pair in pairs), default=0.0) for i in range(3))
