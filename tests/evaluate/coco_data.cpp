#include <maskrcnn/evaluate/coco_data.hpp>

#include "evaluate/made_data.hpp"

using maskrcnn::evaluate::Dataset;
using maskrcnn::evaluate::ImageNaming;
using maskrcnn::evaluate::read_coco_instances;
using maskrcnn::evaluate::read_coco_results;
using maskrcnn::evaluate::Rectangle;

namespace {

const char* const images =
    R"([{"id":7,"file_name":"b.png","height":4,"width":5},{"id":3,"file_name":"a.png","height":6,"width":6}])";
const char* const categories = R"([{"id":2,"name":"cat"},{"id":1,"name":"dog"}])";

std::string instances(const std::string& annotations, const std::string& image_list = images,
                      const std::string& kinds = categories) {
  return std::string(R"({"info":{"a":[1]},"images":)")
      .append(image_list)
      .append(R"(,"annotations":)")
      .append(annotations)
      .append(R"(,"categories":)")
      .append(kinds)
      .append("}");
}

class Files {
 public:
  Dataset read(const std::string& text) const { return read_coco_instances(folder_.write("t.json", text)); }
  /// What is said about an instances file, without its path.
  std::string error(const std::string& text) const {
    return without_path(test::error_of([&] { (void)read(text); }), "t.json");
  }
  std::string annotation_error(const std::string& annotation) const { return error(instances("[" + annotation + "]")); }
  maskrcnn::evaluate::Findings results(const std::string& text, ImageNaming naming = ImageNaming::by_id) const {
    return read_coco_results(folder_.write("r.json", text), read(instances("[]")), naming);
  }
  std::string result_error(const std::string& text) const {
    return without_path(test::error_of([&] { (void)results(text); }), "r.json");
  }

 private:
  std::string without_path(std::string message, const char* name) const {
    const std::string path = folder_.file(name);
    for (std::size_t at = message.find(path); at != std::string::npos; at = message.find(path))
      message.replace(at, path.size(), "FILE");
    CHECK(message.find('\n') == std::string::npos);
    return message;
  }
  test::Folder folder_;
};

}  // namespace

TEST_CASE("images and categories are sorted by id, annotations are not") {
  const Dataset data = Files().read(instances(
      R"([{"id":9,"image_id":7,"category_id":2,"iscrowd":0,"area":5,"bbox":[0,1,2,2],"segmentation":[[0,1,2,1,2,3,0,3]]},
          {"id":4,"image_id":3,"category_id":1,"iscrowd":1,"area":2.5,"bbox":[1,0,1,3],"segmentation":{"size":[6,6],"counts":[6,3,27]}},
          {"id":5,"image_id":3,"category_id":1,"segmentation":{"size":[6,6],"counts":"63k0"}}])"));
  CHECK(data.images[0].id == 3);
  CHECK(data.images[1].size == maskrcnn::Size{4, 5});
  CHECK(data.categories[0].name == "dog");
  CHECK(data.has_masks);
  CHECK(data.truths[0].id == 9);
  CHECK(data.truths[0].image == 1);
  CHECK(data.truths[0].category == 1);
  CHECK(data.truths[0].area == 5);
  CHECK(data.truths[0].mask == test::drawn({".....", "##...", "##...", "....."}));
  CHECK(data.truths[1].crowd);
  CHECK(data.truths[1].mask == data.truths[2].mask);
  // without area and box they are the mask's
  CHECK(data.truths[2].area == 3);
  CHECK(data.truths[2].box == Rectangle{1, 0, 1, 3});
  CHECK_FALSE(data.truths[2].crowd);
}

TEST_CASE("boxes without masks are a data set without masks") {
  const Dataset data = Files().read(instances(
      R"([{"id":1,"image_id":7,"category_id":2,"bbox":[0,1,2,3],"segmentation":[]},{"id":2,"image_id":7,"category_id":2,"bbox":[0,1,2,3]}])"));
  CHECK_FALSE(data.has_masks);
  CHECK(data.truths[0].area == 6);
}

