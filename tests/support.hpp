/// What the tests share: golden files, comparisons, made-up numbers and files.
#pragma once

#include <doctest/doctest.h>

#include <unistd.h>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <maskrcnn/core/box.hpp>
#include <maskrcnn/core/detection.hpp>
#include <maskrcnn/core/image.hpp>
#include <maskrcnn/core/tensor.hpp>
#include <maskrcnn/weights/load_weights.hpp>
#include <maskrcnn/weights/parameters.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace test {

using maskrcnn::Index;

/// How far results may be from golden ones, relative to the largest: those are computed in double and stored in float.
template <class T>
inline constexpr double tolerance = std::is_same_v<T, float> ? 1e-5 : 2e-7;

/// max |found - expected| / max |expected|; infinite if the sizes differ or a number is none.
template <class Found, class Expected>
[[nodiscard]] double difference(const Found& found, const Expected& expected) {
  if (std::size(found) != std::size(expected)) return std::numeric_limits<double>::infinity();
  double worst = 0, largest = 1e-30;
  auto other = std::begin(found);
  for (const auto value : expected) {
    const double gap = std::abs(static_cast<double>(*other++) - static_cast<double>(value));
    if (!(gap <= worst)) worst = gap;
    if (std::isnan(gap)) return std::numeric_limits<double>::infinity();
    largest = std::max(largest, std::abs(static_cast<double>(value)));
  }
  return worst / largest;
}

/// The four numbers of each box, one after the other.
template <class T>
[[nodiscard]] std::vector<T> numbers(const std::vector<maskrcnn::BasicBox<T>>& boxes) {
  std::vector<T> numbers;
  for (const auto& box : boxes) numbers.insert(numbers.end(), {box.x0, box.y0, box.x1, box.y1});
  return numbers;
}

/// max |found - expected| over all corners, in pixels; infinite if the numbers of boxes differ.
template <class T>
[[nodiscard]] double pixels_apart(const std::vector<maskrcnn::BasicBox<T>>& found,
                                  const std::vector<maskrcnn::BasicBox<T>>& expected) {
  if (found.size() != expected.size()) return std::numeric_limits<double>::infinity();
  double worst = 0;
  const auto a = numbers(found), b = numbers(expected);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double gap = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    if (!(gap <= worst)) worst = gap;
  }
  return worst;
}

/// The message of the maskrcnn::Error that `call` throws, or a note that it does not.
template <class Call>
[[nodiscard]] std::string error_of(const Call& call) {
  try {
    call();
  } catch (const maskrcnn::Error& error) {
    return error.what();
  }
  return "(no error)";
}

[[nodiscard]] inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Masks of a golden file: eight pixels to a byte, row by row, the first pixel in the highest bit.
class PackedMasks {
 public:
  PackedMasks() = default;
  PackedMasks(std::vector<std::uint8_t> bytes, std::size_t bytes_each)
      : bytes_(std::move(bytes)), bytes_each_(bytes_each) {}

  /// Whether mask `i` has pixel (x, y) of its image, which is `width` pixels wide.
  [[nodiscard]] bool operator()(std::size_t i, int x, int y, int width) const {
    const auto pixel = static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x);
    return (bytes_.at(i * bytes_each_ + pixel / 8) >> (7 - pixel % 8) & 1U) != 0;
  }

  /// Pixels in which `mask` differs from mask `i`.
  [[nodiscard]] std::size_t pixels_wrong(std::size_t i, const maskrcnn::Mask& mask) const {
    const auto [height, width] = mask.image_size();
    std::size_t different = 0;
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) different += mask(x, y) != (*this)(i, x, y, width) ? 1 : 0;
    return different;
  }

 private:
  std::vector<std::uint8_t> bytes_;
  std::size_t bytes_each_ = 0;
};

/// A golden file: what torchvision made of what. Written by golden/make_golden.py.
class Golden {
 public:
  explicit Golden(const std::string& stage) : weights_(maskrcnn::load_weights(path_of(stage))) {}

