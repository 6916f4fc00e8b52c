#include <maskrcnn/evaluate/coco_data.hpp>
#include <maskrcnn/evaluate/coco_evaluation.hpp>
#include <maskrcnn/evaluate/html_report.hpp>
#include <maskrcnn/evaluate/report.hpp>

#include "evaluate/made_data.hpp"

using maskrcnn::evaluate::CocoEvaluation;
using maskrcnn::evaluate::Dataset;
using maskrcnn::evaluate::Findings;
using maskrcnn::evaluate::KeypointMarks;
using maskrcnn::evaluate::Measure;
using maskrcnn::evaluate::Oddity;
using nlohmann::json;

namespace {

/// Seventeen keypoints in a column, all labelled.
[[nodiscard]] json column(double x, double y) {
  json numbers = json::array();
  for (int k = 0; k < 17; ++k)
    for (const double number : {x, y + k, 2.0}) numbers.push_back(number);
  return numbers;
}

/// One image, one person, and one found where it is.
struct Files {
  json truth = {{"images", {{{"id", 1}, {"file_name", "a.png"}, {"width", 100}, {"height", 100}}}},
                {"categories", {{{"id", 1}, {"name", "person"}}}},
                {"annotations",
                 {{{"id", 1},
                   {"image_id", 1},
                   {"category_id", 1},
                   {"iscrowd", 0},
                   {"bbox", {10, 10, 40, 40}},
                   {"area", 1600},
                   {"num_keypoints", 17},
                   {"keypoints", column(20, 12)}}}}};
  json results = {{{"image_id", 1}, {"category_id", 1}, {"score", 0.9}, {"keypoints", column(20, 12)}}};
  Dataset data;
  Findings findings;

  json& annotation() { return truth["annotations"][0]; }

  std::string read() {
    const auto bytes = [](const json& file) {
      const std::string text = file.dump();
      return std::vector<std::uint8_t>(text.begin(), text.end());
    };
    return test::error_of([&] {
      data = maskrcnn::evaluate::parse_coco_instances(bytes(truth), "t.json");
      findings = maskrcnn::evaluate::parse_coco_results(bytes(results), "r.json", data);
    });
  }
  [[nodiscard]] double ap() {
    REQUIRE(read() == "(no error)");
    const auto report = maskrcnn::evaluate::make_report(data, findings);
    REQUIRE(report.keypoints.has_value());
    return report.keypoints->ap;
  }
  [[nodiscard]] bool says(const std::vector<std::string>& notes, Oddity kind) const {
    return std::any_of(notes.begin(), notes.end(), [&](const std::string& note) {
      return note.starts_with(maskrcnn::evaluate::odd_texts[static_cast<std::size_t>(kind)]);
    });
  }
};

}  // namespace

TEST_CASE("the ten numbers are pycocotools'") {
  const test::Folder folder;
  for (const auto& golden : test::golden_lines("keypoints.jsonl")) {
    const auto data = maskrcnn::evaluate::read_coco_instances(folder.write("truth.json", golden["truth"].dump()));
    const auto findings =
        maskrcnn::evaluate::read_coco_results(folder.write("results.json", golden["results"].dump()), data);
    CHECK(data.has_keypoints);
    CHECK(findings.has_keypoints);
    const CocoEvaluation evaluation(data, findings.objects, Measure::keypoints,
                                    maskrcnn::evaluate::coco_keypoint_limit);
    const auto values = evaluation.keypoint_summary().values();
    for (std::size_t i = 0; i < values.size(); ++i) {
      const char* const name = maskrcnn::evaluate::keypoint_summary_names[i];
      CAPTURE(golden["seed"].get<int>());
      CAPTURE(name);
      CHECK(std::abs(values[i] - golden["expected"][name].get<double>()) <= 1e-12);
    }
  }
}

TEST_CASE("similarity falls with the distance, in units of the object's size and of the keypoint's spread") {
  using maskrcnn::evaluate::similarity;
  KeypointMarks truth(17), found(17);
  truth[0].v = 2;
  CHECK(similarity(found, truth, {0, 0, 10, 10}, 100) == 1);
  found[0].x = 2 * 0.026 * 10;  // twice the sigma of a nose, times the size
  CHECK(similarity(found, truth, {0, 0, 10, 10}, 100) == doctest::Approx(std::exp(-0.5)));
  found[5].x = 1000;  // not labelled
  CHECK(similarity(found, truth, {0, 0, 10, 10}, 100) == doctest::Approx(std::exp(-0.5)));
  CHECK(similarity({}, truth, {0, 0, 10, 10}, 100) == 0);
  // nothing labelled: how far from the box and its surroundings
  truth[0].v = 0;
  found[5].x = -10;
  CHECK(similarity(found, truth, {0, 0, 10, 10}, 100) == 1);
  CHECK(similarity(found, {}, {0, 0, 10, 10}, 100) == 1);
  found[5].x = 1000;
  CHECK(similarity(found, truth, {0, 0, 10, 10}, 100) == doctest::Approx(16.0 / 17));
}

