#include <maskrcnn/evaluate/result_categories.hpp>

#include "evaluate/made_data.hpp"

using maskrcnn::evaluate::Category;
using maskrcnn::evaluate::Dataset;
using maskrcnn::evaluate::ResultCategories;
using nlohmann::json;

namespace {

const std::string path = "r.json";

struct Taken {
  std::vector<std::size_t> categories;
  std::size_t told_by_name = 0, told_by_0 = 0;
};

[[nodiscard]] Taken taken(const std::vector<Category>& categories, const json& list) {
  const Dataset data{.name = "made", .categories = categories};
  const ResultCategories found(list, path, data);
  Taken result{.categories = {}, .told_by_name = found.told_by_name(), .told_by_0 = found.told_by_0()};
  for (std::size_t i = 0; i < list.size(); ++i) result.categories.push_back(found[i]);
  return result;
}
[[nodiscard]] std::string error(const std::vector<Category>& categories, const json& list) {
  return test::error_of([&] { (void)taken(categories, list); });
}

[[nodiscard]] json entry(const json& id) { return {{"category_id", id}}; }
[[nodiscard]] json entry(const json& id, const char* name) { return {{"category_id", id}, {"category_name", name}}; }

const std::vector<Category> animals{{.id = 1, .name = "cat"}, {.id = 2, .name = "dog"}, {.id = 5, .name = "cow"}};
const std::vector<Category> cells{{.id = 1, .name = "cell"}};
using Positions = std::vector<std::size_t>;

}  // namespace

TEST_CASE("category_id decides where no name says otherwise") {
  const auto some = taken(animals, {entry(5), entry(1.0), entry(9), entry(2, "dog"), entry(2, "chien"), entry(7, "")});
  CHECK(some.categories == Positions{2, 0, 3, 1, 1, 3});
  CHECK(some.told_by_name == 0);
  CHECK(taken(animals, json::array()).categories.empty());
}

TEST_CASE("labels that count from 0 are known by their names") {
  const auto some = taken(animals, {entry(0, "cat"), entry(1, "dog"), entry(2, "cow")});
  CHECK(some.categories == Positions{0, 1, 2});
  CHECK(some.told_by_name == 3);
  const std::vector<Category> texts{{.id = std::string("c1"), .name = "cat"}};
  CHECK(taken(texts, {entry(0, "cat"), entry("c1")}).categories == Positions{0, 0});
}

TEST_CASE("a name that several categories have tells nothing") {
  const std::vector<Category> twins{{.id = 1, .name = "cat"}, {.id = 2, .name = "cat"}};
  const auto some = taken(twins, {entry(2, "cat"), entry(3, "cat")});
  CHECK(some.categories == Positions{1, 2});
  CHECK(some.told_by_name == 0);
}

TEST_CASE("all of the id 0 are of the only category") {
  const auto some = taken(cells, {entry(0, "class 0"), entry(0)});
  CHECK(some.categories == Positions{0, 0});
  CHECK(some.told_by_0 == 2);
  CHECK(taken(cells, {entry(1), entry(0)}).categories == Positions{0, 1});  // two categories, of which one is known
}

TEST_CASE("results of other categories alone are no results of this data") {
  CHECK(
      error(cells, {entry(2), entry(3, "nucleus"), entry(2)}) ==
      "results: expected results of the categories of made, 1 ('cell'), found none among 3, whose category_id is 2, 3 "
      "('nucleus') (file r.json)");
  CHECK(
      error(animals, json::array({entry(0)})) ==
      "results: expected results of the categories of made, 1 ('cat'), 2 ('dog'), 5 ('cow'), found none among 1, whose "
      "category_id is 0 (file r.json)");
  CHECK(error(animals, json::array({entry("1")})) ==
        "results[0] of r.json: expected a number, as the categories' ids are, as 'category_id', found \"1\"");
}
