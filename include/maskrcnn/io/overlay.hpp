/// Overlays: detections drawn on their image, to look at.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <maskrcnn/core/detection.hpp>
#include <maskrcnn/core/image.hpp>
#include <maskrcnn/core/number.hpp>
#include <maskrcnn/core/number_text.hpp>
#include <maskrcnn/io/bitmap_font.hpp>
#include <maskrcnn/io/canvas.hpp>
#include <maskrcnn/io/coco_json.hpp>
#include <maskrcnn/weights/coco_keypoints.hpp>
#include <numeric>
#include <span>
#include <string>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

/// How an overlay looks. Pixels are those of the overlay.
struct OverlayStyle {
  int min_short_side = 768;  ///< smaller images are enlarged by a whole number, so that outlines and text are crisp,
  int max_long_side = 2560;  ///< but not beyond this
  double mask_opacity = 0.38;
  double box_opacity = 0.75;
  double sure_keypoint = 0;  ///< keypoints that score less are left out: `KeypointRule::sure_from`
  bool boxes = true;
  bool tags = true;  ///< label and score, where there is room for them
};

/// A colour for object `index`: neighbours in number are far apart in hue, and all are equally light (OKLCH with steps
/// of the golden angle).
[[nodiscard]] inline Colour object_colour(std::size_t index) {
  constexpr double golden_angle = 2.399963229728653;
  const double hue = 4.4 + golden_angle * static_cast<double>(index), chroma = 0.15;
  const double lightness = 0.74, a = chroma * std::cos(hue), b = chroma * std::sin(hue);
  // OKLab to linear sRGB (Ottosson, "A perceptual color space for image processing", 2020)
  const double l = std::pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3);
  const double m = std::pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3);
  const double s = std::pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3);
  const auto byte = [](double linear) {
    linear = std::clamp(linear, 0.0, 1.0);
    const double encoded = linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1 / 2.4) - 0.055;
    return static_cast<std::uint8_t>(std::lround(255 * encoded));
  };
  return {byte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
          byte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
          byte(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)};
}

/// Left and right are told apart by cold and warm colours.
[[nodiscard]] constexpr Colour part_colour(BodyPart part) {
  constexpr std::array<Colour, 6> colours{{{255, 221, 87},    // head
                                           {196, 255, 140},   // torso
                                           {92, 214, 255},    // left arm
                                           {255, 152, 72},    // right arm
                                           {96, 140, 255},    // left leg
                                           {255, 96, 150}}};  // right leg
  return colours[static_cast<std::size_t>(part)];
}

namespace overlay {

/// An image with detections being drawn on it.
class Drawing {
 public:
  Drawing(const ImageView& image, const OverlayStyle& style) : style_(style) {
    const int short_side = std::min(image.width(), image.height()), long_side = std::max(image.width(), image.height());
    scale_ = std::clamp((style.min_short_side + short_side / 2) / short_side, 1,
                        std::max(1, style.max_long_side / long_side));
    canvas_ = Canvas(enlarged(image, scale_));
    const int side = std::min(canvas_.size().height, canvas_.size().width);
    line_ = std::clamp((side + 200) / 500, 1, 3);
    text_ = std::clamp((side + 150) / 600, 1, 4);
  }

  /// Fills an object and outlines it, inside its edge.
  void mask(const Mask& mask, Colour colour) {
    const Size patch = mask.patch_size();
    if (patch.width == 0 || patch.height == 0) return;
    // the patch and a rim, enlarged; edges between its pixels are cut where the interpolated mask crosses one half
    const Size area{(patch.height + 2) * scale_, (patch.width + 2) * scale_};
    const int left = (mask.left() - 1) * scale_, top = (mask.top() - 1) * scale_;
    std::vector<std::uint8_t> inside(static_cast<std::size_t>(area.height) * static_cast<std::size_t>(area.width));
    const auto at = [&](int x, int y) -> std::uint8_t& {
      return inside[static_cast<std::size_t>(y) * static_cast<std::size_t>(area.width) + static_cast<std::size_t>(x)];
    };
    for (int y = 0; y < area.height; ++y)
      for (int x = 0; x < area.width; ++x) at(x, y) = covered(mask, left + x, top + y) ? 1 : 0;
    const auto outside = [&](int x, int y) {
      return x < 0 || y < 0 || x >= area.width || y >= area.height || at(x, y) == 0;
    };
    const auto on_edge = [&](int x, int y) {
      for (int dy = -line_; dy <= line_; ++dy)
        for (int dx = -line_; dx <= line_; ++dx)
          if (dx * dx + dy * dy <= line_ * line_ && outside(x + dx, y + dy)) return true;
      return false;
    };
    for (int y = 0; y < area.height; ++y)
      for (int x = 0; x < area.width; ++x)
        if (at(x, y) != 0) canvas_.blend(left + x, top + y, colour, on_edge(x, y) ? 1.0 : style_.mask_opacity);
  }

