#!/usr/bin/env bash
# Runs the command-line tool on good and on hostile input; checks exit status, output and the line that says why.
#   tool_test.sh TOOL MODEL IMAGE

tool=$1 model=$2 image=$3
golden=$(cd "$(dirname "$0")/../golden" && pwd)
. "$(dirname "$0")/expect.sh"
command=("$tool")

# file NAME HEADER DATA: a safetensors file; its header length is written correctly
safetensors() {
  local length=${#2}
  printf "\\x$(printf %02x $((length & 255)))\\x$(printf %02x $((length >> 8 & 255)))\\x$(printf %02x $((length >> 16)))" >"$1"
  printf '\0\0\0\0\0%s%s' "$2" "$3" >>"$1"
}

echo "== keypoints"
expect 0 'mask area  keypoints' --weights "$golden/slim_mask_keypoints.safetensors" --output k --json k.json "$image"
holds k.json '"segmentation":.*"keypoints":\[[0-9.]+,[0-9.]+,1,.*"keypoint_scores":\['
expect 0 '  person .* [0-9]+ of 17$' --weights "$golden/detectron2_keypoints_model.safetensors" --output k --json k.json "$image"
holds k.json '"category_id":1,"category_name":"person"'
expect 0 'note: batch norms are taken to have no epsilon' --weights "$golden/slim_keypoints.safetensors" --output k "$image"

echo "== usage"
expect 2 'IMAGE' 
expect 2 'no-such-option' --no-such-option "$image"
expect 2 'threads' --threads 0 "$image"
expect 2 'score-threshold' --score-threshold 1.5 "$image"
expect 2 'max-detections' --max-detections -1 "$image"
expect 2 'threads' --threads many "$image"
expect 0 'maskrcnn-segment' --help
expect 0 '[0-9]+\.[0-9]+' --version

echo "== an image, and images of which some fail"
cp "$image" good.png
for slim in slim_model slim_v2 slim_mobilenet; do # the last two do not say what they are
  expect 0 'objects' --weights "$golden/$slim.safetensors" --output o good.png
done
: >empty.png
echo "no image" >text.jpg
head -c 3000 good.png >cut.png
expect 0 'objects' --weights "$model" --output o --json o.json --threads 2 --score-threshold 0.5 good.png
[[ -s o/good.overlay.png && -s o.json ]] || failed "no overlay or results"
expect 0 '3 objects' --weights "$model" --output o --max-detections 3 good.png
printf '\357\273\277kernel \t\r\n\r\n' >labels.txt # as an editor of Windows leaves it
expect 0 '^  +1  kernel  ' --weights "$model" --output o --json o.json --max-detections 1 --labels labels.txt good.png
holds o.json '"category_name":"kernel"'
printf '\377\376k\0' >labels.txt
expect 1 'labels: expected text in UTF-8, found UTF-16; save it as UTF-8 \(file labels.txt\)' --weights "$model" --output o --labels labels.txt good.png
one_line
expect 0 '0 objects' --weights "$model" --output o --json none.json --score-threshold 1 good.png
[[ $(tr -d ' \n' <none.json) == '[]' ]] || failed "expected [], found $(cat none.json)"
expect 1 'empty.png is empty' --weights "$model" --output o empty.png
one_line
expect 1 'text.jpg is not a' --weights "$model" --output o text.jpg
one_line
expect 1 'cut.png is a truncated' --weights "$model" --output o cut.png
one_line
expect 1 'missing.png' --weights "$model" --output o missing.png
one_line
expect 1 'objects' --weights "$model" --output o --json part.json missing.png good.png o
grep -q '"image_id":2,' part.json || failed "the good image is not in the results"
expect 1 'missing.png' --weights "$model" --output o missing.png good.png
mkdir day1 day2
cp good.png day1/img.png
cp good.png day2/img.png
expect 0 'objects' --weights "$model" --output o --json days.json --max-detections 2 day1/img.png day2/img.png ./day2/img.png
holds days.json '"image_id":1,"file_name":"day1/img.png"'
holds days.json '"image_id":2,"file_name":"day2/img.png"'
holds days.json '"image_id":3,"file_name":"./day2/img.png"' # given twice: done twice
[[ -s o/img.overlay.png && -s o/img-2.overlay.png && -s o/img-3.overlay.png ]] || failed "an overlay is missing"

echo "== images that are turned or dark"
expect 2 'exif-orientation' --exif-orientation 6 good.png
expect 2 'intensity' --intensity bright good.png
expect 2 'most-pixels' --most-pixels 0 good.png
turned=$golden/reading/exif_little.jpg
size() { expect 0 "exif_little.jpg: $1 pixels" --weights "$2" --output o "${@:4}" "$turned"; holds err.txt "$3"; one_line; }
note='is marked as turned by the camera \(Exif orientation 6\), and was read'
size '13 x 9' "$model" "$note as stored; --exif-orientation apply"
size '9 x 13' "$model" "$note upright; --exif-orientation ignore" --exif-orientation apply
detectron2=$golden/detectron2_fpn_model.safetensors # whose reader turns images
size '9 x 13' "$detectron2" "$note upright; --exif-orientation ignore"
size '13 x 9' "$detectron2" "$note as stored; --exif-orientation apply" --exif-orientation ignore
expect 0 'note: 2 images are marked as turned by the camera, the first .*exif_big.jpg \(Exif orientation 8\)' \
  --weights "$model" --output o "$golden"/reading/exif_big.jpg good.png "$golden"/reading/exif.png
expect 0 'is dark .no value above 1/16 of white: 12 bits kept in 16.., and was left so; --intensity percentile' \
  --weights "$model" --output o "$golden"/reading/grey12.png
one_line
for intensity in minmax percentile; do
  expect 0 'grey12.png' --weights "$model" --output o --intensity $intensity "$golden"/reading/grey12.png
  [[ ! -s err.txt ]] || failed "a note on an image that was brightened"
done
expect 1 'good.png is 256 x 256 pixels, expected at most 65535 in all: cut it into tiles' \
  --weights "$model" --output o --most-pixels 65535 good.png
one_line
expect 0 'objects' --weights "$model" --output o --most-pixels 65536 good.png

echo "== profiles"
cp good.png better.png
expect 0 'objects' --weights "$model" --output o --profile trace.json good.png better.png
for part in '"traceEvents":\[' '"name":"good.png"' '"name":"better.png"' '"name":"inference","cat":"inference","ph":"X"' \
  '"name":"mask head","cat":"stage"' '"name":"backbone.body.layer1.0.conv1","cat":"layer".*"GFLOP/s":[0-9]'; do
  holds trace.json "$part"
done
[[ $(grep -c '"name":"inference"' trace.json) == 2 ]] || failed "expected 2 inferences"
expect 1 'missing.png' --weights "$model" --output o --profile part_trace.json missing.png good.png
grep -q '"name":"inference"' part_trace.json || failed "no inference in the trace"
expect 2 'profile would overwrite the input' --weights "$model" --output o --profile good.png better.png good.png
one_line
expect 2 'profile would overwrite the results' --weights "$model" --output o --json new.json --profile ./new.json good.png
one_line
cmp -s good.png "$image" || failed "the input was written to"

echo "== output that cannot be written"
echo "a file" >file
expect 1 'file' --weights "$model" --output file good.png
one_line
expect 1 'nowhere' --weights "$model" --output o --json nowhere/r.json good.png
one_line
expect 1 'profile: cannot write nowhere/t.json: No such file' --weights "$model" --output o --profile nowhere/t.json good.png
one_line

echo "== facts that the caller says"
expect 0 '2 objects' --weights "$model" --set min_size=128 --set max_size=128 --set box_detections_per_img=2 --output o good.png
expect 2 "--set: 'colour' is no fact of a model" --set colour=red --output o good.png
one_line
expect 1 "'mask_pool_size' expects an integer" --weights "$model" --set mask_pool_size=large --output o good.png
one_line

echo "== weights that are none"
refuse() { expect 1 "$1" --weights "$2" --output o good.png; one_line; }
refuse 'missing.safetensors' missing.safetensors
refuse 'is a folder; name the file in it' o
: >empty.safetensors
refuse 'found an empty file' empty.safetensors
head -c 100000 "$model" >cut.safetensors
refuse 'expected inside the' cut.safetensors
printf '\377\377\377\377\377\377\377\377{}' >length.safetensors
refuse 'header length of 18446744073709551615' length.safetensors
safetensors json.safetensors '{"a":' ''
refuse 'not valid JSON' json.safetensors
safetensors deep.safetensors "$(printf '[%.0s' {1..2000})" ''
refuse 'nested deeper' deep.safetensors
safetensors twice.safetensors '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}' 12345678
refuse 'twice' twice.safetensors
safetensors overlap.safetensors '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}' 12345678
refuse 'share bytes' overlap.safetensors
safetensors beyond.safetensors '{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}' 12345678
refuse 'expected inside the 8 bytes' beyond.safetensors
safetensors size.safetensors '{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}' 12345678
refuse 'does not fill' size.safetensors
safetensors other.safetensors '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}' 12345678
refuse 'backbone.body.layer1.0.conv1.weight' other.safetensors
safetensors type.safetensors '{"__metadata__":{"architecture":"mask_rcnn_resnet18_fpn"},"backbone.body.conv1.weight":{"dtype":"I64","shape":[1,3,7,7],"data_offsets":[0,1176]}}' "$(printf '0%.0s' {1..1176})"
refuse "'backbone.body.conv1.weight' has type I64, expected F32" type.safetensors
safetensors unknown.safetensors '{"__metadata__":{"architecture":"yolo"}}' ''
refuse "'architecture' is 'yolo', expected" unknown.safetensors
safetensors sizes.safetensors '{"__metadata__":{"architecture":"mask_rcnn_resnet18_fpn","min_size":"-3"}}' ''
refuse "'min_size' expects an integer" sizes.safetensors
printf '\200\002cos\nsystem\nX\013\000\000\000touch owned\205R.' >system.pth
refuse 'found a pickle of os.system' system.pth
printf 'PK\003\004 and no more' >cut.pth
refuse 'has no end record; is it cut off?' cut.pth

finish
