#include <maskrcnn/weights/safetensors.hpp>

#include "support.hpp"

using maskrcnn::load_weights;
using test::safetensors_bytes;
using test::TemporaryFile;

namespace {

/// The error that a file of these bytes ends in.
[[nodiscard]] std::string error_of_file(const std::string& bytes) {
  const TemporaryFile file(bytes);
  const std::string error = test::error_of([&] { (void)load_weights(file.path()); });
  if (error != "(no error)") CHECK(test::contains(error, file.path()));  // every message names the file
  return error;
}

[[nodiscard]] std::string error_of_header(const std::string& header, std::size_t data_bytes = 16) {
  return error_of_file(safetensors_bytes(header, std::string(data_bytes, '\1')));
}

[[nodiscard]] std::string entry(const std::string& name, const std::string& type, const std::string& shape,
                                const std::string& offsets) {
  return "\"" + name + R"(":{"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

}  // namespace

TEST_CASE("F32, F16 and BF16 are read at any alignment") {
  std::string data(1, 'x');  // everything after it is unaligned
  const float single[2] = {1.5F, -0.25F};
  data.append(reinterpret_cast<const char*>(single), sizeof single);
  data += std::string("\x00\x3C\x01\x80", 4);  // 1, -2^-24
  data += std::string("\x80\x3F\x40\xC0", 4);  // 1, -3
  const std::string header = "{" + entry("pad", "U8", "[1]", "[0,1]") + "," + entry("single", "F32", "[2]", "[1,9]") +
                             "," + entry("half", "F16", "[1,2]", "[9,13]") + "," +
                             entry("brain", "BF16", "[2]", "[13,17]") +
                             R"(,"__metadata__":{"format":"pt","min_size":"320"}})" + std::string(5, ' ');
  const TemporaryFile file(safetensors_bytes(header, data));
  const auto weights = load_weights(file.path());
  CHECK(weights.file() == file.path());
  CHECK(weights.tensors().size() == 4);
  CHECK(weights.find("single")->element<float>(1) == -0.25F);
  CHECK(weights.find("half")->element<double>(1) == -0x1p-24);
  CHECK(weights.find("half")->shape == std::vector<std::size_t>{1, 2});
  CHECK(weights.find("brain")->element<float>(1) == -3.0F);
  CHECK(weights.metadata("min_size") == "320");
  CHECK(weights.find("pad")->type == maskrcnn::DType::u8);
}

TEST_CASE("files without a usable header are refused") {
  CHECK(test::contains(error_of_file(""), "found an empty file"));
  CHECK(test::contains(error_of_file("1234567"), "found 7 bytes"));
  CHECK(
      test::contains(error_of_file(safetensors_bytes("{}", "", 1000)), "header length of 1000 in a file of 10 bytes"));
  CHECK(test::contains(error_of_file(safetensors_bytes("{}", "", ~std::uint64_t{0} - 3)),
                       "header length of 18446744073709551612"));
  CHECK(test::contains(error_of_file(safetensors_bytes("{}", "", std::uint64_t{1} << 63U)),
                       "header length of 9223372036854775808"));
  CHECK(test::contains(error_of_file(safetensors_bytes("", "", 0)), "not valid JSON"));
  CHECK(test::contains(error_of_file(safetensors_bytes("{\"a\":", "")), "not valid JSON at byte"));
  CHECK(test::contains(error_of_file(safetensors_bytes("{} x", "")), "not valid JSON"));
  CHECK(test::contains(error_of_file(safetensors_bytes("{\"\xFF\xFE\":1}", "")), "not valid JSON"));
  CHECK(test::contains(error_of_file(safetensors_bytes("[]", "")), "expected a JSON object as header, found array"));
  CHECK(test::contains(error_of_file(safetensors_bytes("null", "")), "found null"));
  CHECK(test::contains(error_of_file(std::string(4000, 'z')), "header length"));
}

TEST_CASE("a header larger than any real one is refused before it is read") {
  const std::string bytes =
      safetensors_bytes("{" + std::string(maskrcnn::safetensors::max_header_bytes, ' ') + "}", "");
  CHECK(test::contains(error_of_file(bytes), "header length of"));
}

TEST_CASE("deep JSON is refused, not recursed into") {
  CHECK(test::contains(error_of_header(std::string(100000, '[')), "nested deeper"));
  std::string objects;
  for (int i = 0; i < 50000; ++i) objects += "{\"a\":";
  CHECK(test::contains(error_of_header(objects), "nested deeper"));
  CHECK(test::contains(error_of_header("{" + entry("a", "F32", "[[[[1]]]]", "[0,4]") + "}"), "nested deeper"));
}

TEST_CASE("names given twice are refused, at every level") {
  CHECK(test::contains(
      error_of_header("{" + entry("a", "F32", "[1]", "[0,4]") + "," + entry("a", "F32", "[1]", "[4,8]") + "}"),
      "'a' appears twice in the header"));
  CHECK(test::contains(error_of_header(R"({"a":{"dtype":"F32","dtype":"F16","shape":[1],"data_offsets":[0,4]}})"),
                       "'dtype' appears twice"));
  CHECK(test::contains(error_of_header(R"({"__metadata__":{"k":"1","k":"2"}})"), "'k' appears twice"));
}

TEST_CASE("tensors outside the data are refused") {
  CHECK(test::contains(error_of_header("{" + entry("a", "F32", "[5]", "[0,20]") + "}"),
                       "'a' lies at bytes 0 to 20, expected inside the 16 bytes of data"));
  CHECK(test::contains(error_of_header("{" + entry("a", "F32", "[1]", "[8,4]") + "}"), "'a' lies at bytes 8 to 4"));
  CHECK(test::contains(error_of_header("{" + entry("a", "U8", "[0]", "[17,17]") + "}"), "'a' lies at bytes 17 to 17"));
  CHECK(test::contains(
      error_of_header("{" + entry("a", "F32", "[1]", "[18446744073709551612,18446744073709551615]") + "}"),
      "expected inside the 16 bytes"));
}

TEST_CASE("truncated data is refused") {
  const std::string header = "{" + entry("a", "F32", "[4]", "[0,16]") + "}";
  CHECK(error_of_header(header, 16) == "(no error)");
  CHECK(test::contains(error_of_header(header, 15), "expected inside the 15 bytes of data"));
  CHECK(test::contains(error_of_header(header, 0), "expected inside the 0 bytes of data"));
}

TEST_CASE("tensors that share bytes are refused") {
  CHECK(test::contains(
      error_of_header("{" + entry("a", "F32", "[2]", "[0,8]") + "," + entry("b", "F32", "[2]", "[4,12]") + "}"),
      "'a' and 'b' share bytes"));
  CHECK(test::contains(
      error_of_header("{" + entry("a", "F32", "[2]", "[4,12]") + "," + entry("b", "F32", "[2]", "[4,12]") + "}"),
      "share bytes"));
  CHECK(test::contains(
      error_of_header("{" + entry("a", "F32", "[4]", "[0,16]") + "," + entry("b", "U8", "[1]", "[7,8]") + "}"),
      "share bytes"));
  CHECK(error_of_header("{" + entry("a", "F32", "[2]", "[8,16]") + "," + entry("b", "F32", "[2]", "[0,8]") + "}") ==
        "(no error)");
  CHECK(error_of_header("{" + entry("a", "F32", "[0]", "[0,0]") + "," + entry("b", "F32", "[0,9]", "[0,0]") + "}") ==
        "(no error)");
}

TEST_CASE("shapes that do not fill their bytes are refused, however large") {
  for (const std::string shape : {"[3]", "[5]", "[]", "[0]", "[4294967296,4294967296]", "[18446744073709551615,2]",
                                  "[9223372036854775808,2]", "[4,4611686018427387905]", "[18446744073709551615]"}) {
    CAPTURE(shape);
    CHECK(
        test::contains(error_of_header("{" + entry("a", "F32", shape, "[0,16]") + "}"), "does not fill its 16 bytes"));
  }
  CHECK(test::contains(error_of_header("{" + entry("a", "F32", "[0,18446744073709551615]", "[0,16]") + "}"),
                       "does not fill"));
}

TEST_CASE("entries of other forms are refused") {
  for (const std::string text : {R"({"a":1})", R"({"a":[]})", R"({"a":{}})", R"({"a":{"dtype":"F32","shape":[1]}})",
                                 R"({"a":{"dtype":1,"shape":[1],"data_offsets":[0,4]}})",
                                 R"({"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}})",
                                 R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}})",
                                 R"({"a":{"dtype":"F32","shape":[1],"data_offsets":"0"}})"}) {
    CAPTURE(text);
    CHECK(test::contains(error_of_header(text), "'a' expects {\"dtype\": string"));
  }
  for (const std::string shape : {"[-1]", "[1.5]", "[\"1\"]", "[null]", "[1e3]", "[18446744073709551616]"}) {
    CAPTURE(shape);
    CHECK(test::contains(error_of_header("{" + entry("a", "F32", shape, "[0,4]") + "}"), "non-negative integers"));
  }
  CHECK(test::contains(error_of_header("{" + entry("a", "F32", "[1e999]", "[0,4]") + "}"), "number that is too large"));
  CHECK(test::contains(error_of_header("{" + entry("a", "F32", "[1]", "[-4,0]") + "}"), "non-negative integers"));
  CHECK(test::contains(error_of_header(R"({"__metadata__":[]})"), "expected an object as '__metadata__', found array"));
  CHECK(test::contains(error_of_header(R"({"__metadata__":{"k":1}})"), "metadata 'k' is not a string"));
}

