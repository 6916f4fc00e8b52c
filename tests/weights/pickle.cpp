#include <maskrcnn/weights/pickle.hpp>

#include "made_files.hpp"

namespace op = test::op;
namespace pickle = maskrcnn::pickle;
using pickle::Kind;
using std::string_literals::operator""s;

namespace {

/// A pickle read, with all that it refers to.
struct Read {
  explicit Read(std::string pickle) : bytes(std::move(pickle)) {
    maskrcnn::ByteReader in(std::as_bytes(std::span(bytes)), "the pickle", "made");
    value = pickle::read(tree, in);
  }
  std::string bytes;
  pickle::Tree tree{"made"};
  pickle::Value value;
};

[[nodiscard]] std::string error_of_pickle(const std::string& bytes) {
  const std::string error = test::error_of([&] { Read{bytes}; });
  if (error != "(no error)") CHECK(test::contains(error, "(file made)"));
  return error;
}

}  // namespace

TEST_CASE("numbers and texts of every length") {
  CHECK(Read("\x80\x02K\x07.").value.integer() == 7);
  CHECK(Read("\x80\x02M\x01\x02.").value.integer() == 0x0201);
  CHECK(Read("\x80\x02J\xFE\xFF\xFF\xFF.").value.integer() == -2);
  CHECK(Read("\x8A\x00."s).value.integer() == 0);
  CHECK(Read("\x8A\x02\xFF\x7F.").value.integer() == 32767);
  CHECK(Read("\x8A\x01\x80.").value.integer() == -128);
  CHECK(Read("\x8A\x08\x00\x00\x00\x00\x00\x00\x00\x80."s).value.integer() == std::numeric_limits<std::int64_t>::min());
  CHECK(Read("\x8A\x09\x00\x00\x00\x00\x00\x00\x00\x80\x00."s).value.is(Kind::other));
  CHECK(Read("G12345678.").value.is(Kind::real));
  CHECK(Read("\x88.").value.integer() == 1);
  CHECK(Read("N.").value.is(Kind::none));
  CHECK_FALSE(Read("J\xFF\xFF\xFF\xFF.").value.size().has_value());
  for (const std::string& text : {"X\x02\x00\x00\x00hi."s, "\x8C\x02hi."s, "\x8D\x02\x00\x00\x00\x00\x00\x00\x00hi."s})
    CHECK((Read(text).value.is(Kind::text) && Read(text).value.text() == "hi"));
  for (const std::string& text :
       {"U\x02hi."s, "T\x02\x00\x00\x00hi."s, "C\x02hi."s, "B\x02\x00\x00\x00hi."s,
        "\x8E\x02\x00\x00\x00\x00\x00\x00\x00hi."s, "\x96\x02\x00\x00\x00\x00\x00\x00\x00hi."s})
    CHECK((Read(text).value.is(Kind::bytes) && Read(text).value.text() == "hi"));
}

TEST_CASE("containers, the memo and calls") {
  const Read tuple("\x80\x04\x95\x04\x00\x00\x00\x00\x00\x00\x00K\x01\x94h\x00K\x02\x87."s);
  REQUIRE(tuple.tree.items(tuple.value).size() == 3);
  CHECK(tuple.tree.items(tuple.value)[1].integer() == 1);

  const Read dict(op::pickle("}" + op::text("a") + "K\x05s(" + op::text("b") + "K\x06" + op::text("a") + "K\x07u"));
  CHECK(dict.tree.find(dict.value, "a")->integer() == 7);  // the last one counts, as in Python
  CHECK_FALSE(dict.tree.find(dict.value, "c").has_value());

  const Read ordered(
      op::pickle(op::call(op::global("collections", "OrderedDict"), op::list(op::list(op::text("k") + "N"))) + "}b"));
  CHECK(ordered.tree.find(ordered.value, "k")->is(Kind::none));

  const Read made(op::pickle(op::call(op::global("numpy._core.multiarray", "scalar"), "K\x01K\x02") + "K\x03" + "b"));
  CHECK(made.tree.calls(made.value, "numpy.core.multiarray.scalar"));
  CHECK(made.tree.arguments(made.value)[1].integer() == 2);
  CHECK(made.tree.items(made.value)[2].integer() == 3);

  const Read persistent(op::pickle("K\x09Q"));
  CHECK(persistent.tree.items(persistent.tree.persistents().at(0))[0].integer() == 9);
}

