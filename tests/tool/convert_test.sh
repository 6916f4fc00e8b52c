#!/usr/bin/env bash
# Converts the bundled model, inspects the result, has its self-test run, and breaks it.
#   convert_test.sh CONVERT SEGMENT MODEL IMAGE

set -uo pipefail
convert=$1 segment=$2 model=$3 image=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

# expect STATUS PATTERN COMMAND...: the command ends with STATUS and says PATTERN on standard output or error
expect() {
  local status=$1 pattern=$2
  shift 2
  timeout 300 "$@" >out.txt 2>err.txt </dev/null
  local found=$?
  if [[ $found != "$status" ]] || ! grep -qE -- "$pattern" out.txt err.txt; then
    echo "FAILED: $* -> status $found, expected $status with '$pattern'; it said:"
    head -n 5 out.txt err.txt
    failures=$((failures + 1))
  fi
}

echo "== usage"
expect 2 'IN and OUT' "$convert"
expect 0 'self-test' "$convert" --help
expect 2 'excludes' "$convert" --inspect "$model" "$model" out.safetensors

echo "== conversion"
expect 0 'self-test +5 objects' "$convert" --half "$model" half.safetensors
expect 0 'mask_rcnn_resnet18_fpn, convention of torchvision' "$convert" --inspect half.safetensors
expect 0 'every tensor of the model is there' "$convert" --inspect half.safetensors
expect 0 'objects?, ' "$segment" --weights half.safetensors --verify "$image"
printf 'cell\n' >labels.txt
expect 0 'cell' "$convert" --labels labels.txt "$model" named.safetensors
printf 'a\nb\nc\n' >labels.txt
expect 1 'expected 2 names, or one less' "$convert" --labels labels.txt "$model" named.safetensors
expect 1 'is the checkpoint itself' "$convert" half.safetensors half.safetensors

echo "== what is wrong is said"
expect 1 'expected a self-test, found none' "$segment" --weights "$model" --verify "$image"
expect 1 'cannot open' "$convert" --inspect nowhere.pth
# tensors lie in order of their names, and a self-test's objects behind its picture: zeros there expect other objects
size=$(stat -c %s half.safetensors)
head -c $((size - 100)) half.safetensors >broken.safetensors
head -c 100 /dev/zero >>broken.safetensors
expect 1 'self-test: expected object' "$segment" --weights broken.safetensors --verify "$image"
[[ ! -e half.safetensors.draft ]] || { echo "FAILED: a draft stayed"; failures=$((failures + 1)); }

exit $((failures > 0))
