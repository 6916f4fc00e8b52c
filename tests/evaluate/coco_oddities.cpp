// COCO files with everything odd that programs are known to write: numbers are pycocotools', each kind of oddity is
// told in one line, and what cannot be scored is refused by name.

#include <map>
#include <maskrcnn/evaluate/coco_data.hpp>
#include <maskrcnn/evaluate/coco_evaluation.hpp>
#include <optional>

#include "evaluate/made_data.hpp"

using maskrcnn::evaluate::CocoEvaluation;
using maskrcnn::evaluate::Measure;
using maskrcnn::evaluate::Oddity;

namespace {

/// What comes of a case of make_coco_oddities.py. Nothing said: both numbers, and not a word.
struct Outcome {
  std::vector<std::pair<Oddity, std::size_t>> notes{};  ///< and how many entries each is about
  const char* error = nullptr;                          ///< how the refusal begins
  bool masks = true;                                    ///< whether masks are scored
};

const char* const other_kind = "expected a number, as the images' ids are, as 'image_id', found \"10\"";

const std::map<std::string, Outcome> outcomes{
    {"annotation_ids_are_names", {.notes = {{Oddity::id_is_text, 6}}}},
    {"what_other_programs_add", {.notes = {{Oddity::other_keypoints, 6}}}},
    {"image_ids_of_results_are_texts", {.error = "results[0] (image_id \"10\")"}},
    {"image_ids_of_images_are_texts", {.error = "annotations[0] (id 1)"}},
    {"image_ids_of_annotations_are_texts", {.error = "annotations[0] (id 1)"}},
    {"category_ids_of_results_are_texts", {.error = "results[0] (image_id 10)"}},
    {"category_ids_of_categories_are_texts", {.error = "annotations[0] (id 1)"}},
    {"some_image_ids_are_texts", {.error = "images[1] (id 20)"}},
    {"annotation_ids_begin_at_0", {.notes = {{Oddity::id_0, 1}}}},
    {"annotation_without_id", {.error = "annotations[1] (image_id 10)"}},
    {"annotation_id_twice_with_the_same_object", {.notes = {{Oddity::repeated_id, 1}}}},
    {"annotation_id_twice", {.notes = {{Oddity::repeated_id, 1}}}},
    {"annotation_ids_begin_anew_in_each_image", {.notes = {{Oddity::repeated_id, 3}}}},
    {"image_twice", {.notes = {{Oddity::repeated_image, 1}}}},
    {"image_twice_with_another_size", {.notes = {{Oddity::repeated_image, 1}}}},
    {"category_twice", {.notes = {{Oddity::repeated_category, 1}}}},
    {"annotations_of_no_image", {.notes = {{Oddity::other_image, 3}}}},
    {"annotations_of_no_category", {.notes = {{Oddity::other_category, 3}}}},
    {"annotations_of_null", {.notes = {{Oddity::other_image, 1}, {Oddity::other_category, 1}}}},
    {"annotations_of_no_image_that_make_no_sense", {.notes = {{Oddity::other_image, 1}}}},
    {"results_of_no_image", {.error = "results[7] (image_id 77)"}},
    {"all_results_of_no_category",
     {.error = "results: expected results of the categories of t.json, 1 ('a'), 7 ('c'), 90 ('b'), found none among 7, "
               "whose category_id is 1001, 1090 (file r.json)"}},
    {"image_sizes_have_fractions", {.notes = {{Oddity::fraction_of_pixel, 3}}}},
    {"image_sizes_are_texts", {.notes = {{Oddity::number_as_text, 3}}}},
    {"images_without_sizes_polygons", {.notes = {{Oddity::no_size, 6}}, .masks = false}},
    {"images_without_sizes_boxes_alone", {.notes = {{Oddity::no_mask, 6}}, .masks = false}},
    {"image_sizes_are_null_boxes_alone", {.notes = {{Oddity::no_mask, 6}}, .masks = false}},
    {"image_sizes_are_0_boxes_alone", {.notes = {{Oddity::no_mask, 6}}, .masks = false}},
    {"images_of_swapped_sizes", {.notes = {{Oddity::other_size, 6}, {Oddity::other_size, 7}}}},
    {"masks_of_swapped_sizes", {.notes = {{Oddity::other_size, 6}, {Oddity::other_size, 7}}}},
    {"one_mask_of_another_size", {.notes = {{Oddity::other_size, 1}}}},
    {"run_lengths_of_nothing", {.notes = {{Oddity::no_runs, 1}}}},
    {"point_beside_polygon", {.notes = {{Oddity::few_points, 1}}}},
    {"line_beside_polygon", {.notes = {{Oddity::few_points, 1}}}},
    {"empty_polygon_beside_polygon", {.notes = {{Oddity::few_points, 1}}}},
    {"odd_coordinate", {.notes = {{Oddity::odd_coordinates, 1}}}},
    {"odd_coordinates_beside_polygon", {.notes = {{Oddity::few_points, 1}, {Oddity::odd_coordinates, 1}}}},
    {"two_points_and_a_half_alone", {.notes = {{Oddity::few_points, 1}, {Oddity::odd_coordinates, 1}}}},
    {"line_alone", {.notes = {{Oddity::few_points, 1}}}},
    {"two_lines_alone", {.notes = {{Oddity::few_points, 1}}}},
    {"line_before_polygon", {.notes = {{Oddity::few_points, 1}}}},
    {"point_alone", {.notes = {{Oddity::few_points, 1}}}},
    {"point_before_polygon", {.notes = {{Oddity::few_points, 1}}}},
    {"empty_polygon_alone", {.notes = {{Oddity::no_mask, 1}}, .masks = false}},
    {"polygon_without_list", {.error = "annotations[0] (id 1)"}},
    {"four_numbers_without_list", {.error = "annotations[0] (id 1)"}},
    {"polygon_of_pairs", {.error = "annotations[0] (id 1)"}},
    {"polygon_of_texts", {.notes = {{Oddity::number_as_text, 1}}}},
    {"no_segmentation", {.notes = {{Oddity::no_mask, 1}}, .masks = false}},
    {"null_segmentation", {.notes = {{Oddity::no_mask, 1}}, .masks = false}},
    {"empty_segmentation", {.notes = {{Oddity::no_mask, 1}}, .masks = false}},
    {"boxes_alone", {.notes = {{Oddity::no_mask, 6}}, .masks = false}},
    {"results_of_boxes_alone", {.masks = false}},  // of which pycocotools makes masks if it is told to compare masks
    {"results_some_without_masks", {.notes = {{Oddity::box_for_mask, 2}}}},
    {"results_first_without_mask", {.notes = {{Oddity::box_for_mask, 1}}}},
    {"results_one_empty_mask", {.error = "results[1] (image_id 10)"}},
    {"boxes_of_negative_sizes", {.notes = {{Oddity::negative_size, 1}, {Oddity::negative_size, 2}}}},
    {"annotation_without_box", {.notes = {{Oddity::no_box, 1}}}},
    {"annotation_with_empty_box", {.notes = {{Oddity::no_box, 1}}}},
    {"boxes_of_texts", {.notes = {{Oddity::number_as_text, 1}}}},
    {"box_of_corners_as_record", {.error = "annotations[1] (id 2)"}},
    {"without_area", {.notes = {{Oddity::no_area, 6}}}},
    {"areas_are_null", {.notes = {{Oddity::no_area, 6}}}},
    {"areas_are_texts", {.error = "annotations[0] (id 1)"}},
    {"without_iscrowd", {.notes = {{Oddity::no_crowd, 6}}}},
    {"iscrowd_is_null", {.notes = {{Oddity::no_crowd, 2}}}},
    {"iscrowd_is_a_text", {.error = "annotations[0] (id 1)"}},
    {"ignore_is_said", {.notes = {{Oddity::ignore, 1}}}},
    {"scores_are_texts", {.error = "results[0] (image_id 10)"}},
    {"one_score_is_a_text", {.error = "results[2] (image_id 10)"}},
    {"scores_are_nan", {.notes = {{Oddity::not_a_number, 2}}}},
    {"without_score", {.error = "results[2] (image_id 10)"}},
    {"score_is_null", {.error = "results[2] (image_id 10)"}},
    {"score_is_true", {.notes = {{Oddity::number_as_text, 1}}}},
    {"results_in_a_record", {.error = "results: expected a list of COCO results, found {\"annotations\":"}},
    {"results_without_image_id", {.error = "results[1] of r.json"}},
    {"results_without_category_id", {.error = "results[1] (image_id 10)"}},
    {"results_with_a_null", {.error = "results[7] of r.json"}},
    {"without_categories", {.error = "data: expected COCO instances"}},
    {"annotation_is_null", {.error = "annotations[6] of t.json"}},
};

/// Both files as they are read; nothing, and why, if one is refused.
struct Files {
  explicit Files(const nlohmann::json& golden) {
    const auto bytes = [&](const char* name) {
      const auto text = golden[name].get<std::string>();
      return std::vector<std::uint8_t>(text.begin(), text.end());
    };
    error = test::error_of([&] {
      data = maskrcnn::evaluate::parse_coco_instances(bytes("truth"), "t.json");
      findings = maskrcnn::evaluate::parse_coco_results(bytes("results"), "r.json", data);
      notes = data.notes;
      notes.insert(notes.end(), findings.notes.begin(), findings.notes.end());
    });
  }

