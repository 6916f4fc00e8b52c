#include <maskrcnn/io/safetensors_file.hpp>
#include <maskrcnn/weights/load_weights.hpp>

#include <bit>

#include "support.hpp"

using maskrcnn::DType;
using maskrcnn::StoredTensor;
using maskrcnn::Weights;
using maskrcnn::io::TensorToWrite;
using maskrcnn::io::write_safetensors;

namespace {

using Tensors = std::map<std::string, TensorToWrite>;

/// A tensor in memory, whose values have to stay.
template <class Value>
[[nodiscard]] StoredTensor stored(DType type, const std::vector<std::size_t>& shape, const std::vector<Value>& values) {
  StoredTensor tensor{.type = type, .type_name = std::string(dtype_name(type)), .shape = shape, .data = nullptr};
  CHECK(values.size() * sizeof(Value) == tensor.count() * byte_size(type));
  tensor.data = reinterpret_cast<const std::byte*>(values.data());
  return tensor;
}

[[nodiscard]] TensorToWrite as_it_is(const StoredTensor& tensor) {
  return {.type = tensor.type, .shape = tensor.shape, .from = tensor};
}

[[nodiscard]] std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The length that a file says its header has.
[[nodiscard]] std::size_t header_of(const std::string& bytes) {
  std::size_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8U | static_cast<unsigned char>(bytes.at(i));
  return length;
}

/// What was written, read again.
[[nodiscard]] Weights read_back(const test::Folder& folder, const Tensors& tensors,
                                const Weights::Metadata& metadata = {}) {
  const std::string path = folder.file("model.safetensors");
  write_safetensors(path, tensors, metadata);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  CHECK((8 + header_of(bytes_of(path))) % 64 == 0);
  Weights weights = maskrcnn::load_weights(path);
  CHECK(weights.metadata() == metadata);
  CHECK(weights.tensors().size() == tensors.size());
  return weights;
}

/// Whether a tensor is there, of this type and shape, and with these bytes.
template <class Value>
[[nodiscard]] bool holds(const Weights& weights, const std::string& name, const TensorToWrite& expected,
                         const std::vector<Value>& values) {
  const StoredTensor* const found = weights.find(name);
  return found != nullptr && found->type == expected.type && found->shape == expected.shape &&
         found->count() * byte_size(found->type) == values.size() * sizeof(Value) &&
         (values.empty() || std::memcmp(found->data, values.data(), values.size() * sizeof(Value)) == 0);
}

}  // namespace

TEST_CASE("what is written is read back, bit by bit") {
  const test::Folder folder;
  auto floats = test::random_numbers<float>(24, 1);
  floats[3] = std::bit_cast<float>(0x7FC12345U);  // a NaN keeps its bits
  floats[4] = -0.0F;
  floats[5] = std::numeric_limits<float>::infinity();
  floats[6] = std::numeric_limits<float>::denorm_min();
  const auto doubles = test::random_numbers<double>(3, 2);
  const std::vector<std::uint16_t> halves{0, 0x3C00, 0x7E01, 0x8001};
  const std::vector<std::uint8_t> bytes{0, 1, 127, 128, 255};
  const std::vector<std::int64_t> integers{std::numeric_limits<std::int64_t>::min(), -1, 7};
  Tensors tensors{
      {"f32", as_it_is(stored(DType::f32, {2, 3, 4}, floats))}, {"f64", as_it_is(stored(DType::f64, {3}, doubles))},
      {"f16", as_it_is(stored(DType::f16, {4, 1}, halves))},    {"bf16", as_it_is(stored(DType::bf16, {2, 2}, halves))},
      {"u8", as_it_is(stored(DType::u8, {5}, bytes))},          {"bool", as_it_is(stored(DType::boolean, {5}, bytes))},
      {"i64", as_it_is(stored(DType::i64, {3}, integers))}};
  const Weights weights = read_back(folder, tensors, {{"a", "b"}});
  CHECK(holds(weights, "f32", tensors["f32"], floats));
  CHECK(holds(weights, "f64", tensors["f64"], doubles));
  CHECK(holds(weights, "f16", tensors["f16"], halves));
  CHECK(holds(weights, "bf16", tensors["bf16"], halves));
  CHECK(holds(weights, "u8", tensors["u8"], bytes));
  CHECK(holds(weights, "bool", tensors["bool"], bytes));
  CHECK(holds(weights, "i64", tensors["i64"], integers));
}

