/// The report as one page that needs nothing else: numbers, curves, and images that came out best and worst.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <maskrcnn/core/image.hpp>
#include <maskrcnn/evaluate/comparison_image.hpp>
#include <maskrcnn/evaluate/dataset.hpp>
#include <maskrcnn/evaluate/html_style.hpp>
#include <maskrcnn/evaluate/html_text.hpp>
#include <maskrcnn/evaluate/report.hpp>
#include <maskrcnn/evaluate/svg_chart.hpp>
#include <maskrcnn/io/image_file.hpp>
#include <maskrcnn/io/output_file.hpp>
#include <string>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// What the page says besides the report.
struct PageOptions {
  std::string title;                                         ///< "nuclei.safetensors"
  std::vector<std::pair<std::string, std::string>> tiles{};  ///< more large numbers: what, value
  std::vector<std::pair<std::string, std::string>> facts{};  ///< lines at the end of the page: what, value
  std::vector<std::string> notes{};                          ///< what a reader should know about the data
  std::size_t examples = 4;                       ///< images that came out best, and as many that came out worst
  std::function<Image(const ImageInfo&)> read{};  ///< reads an image; none: no images are shown
};

namespace html_report {

/// A line from dark to light for each threshold: 0.5 stands out, 0.95 nearly vanishes.
[[nodiscard]] inline std::string threshold_colour(std::size_t i) {
  return "color-mix(in oklab, var(--accent) " + std::to_string(100 - 8 * i) + "%, var(--card))";
}

[[nodiscard]] inline std::string tile(const std::string& name, const std::string& value) {
  return "<div class=\"tile\"><b>" + value + "</b><span>" + name + "</span></div>";
}

[[nodiscard]] inline std::string tiles(const Report& report, const PageOptions& options) {
  const MeasureReport& best = report.best_measure();
  const std::string what = report.mask ? "mask " : "box ";
  std::string text = "<div class=\"tiles\">";
  text += tile(what + "AP, COCO", html_score(best.coco.ap));
  text += tile(what + "AP50, COCO", html_score(best.coco.ap50));
  if (report.options.limit != 100)
    text += tile(what + "AP50, best " + std::to_string(report.options.limit), html_score(best.at_limit.ap50));
  text += tile("cell AP(0.5), TP / (TP+FP+FN)", html_score(best.cells.all[0].ap()));
  text += tile("mean AP(t), 0.50 to 0.95", html_score(best.cells.mean_ap()));
  for (const auto& [name, value] : options.tiles) text += tile(html_text(name), html_text(value));
  return text + "</div>";
}

[[nodiscard]] inline std::string coco_table(const Report& report) {
  static constexpr std::array<const char*, 12> names{"AP",         "AP50",      "AP75",       "AP, small",
                                                     "AP, medium", "AP, large", "AR, best 1", "AR, best 10",
                                                     "AR",         "AR, small", "AR, medium", "AR, large"};
  const bool both = report.options.limit != 100;
  std::vector<std::array<double, 12>> columns;
  std::string head;
  const auto add = [&](const MeasureReport& measure, const std::string& name) {
    columns.push_back(measure.coco.values());
    head += "<th>" + name + (both ? ", 100" : "") + "</th>";
    if (!both) return;
    columns.push_back(measure.at_limit.values());
    head += "<th>" + name + ", " + std::to_string(report.options.limit) + "</th>";
  };
  if (report.mask) add(*report.mask, "mask");
  add(report.box, "box");
  std::string text = "<div class=\"card scroll\"><table><thead><tr><th></th>" + head + "</tr></thead><tbody>";
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += std::string("<tr><th>").append(names[i]).append("</th>");
    for (const auto& column : columns)
      text += std::string(i < 3 ? "<td class=\"main\">" : "<td>").append(html_score(column[i])).append("</td>");
    text += "</tr>";
  }
  return text + "</tbody></table></div>";
}

[[nodiscard]] inline std::string keypoint_table(const KeypointSummary& summary) {
  static constexpr std::array<const char*, 10> names{"AP", "AP50", "AP75", "AP, medium", "AP, large",
                                                     "AR", "AR50", "AR75", "AR, medium", "AR, large"};
  std::string head, row;
  const auto values = summary.values();
  for (std::size_t i = 0; i < names.size(); ++i) {
    head += std::string("<th>").append(names[i]).append("</th>");
    row += std::string(i < 3 ? "<td class=\"main\">" : "<td>").append(html_score(values[i])).append("</td>");
  }
  return "<div class=\"card scroll\"><table><thead><tr><th></th>" + head +
         "</tr></thead><tbody><tr><th>keypoints</th>" + row + "</tr></tbody></table></div>";
}

