/// What a pickle says, as plain data: numbers, texts, containers, and calls that are written down but never made.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <maskrcnn/core/error.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::pickle {

enum class Kind : std::uint8_t {
  unset,  ///< a memo entry that was never written
  none,
  boolean,
  integer,     ///< of 64 bits
  real,        ///< a float; `text` are its eight bytes, highest first
  other,       ///< an integer that no reader asks for, of more than 64 bits
  text,        ///< UTF-8
  bytes,       ///< also the strings of Python 2
  global,      ///< a name in full, as `text`; names of the list in `pickle_names.hpp` are spelled as there
  tuple,       ///< `items`
  list,        ///< `items`; sets too
  dict,        ///< `items`: key, value, key, value
  call,        ///< `items`: what is called, the tuple of arguments, the state, a dict of what was set by key; the last
               ///< two `none` unless there are any
  persistent,  ///< `items`: the one value that names something outside the pickle
};

/// One value. Texts and bytes lie in the file, the items of containers in the `Tree`: a value is small and owns
/// nothing.
class Value {
 public:
  Value() = default;
  explicit Value(Kind kind, std::int64_t number = 0) : kind_(kind), number_(static_cast<std::uint64_t>(number)) {}
  Value(Kind kind, std::string_view text) : kind_(kind), text_(text.data()), number_(text.size()) {}

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is(Kind kind) const { return kind_ == kind; }
  [[nodiscard]] bool is_string() const { return is(Kind::text) || is(Kind::bytes); }
  [[nodiscard]] bool has_items() const { return kind_ >= Kind::tuple; }

  /// Of texts, bytes and globals; empty for everything else.
  [[nodiscard]] std::string_view text() const {
    return text_ == nullptr ? std::string_view() : std::string_view(text_, static_cast<std::size_t>(number_));
  }
  /// Of integers and booleans.
  [[nodiscard]] std::int64_t integer() const { return static_cast<std::int64_t>(number_); }
  /// The integer, if it is one and not negative.
  [[nodiscard]] std::optional<std::uint64_t> size() const {
    return is(Kind::integer) && integer() >= 0 ? std::optional(number_) : std::nullopt;
  }
  /// The number, if it is one that a double can be.
  [[nodiscard]] std::optional<double> real() const {
    if (is(Kind::integer)) return static_cast<double>(integer());
    if (!is(Kind::real) || number_ != sizeof(double)) return std::nullopt;
    std::uint64_t bits = 0;
    for (const char byte : text()) bits = bits << 8U | static_cast<unsigned char>(byte);
    return std::bit_cast<double>(bits);
  }
  /// Where the tree holds the items.
  [[nodiscard]] std::size_t node() const { return static_cast<std::size_t>(number_); }

 private:
  Kind kind_ = Kind::unset;
  const char* text_ = nullptr;
  std::uint64_t number_ = 0;
};

/// Owns the items of all containers of a pickle. Containers refer to each other by number, so that no depth of nesting
/// and no cycle costs recursion, neither in use nor when they go.
class Tree {
 public:
  /// Steps and values that a pickle may take, which bounds its memory to some 200 MB. Real checkpoints, optimizer
  /// included, take about 60 for each tensor.
  static constexpr std::size_t max_values = std::size_t{1} << 21U;

  explicit Tree(std::string file) : file_(std::move(file)) {}

  [[nodiscard]] const std::string& file() const { return file_; }

  /// Called before `count` more values are made.
  void spend(std::size_t count) {
    if (count > max_values - spent_)
      fail("weights: the pickle takes more than ", max_values,
           " steps and values, more than any checkpoint needs (file ", file_, ")");
    spent_ += count;
  }
  [[nodiscard]] std::size_t spent() const { return spent_; }

  Value add(Kind kind, std::vector<Value> items) {
    nodes_.push_back(std::move(items));
    const Value value(kind, static_cast<std::int64_t>(nodes_.size() - 1));
    if (kind == Kind::persistent) persistents_.push_back(value);
    return value;
  }

  /// Of containers; empty for everything else.
  [[nodiscard]] std::span<const Value> items(const Value& value) const {
    return value.has_items() ? std::span<const Value>(nodes_[value.node()]) : std::span<const Value>();
  }
  [[nodiscard]] std::vector<Value>& items(const Value& value) { return nodes_[value.node()]; }

  /// All values of kind `persistent`, in the order of the file.
  [[nodiscard]] const std::vector<Value>& persistents() const { return persistents_; }

  /// A text of the tree's own, such as a name whose parts lie apart in the file.
  [[nodiscard]] std::string_view own(std::string text) { return texts_.emplace_back(std::move(text)); }

  /// Whether `value` is a call of `name`, such as "torch._utils._rebuild_tensor_v2".
  [[nodiscard]] bool calls(const Value& value, std::string_view name) const {
    return value.is(Kind::call) && items(value)[0].text() == name;
  }
  /// The arguments of a call; empty for everything else.
  [[nodiscard]] std::span<const Value> arguments(const Value& value) const {
    return value.is(Kind::call) ? items(items(value)[1]) : std::span<const Value>();
  }
  /// The dict that `value` is, or holds as the objects of classes derived from dict do; else `none`.
  [[nodiscard]] Value mapping(const Value& value) const {
    const Value held = value.is(Kind::call) ? items(value)[3] : value;
    return held.is(Kind::dict) ? held : Value(Kind::none);
  }
  /// The attributes of an object: what its state is, or begins with where it has slots as well; else `none`.
  [[nodiscard]] Value attributes(const Value& value) const {
    if (!value.is(Kind::call)) return Value(Kind::none);
    Value state = items(value)[2];
    if (state.is(Kind::tuple) && !items(state).empty()) state = items(state)[0];
    return state.is(Kind::dict) ? state : Value(Kind::none);
  }
  /// The value of a mapping under `key`, the last one if there are more.
  [[nodiscard]] std::optional<Value> find(const Value& value, std::string_view key) const {
    std::optional<Value> found;
    const Value dict = mapping(value);
    if (!dict.is(Kind::dict)) return found;
    const auto all = items(dict);
    for (std::size_t i = 0; i + 1 < all.size(); i += 2)
      if (all[i].is_string() && all[i].text() == key) found = all[i + 1];
    return found;
  }

 private:
  std::string file_;
  std::size_t spent_ = 0;
  std::deque<std::vector<Value>> nodes_;
  std::deque<std::string> texts_;
  std::vector<Value> persistents_;
};

}  // namespace maskrcnn::pickle
