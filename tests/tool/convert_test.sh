#!/usr/bin/env bash
# Converts the bundled model, inspects the result, has its self-test run, and breaks it.
#   convert_test.sh CONVERT SEGMENT MODEL IMAGE

convert=$1 segment=$2 model=$3 image=$4
. "$(dirname "$0")/expect.sh"

echo "== usage"
expect 2 'IN and OUT' "$convert"
expect 0 'self-test' "$convert" --help
expect 2 'excludes' "$convert" --inspect "$model" "$model" out.safetensors

echo "== conversion"
expect 0 'self-test +5 objects' "$convert" --half "$model" half.safetensors
expect 0 'mask_rcnn_resnet18_fpn, convention of torchvision' "$convert" --inspect half.safetensors
expect 0 'every tensor of the model is there' "$convert" --inspect half.safetensors
expect 0 'objects?, ' "$segment" --weights half.safetensors --verify "$image"
[[ $(head -c 20000 half.safetensors) == *'"mask_paste":"sampled"'* ]] || failed "how masks are drawn was lost"
[[ $(head -c 20000 half.safetensors) == *'"license":"CC0-1.0"'* ]] || failed "the licence was lost"
printf 'cell\n' >labels.txt
expect 0 'cell' "$convert" --labels labels.txt "$model" named.safetensors
printf 'a\nb\nc\n' >labels.txt
expect 1 'expected 2 names, or one less' "$convert" --labels labels.txt "$model" named.safetensors
expect 1 'labels: /dev/zero is not a regular file' "$convert" --labels /dev/zero "$model" named.safetensors
expect 1 'is the checkpoint itself' "$convert" half.safetensors half.safetensors

echo "== conventions"
# says NAME FILE: the model, if this were its convention; the header keeps its length: the description gives way, or blanks
says() {
  local more=$((${#1} - 11)) blanks=
  ((more >= 0)) || { printf -v blanks '%*s' $((-more)) ''; more=0; }
  LC_ALL=C sed -E -e "s/\"convention\":\"torchvision\"/\"convention\":\"$1\"$blanks/" \
    -e "s/(\"description\":\").{$more}/\1/" "$model" >"$2"
}
for convention in torchvision_roi_pool torchvision_roi_align_max; do
  says $convention "$convention.safetensors"
  expect 0 "convention of $convention\$" "$convert" --inspect "$convention.safetensors"
  expect 0 'objects?, ' "$segment" --weights "$convention.safetensors" "$image"
done
says torchvision_mine mine.safetensors
expect 1 "'torchvision_mine', expected one of detectron2, torchvision, torchvision_roi_align_max, torchvision_roi_pool " \
  "$convert" --inspect mine.safetensors
says detectron2 unpaired.safetensors
expect 1 '\(basic_fpn\) by the convention of detectron2 is not compiled in, expected one of basic_fpn by torchvision, ' \
  "$convert" --inspect unpaired.safetensors

echo "== what is wrong is said"
expect 1 'expected a self-test, found none' "$segment" --weights "$model" --verify "$image"
expect 1 'cannot open' "$convert" --inspect nowhere.pth
# tensors lie in order of their names, and a self-test's objects behind its picture: zeros there expect other objects
size=$(stat -c %s half.safetensors)
head -c $((size - 100)) half.safetensors >broken.safetensors
head -c 100 /dev/zero >>broken.safetensors
expect 1 'self-test: expected object' "$segment" --weights broken.safetensors --verify "$image"
[[ ! -e half.safetensors.draft ]] || failed "a draft stayed"

finish
