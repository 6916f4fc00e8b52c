#include <maskrcnn/evaluate/image_names.hpp>

#include "evaluate/made_data.hpp"

using maskrcnn::evaluate::ImageNames;
using maskrcnn::evaluate::NameKeys;
using maskrcnn::evaluate::only;

namespace {

std::vector<std::size_t> sorted(std::span<const std::size_t> positions) {
  std::vector<std::size_t> list(positions.begin(), positions.end());
  std::sort(list.begin(), list.end());
  return list;
}
using Positions = std::vector<std::size_t>;

maskrcnn::evaluate::Dataset images(const std::vector<std::string>& names) {
  auto data = test::dataset(names.size(), {});
  for (std::size_t i = 0; i < names.size(); ++i) {
    data.images[i].file_name = names[i];
    data.truths.push_back(test::truth(static_cast<std::int64_t>(i + 1), i, 0, 0, 5, 5));
  }
  return data;
}

}  // namespace

TEST_CASE("a key begins with what a path ends in") {
  CHECK(NameKeys("a/b.png").whole == "b.png/a/");
  CHECK(NameKeys("a/b.png").bare == "b/a/");
  for (const char* const same : {"./a//b.png", "/a/b.png", "a/c/../b.png", "a\\b.png"})
    CHECK(NameKeys(same).whole == "b.png/a/");
  CHECK(NameKeys("../b.c.png").whole == "b.c.png/../");
  CHECK(NameKeys("../b.c.png").bare == "b.c/../");
  CHECK(NameKeys(".hidden").bare == ".hidden/");
  for (const char* const none : {"", "/", ".", "./"}) CHECK(NameKeys(none).whole.empty());
}

TEST_CASE("a name means the image whose path shares most of its end") {
  const ImageNames names({"day1/img.png", "day2/img.png", "img.png", "day2/b.jpg", "x/day2/img.png", "b.c.png", ""});
  const auto fit = [&](const char* name) { return sorted(names.fit(NameKeys(name)).images); };
  CHECK(fit("day1/img.png") == Positions{0});
  CHECK(fit("img.png") == Positions{2});  // this very path, although others end so
  CHECK(fit("./day2//img.png") == Positions{1});
  CHECK(fit("y/day2/img.png") == Positions{1, 4});  // both share two names
  CHECK(fit("/data/x/day2/img.tif") == Positions{4});
  CHECK(fit("day1/img") == Positions{0});
  CHECK(fit("day3/img.jpg") == Positions{0, 1, 2, 4});
  CHECK(fit("my_img.png").empty());  // whole names are compared
  CHECK(fit("y2/b.png") == Positions{3});
  CHECK(fit("b.c") == Positions{5});
  CHECK(fit("b.c.jpg") == Positions{5});
  CHECK(fit("day1").empty());
  CHECK(fit("").empty());

  const auto several = names.fit(NameKeys("day3/img.jpg"));
  CHECK(several.contains(4));
  CHECK_FALSE(several.contains(3));
  const auto exact = names.fit(NameKeys("img.png"));
  CHECK(exact.contains(2));
  CHECK_FALSE(exact.contains(0));
}

TEST_CASE("folders count more than the extension, and the extension more than nothing") {
  const ImageNames names({"a/img.jpg", "b/img.png", "c/x.png", "d/x.jpg", "e/x"});
  const auto fit = [&](const char* name) { return sorted(names.fit(NameKeys(name)).images); };
  CHECK(fit("a/img.png") == Positions{0});
  CHECK(fit("img.png") == Positions{1});
  CHECK(fit("f/x.png") == Positions{2});
  CHECK(fit("x.tif") == Positions{4});
}

TEST_CASE("a hundred thousand images of one name are told apart as fast as others") {
  std::vector<std::string> paths;
  for (int i = 0; i < 100'000; ++i) paths.push_back(std::to_string(i).append("/image.png"));
  const ImageNames names(paths);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const auto fit = names.fit(NameKeys("/somewhere/" + paths[i]));
    REQUIRE(fit.images.size() == 1);
    REQUIRE(fit.images.front() == i);
  }
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const auto fit = names.fit(NameKeys("x" + paths[i]));
    REQUIRE(fit.images.size() == paths.size());
    REQUIRE(fit.contains(i));
  }
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "a/";
  CHECK(names.fit(NameKeys(deep + "7/image.png")).images.size() == 1);
}

TEST_CASE("a line of a list selects a path, or all paths that end so") {
  const ImageNames names({"day1/img.png", "day2/img.png", "day2/img.jpg", "b.png", "day1/b.png", "c.d.png"});
  const auto selected = [&](const char* line) { return sorted(names.selected(line)); };
  CHECK(selected("day1/img.png") == Positions{0});
  CHECK(selected("./day1/img") == Positions{0});
  CHECK(selected("day2/img") == Positions{1, 2});
  CHECK(selected("img.png") == Positions{0, 1});
  CHECK(selected("img") == Positions{0, 1, 2});
  CHECK(selected("b") == Positions{3});  // the path without its extension; day1/b.png only ends so
  CHECK(selected("day1/b") == Positions{4});
  CHECK(selected("c.d") == Positions{5});
  CHECK(selected("img.tif").empty());
  CHECK(selected("x/day1/img").empty());
  CHECK(selected("mg").empty());
  CHECK(selected("").empty());
}

TEST_CASE("the listed part of a data set knows what it leaves out, and which lines stand for several images") {
  const auto data = images({"day1/img.png", "day2/img.png", "day2/b.png"});
  const auto both = only(data, {"img", "day1/img"});
  REQUIRE(both.images.size() == 2);
  CHECK(both.truths.size() == 2);
  REQUIRE(both.left_out.size() == 1);
  CHECK(both.left_out[0].id == 3);
  CHECK(both.notes == std::vector<std::string>{"'img' stands for 2 images"});

  const auto second = only(data, {"day2/img.png", "b"});
  CHECK(second.images[0].id == 2);
  CHECK(second.truths[0].image == 0);
  CHECK(second.truths[1].id == 3);
  CHECK(second.notes.empty());
  CHECK(only(images({"1/a.png", "2/a.png", "1/b.png", "2/b.png"}), {"a", "b"}).notes ==
        std::vector<std::string>{"'a' stands for 2 images, and 1 more line stands for several"});
  CHECK(test::error_of([&] {
          (void)only(data, {"img", "day3/img"});
        }) == "data: 'day3/img' is in the list of images, but not in made");
}
