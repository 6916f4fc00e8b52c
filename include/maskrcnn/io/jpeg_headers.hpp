/// The headers of a JPEG file as stb's decoder takes them: tables, frame and scans (ITU T.81, annex B), nothing in them
/// believed.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <maskrcnn/io/bytes.hpp>
#include <maskrcnn/io/jpeg_entropy.hpp>
#include <string>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::io::jpeg_scans {

using jpeg_entropy::Fault;
using jpeg_entropy::HuffmanTable;

inline constexpr std::size_t block_size = 64;

/// One component of an image: its sampling, its blocks, and what scans have said of it so far.
struct Component {
  unsigned id = 0, horizontal = 1, vertical = 1, steps = 0;
  std::size_t columns = 0, rows = 0;  ///< blocks that have pixels
  std::size_t pitch = 0;              ///< blocks from one row to the next, as whole units have them
  std::int32_t last_dc = 0;
  bool scanned = false;
  std::array<int, block_size> precision{};   ///< progressive: lowest bit that is known of each coefficient; -1: none
  std::vector<std::int16_t> coefficients{};  ///< progressive: 64 for each block, in the file's order
};

/// What a scan's header says.
struct Scan {
  std::vector<Component*> components;
  std::vector<const HuffmanTable*> dc, ac;
  std::size_t first = 0, last = 63;  ///< coefficients
  int high = 0, low = 0;             ///< bits that are known before and after it
};

/// Collects what segments say, in their order; each throws a Fault at what makes no sense.
class Headers {
 public:
  /// @param file_bytes of the whole file: images of more blocks than it has bits are refused before memory is taken
  explicit Headers(std::size_t file_bytes) : file_bytes_(file_bytes) {}

  /// A segment of tables or a frame; others are left alone.
  /// @param content behind the segment's length
  void read(std::uint8_t marker, Bytes content) {
    if (marker == 0xC4) huffman_tables(content);
    if (marker == 0xDB) steps(content);
    if (marker == 0xDD) read_restart_interval(content);
    if (marker == 0xE0 && content.size() >= 5 && starts_with(content, "JFIF")) jfif_ = true;
    if (marker == 0xEE && content.size() >= 12 && starts_with(content, "Adobe")) adobe_transform_ = content[11];
    if (marker == 0xC0 || marker == 0xC1 || marker == 0xC2) frame(content, marker == 0xC2);
  }

  /// The header of a scan, whose components it marks as known to the bit that the scan brings.
  [[nodiscard]] Scan scan(Bytes content) {
    if (components_.empty()) throw Fault{"a scan comes before the frame"};
    const std::size_t count = content.empty() ? 0 : content[0];
    if (count < 1 || count > components_.size() || content.size() != 4 + 2 * count)
      throw Fault{"the header of a scan is malformed"};
    Scan scan;
    for (std::size_t i = 0; i < count; ++i) {
      const unsigned id = content[1 + 2 * i], tables = content[2 + 2 * i];
      const auto found =
          std::find_if(components_.begin(), components_.end(), [id](const auto& c) { return c.id == id; });
      if (found == components_.end() || tables >> 4 > 3 || (tables & 15U) > 3 ||
          std::find(scan.components.begin(), scan.components.end(), &*found) != scan.components.end())
        throw Fault{"the header of a scan is malformed"};
      scan.components.push_back(&*found);
      scan.dc.push_back(&dc_[tables >> 4]);
      scan.ac.push_back(&ac_[tables & 15U]);
    }
    const Bytes tail = content.last(3);
    if (progressive_) {
      scan.first = tail[0];
      scan.last = tail[1];
      scan.high = tail[2] >> 4;
      scan.low = tail[2] & 15;
      const bool dc = scan.first == 0;
      if (scan.last > 63 || scan.first > scan.last || scan.low > 13 || (dc ? scan.last != 0 : count != 1) ||
          (scan.high != 0 && scan.high != scan.low + 1))
        throw Fault{"the header of a scan is malformed"};
    } else if (tail[0] != 0 || tail[2] != 0) {
      throw Fault{"the header of a scan is malformed"};
    }
    for (std::size_t i = 0; i < count; ++i) begin_scan(scan, *scan.components[i], *scan.dc[i], *scan.ac[i]);
    return scan;
  }

  /// Where stb would show other colours than libjpeg, and so than everybody else.
  void check_colours() const {
    if (components_.size() == 4 && adobe_transform_ != 0 && adobe_transform_ != 2)
      throw Fault{"it has four components and no mark by Adobe that says which, so that its colours are not known",
                  true};
    const bool named_rgb =
        components_.size() == 3 && components_[0].id == 'R' && components_[1].id == 'G' && components_[2].id == 'B';
    if (named_rgb && (jfif_ || (adobe_transform_ != -1 && adobe_transform_ != 0)))
      throw Fault{"its components are named R, G, B, and it is marked as of other colours", true};
  }

  /// Takes memory for the coefficients of a progressive image, if the file is large enough to have them: a block has
  /// at least one bit.
  void reserve() {
    const auto blocks = [this](const Component& component) { return component.pitch * units_y_ * component.vertical; };
    std::size_t sum = 0;
    for (const Component& component : components_) sum += blocks(component);
    if (sum / 8 > file_bytes_) throw Fault{"its data end before the image"};
    if (!progressive_) return;
    for (Component& component : components_) component.coefficients.resize(blocks(component) * block_size);
  }

