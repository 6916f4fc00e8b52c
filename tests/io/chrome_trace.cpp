#include <maskrcnn/io/chrome_trace.hpp>

#include <maskrcnn/mask_rcnn.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <utility>

#include "support.hpp"

using maskrcnn::Profile;
using maskrcnn::io::ChromeTrace;
using nlohmann::json;
using std::chrono::microseconds;

namespace {

[[nodiscard]] json events_of(const std::string& path) { return json::parse(std::ifstream(path)).at("traceEvents"); }

/// An event from `start` to `end` microseconds.
void add(Profile& profile, const char* name, int start, int end, double flops = 0) {
  const std::chrono::steady_clock::time_point zero{};
  profile.add({.name = name,
               .category = "layer",
               .start = zero + microseconds(start),
               .duration = microseconds(end - start),
               .notes = {.flops = flops, .details = {{"output", "[1,2]"}}}});
}

}  // namespace

TEST_CASE("each profile is a track of complete events in microseconds") {
  const test::Folder folder;
  Profile first, second;
  add(first, "layer \"a\"", 1000, 1500, 2e6);
  add(second, "b", 2000, 2001);
  ChromeTrace trace(folder.file("t.json"));
  trace.add("bad \xFF name.png", first);
  trace.add("b.png", second);
  trace.finish();
  const json events = events_of(folder.file("t.json"));
  REQUIRE(events.size() == 5);
  CHECK(events[0].at("ph") == "M");
  CHECK(events[1].at("name") == "thread_name");
  CHECK(events[1].at("tid") == 1);
  CHECK(events[2].at("name") == "layer \"a\"");
  CHECK(events[2].at("cat") == "layer");
  CHECK(events[2].at("ph") == "X");
  CHECK(events[2].at("ts") == 1000.0);
  CHECK(events[2].at("dur") == 500.0);
  CHECK(events[2].at("pid") == 1);
  CHECK(events[2].at("tid") == 1);
  CHECK(events[2].at("args").at("output") == "[1,2]");
  CHECK(events[2].at("args").at("GFLOP") == doctest::Approx(0.002));
  CHECK(events[2].at("args").at("GFLOP/s") == doctest::Approx(4.0));
  CHECK(events[3].at("args").at("name") == "b.png");
  CHECK(events[4].at("tid") == 2);
  CHECK_FALSE(events[4].at("args").contains("GFLOP"));
}

TEST_CASE("what encloses others has the sum of their arithmetic") {
  const test::Folder folder;
  Profile profile;
  add(profile, "b", 10, 20, 1e9);
  add(profile, "c", 20, 30, 2e9);
  add(profile, "a", 10, 30);
  add(profile, "e", 30, 35, 4e9);
  add(profile, "d", 30, 40);
  add(profile, "all", 10, 50);
  ChromeTrace trace(folder.file("t.json"));
  trace.add("a.png", profile);
  trace.finish();
  std::vector<std::pair<std::string, double>> found;
  for (const json& event : events_of(folder.file("t.json")))
    if (event.at("ph") == "X") found.emplace_back(event.at("name"), event.at("args").at("GFLOP"));
  const decltype(found) expected{{"all", 7.0}, {"a", 3.0}, {"b", 1.0}, {"c", 2.0}, {"d", 4.0}, {"e", 4.0}};
  CHECK((found == expected));
}