TEST_CASE("unknown element types may lie in a file, but no model reads them") {
  const TemporaryFile file(safetensors_bytes("{" + entry("a", "F8_E4M3", "[3]", "[0,3]") + "}", "abc"));
  const auto weights = load_weights(file.path());
  CHECK(weights.find("a")->type == maskrcnn::DType::other);
  CHECK(test::contains(test::error_of([&] { (void)maskrcnn::Parameters(weights).stored("a", {3}); }),
                       "weights: 'a' has type F8_E4M3, expected F32, F16, BF16 or F64"));
}

TEST_CASE("every prefix of a good file is refused") {
  const std::string header = "{" + entry("a", "F32", "[2]", "[0,8]") + R"(,"__metadata__":{"k":"v"}})";
  const std::string bytes = safetensors_bytes(header, "12345678");
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    CAPTURE(length);
    CHECK(error_of_file(bytes.substr(0, length)) != "(no error)");
  }
}

TEST_CASE("every changed byte ends in an error or in weights, never elsewhere") {
  const std::string header = "{" + entry("a", "F32", "[2]", "[0,8]") + R"(,"__metadata__":{"k":"v"}})";
  const std::string bytes = safetensors_bytes(header, "12345678");
  for (std::size_t position = 0; position < bytes.size() - 8; ++position)
    for (const char value : {'\0', '\xFF', '{', '[', '"', '9', '\\', ' '}) {
      std::string changed = bytes;
      changed[position] = value;
      const TemporaryFile file(changed);
      (void)test::error_of([&] { (void)load_weights(file.path()); });
    }
}
