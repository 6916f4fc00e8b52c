#!/usr/bin/env bash
# Installs what is missing, builds the tool, segments the images of examples/images with the bundled model.
#   bash examples/demo.sh

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. cmake/packages.sh

bash cmake/install-dependencies.sh "${packages_build[@]}"
cmake --preset release
cmake --build --preset demo

results=build/demo
rm -rf "$results"
mkdir -p "$results"
images=()
for image in examples/images/*.png examples/images/*.jpg; do
  # result.png is what this script once made of one of the others
  [[ -f $image && $(basename "$image") != result.* ]] && images+=("$image")
done

echo
build/release/bin/maskrcnn-segment --output "$results" --json "$results/results.json" "${images[@]}"
echo
echo "Overlays of ${#images[@]} images:"
find "$PWD/$results" -name '*.png' | sort | sed 's/^/  /'
echo "Boxes, scores and masks, as COCO results:"
echo "  $PWD/$results/results.json"
