/// What the tool prints: a table for each image, and a progress line.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <maskrcnn/core/convention.hpp>
#include <maskrcnn/core/detection.hpp>
#include <maskrcnn/io/coco_json.hpp>
#include <string>
#include <vector>

namespace segment {

/// Text for a terminal: control characters of file and class names are shown as '?'.
[[nodiscard]] inline std::string printable(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  return text;
}

/// "photo.jpg: 640 x 480, 3 objects, 0.84 s", then a line for each object, with how many of its keypoints are sure.
inline void print_table(const std::string& name, maskrcnn::Size size, double seconds,
                        const maskrcnn::AnyDetections& detections, const std::vector<std::string>& class_names,
                        const maskrcnn::KeypointRule& rule) {
  std::printf("%s: %d x %d pixels, %zu object%s, %.2f s\n", printable(name).c_str(), size.width, size.height,
              detections.size(), detections.size() == 1 ? "" : "s", seconds);
  if (detections.empty()) return;
  std::size_t width = 5;
  for (const auto& detection : detections)
    width = std::max(width, maskrcnn::io::class_name(class_names, detection.label).size());
  width = std::min<std::size_t>(width, 32);
  std::printf("  %4s  %-*s  %5s  %8s %8s %8s %8s%s%s\n", "#", static_cast<int>(width), "class", "score", "x0", "y0",
              "x1", "y1", detections.has_masks() ? "  mask area" : "", detections.has_keypoints() ? "  keypoints" : "");
  for (std::size_t i = 0; i < detections.size(); ++i) {
    const auto& [box, label, score, mask] = detections[i];
    const std::string name_of_class = printable(maskrcnn::io::class_name(class_names, label));
    std::printf("  %4zu  %-*s  %5.3f  %8.1f %8.1f %8.1f %8.1f", i + 1, static_cast<int>(width), name_of_class.c_str(),
                double{score}, double{box.x0}, double{box.y0}, double{box.x1}, double{box.y1});
    if (detections.has_masks()) std::printf("  %9zu", mask.area());
    if (detections.has_keypoints()) {
      const auto keypoints = detections.keypoints(i);
      const auto sure = std::count_if(keypoints.begin(), keypoints.end(), [&](const maskrcnn::Keypoint& keypoint) {
        return double{keypoint.score} >= rule.sure_from;
      });
      std::printf("  %3td of %2zu", sure, keypoints.size());
    }
    std::printf("\n");
  }
}

/// A line on standard error that says where a long run is; only on a terminal, and only after two seconds.
class Progress {
 public:
  explicit Progress(std::size_t images) : images_(images) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  /// Image number `index`, from 0, begins.
  void begin(std::size_t index, const std::string& name) {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    if (!terminal_ || images_ < 2 || seconds < 2) return;
    // of a long path the end, which tells it from others
    const std::string end = name.size() <= 60 ? name : "..." + name.substr(name.size() - 57);
    std::fprintf(stderr, "\r\033[K[%zu/%zu] %.0f s left  %s", index + 1, images_,
                 seconds / static_cast<double>(std::max<std::size_t>(index, 1)) * static_cast<double>(images_ - index),
                 printable(end).c_str());
    (void)std::fflush(stderr);
    shown_ = true;
  }
  /// Makes room for other output.
  void clear() {
    if (shown_) std::fprintf(stderr, "\r\033[K");
    shown_ = false;
  }

 private:
  std::size_t images_;
  bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace segment