TEST_CASE("the trace of a model: an inference of stages of layers, and the same detections") {
  const test::Folder folder;
  const auto weights = maskrcnn::load_weights(MASKRCNN_GOLDEN_DIR "/slim_model.safetensors");
  const maskrcnn::MaskRCNN<maskrcnn::ResNet50Fpn> model(weights);
  const auto image = test::Golden("end_to_end").image("case.image");
  Profile profile;
  const auto detections = model(image, &profile), expected = model(image);
  REQUIRE_FALSE(expected.empty());
  REQUIRE(detections.size() == expected.size());
  for (std::size_t i = 0; i < detections.size(); ++i) CHECK(detections[i].box == expected[i].box);
  ChromeTrace trace(folder.file("t.json"));
  trace.add("case.png", profile);
  trace.finish();

  std::vector<std::string> stages;
  std::set<std::string> layers;
  std::vector<json> open;
  const auto end_of = [](const json& event) { return event.at("ts").get<double>() + event.at("dur").get<double>(); };
  constexpr double rounding = 1e-3;  // microseconds, of sums of large numbers
  for (const json& event : events_of(folder.file("t.json"))) {
    if (event.at("ph") != "X") continue;
    while (!open.empty() && end_of(open.back()) <= event.at("ts").get<double>() + rounding) open.pop_back();
    CAPTURE(event.dump());
    const std::string category = event.at("cat");
    CHECK(open.empty() == (category == "inference"));
    if (!open.empty()) CHECK(end_of(event) <= end_of(open.back()) + rounding);
    if (category == "stage") CHECK(open.back().at("cat") == "inference");
    if (category == "layer") CHECK(open.size() >= 2);
    if (category == "stage") stages.push_back(event.at("name"));
    if (category == "layer") {
      // layers that are computed together: "place.one + other"
      const std::string name = event.at("name"), plus = " + ";
      const auto joint = name.find(plus);
      layers.insert(name.substr(0, joint));
      if (joint != std::string::npos)
        layers.insert(name.substr(0, name.rfind('.', joint) + 1) + name.substr(joint + plus.size()));
    }
    open.push_back(event);
  }
  CHECK(stages == std::vector<std::string>{"preprocess", "backbone", "rpn", "roi features", "box head", "roi features",
                                           "mask head", "paste masks"});
  // every weight of a convolution, deconvolution or fully connected layer belongs to a layer of the profile
  for (const auto& [name, tensor] : weights.tensors()) {
    if (!name.ends_with(".weight") || tensor.shape.size() < 2) continue;
    const std::string layer = name.substr(0, name.size() - std::string(".weight").size());
    CAPTURE(layer);
    CHECK(layers.contains(layer));
  }
}

TEST_CASE("Faster R-CNN is profiled too, and calls at the same time keep to their profiles") {
  const auto whole = maskrcnn::load_weights(MASKRCNN_GOLDEN_DIR "/slim_model.safetensors");
  maskrcnn::Weights::Tensors tensors;
  for (const auto& [name, tensor] : whole.tensors())
    if (!name.starts_with("roi_heads.mask_")) tensors.emplace(name, tensor);
  const maskrcnn::Weights weights("without masks", tensors, {{"convention", "torchvision"}, {"batch_norm_eps", "1e-5"}},
                                  std::make_shared<maskrcnn::Weights>(whole));
  const maskrcnn::FasterRCNN<maskrcnn::ResNet50Fpn> model(weights);
  const auto image = test::Golden("end_to_end").image("case.image");
  Profile first, second;
  std::thread other([&] { (void)model(image, &first); });
  (void)model(image, &second);
  (void)model(image);
  other.join();
  CHECK(first.events().size() == second.events().size());
  for (const Profile* profile : {&first, &second}) {
    const auto events = profile->events();
    CHECK(std::count_if(events.begin(), events.end(), [](const auto& e) { return e.category == "inference"; }) == 1);
    CHECK(std::count_if(events.begin(), events.end(), [](const auto& e) { return e.category == "stage"; }) == 5);
  }
}

TEST_CASE("a trace without profiles is JSON, and a file that cannot be written is refused with its name") {
  const test::Folder folder;
  { ChromeTrace trace(folder.file("t.json")); }
  CHECK(events_of(folder.file("t.json")).size() == 1);
  CHECK(test::error_of([] { ChromeTrace trace("/nonexistent-folder/t.json"); }) ==
        "profile: cannot write /nonexistent-folder/t.json: No such file or directory");
  ChromeTrace trace(folder.file("u.json"));
  trace.finish();
  CHECK(test::contains(test::error_of([&] { trace.add("a", Profile()); }), "it is finished"));
}
