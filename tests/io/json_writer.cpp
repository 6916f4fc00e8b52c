#include <maskrcnn/io/json_writer.hpp>

#include <limits>
#include <maskrcnn/io/safetensors_file.hpp>
#include <nlohmann/json.hpp>

#include "support.hpp"

using namespace maskrcnn::io;

TEST_CASE("texts are escaped, and what is not UTF-8 becomes a replacement character") {
  CHECK(json_quoted("a \"b\"\\\n\x01") == R"("a \"b\"\\\n\u0001")");
  CHECK(json_quoted("t\xC3\xA9xt") == "\"t\xC3\xA9xt\"");
  CHECK(json_quoted("\xFF.png") == "\"\xEF\xBF\xBD.png\"");
}

TEST_CASE("numbers read back as they were") {
  CHECK(json_number(0.1F) == "0.1");
  CHECK(json_number(0.1) == "0.1");
  CHECK(json_number(std::int64_t{1} << 62) == "4611686018427387904");
  CHECK(json_number(-7) == "-7");
  CHECK(nlohmann::json::parse(json_number(1.0 / 3)).get<double>() == 1.0 / 3);
  CHECK(nlohmann::json::parse(json_number(1e300)).get<double>() == 1e300);
  CHECK(json_number(std::numeric_limits<float>::infinity()) == "null");
  CHECK(json_number(std::numeric_limits<double>::quiet_NaN()) == "null");
}

TEST_CASE("objects and lists keep their order, and may be empty") {
  CHECK(JsonObject().text() == "{}");
  CHECK(JsonObject().add("b", "1").add("a", JsonObject().add("\"", "null").text()).text() ==
        R"({"b":1,"a":{"\"":null}})");
  CHECK(json_numbers(std::vector<int>{}) == "[]");
  CHECK(json_numbers(std::vector<double>{1.5, -2}) == "[1.5,-2]");
}

TEST_CASE("the header of a safetensors file is what nlohmann's library writes of the same") {
  const auto weights = test::MadeWeights().add("a", {2, 3}).add("Z", {4}).add("~", {}).weights();
  const maskrcnn::Weights::Metadata metadata{{"key", "v \"q\" \xC3\xA9"}, {"a", ""}};
  std::map<std::string, TensorToWrite> tensors;
  for (const auto& [name, tensor] : weights.tensors())
    tensors[name] = {.type = maskrcnn::DType::f32, .shape = tensor.shape, .from = tensor};
  nlohmann::json expected{{"__metadata__", metadata}};
  std::size_t end = 0;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t begin = end;
    end += tensor.bytes();
    expected[name] = {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
  }
  CHECK(safetensors_file::header_of(tensors, metadata) == expected.dump());
  CHECK(safetensors_file::header_of({}, {}) == "{}");
}
