#include <maskrcnn/evaluate/report.hpp>

#include "evaluate/report_data.hpp"

using maskrcnn::evaluate::CellCounts;
using maskrcnn::evaluate::Findings;
using maskrcnn::evaluate::make_report;
using maskrcnn::evaluate::Report;

TEST_CASE("a report's numbers, worked out by hand") {
  const auto data = test::report_data();
  const Report report = make_report(data, test::report_findings());
  CHECK(report.truths == 4);
  CHECK(report.crowds == 1);
  REQUIRE(report.mask.has_value());
  CHECK(&report.best_measure() == &*report.mask);

  for (const auto* const measure : {&report.box, &*report.mask}) {
    // "cell": three to find, of which the found ones of scores 0.9 and 0.6 are two; between them, one of 0.8 fits none
    REQUIRE(measure->categories.size() == 3);
    const auto& cell = measure->categories[0];
    CHECK(cell.truths == 3);  // the crowd not among them
    CHECK(cell.found == 4);
    // precision 1 up to a recall of 1/3, 2/3 up to 2/3: of the 101 recalls, 34 and 33 lie there
    const double ap = (34 * 1.0 + 33 * (2.0 / 3)) / 101;
    CHECK(cell.coco.ap50 == doctest::Approx(ap));
    CHECK(cell.coco.ap == doctest::Approx(ap));
    CHECK(cell.coco.ar == doctest::Approx(2.0 / 3));
    // "nucleus": found as 20 x 12 pixels of 20 x 16, an overlap of exactly 3/4; its score is below one half
    const auto& nucleus = measure->categories[1];
    CHECK(nucleus.truths == 1);
    CHECK(nucleus.found == 1);
    CHECK(nucleus.coco.ap50 == doctest::Approx(1));
    CHECK(nucleus.coco.ap75 == doctest::Approx(1));
    CHECK(nucleus.coco.ap == doctest::Approx(0.6));  // the thresholds 0.50 to 0.75
    CHECK(nucleus.coco.ar == doctest::Approx(0.6));
    // nothing to find
    CHECK(measure->categories[2].truths == 0);
    CHECK(measure->categories[2].found == 0);
    CHECK(measure->categories[2].coco.ap == -1);
    // the mean of those with something to find
    CHECK(measure->coco.ap50 == doctest::Approx((ap + 1) / 2));
    CHECK(measure->coco.ap == doctest::Approx((ap + 0.6) / 2));
    CHECK(measure->coco.ap_large == -1);
    CHECK(measure->at_limit.values() == measure->coco.values());
    CHECK(measure->curves[0][0] == doctest::Approx(1));
    CHECK(measure->curves[0][50] == doctest::Approx((2.0 / 3 + 1) / 2));
    CHECK(measure->curves[0][100] == doctest::Approx(0.5));
    CHECK(measure->curves[9][0] == doctest::Approx(0.5));
  }
}

TEST_CASE("cell scores count what scores enough, by image") {
  const Report report = make_report(test::report_data(), test::report_findings());
  const auto& cells = report.best_measure().cells;
  CHECK(cells.all[0] == CellCounts{.right = 2, .wrong = 1, .missed = 2});
  CHECK(cells.all[9] == cells.all[0]);
  CHECK(cells.all[0].ap() == doctest::Approx(0.4));
  CHECK(cells.mean_ap() == doctest::Approx(0.4));
  // images: 1 of 2, 1 of 2, 0 of 1 and, without objects, 1
  CHECK(cells.bowl_score() == doctest::Approx((0.5 + 0.5 + 0 + 1) / 4));

  const auto& by_score = report.best_measure().cells_by_score;
  REQUIRE(by_score.size() == 21);
  CHECK(by_score[0].all[0] == CellCounts{.right = 3, .wrong = 1, .missed = 1});
  CHECK(by_score[0].all[6] == CellCounts{.right = 2, .wrong = 2, .missed = 2});  // 3/4 is less than 0.8
  CHECK(by_score[10].all == cells.all);
  CHECK(by_score[20].all[0] == CellCounts{.right = 0, .wrong = 0, .missed = 4});

  // only images with something to find or found, best first, of equal ones the first
  REQUIRE(report.images.size() == 3);
  CHECK(report.images[0].image == 0);
  CHECK(report.images[0].half == CellCounts{.right = 1, .wrong = 0, .missed = 1});
  CHECK(report.images[0].mean_ap == doctest::Approx(0.5));
  CHECK(report.images[1].image == 1);
  CHECK(report.images[1].half == CellCounts{.right = 1, .wrong = 1, .missed = 0});
  CHECK(report.images[2].image == 3);
  CHECK(report.images[2].half == CellCounts{.right = 0, .wrong = 0, .missed = 1});
  CHECK(report.images[2].mean_ap == 0);
}