TEST_CASE("floats are converted on the way") {
  const test::Folder folder;
  const auto doubles = test::random_numbers<double>(100, 3);
  auto floats = test::random_numbers<float>(100, 4);
  floats[0] = 65504, floats[1] = 1e6F, floats[2] = 1e-7F, floats[3] = std::numeric_limits<float>::quiet_NaN();
  std::vector<std::uint16_t> brains, halves;
  std::vector<float> from_brains, from_doubles;
  for (const float value : floats) {
    halves.push_back(maskrcnn::float_to_f16(value));
    brains.push_back(maskrcnn::BFloat16(value).bits);
    from_brains.push_back(maskrcnn::bf16_to_float(brains.back()));
  }
  for (const double value : doubles) from_doubles.push_back(static_cast<float>(value));
  const std::vector<std::size_t> shape{10, 10};
  Tensors tensors{{"half", {.type = DType::f16, .shape = shape, .from = stored(DType::f32, shape, floats)}},
                  {"brain", {.type = DType::f32, .shape = shape, .from = stored(DType::bf16, shape, brains)}},
                  {"double", {.type = DType::f32, .shape = shape, .from = stored(DType::f64, shape, doubles)}}};
  const Weights weights = read_back(folder, tensors);
  CHECK(holds(weights, "half", tensors["half"], halves));
  CHECK(holds(weights, "brain", tensors["brain"], from_brains));
  CHECK(holds(weights, "double", tensors["double"], from_doubles));
}

