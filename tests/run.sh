#!/usr/bin/env bash
# Installs what is missing, builds everything, runs the tests. Ends in ctest's summary.
#   bash tests/run.sh

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. cmake/packages.sh

bash cmake/install-dependencies.sh "${packages_build[@]}"
cmake --workflow --preset release
cmake --build --preset tests
ctest --preset release
