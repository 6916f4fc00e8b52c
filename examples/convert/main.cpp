// maskrcnn-convert: any checkpoint to a safetensors file that says all there is to know about its model, and tests
// itself.
#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "convert.hpp"
#include "facts.hpp"
#include "run_tool.hpp"

int main(int argc, char** argv) {
  convert::Options options;
  std::string inspected;
  CLI::App app(
      "Converts a checkpoint of torchvision, detectron2, mmdetection, maskrcnn-benchmark or Detectron (.pth, .pkl,\n"
      ".safetensors) into a safetensors file with all facts of its model in its metadata, and with a self-test: a "
      "small\n"
      "image and what the model finds in it.\n",
      "maskrcnn-convert");
  auto* const in = app.add_option("IN", options.in, "the checkpoint");
  auto* const out = app.add_option("OUT", options.out, "the file to write, .safetensors");
  app.add_flag("--half", options.half,
               "store F16 numbers where they keep what matters: half the size, scores change by about 1e-3");
  app.add_option("--labels", options.labels, "class names, one a line, in order of the labels")->type_name("FILE");
  segment::add_facts_option(app, options.facts);
  app.add_option("--test-image", options.test_image,
                 "image of the self-test, reduced to 256 pixels (default: a made-up one)")
      ->type_name("FILE");
  auto* const inspect = app.add_option("--inspect", inspected, "only say what a file is")->type_name("FILE");
  inspect->excludes(in)->excludes(out);
  app.set_version_flag("--version", "maskrcnn-convert " MASKRCNN_VERSION);
  app.footer(
      "\nExit status: 0 if all went well; 1 if a file could not be read or written, is of no known model, lacks "
      "tensors, or "
      "does\nnot find what the checkpoint finds, with a line on standard error that says why; 2 for wrong usage.\n\n"
      "Examples: maskrcnn-convert maskrcnn_resnet50_fpn_coco-bf2d0c1e.pth coco.safetensors\n"
      "          maskrcnn-convert --set batch_norm_eps=1e-5 --set min_size=640 mine.pth mine.safetensors\n"
      "          maskrcnn-convert --inspect model_final_f10217.pkl");
  try {
    app.parse(argc, argv);
    if (inspected.empty() && (options.in.empty() || options.out.empty()))
      throw CLI::RequiredError("IN and OUT, or --inspect FILE,");
    if (options.facts.contains("classes") && !options.labels.empty())
      throw CLI::ExcludesError("--labels", "--set classes");
  } catch (const CLI::ParseError& problem) {
    if (problem.get_exit_code() == 0) return app.exit(problem);
    std::cerr << "maskrcnn-convert: " << problem.what() << " (try --help)\n";
    return 2;
  }
  return segment::run_tool("maskrcnn-convert", [&] {
    if (!inspected.empty()) return convert::inspect(inspected, options.facts) ? 0 : 1;
    convert::run(options);
    return 0;
  });
}