TEST_CASE("results of keypoints alone are scored, by the box around them") {
  Files files;
  CHECK(files.ap() == doctest::Approx(1));
  CHECK_FALSE(files.findings.has_masks);
  CHECK(files.findings.objects[0].box == maskrcnn::evaluate::Rectangle{20, 12, 0, 16});
  files.results[0]["bbox"] = {1, 2, 3, 4};
  CHECK(files.ap() == doctest::Approx(1));
  CHECK(files.findings.objects[0].area == 12);
}

TEST_CASE("the page has the ten numbers, if there are any") {
  Files files;
  CHECK(files.ap() == doctest::Approx(1));
  const auto page = [&](bool scored) {
    files.findings.has_keypoints = scored;
    const auto report = maskrcnn::evaluate::make_report(files.data, files.findings);
    return maskrcnn::evaluate::html_page(report, files.data, files.findings, {});
  };
  CHECK(test::contains(page(true), "<tr><th>keypoints</th><td class=\"main\">1.000</td>"));
  CHECK_FALSE(test::contains(page(false), "<th>keypoints</th>"));
}

TEST_CASE("people without keypoints count neither way, those that the data do not say neither") {
  Files files;
  files.annotation()["num_keypoints"] = 0;
  CHECK(files.ap() == -1);
  files.annotation().erase("num_keypoints");
  CHECK(files.ap() == doctest::Approx(1));
  CHECK(files.says(files.data.notes, Oddity::no_number_of_keypoints));
  files.truth["annotations"].push_back(files.annotation());
  files.truth["annotations"][1].erase("keypoints");
  files.truth["annotations"][1]["id"] = 2;
  CHECK(files.ap() == doctest::Approx(1));
  CHECK(files.says(files.data.notes, Oddity::no_keypoints));
  files.annotation()["keypoints"] = nullptr;
  CHECK(files.read() == "(no error)");
  CHECK_FALSE(files.data.has_keypoints);
  CHECK_FALSE(files.says(files.data.notes, Oddity::no_keypoints));
}

TEST_CASE("detections without keypoints fit none") {
  Files files;
  files.results.push_back(files.results[0]);
  files.results[1].erase("keypoints");
  files.results[1]["score"] = 0.95;
  CHECK(files.ap() == doctest::Approx(0.5));
  CHECK(files.says(files.findings.notes, Oddity::nothing_for_keypoints));
}

TEST_CASE("keypoints that are not COCO's 17 are not scored") {
  Files files;
  files.annotation()["keypoints"] = {1, 2, 2, 3, 4, 2};
  CHECK(files.read() == "(no error)");
  CHECK_FALSE(files.data.has_keypoints);
  CHECK(files.says(files.data.notes, Oddity::other_keypoints));
  Files others;
  others.results[0]["keypoints"] = {1, 2, 2, 3, 4, 2};
  CHECK(others.read() == "(no error)");
  CHECK_FALSE(others.findings.has_keypoints);
  CHECK(others.says(others.findings.notes, Oddity::other_keypoints));
  CHECK_FALSE(maskrcnn::evaluate::make_report(others.data, others.findings).keypoints.has_value());
}

TEST_CASE("keypoints that make no sense are refused, with their place") {
  const std::string place =
      "annotations[0] (id 1) of t.json: expected a list of numbers, x, y, v of each keypoint, as "
      "'keypoints', found ";
  const auto error = [](const json& keypoints) {
    Files files;
    files.annotation()["keypoints"] = keypoints;
    return files.read();
  };
  CHECK(error({1, 2}) == place + "[1,2]");
  CHECK(error({1, 2, "2"}) == place + "\"2\" in it");
  CHECK(error("none") == place + "\"none\"");
  CHECK(error({1, nullptr, 2}) == place + "null in it");
  Files files;
  files.results[0]["keypoints"].push_back(1);
  CHECK(test::contains(files.read(), "results[0] (image_id 1) of r.json: expected a list of numbers, x, y, v"));
  Files counted;
  for (const json& odd : {json(-1), json("17"), json::array({17})}) {
    counted.annotation()["num_keypoints"] = odd;
    CHECK(test::contains(counted.read(), "as 'num_keypoints', found "));
  }
}
