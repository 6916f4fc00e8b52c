#include <maskrcnn/evaluate/svg_chart.hpp>

#include <algorithm>
#include <sstream>

#include "support.hpp"

using maskrcnn::evaluate::ChartAxis;
using maskrcnn::evaluate::ChartLine;
using maskrcnn::evaluate::histogram;
using maskrcnn::evaluate::line_chart;

namespace {

/// All that stands between two texts.
[[nodiscard]] std::vector<std::string> between(const std::string& text, const std::string& before, const char* after) {
  std::vector<std::string> found;
  for (auto at = text.find(before); at != std::string::npos; at = text.find(before, at)) {
    at += before.size();
    found.push_back(text.substr(at, text.find(after, at) - at));
  }
  return found;
}

/// Every place in a chart lies in its view box.
void check_bounds(const std::string& chart) {
  CHECK(chart.starts_with("<svg viewBox=\"0 0 400 284\" role=\"img\" aria-label=\""));
  CHECK(chart.ends_with("</svg>"));
  for (const char* const part : {"nan", "inf"}) CHECK_FALSE(test::contains(chart, part));
  const auto inside = [](const std::vector<std::string>& places, double end) {
    for (const std::string& place : places) {
      CAPTURE(place);
      CHECK(std::stod(place) >= 0);
      CHECK(std::stod(place) <= end);
    }
  };
  CHECK_FALSE(between(chart, " x=\"", "\"").empty());
  for (const char* const name : {"x", "x1", "x2", "width"})
    inside(between(chart, std::string(" ").append(name).append("=\""), "\""), 400);
  for (const char* const name : {"y", "y1", "y2", "height"})
    inside(between(chart, std::string(" ").append(name).append("=\""), "\""), 284);
  for (const std::string& path : between(chart, " d=\"", "\"")) {
    std::string words = path;
    std::replace_if(
        words.begin(), words.end(), [](char c) { return c == 'M' || c == 'L'; }, ' ');
    std::istringstream places(words);
    for (std::string x, y; places >> x >> y;) inside({x}, 400), inside({y}, 284);
  }
}

/// The words of a chart, in their order.
[[nodiscard]] std::vector<std::string> labels(const std::string& chart) {
  std::vector<std::string> words;
  for (const std::string& text : between(chart, "<text ", "</text>")) words.push_back(text.substr(text.find('>') + 1));
  return words;
}

[[nodiscard]] std::string bars(const std::vector<std::size_t>& right, const std::vector<std::size_t>& wrong) {
  return histogram("scores", "score", right, wrong, "var(--right)", "var(--wrong)");
}

[[nodiscard]] std::string lines() {
  return line_chart("curve", {.name = "recall"}, {.name = "precision"},
                    {{.colour = "red", .points = {{0, 1}, {0.123, 0.5}, {1, 0}}}}, 0.25);
}

}  // namespace

TEST_CASE("a line goes through its points") {
  const std::string chart = lines();
  check_bounds(chart);
  // the frame is 340 x 220, its origin at (48, 244)
  CHECK(test::contains(chart, "<path stroke=\"red\" stroke-width=\"1.5\" d=\"M48.0 24.0L89.8 134.0L388.0 244.0\"/>"));
  CHECK(test::contains(chart, "<line class=\"mark\" x1=\"133.0\" y1=\"244.0\" x2=\"133.0\" y2=\"24.0\"/>"));
  CHECK(labels(chart) == std::vector<std::string>{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0", "0.0", "0.2", "0.4", "0.6",
                                                  "0.8", "1.0", "recall", "precision"});
}

