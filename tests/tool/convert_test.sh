#!/usr/bin/env bash
# Converts the bundled model, inspects the result, has its self-test run, and breaks it.
#   convert_test.sh CONVERT SEGMENT MODEL IMAGE

convert=$1 segment=$2 model=$3 image=$4
golden=$(cd "$(dirname "$0")/../golden" && pwd)
. "$(dirname "$0")/expect.sh"

echo "== usage"
expect 2 'IN and OUT' "$convert"
expect 0 'self-test' "$convert" --help
expect 2 'excludes' "$convert" --inspect "$model" "$model" out.safetensors
expect 2 "--set: expected KEY=VALUE, found 'min_size'" "$convert" --set min_size "$model" out.safetensors
one_line
expect 2 "'colour' is no fact of a model, expected one of architecture, convention, classes, .*, batch_norm_eps" \
  "$convert" "$model" out.safetensors --set colour=red
one_line
printf 'cell\n' >labels.txt
expect 2 '--labels excludes --set classes' "$convert" --labels labels.txt --set 'classes=["a", "b"]' "$model" out.safetensors

echo "== conversion"
expect 0 'self-test +5 objects' "$convert" --half "$model" half.safetensors
expect 0 'mask_rcnn_resnet18_fpn, convention of torchvision' "$convert" --inspect half.safetensors
expect 0 'every tensor of the model is there' "$convert" --inspect half.safetensors
expect 0 'objects?, ' "$segment" --weights half.safetensors --verify "$image"
holds half.safetensors '"mask_paste":"sampled"'
holds half.safetensors '"license":"CC0-1.0"'
expect 0 'cell' "$convert" --labels labels.txt "$model" named.safetensors
printf 'a\nb\nc\n' >labels.txt
expect 1 'expected 2 names, or one less' "$convert" --labels labels.txt "$model" named.safetensors
expect 1 'labels: /dev/zero is not a regular file' "$convert" --labels /dev/zero "$model" named.safetensors
expect 1 'is the checkpoint itself' "$convert" half.safetensors half.safetensors

echo "== facts that the caller says"
expect 0 'shorter side 320, longer side at most 640' "$convert" --set min_size=320 --set max_size=640 \
  --set batch_norm_eps=0.001 --set 'classes=["__background__","cell, round=ish"]' --set mask_paste=integer_box "$model" set.safetensors
expect 0 'shorter side 320, longer' "$convert" --inspect set.safetensors
expect 0 '2 \(__background__, cell, round=ish\)' "$convert" --inspect set.safetensors
expect 0 'epsilon +0\.001, of every' "$convert" --inspect set.safetensors
holds set.safetensors '"mask_paste":"integer_box"'
expect 0 'shorter side 400, longer side at most 640' "$convert" --inspect set.safetensors --set min_size=400
expect 1 "'min_size' expects an integer from 0 to 1000000, found 'large'" "$convert" --set min_size=large "$model" bad.safetensors
expect 1 'expected max_size from min_size' "$convert" --set max_size=3 "$model" bad.safetensors
expect 1 'whose layers have so many blocks' "$convert" --set architecture=mask_rcnn_resnet34_fpn "$model" bad.safetensors
expect 1 "'convention' is 'mine', expected one of" "$convert" --set convention=mine "$model" bad.safetensors
expect 0 'convention of torchvision_roi_pool$' "$convert" --inspect "$model" --set convention=torchvision_roi_pool
[[ ! -e bad.safetensors ]] || failed "a file of bad facts was written"
turned=$golden/reading/exif_little.jpg # 13 x 9 as stored
expect 0 'self-test .* in 13 x 9 pixels' "$convert" --test-image "$turned" "$model" stored.safetensors
expect 0 'self-test .* in 9 x 13 pixels' "$convert" --test-image "$turned" --set exif_orientation=apply --set intensity=percentile \
  "$model" upright.safetensors
holds upright.safetensors '"exif_orientation":"apply"'
holds upright.safetensors '"intensity":"percentile"'
expect 0 'exif_little.jpg: 9 x 13 pixels' "$segment" --weights upright.safetensors --verify "$turned"
expect 1 "'exif_orientation' expects apply or ignore, found '6'" "$convert" --set exif_orientation=6 "$model" bad.safetensors
expect 1 "'intensity' expects none, minmax or percentile, found 'bright'" "$convert" --set intensity=bright "$model" bad.safetensors

