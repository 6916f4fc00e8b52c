// What the library writes and reads does not change with the locale that its host has set.

#include <maskrcnn/core/classic_locale.hpp>
#include <maskrcnn/evaluate/coco_data.hpp>
#include <maskrcnn/evaluate/html_report.hpp>
#include <maskrcnn/io/chrome_trace.hpp>
#include <maskrcnn/io/coco_json.hpp>
#include <maskrcnn/io/overlay.hpp>
#include <maskrcnn/self_test.hpp>
#include <maskrcnn/weights/metadata_value.hpp>
#include <maskrcnn/weights/require_convention.hpp>

#include "comma_locale.hpp"
#include "evaluate/report_data.hpp"

namespace {

[[nodiscard]] std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

[[nodiscard]] maskrcnn::Detections detections() {
  maskrcnn::Detections found;
  found.push_back({.box = {100.5F, 50.25F, 1300.75F, 900.125F}, .label = 1, .score = 0.875F, .mask = {}});
  return found;
}

[[nodiscard]] std::string overlay() {
  const maskrcnn::Image image({1000, 1400}, std::vector<std::uint8_t>(std::size_t{3} * 1000 * 1400, 90));
  const maskrcnn::Image drawn = maskrcnn::io::draw_overlay(image, detections(), {"background", "cell"});
  return {reinterpret_cast<const char*>(drawn.row(0)), 3 * static_cast<std::size_t>(drawn.width() * drawn.height())};
}

[[nodiscard]] std::string self_test_failure() {
  maskrcnn::SelfTest test;
  test.objects.push_back({.box = {1000.5F, 2, 3, 4}, .label = 1, .score = 0.25F});
  return test::error_of([&] { test.check(detections(), "made"); });
}

[[nodiscard]] std::string trace(const test::Folder& folder) {
  maskrcnn::Profile profile;
  profile.add({.name = "layer",
               .category = "layer",
               .start = {},
               .duration = std::chrono::nanoseconds(1234567),
               .notes = {.flops = 1.5e9, .details = {}}});
  maskrcnn::io::ChromeTrace file(folder.file("trace.json"));
  file.add("image", profile);
  file.finish();
  return bytes_of(folder.file("trace.json"));
}

[[nodiscard]] std::string results(const test::Folder& folder) {
  maskrcnn::io::CocoResults file(folder.file("results.json"));
  file.add({.id = 1234567, .file_name = "a.png"}, detections(), {"background", "cell"});
  file.finish();
  return bytes_of(folder.file("results.json"));
}

/// Numbers that were read from JSON, and written again.
[[nodiscard]] std::string truth() {
  const std::string text =
      R"({"images":[{"id":1.0,"width":60.0,"height":"40"}],"categories":[{"id":1}],"annotations":[{"id":1,"image_id":1,)"
      R"("category_id":1,"bbox":[1.5,"2.25",1e1,0.125e2],"area":1234.5,"segmentation":[[1.5,1.5,"20.5",1.5,9.5,30.5]]}]})";
  const auto data = maskrcnn::evaluate::parse_coco_instances({text.begin(), text.end()}, "made");
  const auto& [x, y, width, height] = data.truths.at(0).box;
  return maskrcnn::io::json_numbers(std::array{x, y, width, height, data.truths[0].area}) +
         maskrcnn::io::compress_rle(data.truths[0].mask.rle()) + maskrcnn::listed(data.notes);
}

[[nodiscard]] std::string metadata() {
  double number = 0;
  CHECK(maskrcnn::metadata_value::parse_text("0.25", number));
  std::vector<std::vector<double>> sizes;
  CHECK(maskrcnn::metadata_value::parse_text("[[1.5, 2e-1], [1000.25]]", sizes));
  return maskrcnn::io::json_number(number) + maskrcnn::io::json_numbers(sizes.at(0)) +
         maskrcnn::io::json_numbers(sizes.at(1));
}

[[nodiscard]] std::string page() {
  const auto data = test::report_data();
  const auto findings = test::report_findings();
  const auto report = maskrcnn::evaluate::make_report(data, findings);
  return maskrcnn::evaluate::html_page(report, data, findings, {.title = "page"});
}

[[nodiscard]] std::string other_convention() {
  const auto weights = test::MadeWeights().say("convention", "torchvision_roi_pool").weights();
  return test::error_of([&] { maskrcnn::require_convention(weights, {.name = "other", .naming = "other"}); });
}

[[nodiscard]] std::vector<std::pair<const char*, std::string>> everything() {
  const test::Folder folder;
  return {{"errors", test::error_of([] { maskrcnn::fail(1234567, " and ", 0.5, " and ", 1e-5); })},
          {"decimals", maskrcnn::decimals(1234567.25, 2)},
          {"self-test", self_test_failure()},
          {"overlay", overlay()},
          {"trace", trace(folder)},
          {"results", results(folder)},
          {"truth", truth()},
          {"metadata", metadata()},
          {"page", page()},
          {"convention", other_convention()}};
}

}  // namespace

TEST_CASE("nothing that is written or read changes where the host's locale has other numbers") {
  const auto expected = everything();
  CHECK(test::contains(expected[2].second, "score 0.250000 in [1000.500000, 2.000000"));
  CHECK(test::contains(expected[6].second, "[1.5,2.25,10,12.5,1234.5]"));
  CHECK(test::contains(expected[9].second, "TorchvisionRoiPool"));
  for (const char* const point : {",", "\u066B"}) {
    CAPTURE(point);
    const test::CommaLocale locale(point);
    std::ostringstream stream;
    stream << 1234.5;
    CHECK(stream.str() == "1.234,5");  // the host's own numbers are as it wants them
    const auto found = everything();
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CAPTURE(expected[i].first);
      CHECK((found[i].second == expected[i].second));
    }
  }
}

TEST_CASE("the guard is for its own thread and time") {
  const test::CommaLocale locale;
  {
    const maskrcnn::ClassicLocale points;
    CHECK(std::string(std::localeconv()->decimal_point) == ".");
  }
  CHECK(std::string(std::localeconv()->decimal_point) == ",");
}
