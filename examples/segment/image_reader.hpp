/// Images read as a model wants them, and what a user should know about how that was done.
#pragma once

#include <bit>
#include <cstddef>
#include <filesystem>
#include <maskrcnn/io/image_file.hpp>
#include <maskrcnn/io/turn.hpp>
#include <string>
#include <utility>
#include <vector>

namespace segment {

/// Reads images, and counts those that were read in another way than one might think.
class ImageReader {
 public:
  explicit ImageReader(maskrcnn::io::ReadOptions options = {}) : options_(options) {}

  /// @throws Error as `read_image` does
  [[nodiscard]] maskrcnn::Image operator()(const std::string& path) {
    maskrcnn::io::ImageFile file = maskrcnn::io::read_image_file(path, options_);
    orientation_ = file.orientation;
    if (file.orientation != 1) turned_.add(path, "Exif orientation " + std::to_string(file.orientation));
    constexpr int dark = 256 / 8;
    if (options_.intensity == maskrcnn::Intensity::none && file.brightest < dark) {
      const int unused = 8 - static_cast<int>(std::bit_width(unsigned{file.brightest}));
      dark_.add(path, "no value above 1/" + std::to_string(1 << unused) + " of white: " +
                          std::to_string(file.bits - unused) + " bits kept in " + std::to_string(file.bits) + "?");
    }
    return std::move(file.image);
  }

  /// What to do about an image just read that is as large as expected only if it is turned, or is not; else "".
  [[nodiscard]] std::string remedy(maskrcnn::Size found, maskrcnn::Size expected) const {
    if (found == expected || maskrcnn::io::turned(found, orientation_) != expected) return "";
    const bool applied = options_.exif_orientation == maskrcnn::ExifOrientation::apply;
    return std::string("; its camera has marked it as turned (Exif orientation ") + std::to_string(orientation_) +
           "), " +
           (applied ? "which was followed: --exif-orientation ignore reads it as it is stored, and in this size"
                    : "which was not followed: --exif-orientation apply turns it to this size");
  }

  /// A sentence for each thing that happened, whatever the number of images.
  [[nodiscard]] std::vector<std::string> notes() const {
    std::vector<std::string> notes;
    const bool applied = options_.exif_orientation == maskrcnn::ExifOrientation::apply;
    turned_.say(notes, "marked as turned by the camera",
                applied ? "read upright; --exif-orientation ignore reads such images as they are stored"
                        : "read as stored; --exif-orientation apply turns such images upright");
    dark_.say(notes, "dark", "left so; --intensity percentile brightens such images");
    return notes;
  }

 private:
  /// To how many images something happened, and to which first.
  struct Happened {
    std::size_t count = 0;
    std::string path{}, detail{};

    void add(const std::string& image, const std::string& how) {
      if (count++ > 0) return;
      path = image;
      detail = how;
    }
    void say(std::vector<std::string>& notes, const std::string& what, const std::string& done) const {
      if (count == 1) notes.push_back(path + " is " + what + " (" + detail + "), and was " + done);
      if (count > 1)
        notes.push_back(std::to_string(count) + " images are " + what + ", the first " + path + " (" + detail +
                        "), and were " + done);
    }
  };

  maskrcnn::io::ReadOptions options_;
  int orientation_ = 1;  ///< of the last image
  Happened turned_, dark_;
};

}  // namespace segment
