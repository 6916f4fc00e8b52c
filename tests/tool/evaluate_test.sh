#!/usr/bin/env bash
# Runs maskrcnn-evaluate on good and on hostile input; checks exit status, output and the line that says why.
#   evaluate_test.sh TOOL MODEL IMAGE

tool=$1 model=$2 image=$3
golden=$(cd "$(dirname "$0")/../golden" && pwd)
. "$(dirname "$0")/expect.sh"
command=("$tool")

# refuse STATUS PATTERN ARGUMENT...: the same, and it is told in exactly one line
refuse() {
  expect "$@"
  one_line
}

# truth and results on one image of 256 x 256: two squares, of which one is found exactly and one not at all
mkdir data
cp "$image" data/a.png
square() { echo "[[$1,$2,$(($1 + 20)),$2,$(($1 + 20)),$(($2 + 20)),$1,$(($2 + 20))]]"; }
annotation() { echo "{\"id\":$1,\"image_id\":1,\"category_id\":1,\"iscrowd\":0,\"area\":400,\"bbox\":[$2,$3,20,20],\"segmentation\":$(square "$2" "$3")}"; }
instances() { echo "{\"images\":[{\"id\":1,\"file_name\":\"${2:-a.png}\",\"height\":256,\"width\":${3:-256}}],\"annotations\":[$1],\"categories\":[{\"id\":1,\"name\":\"nucleus\"}]}"; }
instances "$(annotation 1 10 10),$(annotation 2 100 100)" >data/truth.json
result() { echo "{\"image_id\":${3:-1},\"category_id\":1,\"score\":0.9,\"bbox\":[$1,$2,20,20],\"segmentation\":$(square "$1" "$2")}"; }
echo "[$(result 10 10)]" >found.json

echo "== usage"
refuse 2 'data'
refuse 2 'no-such-option' --data data --no-such-option
refuse 2 'score-threshold' --data data --score-threshold 2
refuse 2 'max-detections' --data data --max-detections 0
refuse 2 'excludes' --data data --weights "$model" --detections found.json
refuse 2 'json would overwrite the input' --data data/truth.json --detections found.json --json found.json
refuse 2 'html would overwrite what --json writes' --data data/truth.json --detections found.json --json r --html ./r
refuse 2 'needs a model' --data data/truth.json --detections found.json --save-detections r
expect 0 'maskrcnn-evaluate' --help
expect 0 '[0-9]+\.[0-9]+' --version

echo "== detections"
expect 0 '^  AP50 +0\.50[0-9] +0\.50[0-9]$' --data data/truth.json --detections found.json --json r.json --html r.html
holds out.txt '1 images, 2 objects, 0 crowds; 1 found'
holds out.txt '^  over all images +0\.500( +0\.500){10}$'
holds r.json '"AP_small": 0.50[0-9]*'
holds r.json '"TP": 1'
holds r.html '^<!doctype html>'
[[ $(grep -cE '(src|href)="(https?:)?//|@import|url\(' r.html) == 0 ]] || failed "the page loads something"
echo '[{"image_id":1,"category_id":1,"score":0.5,"bbox":[10,10,20,20]},{"image_id":1,"category_id":7,"score":0.5,"bbox":[0,0,1,1]}]' >boxes.json
expect 0 'the detections have no masks' --data data/truth.json --detections boxes.json
holds out.txt 'note: 1 detections of categories that the data does not have'
instances "$(annotation 1 10 10),$(annotation 1 100 100)" >twice.json
expect 0 'note: annotations with the id of an earlier one count like all others, .*: 1, the first is annotations.1. .id 1.$' --data twice.json --detections found.json
echo '[]' >none.json
expect 0 '^  AP +0\.000 +0\.000$' --data data/truth.json --detections none.json

