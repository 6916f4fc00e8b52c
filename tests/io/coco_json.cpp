#include <maskrcnn/io/coco_json.hpp>

#include <nlohmann/json.hpp>

#include "support.hpp"

using maskrcnn::BoxDetections;
using maskrcnn::Detections;
using maskrcnn::io::CocoResults;
using nlohmann::json;

namespace {

[[nodiscard]] json read(const std::string& path) { return json::parse(std::ifstream(path)); }

}  // namespace

TEST_CASE("results are an array of COCO's objects") {
  const test::Folder folder;
  maskrcnn::Mask mask({4, 6}, 1, 1, {2, 3});
  mask.patch_row(0)[0] = 1;
  const Detections detections{{.box = {1.5F, 2.0F, 4.0F, 3.25F}, .label = 1, .score = 0.75F, .mask = mask}};
  {
    CocoResults results(folder.file("r.json"));
    results.add({.id = 3, .file_name = "a \"b\".png"}, detections, {"__background__", "nucleus"});
    results.finish();
  }
  const json entries = read(folder.file("r.json"));
  REQUIRE(entries.size() == 1);
  const json& entry = entries[0];
  CHECK(entry["image_id"] == 3);
  CHECK(entry["file_name"] == "a \"b\".png");
  CHECK(entry["category_id"] == 1);
  CHECK(entry["category_name"] == "nucleus");
  CHECK(entry["bbox"] == json({1.5, 2.0, 2.5, 1.25}));
  CHECK(entry["score"] == 0.75);
  CHECK(entry["segmentation"]["size"] == json({4, 6}));
  CHECK(entry["segmentation"]["counts"] == maskrcnn::io::compress_rle(maskrcnn::io::encode_rle(mask)));
}

TEST_CASE("ids may be texts, and categories those of a data set") {
  const test::Folder folder;
  const BoxDetections detections{{.box = {0, 0, 1, 1}, .label = 1, .score = 0.5F},
                                 {.box = {}, .label = 2, .score = 0.25F}};
  {
    CocoResults results(folder.file("r.json"));
    results.add({.id = std::string("img \"1\""), .file_name = "a.png"}, detections, [](int label) {
      return label == 1 ? maskrcnn::io::CategoryEntry{std::string("c"), "cat"} : maskrcnn::io::CategoryEntry{7, "dog"};
    });
  }
  const json entries = read(folder.file("r.json"));
  REQUIRE(entries.size() == 2);
  CHECK(entries[0]["image_id"] == "img \"1\"");
  CHECK(entries[0]["category_id"] == "c");
  CHECK(entries[0]["category_name"] == "cat");
  CHECK(entries[1]["category_id"] == 7);
  CHECK(entries[1]["category_name"] == "dog");
}

TEST_CASE("without masks, names or detections the file is still JSON") {
  const test::Folder folder;
  {
    CocoResults results(folder.file("r.json"));
    results.add({.id = 1, .file_name = "empty.png"}, BoxDetections{}, {});
    results.add({.id = 2, .file_name = "bad \xFF name.png"}, BoxDetections{{.box = {}, .label = 7, .score = 1}}, {});
    results.finish();
  }
  const json entries = read(folder.file("r.json"));
  REQUIRE(entries.size() == 1);
  CHECK(entries[0]["category_name"] == "class 7");
  CHECK_FALSE(entries[0].contains("segmentation"));
}

TEST_CASE("an exception between two images does not lose the first") {
  const test::Folder folder;
  try {
    CocoResults results(folder.file("r.json"));
    results.add({.id = 1, .file_name = "a.png"}, BoxDetections{{.box = {}, .label = 1, .score = 1}}, {});
    throw std::runtime_error("the second image");
  } catch (const std::runtime_error&) {
  }
  CHECK(read(folder.file("r.json")).size() == 1);
}

TEST_CASE("a file that cannot be written is refused with its name") {
  const std::string path = "/nonexistent-folder/r.json";
  CHECK(test::contains(test::error_of([&] { CocoResults results(path); }), path));
}

TEST_CASE("keypoints are written as the model's own evaluator writes them") {
  const test::Folder folder;
  const maskrcnn::KeypointDetections detections{
      {.box = {0, 0, 4, 4}, .label = 1, .score = 0.5F, .keypoints = {{1.5F, 2.5F, 7.25F}, {3, 4, -0.5F}}}};
  const auto written = [&](const maskrcnn::KeypointRule& rule, const auto& objects) {
    CocoResults results(folder.file("k.json"), rule);
    results.add({.id = 3, .file_name = "a.png"}, objects, {"__background__", "person"});
    results.finish();
    return read(folder.file("k.json"))[0];
  };
  const json torchvision = written(maskrcnn::Torchvision::keypoints, detections);
  CHECK(torchvision["keypoints"] == json({1.5, 2.5, 1, 3, 4, 1}));
  CHECK(torchvision["keypoint_scores"] == json({7.25, -0.5}));
  CHECK_FALSE(torchvision.contains("segmentation"));
  const json detectron2 = written(maskrcnn::Detectron2::keypoints, maskrcnn::AnyDetections(detections));
  CHECK(detectron2["keypoints"] == json({1, 2, 7.25, 2.5, 3.5, -0.5}));
  CHECK(detectron2["keypoint_scores"] == json({7.25, -0.5}));
}