TEST_CASE("axes may begin and end anywhere") {
  const ChartAxis across{.name = "t", .from = 0.5, .to = 1, .step = 0.1}, up{.name = "n", .to = 2000, .step = 500};
  const std::string chart = line_chart("AP(t)", across, up, {{.colour = "red", .points = {{0.5, 0}, {1, 2000}}}});
  check_bounds(chart);
  CHECK(test::contains(chart, "d=\"M48.0 244.0L388.0 24.0\""));
  CHECK(labels(chart) == std::vector<std::string>{"0", "500", "1,000", "1,500", "2,000", "0.5", "0.6", "0.7", "0.8",
                                                  "0.9", "1.0", "t", "n"});
  const std::string fine = line_chart("", {.name = "x", .to = 0.1, .step = 0.05}, {.name = "y"}, {});
  check_bounds(fine);
  CHECK(between(fine, "middle\">", "<") == std::vector<std::string>{"0.00", "0.05", "0.10", "x"});
}

TEST_CASE("a mark beyond the axis is left out") {
  for (const double mark : {-1.0, -0.01, 1.01})
    CHECK_FALSE(test::contains(line_chart("", {.name = "x"}, {.name = "y"}, {}, mark), "class=\"mark\""));
  for (const double mark : {0.0, 1.0})
    CHECK(test::contains(line_chart("", {.name = "x"}, {.name = "y"}, {}, mark), "class=\"mark\""));
}

TEST_CASE("texts of a chart are escaped") {
  const std::string chart = line_chart("<b>&\"", {.name = "<x>"}, {.name = "\"y\""}, {});
  CHECK(test::contains(chart, "aria-label=\"&lt;b&gt;&amp;&quot;\""));
  CHECK(test::contains(chart, ">&lt;x&gt;</text>"));
  CHECK(test::contains(chart, ">&quot;y&quot;</text>"));
}

TEST_CASE("charts of nothing have a frame") {
  const std::string none = line_chart("none", {.name = "x"}, {.name = "y"}, {});
  check_bounds(none);
  CHECK_FALSE(test::contains(none, "<path"));
  const std::string empty =
      line_chart("empty", {.name = "x"}, {.name = "y"}, {ChartLine{.colour = "red", .points = {}}});
  check_bounds(empty);
  CHECK(test::contains(empty, "d=\"\"/>"));
  for (const std::size_t bins : {std::size_t{0}, std::size_t{20}}) {
    const std::string chart = bars(std::vector<std::size_t>(bins), std::vector<std::size_t>(bins));
    check_bounds(chart);
    CHECK_FALSE(test::contains(chart, "<rect"));
    CHECK(labels(chart).front() == "0");
  }
}

TEST_CASE("bars stand on each other and say what they are") {
  const std::string chart = bars({3, 0}, {1, 2});
  check_bounds(chart);
  CHECK(test::contains(chart,
                       "<rect fill=\"var(--right)\" x=\"49.0\" y=\"79.0\" width=\"168.0\" height=\"165.0\">"
                       "<title>0.00 to 0.50: 3 right, 1 wrong</title></rect>"));
  CHECK(test::contains(chart, "<rect fill=\"var(--wrong)\" x=\"49.0\" y=\"24.0\" width=\"168.0\" height=\"55.0\">"));
  CHECK(test::contains(chart, "<title>0.50 to 1.00: 0 right, 2 wrong</title>"));
  CHECK(between(chart, "<rect", ">").size() == 3);
}

TEST_CASE("counts have about five marks, at 1, 2 or 5 times a power of ten, however many there are") {
  for (std::size_t most = 1; most < 3'000'000'000; most = most * 5 / 4 + 1) {
    CAPTURE(most);
    const std::string chart = bars({most, 0}, {0, most / 2});
    check_bounds(chart);
    const auto marks = between(chart, "text-anchor=\"end\">", "<");
    CHECK(marks.size() >= 2);
    CHECK(marks.size() <= 6);
    std::string last = marks.back(), step = marks.at(1);
    std::erase(last, ',');
    std::erase(step, ',');
    CHECK(std::stoull(last) >= most);
    CHECK(step.find_first_not_of('0', 1) == std::string::npos);
    CHECK(std::string("125").find(step[0]) != std::string::npos);
  }
}