TEST_CASE("names that no reader knows are written down, not called, however they are spelt") {
  const auto callee = [](const Read& read) { return std::string(read.tree.items(read.value)[0].text()); };
  const Read system(op::pickle(op::call(op::global("os", "system"), op::text("touch /tmp/owned"))));
  REQUIRE(system.value.is(Kind::call));
  CHECK(callee(system) == "os.system");
  CHECK(system.tree.arguments(system.value)[0].text() == "touch /tmp/owned");
  CHECK(callee(Read("\x80\x04\x8C\x05posix\x8C\x06system\x93\x8C\x02id\x85R.")) == "posix.system");
  CHECK(Read(op::pickle(op::global("__builtin__", "eval"))).value.text() == "__builtin__.eval");
  CHECK(Read(op::pickle(op::global("collections\x1B[2J", "OrderedDict"))).value.text() ==
        "collections?[2J.OrderedDict");
  CHECK(Read(op::pickle(op::global(std::string(100000, 'm'), "f"))).value.text().size() < 100);
  // what splits differently is another name
  CHECK(Read(op::pickle(op::global("collections.OrderedDict", ""))).value.text() == "collections.OrderedDict.");
  // what a call of a call makes, as enums by name are written
  const Read nested(op::pickle(op::call(op::call(op::global("builtins", "getattr"), "NN"), "K\x01")));
  CHECK(nested.tree.items(nested.value)[0].is(Kind::call));
}

TEST_CASE("objects hold their attributes, and what is set in them by key") {
  const std::string dict = op::call(op::global("yacs.config", "CfgNode"), "");
  const Read read(op::pickle(dict + "(" + op::text("a") + "K\x05u" + op::text("b") + "K\x06s" +
                             op::dict(op::text("frozen") + "\x88") + "b"));
  CHECK(read.tree.find(read.value, "a")->integer() == 5);
  CHECK(read.tree.find(read.value, "b")->integer() == 6);
  CHECK(read.tree.find(read.tree.attributes(read.value), "frozen")->integer() == 1);
  CHECK_FALSE(read.tree.find(read.value, "frozen").has_value());
  // a list of a class of somebody's, and an object with slots
  const Read list(op::pickle(op::call(op::global("x", "List"), "") +
                             "(K\x01K\x02"
                             "e" +
                             op::tuple(op::dict(op::text("n") + "K\x03") + op::dict("")) + "b"));
  CHECK(list.tree.find(list.tree.attributes(list.value), "n")->integer() == 3);
  const Read set(op::pickle("\x8F(K\x01K\x02\x90"));
  CHECK(set.tree.items(set.value).size() == 2);
  CHECK(Read(op::pickle("(K\x01\x91")).value.is(Kind::list));
  CHECK(Read(op::pickle(op::global("a", "B") + ")}\x92")).value.is(Kind::call));
  CHECK(Read(op::pickle("K\x01K\x02"
                        "0"))
            .value.integer() == 1);
  CHECK(Read(op::pickle("K\x01(K\x02K\x03"
                        "1"))
            .value.integer() == 1);
  CHECK(Read(op::pickle("K\x01(0")).value.integer() == 1);
  CHECK(Read(op::pickle("K\x01"
                        "2\x86"))
            .value.is(Kind::tuple));
  CHECK(Read(op::pickle("\x8B\x01\x00\x00\x00\x07"s)).value.integer() == 7);
  CHECK(Read(op::pickle("G\x3F\xF0\x00\x00\x00\x00\x00\x00"s)).value.real() == 1.0);
}

TEST_CASE("old and new spellings of a name are one") {
  CHECK(pickle::known_name("torch.cuda", "FloatStorage") == "torch.FloatStorage");
  CHECK(pickle::known_name("numpy._core.multiarray", "_reconstruct") == "numpy.core.multiarray._reconstruct");
  CHECK(pickle::known_name("__builtin__", "set") == "builtins.set");
  CHECK_FALSE(pickle::known_name("os", "system").has_value());
  CHECK_FALSE(pickle::known_name("", "").has_value());
}

