#include <maskrcnn/evaluate/label_categories.hpp>

#include "support.hpp"

using maskrcnn::BackgroundClass;
using maskrcnn::Labels;
using maskrcnn::evaluate::Dataset;
using maskrcnn::evaluate::LabelCategories;

namespace {

[[nodiscard]] Dataset data(std::vector<maskrcnn::evaluate::Category> categories) {
  return {.categories = std::move(categories)};
}

}  // namespace

TEST_CASE("a label's category has its name, whatever its id") {
  const Dataset animals = data({{.id = 3, .name = "cat"}, {.id = 5, .name = "dog"}});
  const LabelCategories first(animals, {3, BackgroundClass::first}, {"__background__", "dog", "cat"});
  CHECK(first(1) == 1);
  CHECK(first(2) == 0);
  CHECK(first.label_of(0) == 2);
  CHECK(first.label_of(1) == 1);
  CHECK(first(0) == 2);  // none
  CHECK(first(7) == 2);
  CHECK(first(-1) == 2);
  const LabelCategories last(animals, {3, BackgroundClass::last}, {"dog", "cat"});
  CHECK(last(0) == 1);
  CHECK(last(1) == 0);
  CHECK(last.label_of(0) == 1);
  CHECK(last.label_of(1) == 0);
}

TEST_CASE("without a common name, the label is the category's id") {
  const Dataset animals = data({{.id = 1, .name = "cat"}, {.id = 2, .name = "dog"}});
  const LabelCategories unnamed(animals, {91, BackgroundClass::first}, {});
  CHECK(unnamed(1) == 0);
  CHECK(unnamed(2) == 1);
  CHECK(unnamed.label_of(1) == 2);
  const LabelCategories named(animals, {3, BackgroundClass::first}, {"__background__", "Katze", "Hund"});
  CHECK(named(2) == 1);
  CHECK_FALSE(named.label_of(1).has_value());  // the model does not know dogs
  const Dataset far =
      data({{.id = std::int64_t{1} << 40, .name = "cat"}, {.id = std::int64_t{1} << 41, .name = "dog"}});
  CHECK_FALSE(LabelCategories(far, {3, BackgroundClass::first}, {}).label_of(0).has_value());
}

TEST_CASE("the only class of a model is the only category of the data, wherever the background is") {
  const Dataset cells = data({{.id = 1, .name = "cell"}});
  for (const auto background : {BackgroundClass::first, BackgroundClass::last}) {
    const Labels labels{2, background};
    const int object = background == BackgroundClass::first ? 1 : 0;
    for (const bool named : {false, true}) {
      std::vector<std::string> names;
      if (named)
        names = background == BackgroundClass::first ? std::vector<std::string>{"__background__", "nucleus"}
                                                     : std::vector<std::string>{"nucleus"};
      const LabelCategories only(cells, labels, names);
      CHECK(only(object) == 0);
      CHECK(only.label_of(0) == object);
      CHECK(only(2) == 1);  // no label of the model
    }
  }
}

TEST_CASE("two names of a model whose background is last are two classes") {
  const Dataset cells = data({{.id = 1, .name = "nucleus"}});
  const LabelCategories two(cells, {3, BackgroundClass::last}, {"membrane", "nucleus"});
  CHECK(two(0) == 1);  // membranes are not in the data
  CHECK(two(1) == 0);
  CHECK(two.label_of(0) == 1);
}