  maskrcnn::evaluate::Dataset data;
  maskrcnn::evaluate::Findings findings;
  std::vector<std::string> notes;
  std::string error;
};

void check_notes(const std::vector<std::string>& notes, const Outcome& outcome) {
  CHECK(notes.size() == outcome.notes.size());
  for (std::size_t i = 0; i < std::min(notes.size(), outcome.notes.size()); ++i) {
    const auto [kind, count] = outcome.notes[i];
    const std::string text = maskrcnn::evaluate::odd_texts[static_cast<std::size_t>(kind)];
    CHECK(test::contains(notes[i], text + ": " + std::to_string(count) + ", the first is "));
  }
}

void check_numbers(const Files& files, const nlohmann::json& expected, bool masks) {
  CHECK((files.data.has_masks && files.findings.has_masks) == masks);
  for (const Measure measure : {Measure::box, Measure::mask}) {
    const auto& numbers = expected[measure == Measure::box ? "box" : "mask"];
    if ((measure == Measure::mask && !masks) || numbers.is_string()) continue;  // pycocotools stops at it
    const auto values = CocoEvaluation(files.data, files.findings.objects, measure).summary().values();
    for (std::size_t i = 0; i < values.size(); ++i) {
      CAPTURE(maskrcnn::evaluate::coco_summary_names[i]);
      CHECK(std::abs(values[i] - numbers[i].get<double>()) <= 1e-12);
    }
  }
}

}  // namespace