  /// Outlines a box.
  void box(const Box& box, Colour colour, double opacity) { canvas_.frame(pixels(box), 1, colour, opacity); }

  /// Draws the keypoints that are sure: dots and, if they are those of COCO's people, limbs between them.
  void keypoints(std::span<const Keypoint> all, const Box& box, Colour colour) {
    const double side = std::max(box.width(), box.height()) * static_cast<float>(scale_);
    // thin on small objects, which would disappear behind their skeletons
    const double limb = is_finite(side) ? std::clamp(side / 150, 0.5, 4.5) : 0.5, joint = 1.5 * limb;
    const double rim_width = std::clamp(limb - 0.4, 0.0, 0.9);  // so that they stand out of bright images, too
    const bool small = joint < 1.4;
    const auto sure = [&](const Keypoint& keypoint) {
      return is_finite(keypoint.x) && is_finite(keypoint.y) && reaches(double{keypoint.score}, style_.sure_keypoint);
    };
    const auto at = [this](const Keypoint& keypoint) {
      return Point{double{keypoint.x} * scale_, double{keypoint.y} * scale_};
    };
    const bool person = all.size() == coco_keypoint_names.size();
    std::vector<Colour> colours(all.size(), colour);
    if (person)
      for (const Limb& limb_of : coco_skeleton) {
        colours[limb_of.from] = part_colour(limb_of.part);
        if (limb_of.part != BodyPart::head && limb_of.part != BodyPart::torso)
          colours[limb_of.to] = part_colour(limb_of.part);
      }
    // each layer as a whole, so that a rim does not cut what it crosses
    for (const bool rim : {true, false})
      if (person)
        for (const Limb& joins : coco_skeleton)
          if (sure(all[joins.from]) && sure(all[joins.to]))
            canvas_.stroke(at(all[joins.from]), at(all[joins.to]), rim ? limb + rim_width : limb,
                           rim ? dark : part_colour(joins.part), rim ? 0.55 : 0.95);
    for (std::size_t k = 0; k < all.size(); ++k) {
      if (!sure(all[k])) continue;
      canvas_.stroke(at(all[k]), at(all[k]), joint + rim_width, dark, 0.7);
      canvas_.stroke(at(all[k]), at(all[k]), joint, {255, 255, 255}, small ? 0.8 : 1);
      if (!small) canvas_.stroke(at(all[k]), at(all[k]), joint * 0.62, colours[k], 1);
    }
  }

  /// Writes `text`, or `short_text` if that has no room, on a filled tag at the box: above it, else inside, else below.
  /// A tag much wider than its box or across another tag is left out.
  void tag(const Box& box, Colour colour, const std::string& text, const std::string& short_text) {
    const Rectangle at = pixels(box);
    for (const std::string* words : {&text, &short_text}) {
      const int pad = text_ + 1;
      const int width = (static_cast<int>(words->size()) * BitmapFont::advance - 1) * text_ + 2 * pad;
      const int height = BitmapFont::height * text_ + 2 * pad - text_;
      const Size size = canvas_.size();
      if (words->empty() || width > (at.right - at.left) * 5 / 4 || width > size.width || height > size.height)
        continue;
      const int left = std::clamp(at.left, 0, size.width - width);
      for (const int top : {at.top - height, at.top, at.bottom, at.bottom - height}) {
        const Rectangle place{left, top, left + width, top + height};
        const bool covers_object = top >= at.top && top < at.bottom && height > (at.bottom - at.top) / 3;
        if (top < 0 || place.bottom > size.height || covers_object || is_taken(place)) continue;
        taken_.push_back(place);
        canvas_.fill(place, colour, 0.92);
        canvas_.text(*words, left + pad, top + pad, text_, dark);
        return;
      }
    }
  }