  [[nodiscard]] const maskrcnn::Weights& weights() const { return weights_; }
  /// The weights of one case.
  [[nodiscard]] maskrcnn::Parameters at(const std::string& place) const {
    return maskrcnn::Parameters(weights_) / place;
  }
  [[nodiscard]] bool has(const std::string& name) const { return weights_.find(name) != nullptr; }
  [[nodiscard]] std::vector<std::size_t> shape(const std::string& name) const { return stored(name).shape; }

  /// All elements, in torch's order.
  template <class T>
  [[nodiscard]] std::vector<T> values(const std::string& name) const {
    const maskrcnn::StoredTensor& tensor = stored(name);
    std::vector<T> values(tensor.count());
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = element<T>(tensor, i);
    return values;
  }

  /// The same; nothing, if the file has no such tensor.
  template <class T>
  [[nodiscard]] std::vector<T> values_if(const std::string& name) const {
    return has(name) ? values<T>(name) : std::vector<T>();
  }

  /// [N, C, H, W] -> [N, H, W, C].
  template <class T>
  [[nodiscard]] maskrcnn::Tensor<T, 4> tensor(const std::string& name) const {
    const auto from = values<T>(name);
    const auto size = shape(name);
    maskrcnn::Tensor<T, 4> tensor({size[0], size[2], size[3], size[1]});
    std::size_t i = 0;
    for (Index n = 0; n < size[0]; ++n)
      for (Index c = 0; c < size[1]; ++c)
        for (Index y = 0; y < size[2]; ++y)
          for (Index x = 0; x < size[3]; ++x) tensor(n, y, x, c) = from[i++];
    return tensor;
  }

  template <class T>
  [[nodiscard]] std::vector<maskrcnn::BasicBox<T>> boxes(const std::string& name) const {
    const auto from = values<T>(name);
    std::vector<maskrcnn::BasicBox<T>> boxes;
    for (std::size_t i = 0; i + 4 <= from.size(); i += 4)
      boxes.push_back({from[i], from[i + 1], from[i + 2], from[i + 3]});
    return boxes;
  }

  /// Height and width.
  [[nodiscard]] maskrcnn::Size size(const std::string& name) const {
    const auto pair = values<int>(name);
    return {pair[0], pair[1]};
  }

  /// [N, bytes of a mask].
  [[nodiscard]] PackedMasks packed_masks(const std::string& name) const {
    return {values<std::uint8_t>(name), shape(name)[1]};
  }

  /// [3, H, W] bytes.
  [[nodiscard]] maskrcnn::Image image(const std::string& name) const {
    const auto from = values<std::uint8_t>(name);
    const auto size = shape(name);
    maskrcnn::Image image({static_cast<int>(size[1]), static_cast<int>(size[2])});
    std::size_t i = 0;
    for (int c = 0; c < 3; ++c)
      for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x) image.row(y)[3 * x + c] = from[i++];
    return image;
  }

 private:
  static std::string path_of(const std::string& stage) {
    std::string path = MASKRCNN_GOLDEN_DIR "/";  // appended to, not added: GCC 12 warns of bounds in operator+
    return path.append(stage).append(".safetensors");
  }

  [[nodiscard]] const maskrcnn::StoredTensor& stored(const std::string& name) const {
    const auto* const tensor = weights_.find(name);
    if (tensor == nullptr) maskrcnn::fail("golden: no '", name, "' in ", weights_.file());
    return *tensor;
  }

  template <class Stored, class T>
  static T read(const maskrcnn::StoredTensor& tensor, std::size_t index) {
    Stored value{};
    std::memcpy(&value, tensor.data + sizeof(Stored) * index, sizeof value);
    return static_cast<T>(value);
  }

  template <class T>
  static T element(const maskrcnn::StoredTensor& tensor, std::size_t index) {
    switch (tensor.type) {
      case maskrcnn::DType::u8:
        return read<std::uint8_t, T>(tensor, index);
      case maskrcnn::DType::i32:
        return read<std::int32_t, T>(tensor, index);
      case maskrcnn::DType::i64:
        return read<std::int64_t, T>(tensor, index);
      case maskrcnn::DType::f64:
        return read<double, T>(tensor, index);
      default:
        return static_cast<T>(tensor.element<double>(index));
    }
  }

  maskrcnn::Weights weights_;
};