TEST_CASE("another threshold counts other predictions") {
  const Report report = make_report(test::report_data(), test::report_findings(), {.score_threshold = 0.85});
  CHECK(report.best_measure().cells.all[0] == CellCounts{.right = 1, .wrong = 0, .missed = 3});
  const Report all = make_report(test::report_data(), test::report_findings(), {.score_threshold = 0});
  CHECK(all.best_measure().cells.all == all.best_measure().cells_by_score[0].all);
}

TEST_CASE("scores are counted in bins, but not those of what lies in a crowd") {
  auto findings = test::report_findings();
  // scores at both ends: both fit none
  findings.objects.push_back(test::found(1, 2, 0, 0, 5, 5));
  findings.objects.push_back(test::found(0, 2, 50, 50, 5, 5));
  const Report report = make_report(test::report_data(), findings);
  for (const auto* const measure : {&report.box, &*report.mask}) {
    std::array<std::size_t, 20> right{}, wrong{};
    right[18] = right[12] = right[6] = 1;  // 0.9, 0.6, 0.3
    wrong[16] = wrong[19] = wrong[0] = 1;  // 0.8, 1, 0
    CHECK(measure->right_by_score == right);
    CHECK(measure->wrong_by_score == wrong);
  }
}

TEST_CASE("a limit of its own stands beside COCO's") {
  std::vector<maskrcnn::evaluate::Truth> truths;
  Findings findings;
  for (int i = 0; i < 120; ++i) {
    const int x = i % 12 * 8, y = i / 12 * 8;
    truths.push_back(test::truth(i + 1, 0, x, y, 7, 7));
    findings.objects.push_back(test::found(1 - i / 1000.0, 0, x, y, 7, 7));
  }
  const auto data = test::dataset(1, truths);
  CHECK(maskrcnn::evaluate::most_in_one_group(findings) == 120);
  const Report report = make_report(data, findings, {.limit = 150});
  CHECK(report.box.coco.ar == doctest::Approx(100.0 / 120));
  CHECK(report.box.at_limit.ar == doctest::Approx(1));
  CHECK(report.box.categories[0].coco.ar == doctest::Approx(100.0 / 120));
  CHECK(report.box.categories[0].at_limit.ap == doctest::Approx(1));
  CHECK(report.box.right_by_score[19] + report.box.right_by_score[18] + report.box.right_by_score[17] == 120);
}

TEST_CASE("the largest group is of one image and one category") {
  CHECK(maskrcnn::evaluate::most_in_one_group({}) == 0);
  CHECK(maskrcnn::evaluate::most_in_one_group(test::report_findings()) == 2);
}

TEST_CASE("masks are reported if the truth and the findings have some") {
  for (const bool truth : {false, true})
    for (const bool found : {false, true}) {
      auto data = test::report_data();
      auto findings = test::report_findings();
      data.has_masks = truth;
      findings.has_masks = found;
      const Report report = make_report(data, findings);
      CHECK(report.mask.has_value() == (truth && found));
      CHECK(&report.best_measure() == (report.mask ? &*report.mask : &report.box));
      CHECK(report.images.size() == 3);
    }
}

TEST_CASE("boxes and masks are measured each by their own overlap") {
  // a mask of the left half of its box: the boxes are the same, the masks overlap by one half
  auto data = test::dataset(1, {test::truth(1, 0, 0, 0, 20, 20)});
  Findings findings{.objects = {test::found(0.9, 0, 0, 0, 20, 20)}};
  findings.objects[0].mask = test::square(0, 0, 10, 20);
  const Report report = make_report(data, findings);
  CHECK(report.box.coco.ap == doctest::Approx(1));
  CHECK(report.mask->coco.ap == doctest::Approx(0.1));  // at 0.50 alone
  CHECK(report.images[0].mean_ap == doctest::Approx(0.1));
}

TEST_CASE("nothing found and nothing to find have reports, too") {
  const Report missed = make_report(test::report_data(), {});
  CHECK(missed.best_measure().coco.ap == 0);
  CHECK(missed.best_measure().cells.all[0] == CellCounts{.right = 0, .wrong = 0, .missed = 4});
  CHECK(missed.images.size() == 3);

  auto of_one_category = test::report_findings();
  of_one_category.objects.pop_back();
  const Report wrong = make_report(test::dataset(4, {}), of_one_category);
  CHECK(wrong.truths == 0);
  CHECK(wrong.best_measure().coco.ap == -1);
  CHECK(wrong.best_measure().cells.all[0].wrong == 4);
  CHECK(wrong.best_measure().curves[0][0] == 0);

  for (const std::size_t images : {std::size_t{0}, std::size_t{2}}) {
    const Report nothing = make_report(test::dataset(images, {}), {});
    CHECK(nothing.best_measure().coco.ap == -1);
    CHECK(nothing.best_measure().cells.mean_ap() == 1);
    CHECK(nothing.best_measure().cells.bowl_score() == (images == 0 ? 0 : 1));
    CHECK(nothing.images.empty());
  }
}
