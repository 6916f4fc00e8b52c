/// Pickles: a small machine that reads them as plain data. It has the operations that checkpoints are written with,
/// protocols 2 to 5, and no others. Nothing is called, whatever its name: objects of classes that no reader knows are
/// written down as what they are made of, and are in nobody's way unless a tensor that is wanted lies in them.
#pragma once

#include <cstdint>
#include <maskrcnn/weights/byte_reader.hpp>
#include <maskrcnn/weights/pickle_names.hpp>
#include <maskrcnn/weights/pickle_ops.hpp>
#include <maskrcnn/weights/pickle_value.hpp>
#include <string>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::pickle {

/// Runs one pickle. Every step is checked; what it builds is bounded by `Tree::max_values`.
class Machine {
 public:
  Machine(Tree& tree, ByteReader& in) : tree_(&tree), in_(&in) {}

  /// The value of the pickle that begins at the reader's position; the reader stands behind it afterwards.
  /// @throws Error naming what is wrong or not allowed
  Value run() {
    for (;;) {
      tree_->spend(1);
      const std::size_t place = in_->position();
      const auto op = static_cast<Op>(in_->number<std::uint8_t>());
      if (op == Op::stop) break;
      if (!(number(op) || string(op) || collect(op) || memo(op) || call(op)))
        refuse("has operation ", static_cast<int>(op), " at byte ", place, ", which is none that a checkpoint needs");
    }
    const Value value = pop();
    if (!stack_.empty() || !marks_.empty()) refuse("ends with values left over");
    return value;
  }

 private:
  static constexpr std::size_t max_depth = 256;  // of open containers; real ones have less than ten

  template <class... Parts>
  [[noreturn]] void refuse(const Parts&... parts) const {
    fail("weights: the pickle ", parts..., " (file ", tree_->file(), ")");
  }

  // ---- the stack, which a mark divides: what lies below one is out of reach