[[nodiscard]] inline std::string curves(const MeasureReport& best) {
  std::vector<ChartLine> lines;
  std::string key;
  for (std::size_t i = coco_thresholds; i-- > 0;) {
    ChartLine line{.colour = threshold_colour(i), .width = i == 0 || i == 5 ? 2.5 : 1.3, .points = {}};
    for (std::size_t r = 0; r < coco_recalls; ++r) line.points.emplace_back(coco_recall(r), double{best.curves[i][r]});
    lines.push_back(line);
  }
  for (std::size_t i = 0; i < coco_thresholds; ++i) {
    double sum = 0;
    for (const float precision : best.curves[i]) sum += double{precision};
    key += "<li><i style=\"background:" + threshold_colour(i) + "\"></i>" + decimals(coco_threshold(i), 2) + ": " +
           decimals(sum / coco_recalls, 3) + "</li>";
  }
  return "<div class=\"card\"><h3>Precision over recall, by overlap</h3>" +
         line_chart("Precision over recall", {.name = "recall"}, {.name = "precision"}, lines) + "<ul class=\"key\">" +
         key + "</ul></div>";
}

[[nodiscard]] inline std::string score_histogram(const MeasureReport& best) {
  return "<div class=\"card\"><h3>Scores of what was found</h3>" +
         histogram("Scores of what was found", "score", best.right_by_score, best.wrong_by_score, "var(--right)",
                   "var(--wrong)") +
         "<ul class=\"key\"><li><i class=\"box\" style=\"background:var(--right)\"></i>fits an object by one half</li>"
         "<li><i class=\"box\" style=\"background:var(--wrong)\"></i>fits none</li></ul></div>";
}

[[nodiscard]] inline std::string cell_charts(const Report& report) {
  const MeasureReport& best = report.best_measure();
  const auto over_t = [](const CellScores& cells, const char* colour) {
    ChartLine line{.colour = colour, .width = 2.5, .points = {}};
    for (std::size_t i = 0; i < coco_thresholds; ++i) line.points.emplace_back(coco_threshold(i), cells.all[i].ap());
    return line;
  };
  ChartLine half{.colour = "var(--accent)", .width = 2.5, .points = {}},
      mean{.colour = "var(--accent2)", .width = 2.5, .points = {}};
  for (std::size_t i = 0; i < best.cells_by_score.size(); ++i) {
    half.points.emplace_back(static_cast<double>(i) / 20, best.cells_by_score[i].all[0].ap());
    mean.points.emplace_back(static_cast<double>(i) / 20, best.cells_by_score[i].mean_ap());
  }
  std::vector<ChartLine> lines{over_t(report.box.cells, "var(--accent2)")};
  if (report.mask) lines.push_back(over_t(report.mask->cells, "var(--accent)"));
  const std::string mask_key = report.mask ? "<li><i style=\"background:var(--accent)\"></i>masks</li>" : "";
  return "<div class=\"pair\"><div class=\"card\"><h3>AP(t) over the overlap t</h3>" +
         line_chart("AP(t) over t", {.name = "t", .from = 0.5, .to = 1, .step = 0.1}, {.name = "AP(t)"}, lines) +
         "<ul class=\"key\">" + mask_key +
         "<li><i style=\"background:var(--accent2)\"></i>boxes</li></ul></div>"
         "<div class=\"card\"><h3>and over the score that makes a prediction</h3>" +
         line_chart("AP over score", {.name = "score threshold"}, {.name = "AP"}, {mean, half},
                    report.options.score_threshold) +
         "<ul class=\"key\"><li><i style=\"background:var(--accent)\"></i>AP(0.5)</li>"
         "<li><i style=\"background:var(--accent2)\"></i>mean AP(t)</li><li>dashed: " +
         decimals(report.options.score_threshold, 2) + ", used here</li></ul></div></div>";
}

