#include <maskrcnn/weights/load_weights.hpp>

#include "made_files.hpp"

using maskrcnn::format_of;
using maskrcnn::WeightFormat;

namespace {

const std::string folder = MASKRCNN_GOLDEN_DIR "/checkpoints/";

[[nodiscard]] maskrcnn::Weights checkpoint(const std::string& file) { return maskrcnn::load_weights(folder + file); }

[[nodiscard]] std::string bytes_of(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  REQUIRE(stream);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

// Written by golden/make_checkpoints.py with PyTorch, NumPy and Python's pickle.
TEST_CASE("every tensor of every file is what PyTorch and NumPy have, bit by bit") {
  const auto expected = checkpoint("expected.safetensors");
  std::map<std::string, maskrcnn::Weights> files;
  std::map<std::string, std::size_t> counts;
  for (const auto& [place, tensor] : expected.tensors()) {
    const auto colon = place.find(':');
    const std::string file = place.substr(0, colon), name = place.substr(colon + 1);
    CAPTURE(file);
    CAPTURE(name);
    if (!files.contains(file)) files.emplace(file, checkpoint(file));
    ++counts[file];
    const auto* const found = files.at(file).find(name);
    REQUIRE(found != nullptr);
    CHECK(found->type_name == tensor.type_name);
    CHECK(found->shape == tensor.shape);
    const std::size_t bytes = tensor.count() * maskrcnn::byte_size(tensor.type);
    CHECK((bytes == 0 || std::memcmp(found->data, tensor.data, bytes) == 0));
  }
  CHECK(files.size() == 14);
  for (const auto& entry : files) {
    CAPTURE(entry.first);
    CHECK(entry.second.tensors().size() == counts[entry.first]);
  }
}

TEST_CASE("types that no model reads may be present") {
  const auto weights = checkpoint("unread_zip.pth");
  CHECK(weights.tensors().size() == 4);
  CHECK(weights.find("complex")->type_name == "torch.complex64");
  CHECK(weights.find("short")->type_name == "torch.uint16");
  CHECK(weights.find("eight")->shape == std::vector<std::size_t>{4});
  CHECK(test::contains(test::error_of([&] { (void)maskrcnn::Parameters(weights).stored("short", {3}); }),
                       "weights: 'short' has type torch.uint16, expected F32, F16, BF16 or F64"));
}

TEST_CASE("a model reads F64") {
  const auto weights = checkpoint("special_zip.pth");
  const auto expected = checkpoint("expected.safetensors");
  CHECK(maskrcnn::Parameters(weights).values<double>("double", {3, 2})[5] ==
        expected.find("special_zip.pth:double")->element<double>(5));
  CHECK(maskrcnn::Parameters(weights).values<float>("double", {3, 2})[5] ==
        expected.find("special_zip.pth:double")->element<float>(5));
}

TEST_CASE("the content tells the format, the name does not") {
  const auto format_of_text = [](const std::string& text) { return format_of(std::as_bytes(std::span(text))); };
  const auto format_of_file = [&](const std::string& file) { return format_of_text(bytes_of(folder + file)); };
  CHECK(format_of_file("plain_zip.pth") == WeightFormat::torch_zip);
  CHECK(format_of_file("plain_legacy.pth") == WeightFormat::torch_legacy);
  CHECK(format_of_file("protocol4_legacy.pth") == WeightFormat::torch_legacy);
  CHECK(format_of_file("python2_legacy.pth") == WeightFormat::torch_legacy);
  CHECK(format_of_file("detectron2_2.pkl") == WeightFormat::numpy_pickle);
  CHECK(format_of_file("caffe2_python2.pkl") == WeightFormat::numpy_pickle);
  CHECK(format_of_file("expected.safetensors") == WeightFormat::safetensors);
  CHECK(format_of_text("") == WeightFormat::safetensors);
  // a header of 640 bytes: the file begins with 80 02, as pickles do
  const std::string header = "{" + std::string(638, ' ') + "}";
  CHECK(format_of_text(test::safetensors_bytes(header, "")) == WeightFormat::safetensors);
  CHECK(test::error_of_bytes(test::safetensors_bytes(header, "")) == "(no error)");
  std::string tar(1024, '\0');
  tar.replace(257, 5, "ustar");
  CHECK(test::error_of_bytes(tar) ==
        "weights: expected a format of torch.save since 0.2, found the tar archive of older ones (file made)");
}

TEST_CASE("a golden file cut off anywhere is refused") {
  for (const char* file :
       {"plain_zip.pth", "training_legacy.pth", "python2_legacy.pth", "detectron2_4.pkl", "caffe2_python2.pkl"}) {
    CAPTURE(file);
    const std::string bytes = bytes_of(folder + file);
    REQUIRE(test::error_of_bytes(bytes) == "(no error)");
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      CAPTURE(length);
      CHECK(test::error_of_bytes(bytes.substr(0, length)) != "(no error)");
    }
  }
}

TEST_CASE("every changed byte ends in an error or in weights, never elsewhere") {
  for (const char* file : {"plain_zip.pth", "special_legacy.pth", "detectron2_5.pkl"}) {
    CAPTURE(file);
    std::map<bool, int> ends;  // errors, and weights
    std::string bytes = bytes_of(folder + file);
    for (char& byte : bytes) {
      const char kept = byte;
      for (const char value : {'\0', '\xFF', '\x80', '.', '(', 'R'}) {
        byte = value;
        ++ends[test::error_of([&] { (void)maskrcnn::read_weights(test::file_of(bytes)); }) == "(no error)"];
      }
      byte = kept;
    }
    CHECK(ends[true] > 0);  // most bytes are numbers of tensors
    CHECK(ends[false] > 100);
  }
}
