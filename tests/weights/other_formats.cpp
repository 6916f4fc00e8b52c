#include <maskrcnn/weights/other_formats.hpp>

#include <maskrcnn/model/architecture.hpp>

#include "made_files.hpp"

using std::string_literals::operator""s;

TEST_CASE("files that are something else are named, with what to do") {
  const auto error = [](const std::string& bytes) { return test::error_of_bytes(bytes); };
  CHECK(error("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 178090079\n") ==
        "weights: expected safetensors, a file of torch.save or a pickle of NumPy arrays, found a pointer of Git LFS, "
        "not "
        "the file itself; run `git lfs pull` (file made)");
  for (const auto& file : std::vector<std::pair<std::string, std::string>>{
           {"<!DOCTYPE html><html><head>", "found a web page; download the file itself"},
           {"\xEF\xBB\xBF\r\n  <!doctype html>", "found a web page"},
           {"\n\n<html lang=\"en\">", "found a web page"},
           {"<?xml version=\"1.0\"?><net name=\"model\">", "found an XML file, such as OpenVINO's"},
           {"\x08\x08\x12\x07pytorch\x1A\x05"
            "2.1.0\x3A",
            "found an ONNX model"},
           {"\x89HDF\r\n\x1A\n\0\0\0\0"s, "found an HDF5 file, as Keras writes them"},
           {"\x1C\0\0\0TFL3"s, "found a TensorFlow Lite model"},
           {"\x93NUMPY\x01\0v\0"s, "found a single NumPy array"},
           {"\x1F\x8B\x08\0"s, "found compressed by gzip; run `gunzip`"},
           {"\x89PNG\r\n\x1A\n", "found an image"},
           {"\xFF\xD8\xFF\xE0", "found an image"},
           {"%PDF-1.7", "found a PDF document"},
           {"{\"metadata\": {\"total_size\": 1}, \"weight_map\": {}}", "found a JSON text, such as the index"},
           {"MODEL:\n  META_ARCHITECTURE: \"GeneralizedRCNN\"", "found a configuration of detectron2"}}) {
    CAPTURE(file.second);
    CHECK(test::contains(error(file.first), file.second));
  }
  CHECK(test::contains(error(""), "found an empty file; download it again"));
  // what is damaged is no other kind: a header of 123 bytes, which is "{"
  CHECK(test::contains(error(test::safetensors_bytes("{}", "", 123)),
                       "expected a safetensors file, found a header length"));
  CHECK(test::contains(error("1234567"), "found 7 bytes"));
}

TEST_CASE("networks of other families are told by their names") {
  const auto error = [](std::vector<std::string> names) {
    test::MadeWeights made;
    for (const auto& name : names) made.add(name, {1});
    const auto weights = made.weights();
    return test::error_of([&] { (void)maskrcnn::architecture_of(weights); });
  };
  CHECK(test::contains(error({"backbone.conv1.weight", "roi_head.bbox_head.fc_cls.weight"}),
                       "found 'backbone.conv1.weight' and 1 others, which look like mmdetection's"));
  CHECK(test::contains(error({"mrcnn_bbox_fc", "rpn_conv_shared"}), "which look like Mask R-CNN's of Keras"));
  CHECK(test::contains(error({"model.0.conv.weight", "model.1.conv.weight"}), "which look like a YOLO's"));
  CHECK(test::contains(error({"conv1.weight", "fc.weight"}), "an image classifier's, without a detector"));
  CHECK(test::contains(error({"a", "b"}), "found 'a' and 1 others; known are "));
  CHECK(test::contains(error({}), "found no tensor; known are "));
}

TEST_CASE("a folder is no file of weights") {
  CHECK(test::contains(test::error_of([] { (void)maskrcnn::load_weights(MASKRCNN_GOLDEN_DIR); }),
                       "is a folder; name the file in it that has the tensors"));
}