echo "== images of one name in two folders"
mkdir -p data/day1 data/day2
cp "$image" data/day1/img.png
cp "$image" data/day2/img.png
two() { echo "[$(annotation 1 10 10),$(annotation 2 100 100 | sed 's/"image_id":1/"image_id":2/')]"; }
echo "{\"images\":[{\"id\":1,\"file_name\":\"day1/img.png\",\"height\":256,\"width\":256},{\"id\":2,\"file_name\":\"day2/img.png\",\"height\":256,\"width\":256}],\"annotations\":$(two),\"categories\":[{\"id\":1,\"name\":\"nucleus\"}]}" >data/days.json
named() { result "$1" "$2" "$3" | sed "s|{|{\"file_name\":\"$4\",|"; }
days() { expect "$1" "$2" --data data/days.json --detections "$3" --ids ids.txt; }
right='^  AP +1\.000 +1\.000$'
echo img >ids.txt
echo "[$(named 10 10 1 img.png),$(named 100 100 2 img.png)]" >bare.json # by image_id
days 0 "$right" bare.json
holds out.txt "^note: 'img' stands for 2 images$"
holds out.txt '^note: 2 detections have a file name that fits several images, so that their image_id decided$'
echo "[$(named 10 10 2 day1/img.png),$(named 100 100 1 ./day2/img.jpg)]" >paths.json # by path, whatever the image_id
days 0 "$right" paths.json
expect 0 'note: 2 detections have the file name of another image' --data data/days.json --detections paths.json
printf 'day1/img\nday1/img.png\n' >ids.txt # results of the other day are not this one's
echo "[$(named 100 100 2 day2/img.png)]" >other_day.json
days 0 '1 images, 1 objects, 0 crowds; 0 found' other_day.json
holds out.txt 'note: 1 detections of images that are not scored were left out'
echo img.png >ids.txt
echo "[$(named 10 10 9 img.png)]" >which.json
days 1 "'img.png', which may be 'day1/img.png' \(id 1\) or 'day2/img.png' \(id 2\)" which.json
one_line
echo day3/img >ids.txt
days 1 "'day3/img' is in the list of images, but not in" paths.json
one_line
expect 0 'images a second' --weights "$model" --data data/days.json --save-detections saved.json --no-losses --max-detections 3
for day in 1 2; do holds saved.json "\"image_id\":$day,\"file_name\":\"day$day/img.png\""; done

echo "== a model"
expect 0 'images a second' --weights "$model" --data data/truth.json --json m.json --html m.html --save-detections d.json --threads 2
holds m.html 'data:image/jpeg;base64,'
holds m.json '"architecture": "mask_rcnn_resnet18_fpn"'
threshold=$(grep -aom1 '"box_score_thresh": *"[0-9.]*"' "$model" | grep -oE '[0-9]+\.[0-9]+') # the model's own
holds m.json '"score_threshold": '"$threshold"
holds out.txt '^Mean losses .* L_cls 0\.[0-9]+ \+ L_reg [0-9.]+ \+ L_mask [0-9.]+ = L [0-9.]+$'
holds m.json '"L_mask": '
expect 0 'found' --data data/truth.json --detections d.json --score-threshold "$threshold" --json again.json
[[ "$(sed -n '/"box"/,$p' m.json)" == "$(sed -n '/"box"/,$p' again.json)" ]] ||
  { failed "the model and its written detections score differently"; diff m.json again.json | head -5; }

sed 's/"categories":.*/"categories":[{"id":7,"name":"cat"},{"id":8,"name":"dog"}]}/; s/"category_id":1/"category_id":7/g' data/truth.json >data/animals.json
refuse 1 "expected categories that the model knows, whose 1 classes are 'nucleus', found 7 \('cat'\), 8 \('dog'\) \(file data/animals.json\)" --weights "$model" --data data/animals.json

echo "== texts from elsewhere"
{ printf '\357\273\277'; cat data/truth.json; } >bom.json
{ printf '\357\273\277'; cat found.json; } >bom_found.json
printf '\357\273\277a.png \t\r\n' >bom_ids.txt
expect 0 '^  AP50 +0\.50[0-9] +0\.50[0-9]$' --data bom.json --detections bom_found.json --ids bom_ids.txt
tr -d '\n' <bom_ids.txt | iconv -f UTF-8 -t UTF-16 >utf16_ids.txt
refuse 1 'ids: expected text in UTF-8, found UTF-16; save it as UTF-8 .file utf16_ids.txt.' --data bom.json --detections found.json --ids utf16_ids.txt
cp r.json expected.json # what a locale of commas must not change
mkdir -p locales/commas
base64 -d <<<FBEDIAYAAAAgAAAAIgAAACQAAAAoAAAALAAAADAAAAAsAC4AAwMAACwAAAAuAAAAVVRGLTgA >locales/commas/LC_NUMERIC
command=(env -u LC_ALL LOCPATH="$PWD/locales" LC_NUMERIC=commas "$tool")
expect 0 '^  AP50 +0\.50[0-9] +0\.50[0-9]$' --data data/truth.json --detections found.json --json r.json
command=("$tool")
cmp -s r.json expected.json || failed "numbers change with the locale"

