#include "options.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <utility>
#include <vector>

#include "same_file.hpp"

namespace evaluation {

namespace {

/// Which file an output option would destroy; empty if none.
std::string overwrites(const Options& options) {
  const std::vector<std::pair<std::string, std::string>> outputs{
      {"--json", options.json}, {"--html", options.html}, {"--save-detections", options.save_detections}};
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const auto& [option, path] = outputs[i];
    if (path.empty()) continue;
    for (const std::string* input : {&options.data, &options.weights, &options.detections, &options.ids})
      if (!input->empty() && segment::same_file(path, *input)) return option + " would overwrite the input " + *input;
    for (std::size_t j = 0; j < i; ++j)
      if (!outputs[j].second.empty() && segment::same_place(path, outputs[j].second))
        return option + " would overwrite what " + outputs[j].first + " writes";
  }
  return "";
}

}  // namespace

std::optional<Options> read_options(int argc, const char* const* argv, int& exit_code) {
  Options options;
  CLI::App app(
      "Scores a Mask R-CNN model, or detections of any program, against the truth: COCO's twelve numbers for boxes "
      "and\n"
      "for masks, its ten for keypoints, by the rules of pycocotools; the score of cell segmentation, AP(t) = TP / (TP "
      "+ FP + FN); losses;\n"
      "images per second.\n",
      "maskrcnn-evaluate");
  app.add_option("--data", options.data,
                 "the truth: a folder of pairs NAME.png and NAME.mask.png (pixels of each object have its number, 8 or "
                 "16 bits), or a COCO instances file")
      ->type_name("DIR|FILE")
      ->required();
  app.add_option("--images", options.images, "folder of the images (default: that of the data)")->type_name("DIR");
  app.add_option("--ids", options.ids,
                 "score only the images named in this file, one a line: by path below the folder of the images, or "
                 "its end, with or without extension; a line in which several paths end stands for all of them")
      ->type_name("FILE");
  app.add_option("--weights", options.weights, "the model (default: the bundled one, cell nuclei)")->type_name("FILE");
  app.add_option(
         "--detections", options.detections,
         "score this COCO results file instead of running a model; with --ids or a folder its entries find "
         "their images by file_name, by the end of the path if need be, and by image_id where that fits several")
      ->type_name("FILE")
      ->excludes("--weights");
  app.add_option("--json", options.json, "write all numbers here")->type_name("FILE");
  app.add_option("--html", options.html, "write a page with numbers, curves and images here")->type_name("FILE");
  app.add_option("--save-detections", options.save_detections, "write what the model finds here, as COCO results")
      ->type_name("FILE");
  app.add_option(
         "--score-threshold", options.score_threshold,
         "what scores at least this is a prediction in AP(t) and in the page's images (default: the model's own "
         "threshold if it is above 0.05, else 0.5); COCO's numbers look at all scores")
      ->type_name("S")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--model-threshold", options.model_threshold,
                 "the model leaves out what scores less (default: 0.05, since COCO's numbers need the unsure ones "
                 "too, or its own threshold if that is lower)")
      ->type_name("S")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--max-detections", options.max_detections,
                 "objects per image that the model may find (default: its own), and that a second column of COCO's "
                 "numbers looks at; the first column always looks at the best 100 per image and category")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--threads", options.threads, "threads to compute with (default: all processors)")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  app.add_option("--precision", options.precision, "fp32, or bf16, as in maskrcnn-segment (default: fp32)")
      ->type_name("P")
      ->check(CLI::IsMember({"fp32", "bf16"}));
  app.add_option("--examples", options.examples,
                 "show so many of the images that came out best in the page, and of the worst (default: 4)")
      ->type_name("N")
      ->check(CLI::Range(0, 100));
  app.add_flag("!--no-losses", options.losses, "leave out the losses, for which the heads run twice");
  segment::add_facts_option(app, options.facts);
  segment::add_image_options(app, options.reading);
  app.set_version_flag("--version", "maskrcnn-evaluate " MASKRCNN_VERSION);
  app.footer(
      "\nExit status: 0 if all went well; 1 if a file or an image failed, with a line on standard error that says "
      "which\n"
      "and why; 2 for wrong usage.\n\n"
      "Example: maskrcnn-evaluate --data nuclei --ids validation_ids.txt --html report.html");
  std::string problem;
  try {
    app.parse(argc, argv);
    problem = overwrites(options);
    if (problem.empty() && !options.save_detections.empty() && !options.detections.empty())
      problem = "--save-detections needs a model that finds something, not --detections";
  } catch (const CLI::ParseError& fault) {
    if (fault.get_exit_code() == 0) {
      exit_code = app.exit(fault);
      return std::nullopt;
    }
    problem = fault.what();
  }
  if (problem.empty()) return options;
  std::cerr << "maskrcnn-evaluate: " << problem << " (try --help)\n";
  exit_code = 2;
  return std::nullopt;
}

}  // namespace evaluation