TEST_CASE("files that are no COCO instances are refused in one sentence") {
  const Files files;
  CHECK(files.error("") == "data: FILE is not valid JSON, at byte 1");
  CHECK(files.error("{\"images\":") == "data: FILE is not valid JSON, at byte 11");
  CHECK(files.error("[1e999]") == "data: FILE is not valid JSON: a number in it is too large");
  CHECK(files.error("{\"a\":NoN}") == "data: FILE is not valid JSON, at byte 6");
  CHECK(files.error("{\"a\":NaN, \"b\":\"\x7F\"}") == "data: FILE is not valid JSON, at byte 6");
  CHECK(files.error("\xFF\xFE{\0") == "data: expected text in UTF-8, found UTF-16; save it as UTF-8 (file FILE)");
  CHECK(files.error(std::string("{\0}\0", 4)) ==
        "data: expected text in UTF-8, found UTF-16 without a byte order mark; save it as UTF-8 (file FILE)");
  CHECK(files.error("\xEF\xBB\xBF{") == "data: FILE is not valid JSON, at byte 5");
  CHECK(files.error(std::string(100'000, '[')) == "data: FILE is nested deeper than 16 levels at byte 16");
  CHECK(files.error("[]") ==
        "data: expected COCO instances, a record with the lists 'images', 'annotations' and 'categories'; FILE has no "
        "list 'images'");
  CHECK(test::contains(files.error(R"({"images":[],"annotations":3,"categories":[]})"), "no list 'annotations'"));
  CHECK(files.error(instances("[5]")) == "annotations[0] of FILE: expected an object, found 5");
  CHECK(files.error(instances("[]", R"([{"id":1,"height":4,"width":-1}])")) ==
        "images[0] (id 1) of FILE: expected 1 to 1000000 pixels as 'width', found -1");
  CHECK(files.error(instances("[]", R"([{"id":1,"height":4,"width":"wide"}])")) ==
        "images[0] (id 1) of FILE: expected 1 to 1000000 pixels as 'width', found \"wide\"");
  CHECK(files.error(instances("[]", R"([{"id":1,"height":1000000,"width":1000000}])")) ==
        "images[0] (id 1) of FILE: expected less than 2^32 pixels in all as 'width', found 1000000");
  CHECK(files.error(instances("[]", R"([{"id":1},{"id":"2"}])")) ==
        "images[1] (id \"2\") of FILE: expected a number, as before it, as 'id', found \"2\"");
  CHECK(files.error(instances("[]", images, R"([{"id":[1]}])")) ==
        "categories[0] of FILE: expected a number or a text as 'id', found [1]");
  CHECK(files.error(instances("[]", images, R"([{"id":NaN}])")) ==
        "categories[0] (id NaN) of FILE: expected a number or a text as 'id', found NaN");
}

TEST_CASE("annotations that make no sense are refused in one sentence") {
  const Files files;
  const auto error = [&](const char* fields) {
    return files.annotation_error(
        std::string(R"({"id":1,"image_id":7,"category_id":2,"bbox":[0,0,1,1])").append(fields).append("}"));
  };
  CHECK(files.annotation_error(R"({"id":1,"image_id":7,"bbox":[0,0,1,1]})") ==
        "annotations[0] (id 1) of FILE: expected a number or a text as 'category_id', found nothing");
  for (const char* const other :
       {R"({"id":1,"image_id":8,"category_id":2})", R"({"id":1,"image_id":7,"category_id":9})"})
    CHECK(files.annotation_error(other) ==
          "data: expected annotations of the images and categories that are listed, found none among 1, the first of "
          "which is annotations[0] (id 1) of FILE");
  CHECK(files.annotation_error(R"({"id":1,"image_id":7,"category_id":2,"bbox":[0,0,1]})") ==
        "annotations[0] (id 1) of FILE: expected [x, y, width, height] as 'bbox', found [0,0,1]");
  CHECK(files.annotation_error(R"({"id":1,"image_id":7,"category_id":2,"bbox":[0,Infinity,1,NaN]})") ==
        "annotations[0] (id 1) of FILE: expected [x, y, width, height] as 'bbox', found [0,Infinity,1,NaN]");
  CHECK(error(R"(,"iscrowd":"no")") == "annotations[0] (id 1) of FILE: expected 0 or 1 as 'iscrowd', found \"no\"");
  CHECK(error(R"(,"area":"big")") == "annotations[0] (id 1) of FILE: expected a number as 'area', found \"big\"");
  CHECK(error(R"(,"segmentation":"#")") ==
        "annotations[0] (id 1) of FILE: expected a list of polygons or run lengths as 'segmentation', found \"#\"");
  CHECK(error(R"(,"segmentation":[[1,2,3,4,5,1e12]])") ==
        "annotations[0] (id 1) of FILE: segmentation: polygon: expected coordinates from -1e+06 to 1e+06, found 1e+12");
  CHECK(error(R"(,"segmentation":[[1,2,3,4,5,null]])") ==
        "annotations[0] (id 1) of FILE: segmentation: expected coordinates, found null");
  CHECK(error(R"(,"segmentation":[1,2,3,4,5,6])") ==
        "annotations[0] (id 1) of FILE: segmentation: expected a list of polygons, found 1 in it");
  CHECK(error(R"(,"segmentation":{"size":[4,0.5],"counts":[20]})") ==
        "annotations[0] (id 1) of FILE: segmentation: expected \"size\": [height, width] of 1 to 1000000 pixels, found "
        "[4,0.5]");
  CHECK(error(R"(,"segmentation":[{"size":[4,5],"counts":[20]},{"size":[5,4],"counts":[20]}])") ==
        "annotations[0] (id 1) of FILE: segmentation: expected run lengths of one size, found two sizes");
  CHECK(error(R"(,"segmentation":[{"size":[4,5],"counts":[20]},[1,1,3,1,3,3]])") ==
        "annotations[0] (id 1) of FILE: segmentation: expected run lengths, found [1,1,3,1,3,3] in their list");
  CHECK(error(R"(,"segmentation":{"size":[4,5]})") ==
        "annotations[0] (id 1) of FILE: segmentation: expected \"counts\", run lengths or their text, found nothing");
  CHECK(error(R"(,"segmentation":{"size":[4,5],"counts":[1,2]})") ==
        "annotations[0] (id 1) of FILE: segmentation: rle: expected runs of 20 pixels in all (5 x 4), found 3");
  CHECK(error(R"(,"segmentation":{"size":[4,5],"counts":[1,-2,21]})") ==
        "annotations[0] (id 1) of FILE: segmentation: expected run lengths of 0 to 2^32 - 1 as \"counts\", found -2");
  CHECK(error(R"(,"segmentation":{"size":[4,5],"counts":"12 3"})") ==
        "annotations[0] (id 1) of FILE: segmentation: rle: character 2 of the text is not part of a run length");
}

TEST_CASE("of several faults the first is told, whatever the threads do") {
  const Files files;
  std::string many;
  for (int i = 0; i < 1000; ++i)
    many.append(i == 0 ? "[" : ",")
        .append(R"({"id":)")
        .append(std::to_string(i))
        .append(i < 300 ? R"(,"image_id":7)" : R"(,"image_id":"7")")
        .append(R"(,"category_id":2,"bbox":[0,0,1,1]})");
  CHECK(test::contains(files.error(instances(many + "]")), "annotations[300]"));
}

TEST_CASE("areas of results are those of boxes, if the first has one, else those of masks") {
  const Files files;
  const auto boxes = files.results(
      R"([{"image_id":7,"category_id":2,"score":0.5,"bbox":[0,0,3,4],"segmentation":{"size":[4,5],"counts":[0,2,18]}}])");
  CHECK(boxes.objects[0].area == 12);
  CHECK(boxes.has_masks);
  const auto masks =
      files.results(R"([{"image_id":7,"category_id":2,"score":1,"segmentation":{"size":[4,5],"counts":[0,2,18]}}])");
  CHECK(masks.objects[0].area == 2);
  CHECK(masks.objects[0].box == Rectangle{0, 0, 1, 2});
  CHECK_FALSE(files.results(R"([{"image_id":7,"category_id":2,"score":1,"bbox":[0,0,1,1]}])").has_masks);
  CHECK(files.results("[]").objects.empty());
}

TEST_CASE("results of other categories, and by name of other images, are left out and counted") {
  const Files files;
  const auto by_id = files.results(
      R"([{"image_id":7,"category_id":2,"score":1,"bbox":[0,0,1,1]},{"image_id":7,"category_id":99,"score":1,"bbox":[0,0,1,1]}])");
  CHECK(by_id.objects.size() == 1);
  CHECK(by_id.other_categories == 1);
  const auto by_name = files.results(
      R"([{"image_id":1,"file_name":"x/a.jpg","category_id":2,"score":1,"bbox":[0,0,1,1]},{"image_id":2,"file_name":"c.png","category_id":2,"score":1,"bbox":[0,0,1,1]}])",
      ImageNaming::by_file_name);
  CHECK(by_name.objects.size() == 1);
  CHECK(by_name.objects[0].image == 0);
  CHECK(by_name.other_images == 1);
}

TEST_CASE("results by name find their images by folder, and by image_id where only that tells") {
  const test::Folder folder;
  const auto read = [&](const std::string& list) {
    auto data = read_coco_instances(folder.write(
        "t.json",
        instances(
            "[]",
            R"([{"id":7,"file_name":"d1/a.png","height":4,"width":5},{"id":3,"file_name":"d2/a.png","height":4,"width":5}])")));
    if (!list.empty()) data = maskrcnn::evaluate::only(std::move(data), {list});
    return read_coco_results(
        folder.write(
            "r.json",
            R"([{"image_id":3,"file_name":"a.png","category_id":2,"score":1,"bbox":[0,0,1,1]},{"image_id":7,"file_name":"a.png","category_id":2,"score":1,"bbox":[0,0,1,1]}])"),
        data, ImageNaming::by_file_name);
  };
  const auto both = read("a");
  REQUIRE(both.objects.size() == 2);
  CHECK(both.objects[0].image == 0);
  CHECK(both.objects[1].image == 1);
  CHECK(both.told_by_id == 2);
  const auto one = read("d1/a");
  REQUIRE(one.objects.size() == 1);
  CHECK(one.objects[0].image == 0);
  CHECK(one.other_images == 1);
}

TEST_CASE("results that make no sense are refused in one sentence") {
  const Files files;
  CHECK(files.result_error("{}") == "results: expected a list of COCO results, found {} (file FILE)");
  CHECK(files.result_error("[3]") == "results[0] of FILE: expected an object, found 3");
  CHECK(files.result_error(R"([{"image_id":7,"category_id":2,"score":1}])") ==
        "results[0] (image_id 7) of FILE: expected [x, y, width, height] as 'bbox', found nothing");
  CHECK(test::contains(files.result_error(R"([{"image_id":5,"category_id":2,"score":1,"bbox":[0,0,1,1]}])"),
                       "expected the id of an image of"));
  CHECK(files.result_error(R"([{"image_id":7,"category_id":2,"bbox":[0,0,1,1]}])") ==
        "results[0] (image_id 7) of FILE: expected a number as 'score', found nothing");
  CHECK(files.result_error(R"([{"image_id":7,"category_id":2,"score":null,"bbox":[0,0,1,1]}])") ==
        "results[0] (image_id 7) of FILE: expected a number as 'score', found null");
  CHECK(test::contains(files.result_error(R"([{"image_id":7,"category_id":2,"score":1,"bbox":[0,null,1,1]}])"),
                       "found [0,null,1,1]"));
  CHECK(
      files.result_error(
          R"([{"image_id":7,"category_id":2,"score":1,"bbox":[0,0,1,1],"segmentation":{"size":[4,5],"counts":[20]}},{"image_id":7,"category_id":2,"score":1,"bbox":[0,0,1,1],"segmentation":[]}])") ==
      "results[1] (image_id 7) of FILE: expected a list of polygons or run lengths as 'segmentation', found []");
}