TEST_CASE("other conversions are refused") {
  const test::Folder folder;
  const std::vector<float> floats(8, 1.5F);
  const std::vector<std::int64_t> integers(8, 1);
  const auto error = [&](const TensorToWrite& tensor, const char* name = "odd") {
    return test::error_of([&] { write_safetensors(folder.file("model.safetensors"), {{name, tensor}}, {}); });
  };
  const StoredTensor from_floats = stored(DType::f32, {8}, floats), from_integers = stored(DType::i64, {8}, integers);
  CHECK(test::contains(
      error({.type = DType::u8, .shape = {8}, .from = from_floats}),
      "weights: cannot write 'odd' of F32 as U8, expected the type that it has or, of floats, F16 or F32"));
  CHECK(test::contains(error({.type = DType::f64, .shape = {8}, .from = from_floats}), "of F32 as F64"));
  CHECK(test::contains(error({.type = DType::f32, .shape = {8}, .from = from_integers}), "of I64 as F32"));
  CHECK(test::contains(error({.type = DType::f16, .shape = {8}, .from = from_integers}), "of I64 as F16"));
  StoredTensor other = from_floats;
  other.type = DType::other;
  other.type_name = "F8_E4M3";
  CHECK(test::contains(error(as_it_is(other)), "'odd' of F8_E4M3"));
  CHECK(test::contains(error({.type = DType::f32, .shape = {2, 5}, .from = from_floats}),
                       "weights: cannot write 'odd' of shape [8] as [2,5]"));
  CHECK(test::contains(error(as_it_is(from_floats), "__metadata__"), "'__metadata__'"));
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("scalars, tensors without elements, and files without anything") {
  const test::Folder folder;
  const std::vector<float> one{2.5F}, none;
  Tensors tensors{{"scalar", as_it_is(stored(DType::f32, {}, one))},
                  {"scalar half", {.type = DType::f16, .shape = {}, .from = stored(DType::f32, {}, one)}},
                  {"empty", as_it_is(stored(DType::f32, {0, 3}, none))}};
  tensors["null"] = tensors["empty"];
  tensors["null"].from.data = nullptr;
  const Weights weights = read_back(folder, tensors);
  CHECK(holds(weights, "scalar", tensors["scalar"], one));
  CHECK(holds(weights, "scalar half", tensors["scalar half"], std::vector<std::uint16_t>{0x4100}));
  CHECK(holds(weights, "empty", tensors["empty"], none));
  CHECK(holds(weights, "null", tensors["null"], none));
  CHECK(read_back(folder, {}).tensors().empty());
  CHECK(bytes_of(folder.file("model.safetensors")).size() == 64);
  CHECK(read_back(folder, {}, {{"format", "pt"}}).metadata("format") == "pt");
}

TEST_CASE("the header is safetensors' own, padded by spaces") {
  const test::Folder folder;
  const std::vector<float> values{1, 2};
  (void)read_back(folder,
                  {{"b", as_it_is(stored(DType::f32, {2, 1}, values))},
                   {"a", {.type = DType::f16, .shape = {2}, .from = stored(DType::f32, {2}, values)}}},
                  {{"k", "v"}});
  std::string header = R"({"__metadata__":{"k":"v"},"a":{"data_offsets":[0,4],"dtype":"F16","shape":[2]},)"
                       R"("b":{"data_offsets":[4,12],"dtype":"F32","shape":[2,1]}})";
  header.append((64 - (header.size() + 8) % 64) % 64, ' ');
  CHECK(bytes_of(folder.file("model.safetensors")) ==
        test::safetensors_bytes(header, std::string("\x00\x3C\x00\x40\x00\x00\x80\x3F\x00\x00\x00\x40", 12)));
}

TEST_CASE("data begin at a multiple of 64 bytes, however long the header is") {
  const test::Folder folder;
  const std::vector<float> one{1};
  for (std::size_t length = 1; length <= 130; ++length) {
    const std::string name(length, 'n');
    const Tensors tensors{{name, as_it_is(stored(DType::f32, {1}, one))}};
    CHECK(holds(read_back(folder, tensors), name, tensors.at(name), one));
    const std::string bytes = bytes_of(folder.file("model.safetensors"));
    CHECK(bytes.size() == 8 + header_of(bytes) + 4);
  }
}

TEST_CASE("many tensors lie one after the other") {
  const test::Folder folder;
  std::vector<std::vector<float>> values;
  Tensors tensors;
  for (unsigned i = 0; i < 2000; ++i) values.push_back(test::random_numbers<float>(i % 17, i));
  const auto name = [](std::size_t i) { return std::string("layer.").append(std::to_string(i)); };
  for (std::size_t i = 0; i < values.size(); ++i)
    tensors[name(i)] = as_it_is(stored(DType::f32, {values[i].size()}, values[i]));
  const Weights weights = read_back(folder, tensors);
  std::size_t right = 0;
  for (std::size_t i = 0; i < values.size(); ++i) right += holds(weights, name(i), tensors[name(i)], values[i]) ? 1 : 0;
  CHECK(right == values.size());
}

TEST_CASE("names and facts may be any text") {
  const test::Folder folder;
  const std::vector<float> one{1};
  const std::vector<std::string> texts{" ",
                                       "\"quoted\"",
                                       "back\\slash",
                                       "new\nline",
                                       "tab\t",
                                       "Zellkörper",
                                       "细胞 🔬",
                                       "{\"a\":1}",
                                       "a/b",
                                       "\x01\x1F",
                                       std::string("nul\0byte", 8)};
  Tensors tensors;
  Weights::Metadata metadata{{"", ""}};  // but a tensor without a name is dropped when a file is read
  for (const std::string& text : texts) {
    tensors[text] = as_it_is(stored(DType::f32, {1}, one));
    metadata["key " + text] = text;
  }
  const Weights weights = read_back(folder, tensors, metadata);
  for (const std::string& text : texts) {
    CAPTURE(text);
    CHECK(holds(weights, text, tensors[text], one));
  }
}

TEST_CASE("an older file is replaced, by a smaller one too") {
  const test::Folder folder;
  (void)folder.write("model.safetensors", std::string(100'000, 'x'));
  CHECK(read_back(folder, {}).tensors().empty());
}

TEST_CASE("a file that cannot be written is an error, and nothing stays of it") {
  const test::Folder folder;
  const std::vector<float> one{1};
  const Tensors tensors{{"a", as_it_is(stored(DType::f32, {1}, one))}};
  const auto error = [&](const std::string& path) {
    return test::error_of([&] { write_safetensors(path, tensors, {}); });
  };
  CHECK(error(folder.file("none/model.safetensors")) ==
        "weights: cannot write " + folder.file("none/model.safetensors") + ": No such file or directory");
  CHECK(error(folder.path()) == "weights: cannot write " + folder.path() + ": it is a directory");
  const std::string file = folder.write("file", "older");
  CHECK(test::contains(error(file + "/model.safetensors"), "Not a directory"));
  if (std::filesystem::exists("/dev/full"))
    CHECK(error("/dev/full") == "weights: cannot write /dev/full: No space left on device");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  CHECK(bytes_of(file) == "older");
  CHECK_FALSE(std::filesystem::exists(folder.path() + ".part"));
}