  /// The components of the frame; none before it.
  [[nodiscard]] std::vector<Component>& components() { return components_; }
  /// The quantisation table of a component, in the file's order; empty, if it was not there yet.
  [[nodiscard]] const std::vector<std::int32_t>& steps_of(const Component& component) const {
    return steps_[component.steps];
  }
  [[nodiscard]] bool progressive() const { return progressive_; }
  [[nodiscard]] std::size_t pixels() const { return width_ * height_; }
  /// Units of an interleaved scan in a row, and rows of them.
  [[nodiscard]] std::size_t units_x() const { return units_x_; }
  [[nodiscard]] std::size_t units_y() const { return units_y_; }
  /// Units between two restart markers; 0: there are none.
  [[nodiscard]] std::uint32_t restart_interval() const { return restart_interval_; }

 private:
  static bool starts_with(Bytes content, const std::string& tag) {
    return std::equal(tag.c_str(), tag.c_str() + tag.size() + 1, content.begin());  // its closing zero, too
  }

  void huffman_tables(Bytes content) {
    while (!content.empty()) {
      const unsigned kind = content[0] >> 4, number = content[0] & 15U;
      if (kind > 1 || number > 3) throw Fault{"a Huffman table has no possible number"};
      content = content.subspan(1);
      (kind == 0 ? dc_ : ac_)[number] = HuffmanTable(content);
    }
  }

  void steps(Bytes content) {
    while (!content.empty()) {
      const std::size_t bytes = std::size_t{content[0]} / 16 + 1, number = content[0] & 15U;
      if (bytes > 2 || number > 3 || content.size() < 1 + block_size * bytes)
        throw Fault{"a quantisation table is malformed"};
      steps_[number].resize(block_size);
      for (std::size_t i = 0; i < block_size; ++i)
        steps_[number][i] = static_cast<std::int32_t>(big_endian(content.subspan(1 + i * bytes), bytes));
      content = content.subspan(1 + block_size * bytes);
    }
  }

  void read_restart_interval(Bytes content) {
    if (content.size() != 2) throw Fault{"the restart interval is malformed"};
    restart_interval_ = big_endian(content, 2);
  }

  void frame(Bytes content, bool progressive) {
    if (!components_.empty()) throw Fault{"it has two frames"};
    if (content.size() < 6 || content.size() != 6 + std::size_t{3} * content[5]) throw Fault{"its frame is malformed"};
    if (content[0] != 8) throw Fault{"it has " + std::to_string(content[0]) + " bits a sample, expected 8"};
    progressive_ = progressive;
    height_ = big_endian(content.subspan(1), 2);
    width_ = big_endian(content.subspan(3), 2);
    if (height_ == 0 || width_ == 0) throw Fault{"its frame has no size"};
    const std::size_t count = content[5];
    if (count != 1 && count != 3 && count != 4)
      throw Fault{"it has " + std::to_string(count) + " components, expected 1, 3 or 4"};
    for (content = content.subspan(6); !content.empty(); content = content.subspan(3)) {
      Component component{
          .id = content[0], .horizontal = unsigned{content[1]} >> 4, .vertical = content[1] & 15U, .steps = content[2]};
      if (component.horizontal < 1 || component.horizontal > 4 || component.vertical < 1 || component.vertical > 4 ||
          component.steps > 3)
        throw Fault{"a component of its frame is malformed"};
      for (const Component& other : components_)
        if (other.id == component.id) throw Fault{"two components have the same number"};
      component.precision.fill(-1);
      horizontal_ = std::max<std::size_t>(horizontal_, component.horizontal);
      vertical_ = std::max<std::size_t>(vertical_, component.vertical);
      components_.push_back(std::move(component));
    }
    const auto over = [](std::size_t a, std::size_t b) { return (a + b - 1) / b; };
    units_x_ = over(width_, 8 * horizontal_);
    units_y_ = over(height_, 8 * vertical_);
    for (Component& component : components_) {
      if (horizontal_ % component.horizontal != 0 || vertical_ % component.vertical != 0)
        throw Fault{"its components have sizes of no whole ratio", true};
      component.columns = over(over(width_ * component.horizontal, horizontal_), 8);
      component.rows = over(over(height_ * component.vertical, vertical_), 8);
      component.pitch = units_x_ * component.horizontal;
    }
  }

  /// Whether tables and earlier scans are there that a scan of this component needs.
  void begin_scan(const Scan& scan, Component& component, const HuffmanTable& dc, const HuffmanTable& ac) const {
    if ((scan.first == 0 && scan.high == 0 && !dc.defined()) || ((!progressive_ || scan.first > 0) && !ac.defined()))
      throw Fault{"a scan needs a Huffman table that is not there"};
    if (!progressive_ && steps_[component.steps].empty()) throw Fault{"a quantisation table is not there"};
    component.scanned = true;
    if (!progressive_) return;
    if (scan.first > 0 && component.precision[0] < 0) throw Fault{"its scans are in no possible order"};
    for (std::size_t k = scan.first; k <= scan.last; ++k) {
      if (component.precision[k] != (scan.high == 0 ? -1 : scan.high))
        throw Fault{"its scans are in no possible order"};
      component.precision[k] = scan.low;
    }
  }

  std::size_t file_bytes_;
  std::array<HuffmanTable, 4> dc_{}, ac_{};
  std::array<std::vector<std::int32_t>, 4> steps_{};
  std::vector<Component> components_{};
  bool progressive_ = false, jfif_ = false;
  int adobe_transform_ = -1;                                            ///< -1: no mark
  std::size_t width_ = 0, height_ = 0, horizontal_ = 1, vertical_ = 1;  ///< of the image; largest sampling factors
  std::size_t units_x_ = 0, units_y_ = 0;
  std::uint32_t restart_interval_ = 0;
};

}  // namespace maskrcnn::io::jpeg_scans