echo "== ids that are texts"
texts() { sed -E 's/"(image_id|category_id)":1/"\1":"id_1"/g; s/"id":1,"(file_)?name"/"id":"id_1","\1name"/g' "$1"; }
texts data/truth.json >data/texts.json
texts found.json >found_texts.json
expect 0 '^  AP50 +0\.50[0-9] +0\.50[0-9]$' --data data/texts.json --detections found_texts.json --json texts.json
holds texts.json '"id": "id_1"'
refuse 1 "expected a text, as the images' ids are, as 'image_id', found 1" --data data/texts.json --detections found.json
expect 0 'images a second' --weights "$model" --data data/texts.json --save-detections d.json --json m.json --no-losses
holds d.json '^."image_id":"id_1","file_name":"a.png","category_id":"id_1","category_name":"nucleus"'
expect 0 'found' --data data/texts.json --detections d.json --score-threshold "$threshold" --json again.json
[[ "$(sed -n '/"box"/,$p' m.json)" == "$(sed -n '/"box"/,$p' again.json)" ]] || failed "text ids score differently when written"

echo "== labels that count from 0, as those of a model without a background class"
sed 's/"category_id":1/"category_id":0,"category_name":"nucleus"/' found.json >named.json
expect 0 '^  AP50 +0\.50[0-9] +0\.50[0-9]$' --data data/truth.json --detections named.json
holds out.txt '^note: 1 detections have the category_name of another category than the one of their category_id; the name decided'
sed 's/"category_id":1/"category_id":0/' found.json >from_0.json
expect 0 '^  AP50 +0\.50[0-9] +0\.50[0-9]$' --data data/truth.json --detections from_0.json
holds out.txt '^note: 1 detections have the category_id 0, as labels that count from 0 do'
sed 's/"category_id":1/"category_id":9,"category_name":"cell"/' found.json >cells.json
refuse 1 "expected results of the categories of data/truth.json, 1 \('nucleus'\), found none among 1, whose category_id is 9 \('cell'\) \(file cells.json\)" --data data/truth.json --detections cells.json

echo "== images that are turned: the truth is of the image as it is read"
cp "$golden/reading/exif_little.jpg" data/turned.jpg # 13 x 9 as stored
instances "$(annotation 1 0 0)" turned.jpg 9 | sed 's/"height":256/"height":13/' >data/upright.json
instances "$(annotation 1 0 0)" turned.jpg 13 | sed 's/"height":256/"height":9/' >data/stored.json
refuse 1 'turned.jpg is 13 x 9 pixels, expected 9 x 13 as .*; its camera .*not followed: --exif-orientation apply turns it' \
  --weights "$model" --data data/upright.json
refuse 1 'turned.jpg is 9 x 13 pixels, expected 13 x 9 as .*; its camera .*was followed: --exif-orientation ignore reads' \
  --weights "$model" --data data/stored.json --exif-orientation apply
refuse 1 '--exif-orientation apply turns it' --data data/upright.json --detections none.json --images data --html t.html
expect 0 'note: .*turned.jpg is marked as turned by the camera .*read upright' \
  --weights "$model" --data data/upright.json --exif-orientation apply --html t.html
holds t.html 'marked as turned by the camera'
expect 0 'note: .*read as stored; --exif-orientation apply' --weights "$model" --data data/stored.json
expect 0 '1 images' --data data/upright.json --detections none.json --images data --html t.html --exif-orientation apply
cp "$golden/reading/grey12.png" data/dark.png
instances "$(annotation 1 0 0)" dark.png 31 | sed 's/"height":256/"height":24/' >data/dark.json
expect 0 'note: .*dark.png is dark .no value above 1/16 of white' --weights "$model" --data data/dark.json
expect 0 'found' --weights "$model" --data data/dark.json --intensity percentile
grep -q 'is dark' out.txt && failed "a note on an image that was brightened"
refuse 2 'intensity' --data data/dark.json --intensity bright

