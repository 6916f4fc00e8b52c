// maskrcnn-evaluate: how good a model, or anybody's detections, are.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/number_text.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/evaluate/coco_data.hpp>
#include <maskrcnn/evaluate/folder_data.hpp>
#include <maskrcnn/evaluate/html_report.hpp>
#include <maskrcnn/evaluate/report.hpp>
#include <maskrcnn/io/image_file.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "image_reader.hpp"
#include "json_report.hpp"
#include "options.hpp"
#include "read_lines.hpp"
#include "report.hpp"
#include "run_model.hpp"
#include "run_tool.hpp"
#include "text_report.hpp"

namespace {

namespace fs = std::filesystem;
using evaluation::Options;
using maskrcnn::evaluate::Dataset;
using maskrcnn::evaluate::Findings;

/// The lines of a file, each the name of an image or the end of its path.
std::set<std::string> read_ids(const std::string& path) {
  const std::vector<std::string> lines = segment::read_lines(path, "ids");
  if (lines.empty()) maskrcnn::fail("ids: expected names of images, one a line, found none in ", path);
  return {lines.begin(), lines.end()};
}

Dataset read_data(const Options& options) {
  const std::set<std::string> ids = options.ids.empty() ? std::set<std::string>{} : read_ids(options.ids);
  if (fs::is_directory(options.data))
    return maskrcnn::evaluate::read_folder(options.data, "object", ids, options.reading.read_options({}));
  Dataset data = maskrcnn::evaluate::read_coco_instances(options.data);
  return ids.empty() ? data : maskrcnn::evaluate::only(std::move(data), ids);
}

/// Things about the data that a reader of the numbers should know.
std::vector<std::string> notes_on(const Dataset& data, const Findings& findings) {
  std::vector<std::string> notes = data.notes;
  notes.insert(notes.end(), findings.notes.begin(), findings.notes.end());
  const auto count = [&notes](std::size_t detections, const char* what) {
    if (detections > 0) notes.push_back(std::to_string(detections) + " detections " + what);
  };
  count(findings.other_images, "of images that are not scored were left out");
  count(findings.other_categories, "of categories that the data does not have were left out");
  count(findings.told_by_name,
        "have the category_name of another category than the one of their category_id; the name decided, while "
        "pycocotools looks at the number alone");
  count(findings.told_by_0,
        "have the category_id 0, as labels that count from 0 do: they are taken for the only category of the data");
  count(findings.told_by_id, "have a file name that fits several images, so that their image_id decided");
  count(findings.other_folders, "have a file name in another folder than the image whose name fits it best");
  count(findings.other_names, "have the file name of another image than the one of their image_id, which decided");
  if (data.has_keypoints && !findings.has_keypoints && !data.truths.empty())
    notes.emplace_back("the detections do not have COCO's 17 keypoints, so that those of the data are not scored");
  if (findings.has_keypoints && !data.has_keypoints && !findings.objects.empty())
    notes.emplace_back("the data do not have COCO's 17 keypoints, so that those of the detections are not scored");
  if (!findings.has_masks) notes.emplace_back("the detections have no masks, so that only boxes are scored");
  return notes;
}

/// What the page says besides the numbers.
maskrcnn::evaluate::PageOptions page_options(const Options& options, const Dataset& data,
                                             const evaluation::ModelRun* model) {
  const std::string subject = model != nullptr ? model->weights : options.detections;
  maskrcnn::evaluate::PageOptions page{.title = fs::path(subject).filename().string()};
  page.examples = static_cast<std::size_t>(options.examples);
  page.facts.emplace_back(model != nullptr ? "Model" : "Detections", subject);
  page.facts.emplace_back("Data", options.data + (options.ids.empty() ? "" : ", the images of " + options.ids));
  if (model != nullptr) {
    page.tiles.emplace_back("images a second, " + std::to_string(model->threads) + " threads",
                            maskrcnn::decimals(model->images_per_second(), 2));
    page.facts.emplace_back("Architecture", model->architecture + ", " + options.precision);
    if (model->losses.images > 0) page.facts.emplace_back("Mean losses", evaluation::losses_text(model->losses));
  }
  const auto read_options = model != nullptr ? model->read_options : options.reading.read_options({});
  // images are shown if they are there: a model has read them all, detections need none
  if (model != nullptr || !options.images.empty() || fs::is_directory(options.data))
    page.read = [options, &data, read = segment::ImageReader(read_options)](const auto& info) mutable {
      const std::string path = evaluation::path_of(info, options);
      maskrcnn::Image image = read(path);
      maskrcnn::evaluate::require_size(image.size(), info, path, data, read.remedy(image.size(), info.size));
      return image;
    };
  return page;
}

int run(const Options& options) {
  if (options.threads) maskrcnn::set_thread_count(*options.threads);
  Dataset data = read_data(options);
  std::optional<evaluation::ModelRun> model;
  Findings findings;
  maskrcnn::evaluate::ReportOptions asked{.limit = 100, .score_threshold = options.score_threshold.value_or(0.5)};
  if (options.detections.empty()) {
    findings = evaluation::run_model(options, data, model.emplace());
    asked.limit = model->limit;
    asked.score_threshold = options.score_threshold.value_or(model->score_threshold);
  } else {
    using Naming = maskrcnn::evaluate::ImageNaming;
    const bool by_name = fs::is_directory(options.data) || !options.ids.empty();
    findings =
        maskrcnn::evaluate::read_coco_results(options.detections, data, by_name ? Naming::by_file_name : Naming::by_id);
    asked.limit = options.max_detections ? static_cast<std::size_t>(*options.max_detections)
                                         : std::max<std::size_t>(100, maskrcnn::evaluate::most_in_one_group(findings));
  }
  const auto report = maskrcnn::evaluate::make_report(data, findings, asked);

  std::printf("%s: %zu images, %zu objects, %zu crowds; %zu found\n", segment::printable(data.name).c_str(),
              data.images.size(), report.truths, report.crowds, findings.objects.size());
  if (model)
    std::printf("%s, %s: %.2f images a second on %d threads\n", segment::printable(model->weights).c_str(),
                model->architecture.c_str(), model->images_per_second(), model->threads);
  auto notes = notes_on(data, findings);
  if (model) notes.insert(notes.end(), model->notes.begin(), model->notes.end());
  for (const std::string& note : notes) std::printf("note: %s\n", segment::printable(note).c_str());
  evaluation::print_coco(report);
  evaluation::print_keypoints(report);
  evaluation::print_categories(report, data);
  evaluation::print_cells(report);
  if (model) evaluation::print_losses(model->losses);
  if (!options.json.empty()) evaluation::write_json(options.json, report, data, findings, model ? &*model : nullptr);
  if (!options.html.empty()) {
    auto page = page_options(options, data, model ? &*model : nullptr);
    page.notes = notes;
    maskrcnn::evaluate::write_html(options.html, report, data, findings, page);
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) maskrcnn::fail("output: cannot write to standard output");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return segment::run_tool("maskrcnn-evaluate", [&] {
    int exit_code = 0;
    const auto options = evaluation::read_options(argc, argv, exit_code);
    return options ? run(*options) : exit_code;
  });
}
