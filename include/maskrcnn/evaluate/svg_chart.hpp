/// Charts as inline SVG, in the colours of the page's style sheet.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <maskrcnn/evaluate/html_text.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// A line of a chart.
struct ChartLine {
  std::string colour;  ///< CSS: "var(--accent)"
  double width = 1.5;
  std::vector<std::pair<double, double>> points;  ///< x and y, inside the axes' ranges
};

/// What an axis shows.
struct ChartAxis {
  std::string name;
  double from = 0, to = 1;
  double step = 0.2;  ///< between its marks
};

namespace svg_chart {

inline constexpr double width = 400, height = 284, left = 48, right = 12, top = 24, bottom = 40;

/// A frame with a grid and names; `x(..)` and `y(..)` give the places of values.
class Frame {
 public:
  Frame(ChartAxis across, ChartAxis up, const std::string& title) : x_(std::move(across)), y_(std::move(up)) {
    text_ = "<svg viewBox=\"0 0 " + decimals(width, 0) + " " + decimals(height, 0) + "\" role=\"img\" aria-label=\"";
    text_ += html_text(title) + "\">";
    for_each_mark(y_, [this](double value, const std::string& label) {
      line("grid", left, y(value), width - right, y(value));
      write(label, left - 6, y(value) + 4, "end");
    });
    for_each_mark(x_, [this](double value, const std::string& label) {
      line("grid", x(value), top, x(value), height - bottom);
      write(label, x(value), height - bottom + 16, "middle");
    });
    line("axis", left, height - bottom, width - right, height - bottom);
    write(x_.name, (left + width - right) / 2, height - 6, "middle");
    write(y_.name, 0, 11, "start");  // above the marks, however many digits they have
  }

  [[nodiscard]] double x(double value) const {
    return left + (value - x_.from) / (x_.to - x_.from) * (width - left - right);
  }
  [[nodiscard]] double y(double value) const {
    return height - bottom - (value - y_.from) / (y_.to - y_.from) * (height - top - bottom);
  }

  void line(const char* kind, double x0, double y0, double x1, double y1) {
    text_ += std::string("<line class=\"").append(kind).append("\" x1=\"").append(decimals(x0, 1)).append("\" y1=\"");
    text_ += decimals(y0, 1).append("\" x2=\"").append(decimals(x1, 1)).append("\" y2=\"");
    text_ += decimals(y1, 1).append("\"/>");
  }
  void write(const std::string& words, double at_x, double at_y, const char* anchor) {
    text_ += std::string("<text x=\"").append(decimals(at_x, 1)).append("\" y=\"").append(decimals(at_y, 1));
    text_ += std::string("\" text-anchor=\"").append(anchor).append("\">");
    text_ += html_text(words).append("</text>");
  }
  void add(const ChartLine& line) {
    text_ += std::string("<path stroke=\"").append(line.colour).append("\" stroke-width=\"");
    text_ += decimals(line.width, 1).append("\" d=\"");
    for (std::size_t i = 0; i < line.points.size(); ++i)
      text_ += std::string(i == 0 ? "M" : "L")
                   .append(decimals(x(line.points[i].first), 1))
                   .append(" ")
                   .append(decimals(y(line.points[i].second), 1));
    text_ += "\"/>";
  }
  /// A bar between two values of x and two of y.
  void bar(double x0, double x1, double y0, double y1, const char* colour, const std::string& title) {
    text_ += std::string("<rect fill=\"").append(colour).append("\" x=\"").append(decimals(x(x0) + 1, 1));
    text_ += std::string("\" y=\"").append(decimals(y(y1), 1)).append("\" width=\"");
    text_ += decimals(x(x1) - x(x0) - 2, 1).append("\" height=\"").append(decimals(y(y0) - y(y1), 1));
    text_ += std::string("\"><title>").append(html_text(title)).append("</title></rect>");
  }

  [[nodiscard]] std::string finish() && { return std::move(text_) + "</svg>"; }

 private:
  template <class Use>
  static void for_each_mark(const ChartAxis& axis, const Use& use) {
    const int digits = axis.step >= 1 ? 0 : axis.step >= 0.1 ? 1 : 2;
    for (int i = 0; axis.from + i * axis.step <= axis.to + 1e-9; ++i) {
      const double value = axis.from + i * axis.step;
      use(value, digits == 0 ? html_count(static_cast<std::size_t>(std::lround(value))) : decimals(value, digits));
    }
  }

  ChartAxis x_, y_;
  std::string text_;
};

}  // namespace svg_chart

/// Lines over an axis; `mark` is an x that a dashed line shows, if it lies inside.
[[nodiscard]] inline std::string line_chart(const std::string& title, const ChartAxis& x, const ChartAxis& y,
                                            const std::vector<ChartLine>& lines, double mark = -1) {
  svg_chart::Frame frame(x, y, title);
  if (mark >= x.from && mark <= x.to) frame.line("mark", frame.x(mark), frame.y(y.from), frame.x(mark), frame.y(y.to));
  for (const ChartLine& line : lines) frame.add(line);
  return std::move(frame).finish();
}

/// Counts of two kinds in equal bins from 0 to 1, one on top of the other.
[[nodiscard]] inline std::string histogram(const std::string& title, const std::string& x_name,
                                           std::span<const std::size_t> lower, std::span<const std::size_t> upper,
                                           const char* lower_colour, const char* upper_colour) {
  std::size_t most = 1;
  for (std::size_t i = 0; i < lower.size(); ++i) most = std::max(most, lower[i] + upper[i]);
  // marks at 1, 2 or 5 times a power of ten, about five of them
  const double raw = static_cast<double>(most) / 4, power = std::pow(10, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (const double factor : {5.0, 2.0, 1.0})
    if (factor * power >= raw) step = factor * power;
  step = std::max(step, 1.0);
  const double end = step * std::ceil(static_cast<double>(most) / step);
  svg_chart::Frame frame({.name = x_name}, {.name = "objects", .from = 0, .to = end, .step = step}, title);
  const double bins = static_cast<double>(lower.size());
  for (std::size_t i = 0; i < lower.size(); ++i) {
    const double x0 = static_cast<double>(i) / bins, x1 = static_cast<double>(i + 1) / bins;
    const double first = static_cast<double>(lower[i]), both = first + static_cast<double>(upper[i]);
    const std::string what = decimals(x0, 2) + " to " + decimals(x1, 2) + ": " + html_count(lower[i]) + " right, " +
                             html_count(upper[i]) + " wrong";
    if (lower[i] > 0) frame.bar(x0, x1, 0, first, lower_colour, what);
    if (upper[i] > 0) frame.bar(x0, x1, first, both, upper_colour, what);
  }
  return std::move(frame).finish();
}

}  // namespace maskrcnn::evaluate