/// Standard normal numbers.
template <class T>
[[nodiscard]] std::vector<T> random_numbers(std::size_t count, unsigned seed) {
  std::mt19937 engine{seed};
  std::normal_distribution<double> normal;
  std::vector<T> numbers(count);
  for (T& number : numbers) number = static_cast<T>(normal(engine));
  return numbers;
}

template <class T, std::size_t Rank>
[[nodiscard]] maskrcnn::Tensor<T, Rank> random_tensor(const maskrcnn::Shape<Rank>& shape, unsigned seed) {
  maskrcnn::Tensor<T, Rank> tensor(shape);
  const auto numbers = random_numbers<T>(tensor.count(), seed);
  std::copy(numbers.begin(), numbers.end(), tensor.data());
  return tensor;
}

/// A file in the temporary folder that goes when its owner ends.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& bytes) {
    static int count = 0;
    path_ = (std::filesystem::temp_directory_path() /
             ("maskrcnn-test-" + std::to_string(::getpid()) + "-" + std::to_string(count++)))
                .string();
    std::ofstream(path_, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path_); }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// The bytes of a safetensors file with this header and data; `length` in place of the header's, if it is given.
[[nodiscard]] inline std::string safetensors_bytes(const std::string& header, const std::string& data,
                                                   std::uint64_t length = ~std::uint64_t{0}) {
  if (length == ~std::uint64_t{0}) length = header.size();
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(length >> (8 * i) & 0xFFU));
  return bytes + header + data;
}

/// Weights in memory: tensors of floats and metadata, as a file would hold them.
class MadeWeights {
 public:
  MadeWeights& add(const std::string& name, const std::vector<std::size_t>& shape, std::vector<float> values = {}) {
    maskrcnn::StoredTensor tensor{.type = maskrcnn::DType::f32, .type_name = "F32", .shape = shape, .data = nullptr};
    values.resize(tensor.count());
    auto& kept = (*values_)[name] = std::move(values);
    tensor.data = reinterpret_cast<const std::byte*>(kept.data());
    tensors_[name] = tensor;
    return *this;
  }
  MadeWeights& add_random(const std::string& name, const std::vector<std::size_t>& shape, unsigned seed) {
    std::size_t count = 1;
    for (const std::size_t size : shape) count *= size;
    return add(name, shape, random_numbers<float>(count, seed));
  }
  MadeWeights& say(const std::string& key, const std::string& value) {
    metadata_[key] = value;
    return *this;
  }
  [[nodiscard]] maskrcnn::Weights weights() const { return {"made", tensors_, metadata_, values_}; }

 private:
  maskrcnn::Weights::Tensors tensors_;
  maskrcnn::Weights::Metadata metadata_;
  std::shared_ptr<std::map<std::string, std::vector<float>>> values_ =
      std::make_shared<std::map<std::string, std::vector<float>>>();
};

/// A convolution `net.conv` of 2 channels to 4 and its batch norm `net.norm`.
[[nodiscard]] inline maskrcnn::Weights conv_and_norm() {
  return MadeWeights()
      .add_random("net.conv.weight", {4, 2, 3, 3}, 1)
      .add_random("net.conv.bias", {4}, 2)
      .add("net.norm.weight", {4}, {1, 2, 3, 4})
      .add("net.norm.bias", {4}, {0.1F, 0.2F, 0.3F, 0.4F})
      .add("net.norm.running_mean", {4}, {1, -1, 0.5F, 0})
      .add("net.norm.running_var", {4}, {1, 4, 0.25F, 2})
      .add("net.norm.num_batches_tracked", {1})
      .weights();
}

/// A folder of its own for one test, gone with it.
class Folder {
 public:
  Folder() { std::filesystem::create_directory(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string file(const char* name) const { return (path_ / name).string(); }
  [[nodiscard]] std::string path() const { return path_.string(); }
  /// A file of these bytes.
  [[nodiscard]] std::string write(const char* name, const std::string& bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return file(name);
  }

 private:
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / std::string("maskrcnn-folder-").append(std::to_string(::getpid()));
};

}  // namespace test
