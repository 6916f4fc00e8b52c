#include <maskrcnn/evaluate/cell_scores.hpp>

#include "evaluate/made_data.hpp"

using maskrcnn::evaluate::CellComparison;
using maskrcnn::evaluate::CellCounts;
using maskrcnn::evaluate::Measure;

TEST_CASE("AP(t) counts right, wrong and missed objects over all images") {
  // overlaps of 1, 0.6 and 0.75; one missed, one wrong
  const auto data = test::dataset(2, {test::truth(1, 0, 0, 0, 10, 10), test::truth(2, 0, 50, 50, 10, 10),
                                      test::truth(3, 1, 0, 0, 20, 20), test::truth(4, 1, 60, 60, 5, 5)});
  const CellComparison comparison(data,
                                  {test::found(0.9, 0, 0, 0, 10, 10), test::found(0.8, 0, 50, 50, 10, 6),
                                   test::found(0.7, 1, 0, 0, 15, 20), test::found(0.6, 1, 30, 30, 9, 9)},
                                  Measure::mask);
  const auto scores = comparison.at(0.5);
  CHECK(scores.all[0] == CellCounts{.right = 3, .wrong = 1, .missed = 1});
  CHECK(scores.all[2] == CellCounts{.right = 3, .wrong = 1, .missed = 1});  // 0.60 is enough for 0.60
  CHECK(scores.all[3] == CellCounts{.right = 2, .wrong = 2, .missed = 2});
  CHECK(scores.all[5] == CellCounts{.right = 2, .wrong = 2, .missed = 2});
  CHECK(scores.all[6] == CellCounts{.right = 1, .wrong = 3, .missed = 3});
  CHECK(scores.all[0].ap() == 0.6);
  CHECK(scores.mean_ap() == doctest::Approx((3 * 3.0 / 5 + 3 * 2.0 / 6 + 4 * 1.0 / 7) / 10));
  CHECK(scores.mean_image[0] == doctest::Approx((1.0 + 1.0 / 3) / 2));
  // fewer predictions
  CHECK(comparison.at(0.65).all[0] == CellCounts{.right = 3, .wrong = 0, .missed = 1});
  CHECK(comparison.at(0.95).all[0] == CellCounts{.right = 0, .wrong = 0, .missed = 4});
  CHECK(comparison.at(0.8).all[0].recall() == 0.5);
}

TEST_CASE("the larger overlap goes first, and each object has one partner") {
  const auto data = test::dataset(1, {test::truth(1, 0, 0, 0, 20, 20)});
  const CellComparison comparison(data, {test::found(0.9, 0, 0, 0, 20, 12), test::found(0.6, 0, 0, 0, 20, 20)},
                                  Measure::box);
  CHECK(comparison.at(0).all[9] == CellCounts{.right = 1, .wrong = 1, .missed = 0});
  CHECK(comparison.at(0.7).all[0] == CellCounts{.right = 1, .wrong = 0, .missed = 0});
  CHECK(comparison.at(0.7).all[9] == CellCounts{.right = 0, .wrong = 1, .missed = 1});
}

TEST_CASE("crowds are not missed, and what they cover is not wrong") {
  const auto data = test::dataset(1, {test::truth(1, 0, 0, 0, 50, 50, true)});
  const CellComparison comparison(data, {test::found(0.9, 0, 10, 10, 5, 5), test::found(0.9, 0, 80, 80, 5, 5)},
                                  Measure::mask);
  CHECK(comparison.at(0.5).all[0] == CellCounts{.right = 0, .wrong = 1, .missed = 0});
}

TEST_CASE("an image without anything is right, if nothing is found in it") {
  const auto data = test::dataset(2, {});
  CHECK(CellComparison(data, {}, Measure::mask).at(0.5).bowl_score() == 1);
  CHECK(CellComparison(data, {test::found(1, 0, 0, 0, 5, 5)}, Measure::mask).at(0.5).bowl_score() == 0.5);
  CHECK(CellComparison(data, {test::found(1, 0, 0, 0, 5, 5)}, Measure::mask).at(0.5).mean_ap() == 0);
}
