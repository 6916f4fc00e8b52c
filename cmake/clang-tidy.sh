#!/usr/bin/env bash
# Runs clang-tidy, which reports Clang's own warnings too, on the library: its compiled units and a program that uses all
# of it; and on the programs of the examples.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cmake --preset clang >/dev/null
sources=(tests/mask_rcnn.cpp)
kinds=
for source in build/clang/compiled/*.cpp examples/*.cpp examples/*/*.cpp; do
  # of models that differ in their conventions alone, one will do
  if [[ $source =~ /model_(.*)_[A-Za-z0-9]+_(mask|keypoint|cascade)\.cpp$ ]]; then
    kind="${BASH_REMATCH[1]} ${BASH_REMATCH[2]}"
    [[ $kinds == *"|$kind|"* ]] && continue
    kinds+="|$kind|"
  fi
  [[ -f $source ]] && grep -q "\"file\": \"$PWD/$source\"" build/clang/compile_commands.json && sources+=("$source")
done
# the precompiled header is for the compiler, not for clang-tidy
commands=$(mktemp -d)
trap 'rm -rf "$commands"' EXIT
sed -E 's/-Xclang -include-pch -Xclang [^ ]+//g; s/-Winvalid-pch//g' build/clang/compile_commands.json \
  >"$commands/compile_commands.json"
printf '%s\0' "${sources[@]}" | xargs -0 -n 1 -P 2 clang-tidy-14 --quiet -p "$commands"
echo "clang-tidy has nothing to say about ${#sources[@]} programs and what they include"