echo "== keypoints"
for slim in slim_keypoints slim_mask_keypoints detectron2_keypoints_model; do
  expect 0 'keypoint_rcnn_resnet50_fpn, convention of' "$convert" --half "$golden/$slim.safetensors" "$slim.half.safetensors"
  holds "$slim.half.safetensors" '"self_test.keypoints":'
  expect 0 'objects?, ' "$segment" --weights "$slim.half.safetensors" --output k --verify "$image"
done

echo "== epsilon of frozen batch norms"
expect 0 'epsilon +0, of every batch norm' "$convert" --inspect "$golden/slim_model.safetensors"
expect 0 'assumed, as ' "$convert" --inspect "$golden/slim_model.safetensors"
expect 0 '--set batch_norm_eps=1e-5 decides' "$convert" --inspect "$golden/slim_model.safetensors"
expect 0 'epsilon +1e-05, ' "$convert" --inspect "$golden/slim_model.safetensors" --set batch_norm_eps=1e-5
! grep -q assumed out.txt || failed "an epsilon that is said is called assumed"
expect 0 'epsilon +1e-05, ' "$convert" "$golden/slim_resnet18.safetensors" frozen.safetensors
! grep -q assumed out.txt || failed "an epsilon that is sure is called assumed"
holds frozen.safetensors '"batch_norm_eps":"1e-05"'
expect 0 'assumed, as ' "$convert" "$golden/slim_model.safetensors" frozen.safetensors
holds frozen.safetensors '"batch_norm_eps":"0.0"'

echo "== half precision"
# with_scores OUT: the model with class scores that hang on what F16 cannot tell apart: weights of 1000 and of 1000.2, as
# F32 numbers behind all others
with_scores() {
  local name=roi_heads.box_predictor.cls_score.weight length data header columns byte
  length=$(od -An -t u8 -N 8 "$model" | tr -d ' ')
  data=$(($(stat -c %s "$model") - 8 - length))
  header=$(tail -c +9 "$model" | head -c "$length")
  columns=$(grep -oE "\"$name\":\{[^}]*\"shape\":\[2,[0-9]+" <<<"$header" | grep -oE '[0-9]+$')
  header=$(sed -E "s/(\"$name\":)\{[^}]*\}/\1{\"dtype\":\"F32\",\"shape\":[2,$columns],\"data_offsets\":[$data,$((data + 8 * columns))]}/" <<<"$header")
  length=$(printf %s "$header" | wc -c)
  {
    for ((byte = 0; byte < 8; ++byte)); do printf '%b' "\\x$(printf %02x $((length >> (8 * byte) & 255)))"; done
    printf %s "$header"
    tail -c "$data" "$model"
    for ((byte = 0; byte < columns; ++byte)); do printf '\x00\x00\x7a\x44'; done
    for ((byte = 0; byte < columns; ++byte)); do printf '\xcd\x0c\x7a\x44'; done
  } >"$1"
}
with_scores close.safetensors
expect 1 'the numbers, rounded to F16, find something else .* leaving out --half keeps them' "$convert" --half close.safetensors rounded.safetensors
one_line
[[ ! -e rounded.safetensors && ! -e rounded.safetensors.draft ]] || failed "a file stayed that finds something else"
expect 0 'self-test +5 objects' "$convert" close.safetensors rounded.safetensors
expect 0 'objects?, ' "$segment" --weights rounded.safetensors --verify "$image"

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
expect 1 "'torchvision_mine', expected one of detectron, detectron2, maskrcnn_benchmark, mmdetection, torchvision, torchvision_roi_align_max, torchvision_roi_pool " \
  "$convert" --inspect mine.safetensors
says detectron2 unpaired.safetensors
expect 1 '\(basic_fpn\) by the convention of detectron2 is not compiled in, expected one of basic_fpn by torchvision, ' \
  "$convert" --inspect unpaired.safetensors

echo "== what is wrong is said"
expect 1 'expected a self-test, found none' "$segment" --weights "$model" --verify "$image"
expect 1 'cannot open' "$convert" --inspect nowhere.pth
# tensors lie in order of their names, and a self-test's objects behind its image: zeros there expect other objects
size=$(stat -c %s half.safetensors)
head -c $((size - 100)) half.safetensors >broken.safetensors
head -c 100 /dev/zero >>broken.safetensors
expect 1 'self-test: expected object' "$segment" --weights broken.safetensors --verify "$image"
[[ ! -e half.safetensors.draft ]] || failed "a draft stayed"

finish
