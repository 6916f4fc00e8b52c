/// COCO's files: instances (the truth) and results (what was found).
#pragma once

#include <maskrcnn/evaluate/coco_instances.hpp>
#include <maskrcnn/evaluate/coco_results.hpp>
#include <maskrcnn/io/file_bytes.hpp>
#include <string>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// Reads a file of COCO instances, as `parse_coco_instances` does.
/// @throws Error naming the file, the place in it, what was expected and found
[[nodiscard]] inline Dataset read_coco_instances(const std::string& path) {
  return parse_coco_instances(io::read_file(path, max_json_bytes, "data"), path);
}

/// Reads a file of COCO results, as `parse_coco_results` does.
/// @throws Error naming the file, the place in it, what was expected and found
[[nodiscard]] inline Findings read_coco_results(const std::string& path, const Dataset& data,
                                                ImageNaming naming = ImageNaming::by_id) {
  return parse_coco_results(io::read_file(path, max_json_bytes, "results"), path, data, naming);
}

}  // namespace maskrcnn::evaluate