[[nodiscard]] inline std::string cell_table(const Report& report) {
  const CellScores& cells = report.best_measure().cells;
  std::string head, pooled, mean, counts[3];
  for (std::size_t i = 0; i < coco_thresholds; ++i) {
    head += "<th>" + decimals(coco_threshold(i), 2) + "</th>";
    pooled += "<td class=\"main\">" + decimals(cells.all[i].ap(), 3) + "</td>";
    mean += "<td>" + decimals(cells.mean_image[i], 3) + "</td>";
    const std::array<std::size_t, 3> values{cells.all[i].right, cells.all[i].wrong, cells.all[i].missed};
    for (std::size_t k = 0; k < 3; ++k) counts[k] += "<td>" + html_count(values[k]) + "</td>";
  }
  return "<div class=\"card scroll\"><table><thead><tr><th>t</th>" + head +
         "<th>mean</th></tr></thead><tbody><tr><th>AP(t), all images together</th>" + pooled + "<td class=\"main\">" +
         decimals(cells.mean_ap(), 3) + "</td></tr><tr><th>mean of the images’ AP(t)</th>" + mean + "<td>" +
         decimals(cells.bowl_score(), 3) + "</td></tr><tr><th>right (TP)</th>" + counts[0] +
         "<td></td></tr><tr><th>wrong (FP)</th>" + counts[1] + "<td></td></tr><tr><th>missed (FN)</th>" + counts[2] +
         "<td></td></tr></tbody></table></div>";
}

[[nodiscard]] inline std::string category_table(const Report& report, const Dataset& data) {
  std::string text = "<div class=\"card scroll\"><table><thead><tr><th>category</th><th>objects</th><th>found</th>";
  const auto names = [&text](const std::string& what) {
    for (const char* const name : {"AP", "AP50", "AP75", "AR"}) text += "<th>" + what + name + "</th>";
  };
  if (report.mask) names("mask ");
  names("box ");
  text += "</tr></thead><tbody>";
  for (std::size_t k = 0; k < data.categories.size(); ++k) {
    const CategoryReport& box = report.box.categories[k];
    if (box.truths + box.found == 0) continue;
    text += "<tr><th>" + html_text(data.categories[k].name) + "</th><td>" + html_count(box.truths) + "</td><td>" +
            html_count(box.found) + "</td>";
    const auto scores = [&text](const CategoryScore& score) {
      text += "<td class=\"main\">" + html_score(score.ap) + "</td>";
      for (const double value : {score.ap50, score.ap75, score.ar}) text += "<td>" + html_score(value) + "</td>";
    };
    if (report.mask) scores(report.mask->categories[k].at_limit);
    scores(box.at_limit);
    text += "</tr>";
  }
  return text + "</tbody></table></div>";
}

/// One image, truth and prediction side by side.
[[nodiscard]] inline std::string example(const Report& report, const Dataset& data, const Findings& findings,
                                         const ImageReport& result, const PageOptions& options) {
  const ImageInfo& info = data.images[result.image];
  const Image image = options.read(info);
  require_size(image.size(), info, info.file_name, data);
  const auto drawn = draw_comparison(image, data, findings.objects, result.image, report.options.score_threshold,
                                     report.mask ? Measure::mask : Measure::box);
  const auto side = [&](const char* name, const Image& drawing) {
    return std::string("<div><small>").append(name).append("</small><img decoding=\"sync\" width=\"") +
           std::to_string(drawing.width()) + "\" height=\"" + std::to_string(drawing.height()) + "\" alt=\"" +
           html_text(std::string(name) + " of " + info.file_name) + "\" src=\"data:image/jpeg;base64," +
           base64(io::encode_jpeg(drawing, 92, info.file_name)) + "\"></div>";
  };
  return "<figure class=\"card\"><figcaption><strong>" + html_text(info.file_name) + "</strong><span>mean AP(t) " +
         decimals(result.mean_ap, 3) + "</span><span>" + html_count(result.half.right) + " right, " +
         html_count(result.half.wrong) + " wrong, " + html_count(result.half.missed) + " missed</span></figcaption>" +
         "<div class=\"sides\">" + side("truth", drawn.truth) + side("prediction", drawn.prediction) +
         "</div></figure>";
}

inline constexpr const char* method =
    "<h2>How these numbers are made</h2><div class=\"card\"><dl>"
    "<dt>COCO</dt><dd>Average precision and recall by the rules of pycocotools: found objects choose, best score "
    "first, "
    "the free true object that they overlap most; precision is averaged over 101 recalls, overlaps of 0.50 to 0.95, "
    "and "
    "categories. Crowds count neither way. Looked at are the best 100 objects of an image and category, which is too "
    "few "
    "for crowded images: where another limit is named, the number is what COCO’s would be with that one.</dd>"
    "<dt>AP(t)</dt><dd>Predictions are the found objects that score at least the threshold. Pairs that overlap by at "
    "least t are taken in order of falling overlap, as long as both objects are free. AP(t) = TP / (TP + FP + FN), "
    "counted over all images together, as in “Cell Detection with Star-convex Polygons” (Schmidt et al., 2018); the "
    "mean of the images’ own AP(t) is the score of the 2018 Data Science Bowl.</dd>";

}  // namespace html_report

