#include <maskrcnn/evaluate/coco_data.hpp>
#include <maskrcnn/evaluate/coco_evaluation.hpp>

#include "evaluate/made_data.hpp"

using maskrcnn::evaluate::CocoEvaluation;
using maskrcnn::evaluate::Measure;
using maskrcnn::evaluate::Outcome;

TEST_CASE("all numbers are pycocotools'") {
  const test::Folder folder;
  for (const auto& golden : test::golden_lines("evaluations.jsonl")) {
    const auto data = maskrcnn::evaluate::read_coco_instances(folder.write("truth.json", golden["truth"].dump()));
    const auto findings =
        maskrcnn::evaluate::read_coco_results(folder.write("results.json", golden["results"].dump()), data);
    const auto limit = golden["limit"].get<std::size_t>();
    for (const Measure measure : {Measure::box, Measure::mask}) {
      const CocoEvaluation evaluation(data, findings.objects, measure, limit);
      const auto values = evaluation.summary(limit != 100).values();
      const auto& expected = golden["expected"][measure == Measure::box ? "box" : "mask"];
      for (std::size_t i = 0; i < values.size(); ++i) {
        CAPTURE(golden["seed"].get<int>());
        CAPTURE(maskrcnn::evaluate::coco_summary_names[i]);
        CHECK(std::abs(values[i] - expected[maskrcnn::evaluate::coco_summary_names[i]].get<double>()) <= 1e-12);
      }
    }
  }
}

TEST_CASE("the thresholds are numpy's, to the last bit") {
  CHECK(maskrcnn::evaluate::coco_threshold(0) == 0.5);
  CHECK(maskrcnn::evaluate::coco_threshold(4) == 0.7);
  CHECK(maskrcnn::evaluate::coco_threshold(5) == 0.75);
  CHECK(maskrcnn::evaluate::coco_threshold(8) == 0x1.cccccccccccccp-1);
  CHECK(maskrcnn::evaluate::coco_threshold(9) == 0.95);
}

TEST_CASE("everything found and nothing else is 1 in every number") {
  // one small, one medium, in two images
  const auto data = test::dataset(3, {test::truth(1, 0, 10, 10, 20, 20), test::truth(2, 2, 0, 0, 50, 60)});
  const CocoEvaluation evaluation(data, {test::found(0.3, 0, 10, 10, 20, 20), test::found(0.9, 2, 0, 0, 50, 60)},
                                  Measure::mask);
  const auto summary = evaluation.summary();
  CHECK(summary.ap == doctest::Approx(1));
  CHECK(summary.ap_small == doctest::Approx(1));
  CHECK(summary.ap_medium == doctest::Approx(1));
  CHECK(summary.ap_large == -1);
  CHECK(summary.ar_1 == 1);
  CHECK(evaluation.category(0).ap75 == doctest::Approx(1));
  CHECK(evaluation.mean_curve(9)[100] == 1);
}

TEST_CASE("nothing to find is -1, nothing found is 0") {
  const auto empty = test::dataset(2, {});
  CHECK(CocoEvaluation(empty, {}, Measure::box).summary().values() ==
        std::array<double, 12>{-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1});
  CHECK(CocoEvaluation(empty, {test::found(1, 0, 0, 0, 9, 9)}, Measure::box).summary().ap == -1);
  const auto missed = CocoEvaluation(test::dataset(1, {test::truth(1, 0, 0, 0, 9, 9)}), {}, Measure::box).summary();
  CHECK(missed.ap == 0);
  CHECK(missed.ar == 0);
  CHECK(missed.ap_large == -1);
}

TEST_CASE("what is found in a crowd counts neither way") {
  const auto data = test::dataset(1, {test::truth(1, 0, 0, 0, 20, 20), test::truth(2, 0, 40, 40, 50, 50, true)});
  const std::vector<maskrcnn::evaluate::Found> found{
      test::found(0.9, 0, 45, 45, 10, 10), test::found(0.8, 0, 0, 0, 20, 20), test::found(0.7, 0, 70, 70, 10, 10),
      test::found(0.6, 0, 0, 60, 9, 9)};
  const CocoEvaluation evaluation(data, found, Measure::mask);
  CHECK(evaluation.outcomes(0) ==
        std::vector<Outcome>{Outcome::ignored, Outcome::right, Outcome::ignored, Outcome::wrong});
  CHECK(evaluation.summary().ap == doctest::Approx(1));
}

TEST_CASE("objects beyond the limit are not looked at") {
  std::vector<maskrcnn::evaluate::Truth> truths;
  std::vector<maskrcnn::evaluate::Found> found;
  for (int i = 0; i < 120; ++i) {
    const int x = i % 12 * 8, y = i / 12 * 8;
    truths.push_back(test::truth(i + 1, 0, x, y, 7, 7));
    found.push_back(test::found(0.9, 0, x, y, 7, 7));
  }
  const CocoEvaluation evaluation(test::dataset(1, truths), found, Measure::mask, 1000);
  CHECK(evaluation.summary().ar == doctest::Approx(100.0 / 120));
  CHECK(evaluation.summary(true).ar == 1);
  CHECK(evaluation.summary(true).ar_10 == doctest::Approx(10.0 / 120));
  CHECK(evaluation.summary(true).ap == doctest::Approx(1));
}
