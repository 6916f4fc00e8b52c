#!/usr/bin/env bash
# What .ci/run has no time for: all of it built and tested by Clang, the tests that CI leaves out under the sanitizers, the
# networks on every instruction set there, and five minutes for each fuzzer. An hour or two on two cores.
#   bash tests/long.sh

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. cmake/packages.sh
bash cmake/install-dependencies.sh "${packages_build[@]}" "${packages_checks[@]}" "${packages_benchmarks[@]}"

cmake --workflow --preset clang

for sanitizer in asan tsan; do
  cmake --preset $sanitizer
  cmake --build --preset $sanitizer
  # the preset's own tests, then what it leaves out but the structure
  ctest --preset $sanitizer
done
export LSAN_OPTIONS="suppressions=$PWD/tests/lsan.supp:print_suppressions=0"
export OMP_TOOL_LIBRARIES=/usr/lib/llvm-14/lib/libarcher.so TSAN_OPTIONS=ignore_noninstrumented_modules=1
for sanitizer in asan tsan; do
  ctest --test-dir build/$sanitizer --output-on-failure --tests-regex '^(isa/|bundled_model)'
done

cmake --preset fuzz -DMASKRCNN_FUZZ_SECONDS=300
cmake --build --preset fuzz
ctest --preset fuzz
cmake --preset fuzz -UMASKRCNN_FUZZ_SECONDS >/dev/null