  [[nodiscard]] Image finish() && { return std::move(canvas_).image(); }

 private:
  /// Whether pixel (x, y) of the overlay belongs to the object.
  [[nodiscard]] bool covered(const Mask& mask, int x, int y) const {
    if (scale_ == 1) return mask(x, y);
    const double u = (x + 0.5) / scale_ - 0.5, v = (y + 0.5) / scale_ - 0.5;
    const int x0 = static_cast<int>(std::floor(u)), y0 = static_cast<int>(std::floor(v));
    const double fx = u - x0, fy = v - y0;
    const auto value = [&](int column, int row) {
      // the image's border is no edge of the object
      const Size image = mask.image_size();
      return mask(std::clamp(column, 0, image.width - 1), std::clamp(row, 0, image.height - 1)) ? 1.0 : 0.0;
    };
    const double upper = (1 - fx) * value(x0, y0) + fx * value(x0 + 1, y0);
    const double lower = (1 - fx) * value(x0, y0 + 1) + fx * value(x0 + 1, y0 + 1);
    return (1 - fy) * upper + fy * lower > 0.5;
  }

  [[nodiscard]] Rectangle pixels(const Box& box) const {
    const auto pixel = [this](float coordinate, int limit) {
      // also what is not a number gets a place
      const double scaled = is_finite(coordinate) ? double{coordinate} * scale_ : 0.0;
      return static_cast<int>(std::lround(std::clamp(scaled, 0.0, double(limit))));
    };
    const Size size = canvas_.size();
    Rectangle at{pixel(box.x0, size.width - 1), pixel(box.y0, size.height - 1), pixel(box.x1, size.width),
                 pixel(box.y1, size.height)};
    at.right = std::max(at.right, at.left + 1);
    at.bottom = std::max(at.bottom, at.top + 1);
    return at;
  }

  [[nodiscard]] bool is_taken(const Rectangle& place) const {
    return std::any_of(taken_.begin(), taken_.end(), [&](const Rectangle& other) {
      return place.left < other.right && other.left < place.right && place.top < other.bottom &&
             other.top < place.bottom;
    });
  }

  static constexpr Colour dark{16, 18, 24};

  OverlayStyle style_;
  int scale_ = 1, line_ = 1, text_ = 1;
  Canvas canvas_;
  std::vector<Rectangle> taken_;
};

}  // namespace overlay

/// `image` with its detections (with or without masks and keypoints): each object filled with a colour of its own and
/// outlined, boxes, skeletons of people (other keypoints are dots), and label and score where there is room. Images
/// with a short side under `style.min_short_side` come out enlarged. Names are taken from `class_names` by label; what
/// is not ASCII in them is drawn as '?'.
template <class Objects>
[[nodiscard]] Image draw_overlay(const ImageView& image, const Objects& detections,
                                 const std::vector<std::string>& class_names, const OverlayStyle& style = {}) {
  overlay::Drawing drawing(image, style);
  // large ones first, so that small ones stay visible
  std::vector<std::size_t> order(detections.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return detections[a].box.area() > detections[b].box.area(); });
  if constexpr (requires { detections[0].mask; })
    for (const std::size_t i : order)
      if (has_mask(detections[i])) drawing.mask(detections[i].mask, object_colour(i));
  if (style.boxes)
    for (const std::size_t i : order) drawing.box(detections[i].box, object_colour(i), style.box_opacity);
  for (const std::size_t i : order) drawing.keypoints(keypoints_of(detections, i), detections[i].box, object_colour(i));
  if (style.tags)
    for (std::size_t i = 0; i < detections.size(); ++i) {
      const std::string score = decimals(double{detections[i].score}, 2);
      drawing.tag(detections[i].box, object_colour(i), class_name(class_names, detections[i].label) + " " + score,
                  score);
    }
  return std::move(drawing).finish();
}

}  // namespace maskrcnn::io