  void push(const Value& value) { stack_.push_back(value); }
  [[nodiscard]] std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  [[nodiscard]] const Value& top() const {
    if (stack_.size() <= floor()) refuse("takes a value from an empty stack");
    return stack_.back();
  }
  Value pop() {
    const Value value = top();
    stack_.pop_back();
    return value;
  }
  std::vector<Value> pop(std::size_t count) {
    if (stack_.size() - floor() < count) refuse("takes a value from an empty stack");
    const auto begin = stack_.end() - static_cast<std::ptrdiff_t>(count);
    std::vector<Value> values(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    return values;
  }
  std::vector<Value> pop_to_mark() {
    if (marks_.empty()) refuse("closes a container that it did not open");
    std::vector<Value> values = pop(stack_.size() - floor());
    marks_.pop_back();
    return values;
  }

  // ---- the operations

  /// Numbers, constants and what has no value.
  bool number(Op op) {
    switch (op) {
      case Op::proto:
        if (const int version = in_->number<std::uint8_t>(); version < 2 || version > 5)
          refuse("is of protocol ", version, ", expected 2 to 5");
        return true;
      case Op::frame:
        if (in_->number<std::uint64_t>() > in_->remaining()) refuse("has a frame that ends behind the file");
        return true;
      case Op::none:
        push(Value(Kind::none));
        return true;
      case Op::newtrue:
      case Op::newfalse:
        push(Value(Kind::boolean, op == Op::newtrue ? 1 : 0));
        return true;
      case Op::binint:
        push(Value(Kind::integer, static_cast<std::int32_t>(in_->number<std::uint32_t>())));
        return true;
      case Op::binint1:
        push(Value(Kind::integer, in_->number<std::uint8_t>()));
        return true;
      case Op::binint2:
        push(Value(Kind::integer, in_->number<std::uint16_t>()));
        return true;
      case Op::long1:
        push(long_integer(in_->text(in_->number<std::uint8_t>())));
        return true;
      case Op::long4:
        push(long_integer(in_->text(in_->number<std::uint32_t>())));
        return true;
      case Op::binfloat:
        push(Value(Kind::real, in_->text(8)));
        return true;
      case Op::pop:  // of the value on top or, if there is none above it, of the last mark
        if (!marks_.empty() && stack_.size() == floor())
          marks_.pop_back();
        else
          pop();
        return true;
      case Op::pop_mark:
        pop_to_mark();
        return true;
      case Op::dup:
        push(top());
        return true;
      default:
        return false;
    }
  }

  /// Two's complement, little-endian, as short as can be.
  static Value long_integer(std::string_view bytes) {
    if (bytes.size() > 8) return Value(Kind::other, bytes);
    const bool negative = !bytes.empty() && (static_cast<unsigned char>(bytes.back()) & 0x80U) != 0;
    std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8U | static_cast<unsigned char>(bytes[i]);
    return Value(Kind::integer, static_cast<std::int64_t>(value));
  }

  /// Texts and bytes: they stay where they are in the file.
  bool string(Op op) {
    const bool unicode = op == Op::short_binunicode || op == Op::binunicode || op == Op::binunicode8;
    std::uint64_t length = 0;
    switch (op) {
      case Op::short_binunicode:
      case Op::short_binstring:
      case Op::short_binbytes:
        length = in_->number<std::uint8_t>();
        break;
      case Op::binunicode:
      case Op::binstring:
      case Op::binbytes:
        length = in_->number<std::uint32_t>();
        break;
      case Op::binunicode8:
      case Op::binbytes8:
      case Op::bytearray8:
        length = in_->number<std::uint64_t>();
        break;
      default:
        return false;
    }
    push(Value(unicode ? Kind::text : Kind::bytes, in_->text(length)));
    return true;
  }

  /// Containers.
  bool collect(Op op) {
    switch (op) {
      case Op::mark:
        if (marks_.size() == max_depth) refuse("is nested deeper than ", max_depth, " levels");
        marks_.push_back(stack_.size());
        return true;
      case Op::empty_tuple:
        push(tree_->add(Kind::tuple, {}));
        return true;
      case Op::tuple1:
      case Op::tuple2:
      case Op::tuple3:  // their codes follow each other
        push(tree_->add(Kind::tuple, pop(1U + static_cast<unsigned>(op) - static_cast<unsigned>(Op::tuple1))));
        return true;
      case Op::tuple:
        push(tree_->add(Kind::tuple, pop_to_mark()));
        return true;
      case Op::empty_list:
      case Op::empty_set:
        push(tree_->add(Kind::list, {}));
        return true;
      case Op::frozenset:
        push(tree_->add(Kind::list, pop_to_mark()));
        return true;
      case Op::append:
      case Op::appends:
      case Op::additems:
        extend(Kind::list, op == Op::append ? pop(1) : pop_to_mark());
        return true;
      case Op::empty_dict:
        push(tree_->add(Kind::dict, {}));
        return true;
      case Op::setitem:
      case Op::setitems:
        extend(Kind::dict, op == Op::setitem ? pop(2) : pop_to_mark());
        return true;
      default:
        return false;
    }
  }

  void extend(Kind kind, const std::vector<Value>& values) {
    if (kind == Kind::dict && values.size() % 2 != 0) refuse("adds a key without a value");
    Value to = top();
    if (to.is(Kind::call)) {  // an object of a class derived from list, whose items nobody asks for, or from dict
      if (kind == Kind::list) return;
      if (!tree_->items(to)[3].is(Kind::dict)) {
        const Value dict = tree_->add(Kind::dict, {});
        tree_->items(to)[3] = dict;
      }
      to = tree_->items(to)[3];
    }
    if (!to.is(kind)) refuse("adds items to what is no ", kind == Kind::list ? "list" : "dict");
    auto& items = tree_->items(to);
    items.insert(items.end(), values.begin(), values.end());
  }

  /// The memo: values by number. Numbers count up from 0 or 1, so none can exceed the steps taken.
  bool memo(Op op) {
    switch (op) {
      case Op::binput:
        put(in_->number<std::uint8_t>());
        return true;
      case Op::long_binput:
        put(in_->number<std::uint32_t>());
        return true;
      case Op::memoize:
        put(memo_.size());
        return true;
      case Op::binget:
        get(in_->number<std::uint8_t>());
        return true;
      case Op::long_binget:
        get(in_->number<std::uint32_t>());
        return true;
      default:
        return false;
    }
  }

  void put(std::size_t index) {
    if (index > tree_->spent()) refuse("writes memo ", index, " after ", tree_->spent(), " steps");
    if (index >= memo_.size()) memo_.resize(index + 1);
    memo_[index] = top();
  }
  void get(std::size_t index) {
    if (index >= memo_.size() || memo_[index].is(Kind::unset)) refuse("reads memo ", index, ", which is not written");
    push(memo_[index]);
  }

  /// Names, and calls of them, which are written down.
  bool call(Op op) {
    switch (op) {
      case Op::global: {
        const std::string_view module = in_->line();
        push_global(module, in_->line());
        return true;
      }
      case Op::stack_global: {
        const Value name = pop(), module = pop();
        if (!name.is_string() || !module.is_string()) refuse("names a global by what is no text");
        push_global(module.text(), name.text());
        return true;
      }
      case Op::reduce:
      case Op::newobj:
      case Op::newobj_ex: {
        if (op == Op::newobj_ex) pop();  // arguments by name
        const Value arguments = pop(), callee = pop();
        if (!arguments.is(Kind::tuple)) refuse("calls with what are no arguments");
        const std::string_view name = callee.text();
        const bool mapping =
            name == "collections.OrderedDict" || name == "collections.defaultdict" || name == "collections.Counter";
        push(mapping ? tree_->add(Kind::dict, pairs_of(arguments))
                     : tree_->add(Kind::call, {callee, arguments, Value(Kind::none), Value(Kind::none)}));
        return true;
      }
      case Op::build: {
        const Value state = pop();
        if (top().is(Kind::call)) tree_->items(top())[2] = state;
        return true;  // others have nothing that anybody asks for: attributes of an OrderedDict, such as `_metadata`
      }
      case Op::binpersid: {
        const Value id = pop();
        const auto parts = std::as_const(*tree_).items(id);
        // in old files, the class of a module beside its source
        if (parts.size() > 1 && parts[0].text() == "module")
          push(parts[1]);
        else
          push(tree_->add(Kind::persistent, {id}));
        return true;
      }
      default:
        return false;
    }
  }

  void push_global(std::string_view module, std::string_view name) {
    if (const auto known = known_name(module, name)) return push(Value(Kind::global, *known));
    // names are short; what is not need not be remembered
    constexpr std::size_t longest = 100;
    tree_->spend(4);
    push(Value(Kind::global,
               tree_->own(printable(module.substr(0, longest)) + "." + printable(name.substr(0, longest)))));
  }

  /// What a dict is made of that is called with arguments: a dict, or a list of pairs as Python 2 writes it.
  std::vector<Value> pairs_of(const Value& arguments) {
    std::vector<Value> pairs;
    const Tree& tree = *tree_;
    for (const Value& argument : tree.items(arguments)) {
      const auto items = tree.items(argument);
      tree_->spend(2 * items.size());  // the same list can be an argument again and again
      if (argument.is(Kind::dict)) pairs.insert(pairs.end(), items.begin(), items.end());
      if (!argument.is(Kind::list)) continue;
      for (const Value& item : items) {
        const auto pair = tree.items(item);
        if (pair.size() != 2) refuse("makes a dict of what are no pairs");
        pairs.insert(pairs.end(), pair.begin(), pair.end());
      }
    }
    return pairs;
  }

  Tree* tree_;
  ByteReader* in_;
  std::vector<Value> stack_, memo_;
  std::vector<std::size_t> marks_;
};

/// The value of one pickle; its containers are in `tree`.
/// @throws Error naming what is wrong or not allowed
[[nodiscard]] inline Value read(Tree& tree, ByteReader& in) { return Machine(tree, in).run(); }

}  // namespace maskrcnn::pickle