echo "== input that makes no sense"
bad() { refuse 1 "$1" --data "$2" --detections found.json; }
bad 'nothing.json' nothing.json
bad 'found none in' data
: >empty.json
bad 'not valid JSON' empty.json
printf '[%.0s' {1..5000} >deep.json
bad 'nested deeper than 16' deep.json
printf '\377\376{\0}\0' >utf16.json
bad 'data: expected text in UTF-8, found UTF-16; save it as UTF-8 .file utf16.json.' utf16.json
instances '{"id":1}' >fields.json
bad "annotations\[0\] \(id 1\) of fields.json: expected a number or a text as 'image_id', found nothing" fields.json
instances "$(annotation 1 10 10 | sed 's/\[\[10,/[[1e30,/')" >far.json
bad 'expected coordinates from' far.json
instances "$(annotation 1 10 10 | sed 's/"segmentation":.*/"segmentation":{"size":[256,256],"counts":[1,2,3]}}/')" >runs.json
bad 'expected runs of 65536 pixels' runs.json
echo "[$(result 10 10 5)]" >other.json
refuse 1 'expected the id of an image' --data data/truth.json --detections other.json
refuse 1 'not a regular file' --data data/truth.json --detections found.json --ids <(echo b)
echo b >ids.txt
refuse 1 "'b' is in the list of images, but not in" --data data/truth.json --detections found.json --ids ids.txt
instances "$(annotation 1 10 10)" missing.png >data/missing.json
refuse 1 'missing.png' --weights "$model" --data data/missing.json
sed 's/"file_name":"missing.png",//' data/missing.json >data/nameless.json
refuse 1 "data: expected a 'file_name' of the image 1, found none in data/nameless.json" --weights "$model" --data data/nameless.json
for far in '[-1e5,-1e5,2e5,2e5]' '[0,0,1e30,1e30]'; do # which would keep RoIAlign busy for a minute, or for ever
  sed "s/\"bbox\":\[10,10,20,20\]/\"bbox\":$far/" data/truth.json >data/far.json
  expect 0 '^Mean losses .* L_mask' --weights "$model" --data data/far.json
done
instances "$(annotation 1 10 10)" a.png 300 >data/size.json
refuse 1 'a.png is 256 x 256 pixels, expected 300 x 256' --weights "$model" --data data/size.json
# a mask of four billion pixels takes no memory, neither before its image is looked at nor where nobody said its size
sed 's/"segmentation":.*/"segmentation":{"size":[65000,65000],"counts":[0,4225000000]}}],"categories":[{"id":1,"name":"n"}]}/; s/"height":256,"width":256/"height":65000,"width":65000/' data/truth.json >data/huge.json
command=(bash -c 'ulimit -v 3000000; exec "$0" "$@"' "$tool")
refuse 1 'a.png is 256 x 256 pixels, expected 65000 x 65000' --weights "$model" --data data/huge.json
sed 's/"height":65000,"width":65000/"height":0,"width":0/' data/huge.json >data/unsized.json
expect 0 '^Mean losses .* L_reg [0-9.]+ = L' --weights "$model" --data data/unsized.json
command=("$tool")
refuse 1 'report: cannot write nowhere/r.json' --data data/truth.json --detections found.json --json nowhere/r.json
mkdir pairs # of which a results file must name one
base64 -d <<<iVBORw0KGgoAAAANSUhEUgAAAAUAAAADEAAAAAAuzUZnAAAAH0lEQVR4nCXGoQEAAAgDIEx7Zv+/p0ESYDqF8CECuwcQEQKb4TJe6AAAAABJRU5ErkJggg== >pairs/a.mask.png
echo '[{"image_id":1,"category_id":1,"score":0.9,"bbox":[0,1,2,2]}]' >nameless.json
refuse 1 "expected an image's name .those of a folder have no ids. as 'file_name', found nothing" --data pairs --detections nameless.json
echo '[{"file_name":"a.png","category_id":1,"score":0.9,"bbox":[0,1,2,2]}]' >named.json
echo a.png >ids.txt
expect 0 '1 images, 3 objects, 0 crowds; 1 found' --data pairs --detections named.json --ids ids.txt
cp "$image" data/a.mask.png
echo "no image" >data/b.mask.png
refuse 1 'b.mask.png' --data data --detections found.json

finish