/// The page as text.
/// @throws Error if an image cannot be read or is not as large as the data set says
[[nodiscard]] inline std::string html_page(const Report& report, const Dataset& data, const Findings& findings,
                                           const PageOptions& options) {
  using namespace html_report;
  const std::string title = html_text(options.title);
  std::string page =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\"><title>" +
      title + " · evaluation</title><style>" + html_style + "</style></head><body><main><header><h1>" + title +
      "</h1><p>" + html_text(data.name) + ": " + html_count(data.images.size()) + " images, " +
      html_count(report.truths) + " objects" +
      (report.crowds > 0 ? ", " + html_count(report.crowds) + " crowds" : std::string()) + "; " +
      html_count(findings.objects.size()) + " found</p></header>";
  page += tiles(report, options);
  for (const std::string& note : options.notes) page += "<p class=\"note\">" + html_text(note) + "</p>";
  page += "<h2>COCO’s numbers</h2><p class=\"note\">With the best 100 objects of an image and category";
  if (report.options.limit != 100) page += ", and with the best " + html_count(report.options.limit);
  page += ".</p>" + coco_table(report);
  if (report.keypoints)
    page +=
        "<h2>COCO’s numbers of keypoints</h2><p class=\"note\">By object keypoint similarity (OKS), with the best " +
        html_count(coco_keypoint_limit) + " objects of an image and category.</p>" + keypoint_table(*report.keypoints);
  page += "<h2>Curves</h2><p class=\"note\">Of " + std::string(report.mask ? "masks" : "boxes") +
          ", mean over categories. The number beside an overlap is the area under its curve.</p><div class=\"pair\">" +
          curves(report.best_measure()) + score_histogram(report.best_measure()) + "</div>";
  page += "<h2>Cell segmentation</h2><p class=\"note\">Of " + std::string(report.mask ? "masks" : "boxes") +
          " that score at least " + decimals(report.options.score_threshold, 2) +
          ": AP(t) = TP / (TP + FP + FN), where an overlap of t makes a pair.</p>" + cell_table(report) +
          "<div style=\"height:16px\"></div>" + cell_charts(report);
  if (data.categories.size() > 1) page += "<h2>Categories</h2>" + category_table(report, data);
  if (options.read && options.examples > 0 && !report.images.empty()) {
    const std::size_t worst = std::min(options.examples, (report.images.size() + 1) / 2);
    const std::size_t best = std::min(options.examples, report.images.size() - worst);
    const std::string key =
        "<ul class=\"key\" style=\"margin-bottom:14px\"><li><i class=\"box\" style=\"background:#26d0b8\"></i>found, "
        "or "
        "right</li><li><i class=\"box\" style=\"background:#ffb224\"></i>missed</li><li><i class=\"box\" "
        "style=\"background:#ff5e3a\"></i>wrong</li></ul>";
    page += "<h2>Where it is worst</h2>" + key + "<div class=\"examples pair\">";
    for (std::size_t i = 0; i < worst; ++i)
      page += example(report, data, findings, report.images[report.images.size() - 1 - i], options);
    page += "</div>";
    if (best > 0) page += "<h2>Where it is best</h2>" + key + "<div class=\"examples pair\">";
    for (std::size_t i = 0; i < best; ++i) page += example(report, data, findings, report.images[i], options);
    if (best > 0) page += "</div>";
  }
  page += method;
  for (const auto& [name, value] : options.facts)
    page += "<dt>" + html_text(name) + "</dt><dd>" + html_text(value) + "</dd>";
  return page + "</dl></div></main></body></html>\n";
}

/// Writes the page; it appears under its name when it is complete.
/// @throws Error as `html_page` does, or if the page cannot be written, with the system's reason
inline void write_html(const std::string& path, const Report& report, const Dataset& data, const Findings& findings,
                       const PageOptions& options) {
  io::OutputFile file(path, "report");
  file.write(html_page(report, data, findings, options));
  file.commit();
}

}  // namespace maskrcnn::evaluate