TEST_CASE("odd files score as in pycocotools, with a line, or are refused by name") {
  std::size_t known = 0;
  for (const auto& golden : test::golden_lines("oddities.jsonl")) {
    const auto name = golden["name"].get<std::string>();
    CAPTURE(name);
    const auto at = outcomes.find(name);
    const Outcome outcome = at == outcomes.end() ? Outcome{} : at->second;
    known += at == outcomes.end() ? 0 : 1;
    const Files files(golden);
    if (outcome.error != nullptr) {
      CHECK(test::contains(files.error, outcome.error));
      CHECK(test::contains(files.error, ".json"));
      continue;
    }
    REQUIRE(files.error == "(no error)");
    check_notes(files.notes, outcome);
    check_numbers(files, golden["expected"], outcome.masks);
  }
  CHECK(known == outcomes.size());  // no outcome without its case
}

TEST_CASE("an id of another kind is told, with the kind that was expected") {
  for (const auto& golden : test::golden_lines("oddities.jsonl"))
    if (golden["name"] == "image_ids_of_annotations_are_texts") CHECK(test::contains(Files(golden).error, other_kind));
}

TEST_CASE("results whose numbers of categories are others than the data's are known by name, or by the only category") {
  for (const auto& golden : test::golden_lines("oddities.jsonl")) {
    const Files files(golden);
    CHECK(files.findings.told_by_name == (golden["name"] == "results_of_categories_by_name" ? 7 : 0));
    CHECK(files.findings.told_by_0 == (golden["name"] == "results_of_the_only_category_as_0" ? 7 : 0));
  }
}
