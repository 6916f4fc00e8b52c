// Every published file, as golden/zoo/files.tsv lists them: those that are said to load do, by names and shapes; those
// that are said not to end in an error.

#include <cstddef>
#include <fstream>
#include <map>
#include <maskrcnn/model/any_model.hpp>
#include <maskrcnn/model/architecture.hpp>
#include <maskrcnn/weights/weights.hpp>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "support.hpp"

namespace {

using maskrcnn::Index;

const std::string folder = MASKRCNN_GOLDEN_DIR "/zoo/";

struct PublishedFile {
  std::string zoo, name, loads, structure, missing;
};

[[nodiscard]] std::vector<PublishedFile> published_files() {
  std::ifstream list(folder + "files.tsv");
  std::vector<PublishedFile> files;
  std::string line;
  while (std::getline(list, line)) {
    if (line.starts_with('#')) continue;
    std::istringstream fields(line);
    PublishedFile& file = files.emplace_back();
    for (std::string* field : {&file.zoo, &file.name, &file.loads, &file.structure, &file.missing})
      std::getline(fields, *field, '\t');
  }
  return files;
}

/// Tensors of a structure, each made of ones, which all share their memory.
class Structure {
 public:
  explicit Structure(const std::string& name) {
    std::ifstream list(folder + name + ".txt");
    REQUIRE_MESSAGE(list.good(), name);
    std::string tensor, shape;
    while (list >> tensor >> shape) add(tensor, shape);
    ones_ = std::make_shared<std::vector<float>>(most_, 1.0F);
    for (auto& [key, stored] : tensors_) stored.data = reinterpret_cast<const std::byte*>(ones_->data());
  }

  /// The file of a name that has this structure.
  [[nodiscard]] maskrcnn::Weights weights(const std::string& file) const { return {file, tensors_, {}, ones_}; }

 private:
  /// @param name with a range of numbers, or without
  void add(const std::string& name, const std::string& shape) {
    maskrcnn::StoredTensor stored{.type = maskrcnn::DType::f32, .type_name = "F32", .shape = {}};
    std::istringstream sizes(shape == "scalar" ? "" : shape);
    for (std::string size; std::getline(sizes, size, 'x');) stored.shape.push_back(std::stoul(size));
    most_ = std::max(most_, stored.count());
    const std::size_t open = name.find('{'), dash = name.find('-', open), close = name.find('}', open);
    if (open == std::string::npos) {
      tensors_.emplace(name, stored);
      return;
    }
    const int last = std::stoi(name.substr(dash + 1));
    for (int number = std::stoi(name.substr(open + 1)); number <= last; ++number)
      tensors_.emplace(name.substr(0, open) + std::to_string(number) + name.substr(close + 1), stored);
  }

  maskrcnn::NamedTensors tensors_;
  std::size_t most_ = 0;
  std::shared_ptr<std::vector<float>> ones_;
};

}  // namespace

TEST_CASE("published files load, or not, as the list of the zoos says") {
  std::set<std::string> built;
  std::map<std::string, std::pair<int, int>> counts;
  for (const PublishedFile& file : published_files()) {
    CAPTURE(file.zoo);
    CAPTURE(file.name);
    CHECK((file.loads == "yes" || file.loads == "no"));
    CHECK((file.missing == "-") == (file.loads == "yes"));
    auto& [loaded, all] = counts[file.zoo];
    ++all;
    loaded += file.loads == "yes" ? 1 : 0;
    if (file.structure == "-") {
      CHECK(file.loads == "no");
      continue;
    }
    if (!built.insert(file.structure).second) continue;
    const std::string error =
        test::error_of([&] { (void)maskrcnn::AnyModel(Structure(file.structure).weights(file.name)); });
    if (file.loads == "yes")
      CHECK(error == "(no error)");
    else
      CHECK(error != "(no error)");
  }
  for (const auto& [zoo, count] : counts)
    MESSAGE(zoo << ": " << count.first << " of " << count.second << " files load");
}
