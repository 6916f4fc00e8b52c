#include <maskrcnn/weights/json_text.hpp>

#include <nlohmann/json.hpp>

#include "support.hpp"

using maskrcnn::JsonKind;
using maskrcnn::JsonText;
using maskrcnn::JsonValue;
using Fault = maskrcnn::JsonText::Fault;

namespace {

[[nodiscard]] Fault fault_of(const std::string& text, std::size_t depth = 4) {
  JsonText json;
  return json.parse(text, depth);
}

/// The same value, told by nlohmann's library.
[[nodiscard]] std::string shown(const std::string& text) {
  JsonText json;
  REQUIRE(json.parse(text, 10) == Fault::none);
  CHECK(json.root().kind_name() == std::string(nlohmann::json::parse(text).type_name()));
  return json.root().shown();
}

}  // namespace

TEST_CASE("values are those of the text, members sorted by key") {
  JsonText json;
  REQUIRE(json.parse(R"( {"b": [1, -2, 0.5, 18446744073709551615], "a": "t\u00e9xt", "c": {"d": true}, "": null} )",
                     4) == Fault::none);
  const auto members = json.root().members();
  REQUIRE(members.size() == 4);
  std::string keys;
  for (const auto& [key, value] : members) keys.append(key).append(";");
  CHECK(keys == ";a;b;c;");
  CHECK(members.at("").is(JsonKind::null));
  CHECK(members.at("a").text() == "t\xC3\xA9xt");
  CHECK(members.at("c").members().at("d").boolean());
  const auto items = members.at("b").items();
  REQUIRE(items.size() == 4);
  CHECK(items[0].is(JsonKind::integer));
  CHECK(items[0].integer() == 1);
  CHECK(items[1].is(JsonKind::negative));
  CHECK(items[1].number() == -2);
  CHECK(items[2].is(JsonKind::real));
  CHECK(items[2].number() == 0.5);
  CHECK(items[3].integer() == ~std::uint64_t{0});
  REQUIRE(json.parse("[]", 4) == Fault::none);  // in place of the last
  CHECK(json.root().items().empty());
}

TEST_CASE("messages show values as nlohmann's library writes them") {
  for (const std::string text :
       {"null", "true", "false", "0", "7", "-7", "18446744073709551615", "-9223372036854775808", "1.5", "-0.25", "2.0",
        "1e-7", "\"\"", "\"a \\\"b\\\" \\\\ \\/ \\b\\f\\n\\r\\t \\u0001\\u001f\\u007f \\u00e9\\ud83d\\ude00\"", "[]",
        "{}", "[1,[2,[]],{}]", R"({"z": 1, "a": {"y": [null], "b": "x"}})"}) {
    CAPTURE(text);
    CHECK(shown(text) == nlohmann::json::parse(text).dump());
  }
}

TEST_CASE("what is no JSON is refused where nlohmann's library refuses it") {
  const std::string good = R"({"a":[1,-2,35.25,"x\u00e9\n",true,false,null],"b":{"c":[]}})";
  REQUIRE(fault_of(good) == Fault::none);
  int refused = 0;
  const auto compare = [&](const std::string& text) {
    CAPTURE(text);
    JsonText json;
    const Fault fault = json.parse(text, 100);
    try {
      const auto value = nlohmann::json::parse(text);
      CHECK((fault == Fault::repeated || (fault == Fault::none && json.root().shown() == value.dump())));
    } catch (const nlohmann::json::parse_error& error) {
      CHECK(fault == Fault::syntax);
      CHECK(json.fault_byte() == error.byte);
      ++refused;
    } catch (const nlohmann::json::out_of_range&) {
      CHECK(fault == Fault::number);
    }
  };
  for (std::size_t length = 0; length < good.size(); ++length) compare(good.substr(0, length));
  CHECK(refused == static_cast<int>(good.size()));
  for (std::size_t at = 0; at < good.size(); ++at)
    for (const char changed : {'"', '{', '}', '[', ']', ',', ':', '9', 'e', '-', '\\', '\0', '\xFF'}) {
      std::string text = good;
      text[at] = changed;
      compare(text);
    }
  CHECK(refused > 200);
  for (const char* text :
       {"", " ", "{", "[1,]", "{\"a\"}", "nul", "01", "1 2", "\"\xC3\"", "1e999", "-1e999", "1e-999"})
    compare(text);
  CHECK(fault_of("1e999") == Fault::number);
}

TEST_CASE("depth is bounded, and a key is there once") {
  CHECK(fault_of("[[[[1]]]]") == Fault::none);
  CHECK(fault_of("[[[[[") == Fault::depth);
  CHECK(fault_of(std::string(1000000, '[')) == Fault::depth);
  CHECK(fault_of("[{},{},[[]],[[]]]", 3) == Fault::none);
  JsonText json;
  CHECK(json.parse(R"([{"a":1},{"a":1,"b":2,"a":3}])", 4) == Fault::repeated);
  CHECK(json.repeated_key() == "a");
  CHECK(fault_of(R"({"a":{"a":1}})") == Fault::none);
}
