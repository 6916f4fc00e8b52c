#!/usr/bin/env bash
# What .ci/run has no time for: all of it built and tested by Clang, the tests that CI leaves out under the sanitizers, the
# networks on every instruction set there, memory that runs out everywhere, a long life, and five minutes for each fuzzer.
# Two or three hours on two cores.
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

# every allocation fails once; thousands of images of all sizes through one model
cmake --preset release
cmake --build --preset release --target maskrcnn-host-tests maskrcnn-soak
cmake --build build/asan --target maskrcnn-host-tests  # where large blocks are of operator new, too
MASKRCNN_TEST_ALL=1 build/release/bin/maskrcnn-host-tests --source-file='*/out_of_memory.cpp'
build/asan/bin/maskrcnn-host-tests --source-file='*/out_of_memory.cpp'
build/release/bin/maskrcnn-soak examples/models/nuclei.safetensors 10000

cmake --preset fuzz -DMASKRCNN_FUZZ_SECONDS=300
cmake --build --preset fuzz
ctest --preset fuzz
cmake --preset fuzz -UMASKRCNN_FUZZ_SECONDS >/dev/null
