// libFuzzer: bytes as COCO files, run lengths and polygons. Any end but a value or a maskrcnn::Error is a finding, and
// so is a score that is no number from -1 to 1.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <maskrcnn/evaluate/coco_data.hpp>
#include <maskrcnn/evaluate/polygon.hpp>
#include <maskrcnn/evaluate/region.hpp>
#include <maskrcnn/evaluate/report.hpp>
#include <maskrcnn/io/rle.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace maskrcnn::evaluate;
using Bytes = std::vector<std::uint8_t>;

/// Stops the fuzzer, which keeps the input.
void require(bool right) {
  if (!right) __builtin_trap();
}

/// Scores what was read, and all that follows from it.
void score(const Dataset& data, const Findings& findings) {
  const Report report = make_report(data, findings, {.limit = most_in_one_group(findings)});
  for (const double value : report.best_measure().at_limit.values()) require(value >= -1 && value <= 1 + 1e-9);
  if (report.keypoints)
    for (const double value : report.keypoints->values()) require(value >= -1 && value <= 1 + 1e-9);
  for (const std::string& note : findings.notes) require(!note.empty());
}

/// What a model that finds every object finds.
Findings perfect(const Dataset& data) {
  Findings findings{.has_masks = data.has_masks, .has_keypoints = data.has_keypoints};
  for (const Truth& truth : data.truths)
    findings.objects.push_back({.image = truth.image,
                                .category = truth.category,
                                .score = 0.5,
                                .box = truth.box,
                                .area = truth.area,
                                .mask = truth.mask,
                                .keypoints = truth.keypoints});
  return findings;
}

/// Three images, one of unknown size; ids are numbers.
const Dataset& truth() {
  static const Dataset data = [] {
    const std::string text =
        R"({"images":[{"id":1,"file_name":"d1/a.png","width":60,"height":40},{"id":2,"file_name":"d2/a.png","width":60,)"
        R"("height":40},{"id":3,"file_name":"b.png"}],"categories":[{"id":1,"name":"cell"},{"id":2,"name":"b"}],)"
        R"("annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[1,1,20,20],"area":400,"iscrowd":0,"segmentation":)"
        R"([[1,1,21,1,21,21,1,21]]},{"id":2,"image_id":2,"category_id":2,"bbox":[5,5,9,9],"area":81,"iscrowd":1,)"
        R"("segmentation":{"size":[40,60],"counts":[205,9,2186]}},{"id":3,"image_id":1,"category_id":1,"bbox":[1,1,20,20],)"
        R"("area":200,"iscrowd":0,"segmentation":[[1,1,21,1,21,21,1,21]],"num_keypoints":3,"keypoints":[5,5,2,6,7,1,9,9,2,)"
        R"(0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}]})";
    return parse_coco_instances(Bytes(text.begin(), text.end()), "truth");
  }();
  return data;
}

/// Any bytes as any type, from their beginning.
template <class Value>
Value taken(std::string_view& bytes) {
  Value value{};
  std::memcpy(&value, bytes.data(), std::min(sizeof value, bytes.size()));
  bytes.remove_prefix(std::min(sizeof value, bytes.size()));
  return value;
}

maskrcnn::Size small_size(std::string_view& bytes) {
  return {.height = taken<std::uint8_t>(bytes), .width = taken<std::uint8_t>(bytes)};
}

/// The runs of a mask say the same pixels in each of their forms.
void check_region(const Region& region) {
  const maskrcnn::io::Rle rle = region.rle();
  require(Region(maskrcnn::io::decompress_rle(maskrcnn::io::compress_rle(rle), rle.size)) == region);
  require(maskrcnn::io::decode_rle(rle).area() == region.area());
  require(Region::united(std::array{region, region}) == region);
  require(region.intersection(region) == region.area());
}

[[maybe_unused]] void fuzz_coco_instances(const std::uint8_t* data, std::size_t size) {
  const Dataset read = parse_coco_instances(Bytes(data, data + size), "fuzz");
  score(read, perfect(read));
}

[[maybe_unused]] void fuzz_coco_results(const std::uint8_t* data, std::size_t size) {
  for (const ImageNaming naming : {ImageNaming::by_id, ImageNaming::by_file_name}) try {
      score(truth(), parse_coco_results(Bytes(data, data + size), "fuzz", truth(), naming));
    } catch (const maskrcnn::Error&) {
    }
}

[[maybe_unused]] void fuzz_rle(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const maskrcnn::Size image = small_size(bytes);
  check_region(Region(maskrcnn::io::decompress_rle(bytes, image)));
}

[[maybe_unused]] void fuzz_polygon(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const maskrcnn::Size image = small_size(bytes);
  const bool whole = taken<std::uint8_t>(bytes) % 2 != 0;
  std::vector<double> coordinates;
  while (!bytes.empty()) coordinates.push_back(whole ? taken<std::int16_t>(bytes) / 8.0 : taken<double>(bytes));
  check_region(polygon_region(coordinates, image));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    MASKRCNN_FUZZ_READER(data, size);
  } catch (const maskrcnn::Error&) {
  }
  return 0;
}
