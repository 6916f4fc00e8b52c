#include "options.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <utility>

#include "same_file.hpp"

namespace segment {

namespace {

/// Which file an output option would destroy; empty if none.
std::string overwrites(const Options& options) {
  std::vector<std::string> inputs = options.images;
  if (!options.weights.empty()) inputs.push_back(options.weights);
  for (const auto& [option, path] : {std::pair{"--json", options.json}, std::pair{"--profile", options.profile}})
    for (const std::string& input : inputs)
      if (!path.empty() && same_file(path, input)) return std::string(option) + " would overwrite the input " + input;
  if (!options.json.empty() && !options.profile.empty() && same_place(options.json, options.profile))
    return "--profile would overwrite the results of --json " + options.json;
  return "";
}

}  // namespace

std::optional<Options> read_options(int argc, const char* const* argv, int& exit_code) {
  Options options;
  CLI::App app(
      "Finds objects in images with Mask R-CNN, on the CPU: a table of boxes, labels and scores for each image, "
      "an\n"
      "overlay NAME.overlay.png to look at, and COCO results with masks.\n",
      "maskrcnn-segment");
  app.add_option("IMAGE", options.images, "JPEG, PNG, BMP or binary PNM images")->required();
  app.add_option("--weights", options.weights,
                 "checkpoint of torchvision, detectron2, mmdetection, maskrcnn-benchmark or Detectron: .safetensors, "
                 ".pth, .pkl "
                 "(default: the bundled model, cell nuclei)")
      ->type_name("FILE");
  app.add_flag("--verify", options.verify, "run the self-test that the weights carry (see maskrcnn-convert) first");
  app.add_option("--labels", options.labels, "class names, one a line, in order of the labels (default: the model's)")
      ->type_name("FILE");
  add_facts_option(app, options.facts);
  app.add_option("--output", options.output, "folder for the overlays, made if it is not there (default: .)")
      ->type_name("DIR");
  app.add_option("--json", options.json,
                 "write COCO results here; image_id counts the images from 1, file_name is the path as given here")
      ->type_name("FILE");
  app.add_option("--profile", options.profile,
                 "write the times of stages and layers here, a Chrome trace for ui.perfetto.dev")
      ->type_name("FILE");
  app.add_option("--threads", options.threads, "threads to compute with (default: all processors)")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  app.add_option("--score-threshold", options.score_threshold, "leave out what scores less (default: the model's)")
      ->type_name("S")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--max-detections", options.max_detections, "objects per image at most (default: the model's)")
      ->type_name("N")
      ->check(CLI::Range(0, 1'000'000));
  app.add_option("--precision", options.precision,
                 "fp32, or bf16: convolutions and fully connected layers multiply bfloat16 numbers, much faster on "
                 "processors with AMX, slow on those without AVX512_BF16 (default: fp32)")
      ->type_name("P")
      ->check(CLI::IsMember({"fp32", "bf16"}));
  add_image_options(app, options.reading);
  app.set_version_flag("--version", "maskrcnn-segment " MASKRCNN_VERSION);
  app.footer(
      "\nExit status: 0 if all went well; 1 if the weights, an image or an output failed, with a line on standard "
      "error\n"
      "that says which and why, the other images still done; 2 for wrong usage.\n\n"
      "Example: maskrcnn-segment --output results --json results/results.json *.png");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    if (problem.get_exit_code() == 0) {
      exit_code = app.exit(problem);
    } else {
      std::cerr << "maskrcnn-segment: " << problem.what() << " (try --help)\n";
      exit_code = 2;
    }
    return std::nullopt;
  }
  if (const std::string problem = overwrites(options); !problem.empty()) {
    std::cerr << "maskrcnn-segment: " << problem << " (try --help)\n";
    exit_code = 2;
    return std::nullopt;
  }
  return options;
}

}  // namespace segment
