#!/usr/bin/env bash
# Installs what is missing, builds the tool, segments the pictures of examples/images with the bundled model.
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
pictures=()
for picture in examples/images/*.png examples/images/*.jpg; do
  # result.png is what this script once made of one of the others
  [[ -f $picture && $(basename "$picture") != result.* ]] && pictures+=("$picture")
done

echo
build/release/bin/maskrcnn-segment --output "$results" --json "$results/results.json" "${pictures[@]}"
echo
echo "Overlays of ${#pictures[@]} pictures:"
find "$PWD/$results" -name '*.png' | sort | sed 's/^/  /'
echo "Boxes, scores and masks, as COCO results:"
echo "  $PWD/$results/results.json"
