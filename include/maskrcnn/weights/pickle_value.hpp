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
  other,       ///< a number that no reader asks for: floats, longer integers; `text` are its bytes
  text,        ///< UTF-8
  bytes,       ///< also the strings of Python 2
  global,      ///< a name of the allow list, in full, as `text`
  tuple,       ///< `items`
  list,        ///< `items`
  dict,        ///< `items`: key, value, key, value
  call,        ///< `items`: the global, the tuple of arguments and, if one was set, the state
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

  /// Whether `value` is a call of `name`, such as "torch._utils._rebuild_tensor_v2".
  [[nodiscard]] bool calls(const Value& value, std::string_view name) const {
    return value.is(Kind::call) && items(value)[0].text() == name;
  }
  /// The arguments of a call; empty for everything else.
  [[nodiscard]] std::span<const Value> arguments(const Value& value) const {
    return value.is(Kind::call) ? items(items(value)[1]) : std::span<const Value>();
  }
  /// The value of a dict under `key`, the last one if there are more.
  [[nodiscard]] std::optional<Value> find(const Value& dict, std::string_view key) const {
    std::optional<Value> found;
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
  std::vector<Value> persistents_;
};

}  // namespace maskrcnn::pickle
