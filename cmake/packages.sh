# The Debian packages that each kind of work needs; sourced by the scripts.

packages_build=(g++ cmake ninja-build libeigen3-dev nlohmann-json3-dev libstb-dev libjpeg62-turbo-dev libspng-dev libcli11-dev
  doctest-dev)
packages_checks=(clang-14 libclang-rt-14-dev libomp-14-dev clang-format-14 clang-tidy-14 llvm-14)
packages_benchmarks=(libbenchmark-dev libdnnl-dev) # optional: programs whose library is missing are not built
