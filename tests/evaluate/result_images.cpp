#include <maskrcnn/evaluate/result_images.hpp>

#include "evaluate/made_data.hpp"

using maskrcnn::evaluate::Dataset;
using maskrcnn::evaluate::ImageNaming;
using maskrcnn::evaluate::only;
using maskrcnn::evaluate::ResultImages;

namespace {

/// Images with the ids 1, 2 ... and these names.
Dataset images(const std::vector<std::string>& names) {
  Dataset data = test::dataset(names.size(), {});
  for (std::size_t i = 0; i < names.size(); ++i) data.images[i].file_name = names[i];
  return data;
}

/// Where the entries belong, each "name", "name#id" or "#id"; how many images there are means: to none of them.
struct Taken {
  std::vector<std::size_t> images;
  std::size_t told_by_id = 0, other_names = 0, other_folders = 0;
};
Taken taken(const Dataset& data, const std::vector<std::string>& entries,
            ImageNaming naming = ImageNaming::by_file_name) {
  nlohmann::json list = nlohmann::json::array();
  for (const std::string& entry : entries) {
    const auto mark = entry.find('#');
    list.push_back(nlohmann::json::object());
    if (mark != 0) list.back()["file_name"] = entry.substr(0, mark);
    if (mark != std::string::npos) list.back()["image_id"] = std::stoi(entry.substr(mark + 1));
  }
  const std::string path = "r.json";
  const ResultImages found(list, path, data, naming);
  Taken result{.images = {},
               .told_by_id = found.told_by_id(),
               .other_names = found.other_names(),
               .other_folders = found.other_folders()};
  for (std::size_t i = 0; i < entries.size(); ++i) result.images.push_back(found[i]);
  return result;
}
using Positions = std::vector<std::size_t>;

std::string error(const Dataset& data, const std::vector<std::string>& entries) {
  return test::error_of([&] { (void)taken(data, entries); });
}

}  // namespace

TEST_CASE("images of one name in two folders are told apart by their folders") {
  const Dataset data = images({"day1/img.png", "day2/img.png"});
  CHECK(taken(data, {"day1/img.png#2", "day2/img.png#1", "/x/day1/img.jpg", "day2/img"}).images ==
        Positions{0, 1, 2, 2});  // the last two are less like these images than the first two
  CHECK(taken(data, {"/x/day1/img.jpg", "day2/img"}).images == Positions{0, 1});
  CHECK(
      error(data, {"day3/b.png"}) ==
      "results: expected results of images of made, such as 'day1/img.png', found none among 1, the first of which is "
      "of 'day3/b.png' (file r.json)");
  CHECK(taken(data, {"day3/b.png", "day1/img.png"}).images == Positions{2, 0});
}

TEST_CASE("names that say another folder than that of their image are counted") {
  const Dataset data = images({"day1/a.png", "b.png", "x/day2/c.png"});
  const auto some = taken(data, {"day3/a.png", "day3/b.png", "c.png", "day2/c.jpg"});
  CHECK(some.images == Positions{0, 1, 3, 2});
  CHECK(some.other_folders == 1);  // that of a.png: where b.png lies, the data does not say
  CHECK(taken(data, {"day1/a.png", "/x/day1/a.png"}).other_folders == 0);
}

TEST_CASE("a name that fits several images leaves it to image_id") {
  const Dataset data = images({"day1/img.png", "day2/img.png", "b.png"});
  const auto by_id = taken(data, {"img.png#2", "img.png#1", "img.png#2", "b.png#1"});
  CHECK(by_id.images == Positions{1, 0, 1, 2});
  CHECK(by_id.told_by_id == 3);
  CHECK(error(data, {"b.png", "img.png#3"}) ==
        "results[1] (image_id 3) of r.json: expected a name that fits one image of made best, or the 'image_id' of one "
        "that it "
        "fits, as 'file_name', found 'img.png', which may be 'day1/img.png' (id 1) or 'day2/img.png' (id 2)");
  CHECK(test::contains(error(data, {"img.png"}), "which may be"));
  // the same name twice in the data, too
  const Dataset twins = images({"a.png", "a.png"});
  CHECK(taken(twins, {"a.png#2", "a.png#1"}).images == Positions{1, 0});
  CHECK(test::contains(error(twins, {"a.png"}), "which may be 'a.png' (id 1) or 'a.png' (id 2)"));
}

TEST_CASE("an entry of an image that is not selected is not taken for one that is") {
  const Dataset all = images({"day1/img.png", "day2/img.png", "day2/b.png"}), data = only(all, {"day1/img"});
  CHECK(taken(data, {"day2/img.png", "day1/img.png"}).images == Positions{1, 0});
  CHECK(taken(data, {"day2/img.png"}).images == Positions{1});
  CHECK(taken(data, {"img.png#2", "img.png#1"}).images == Positions{1, 0});
  CHECK(taken(data, {"#1", "#2", "#3"}).images == Positions{0, 1, 1});
  CHECK(test::contains(error(data, {"#4"}), "expected the id of an image of made as 'image_id', found 4"));
  CHECK(test::contains(error(data, {"img.png"}), "which may be"));
  // nobody need tell apart what is not scored
  CHECK(taken(only(all, {"b"}), {"img.png"}).images == Positions{1});
}

TEST_CASE("results of two images are not those of one") {
  const Dataset data = images({"img.png"});
  CHECK(taken(data, {"day2/img.png#2", "img.png#1"}).images == Positions{1, 0});
  CHECK(taken(data, {"./img.png#1", "img.png#1", "img.png"}).images == Positions{0, 0, 0});
  CHECK(
      error(data, {"day1/img.png#1", "day1/img.png#1", "day2/img.png#2"}) ==
      "results[2] (image_id 2) of r.json: expected one image that may be 'img.png' of made, found two, 'day1/img.png' "
      "(image_id 1) and 'day2/img.png' (image_id 2)");
  CHECK(test::contains(error(data, {"img.png#1", "img.png#2"}),
                       "found two, 'img.png' (image_id 1) and 'img.png' (image_id 2)"));
}

TEST_CASE("without a name, image_id counts, but not where ids are only numbers of files in a folder") {
  Dataset data = images({"a.png", "b.png"});
  CHECK(taken(data, {"#2"}).images == Positions{1});
  data.has_ids = false;
  CHECK(taken(data, {"b.png#1"}).images == Positions{1});
  CHECK(error(data, {"#2"}) ==
        "results[0] (image_id 2) of r.json: expected an image's name (those of a folder have no ids) as 'file_name', "
        "found nothing");
}

TEST_CASE("by id the names decide nothing, but those that are another image's are counted") {
  const Dataset data = images({"day1/img.png", "day2/img.png", "b.png"});
  const auto by_id =
      taken(data, {"day2/img.png#2", "img.png#2", "day1/img.png#2", "b.png#1", "c.png#1", "#3"}, ImageNaming::by_id);
  CHECK(by_id.images == Positions{1, 1, 1, 0, 0, 2});
  CHECK(by_id.other_names == 2);
}