TEST_CASE("operations that no checkpoint needs are refused by their number and place") {
  CHECK(error_of_pickle("\x80\x02(S'id'\nios\nsystem\n.") ==
        "weights: the pickle has operation 83 at byte 3, which is none that a checkpoint needs (file made)");
  for (const char* code :
       {"i", "o", "\x82", "\x83", "\x84", "P", "I", "L", "F", "S", "V", "p", "g", "d", "l", "\x97", "\x98", "\xFF"}) {
    CAPTURE(static_cast<int>(static_cast<unsigned char>(code[0])));
    CHECK(
        test::contains(error_of_pickle("\x80\x02"s + code + "xxxxxxxx\n\n."), "which is none that a checkpoint needs"));
  }
  CHECK(test::contains(error_of_pickle("\x80\x01N."), "is of protocol 1, expected 2 to 5"));
  CHECK(test::contains(error_of_pickle("\x80\x06N."), "is of protocol 6, expected 2 to 5"));
}

TEST_CASE("a stack that does not fit is refused") {
  CHECK(test::contains(error_of_pickle("."), "takes a value from an empty stack"));
  CHECK(test::contains(error_of_pickle("NN."), "ends with values left over"));
  CHECK(test::contains(error_of_pickle("(N."), "ends with values left over"));
  CHECK(test::contains(error_of_pickle("N(\x85."),
                       "takes a value from an empty stack"));  // the mark guards what is below
  CHECK(test::contains(error_of_pickle("NN\x87."), "takes a value from an empty stack"));
  CHECK(test::contains(error_of_pickle("Nt."), "closes a container that it did not open"));
  CHECK(test::contains(error_of_pickle("NNa."), "adds items to what is no list"));
  CHECK(test::contains(error_of_pickle("]NNs."), "adds items to what is no dict"));
  CHECK(test::contains(error_of_pickle("}(Nu."), "adds a key without a value"));
  CHECK(test::contains(error_of_pickle(op::global("torch", "Size") + "NR."), "calls with what are no arguments"));
  CHECK(test::contains(error_of_pickle("NN\x93."), "names a global by what is no text"));
  CHECK(test::contains(error_of_pickle(op::call(op::global("collections", "OrderedDict"), op::list("K\x01")) + "."),
                       "makes a dict of what are no pairs"));
}

TEST_CASE("lengths beyond the file are refused before anything is taken") {
  CHECK(test::contains(error_of_pickle("X\xFF\xFF\xFF\xFFhi."), "expected 4294967295 more bytes at byte 5, found 3"));
  CHECK(
      test::contains(error_of_pickle("\x8E\x00\x00\x00\x00\x00\x00\x00\x80hi."s), "expected 9223372036854775808 more"));
  CHECK(
      test::contains(error_of_pickle("\x8D\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFhi."), "expected 18446744073709551615 more"));
  CHECK(test::contains(error_of_pickle("\x95\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFN."),
                       "has a frame that ends behind the file"));
  CHECK(test::contains(error_of_pickle("cmodule"), "is cut off"));
}

TEST_CASE("the memo is as large as what was written, whatever the index") {
  CHECK(error_of_pickle("Nr\xFF\xFF\xFF\xFF.") ==
        "weights: the pickle writes memo 4294967295 after 2 steps (file made)");
  CHECK(error_of_pickle("j\xFF\xFF\xFF\xFF.") ==
        "weights: the pickle reads memo 4294967295, which is not written (file made)");
  CHECK(test::contains(error_of_pickle("Nq\x02h\x01\x86."), "reads memo 1, which is not written"));
}

TEST_CASE("cycles and deep nesting cost nothing") {
  const Read cycle("]\x94h\0"s + "a.");  // a list that holds itself
  CHECK(cycle.tree.items(cycle.value)[0].node() == cycle.value.node());
  const Read deep("\x80\x02N" + std::string(1'000'000, '\x85') + ".");  // a tuple in a tuple in a ...
  CHECK(deep.value.is(Kind::tuple));
  CHECK(test::contains(error_of_pickle(std::string(100'000, '(')), "is nested deeper than 256 levels"));
}

TEST_CASE("a pickle that multiplies what it has is stopped") {
  CHECK(test::contains(error_of_pickle(std::string(pickle::Tree::max_values + 1, 'N')),
                       "takes more than 2097152 steps and values"));
  // the same dict copied again and again, each copy twice as large as the step before
  std::string doubling = "}NNs";
  for (int i = 0; i < 40; ++i)
    doubling += "\x94" + op::global("collections", "OrderedDict") + "h" + std::string(1, static_cast<char>(i)) + "h" +
                std::string(1, static_cast<char>(i)) + "\x86R";
  CHECK(test::contains(error_of_pickle(doubling + "."), "takes more than 2097152 steps and values"));
}
