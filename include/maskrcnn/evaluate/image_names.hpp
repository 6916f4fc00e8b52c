/// Which of many images a name means: paths are compared from their ends, since programs start them at folders of
/// their own choice.
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <maskrcnn/core/compiled.hpp>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// A path as a key that begins with what the path ends in: "./a//b.png" -> "b.png/a/". Paths that end in the same
/// folders and name have keys with the same beginning, which stand side by side in a sorted list.
struct NameKeys {
  std::string whole{};  ///< "b.png/a/"; empty if the path has no name
  std::string bare{};   ///< "b/a/": the last name without its extension

  NameKeys() = default;
  /// @param path its folders separated by "/", or by the "\" of Windows; where it starts does not matter: "/a" is "a"
  explicit NameKeys(std::string path) {
    std::replace(path.begin(), path.end(), '\\', '/');
    std::vector<std::string> names;
    for (const auto& part : std::filesystem::path(path).lexically_normal())
      if (!part.empty() && part != "." && part != "/") names.push_back(part.string());
    if (names.empty()) return;
    bare = std::filesystem::path(names.back()).stem().string() + "/";
    for (auto name = names.rbegin(); name != names.rend(); ++name) whole.append(*name).append("/");
    bare.append(whole, names.back().size() + 1);
  }
};

/// The keys of many names, to be found by how they begin.
class SortedKeys {
 public:
  explicit SortedKeys(std::vector<std::string> keys) : keys_(std::move(keys)), order_(keys_.size()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::sort(order_.begin(), order_.end(),
              [&](std::size_t a, std::size_t b) { return keys_[a] != keys_[b] ? keys_[a] < keys_[b] : a < b; });
  }

  [[nodiscard]] const std::string& operator[](std::size_t position) const { return keys_[position]; }

  /// Positions of the keys that are `key`.
  [[nodiscard]] std::span<const std::size_t> equal(const std::string& key) const {
    return from(key, [&](std::size_t i) { return keys_[i] == key; });
  }
  /// Positions of the keys that begin so.
  [[nodiscard]] std::span<const std::size_t> beginning(const std::string& with) const {
    return from(with, [&](std::size_t i) { return keys_[i].starts_with(with); });
  }

  /// The longest beginning of `key`, in whole names, that any of the keys has, too: that of a neighbour in the order.
  [[nodiscard]] std::string longest_beginning(const std::string& key) const {
    const auto next = lower_bound(key);
    std::size_t length = 0;
    if (next != order_.end()) length = std::max(length, common(key, keys_[*next]));
    if (next != order_.begin()) length = std::max(length, common(key, keys_[*(next - 1)]));
    return key.substr(0, length);
  }

 private:
  using Place = std::vector<std::size_t>::const_iterator;

  [[nodiscard]] Place lower_bound(const std::string& key) const {
    return std::partition_point(order_.begin(), order_.end(), [&](std::size_t i) { return keys_[i] < key; });
  }
  template <class Belongs>
  [[nodiscard]] std::span<const std::size_t> from(const std::string& key, const Belongs& belongs) const {
    const Place first = lower_bound(key);
    return {first, std::partition_point(first, order_.end(), belongs)};
  }
  /// Characters in which two keys begin alike, up to the end of a name.
  static std::size_t common(const std::string& a, const std::string& b) {
    const auto same = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
    const auto end = same == 0 ? std::string::npos : a.rfind('/', static_cast<std::size_t>(same) - 1);
    return end == std::string::npos ? 0 : end + 1;
  }

  std::vector<std::string> keys_;
  std::vector<std::size_t> order_;
};

/// The images, by their positions, that fit a name equally well, and better than all others.
struct NameFit {
  std::span<const std::size_t> images{};
  /// How well: twice the number of folders and names that agree at the end, and one more if the extension does, too.
  std::size_t quality = 0;
  const SortedKeys* keys = nullptr;  ///< in which they were found
  std::string beginning{};           ///< of the keys of all these images, and of no other's
  bool more_folders = false;         ///< whether the name has folders before those that agree

  [[nodiscard]] bool contains(std::size_t image) const {
    return !images.empty() && (*keys)[image].starts_with(beginning) &&
           (quality != exact || (*keys)[image] == beginning);
  }
  /// Whether an image of these lies in another folder than the name says, not merely in one that it does not say.
  [[nodiscard]] bool other_folder(std::size_t image) const {
    return more_folders && beginning.size() < (*keys)[image].size();
  }
  /// The quality of the very same path.
  static constexpr std::size_t exact = std::numeric_limits<std::size_t>::max();
};

/// The names of images, in which others' names for them are found: in a few comparisons, however many there are.
class ImageNames {
 public:
  /// @param paths of the images, as the data set says them; an empty one is never found
  explicit ImageNames(const std::vector<std::string>& paths)
      : whole_(keys_of(paths, &NameKeys::whole)), bare_(keys_of(paths, &NameKeys::bare)) {}
  ImageNames(const ImageNames&) = delete;  // fits look into it
  ImageNames& operator=(const ImageNames&) = delete;

  /// What somebody else calls an image: the image of exactly this path; else those that share the most names at the
  /// end of the path, where the last one must be shared, if need be without its extension. "/data/a/b.jpg" and "b" may
  /// be "a/b.png". Of those that share equally many, those of the same extension.
  [[nodiscard]] NameFit fit(const NameKeys& name) const {
    NameFit best;
    if (name.whole.empty()) return best;
    if (const auto same = whole_.equal(name.whole); !same.empty())
      return {same, NameFit::exact, &whole_, name.whole, false};
    const auto consider = [&](const SortedKeys& keys, const std::string& key, std::size_t same_extension) {
      const std::string beginning = keys.longest_beginning(key);
      const auto shared = static_cast<std::size_t>(std::count(beginning.begin(), beginning.end(), '/'));
      if (shared == 0 || 2 * shared + same_extension <= best.quality) return;
      best = {keys.beginning(beginning), 2 * shared + same_extension, &keys, beginning, beginning.size() < key.size()};
    };
    consider(whole_, name.whole, 1);
    consider(bare_, name.whole, 0);  // the name has no extension: "a.b" may be "a.b.png"
    consider(whole_, name.bare, 0);  // the image has none
    consider(bare_, name.bare, 0);
    return best;
  }

  /// What a list selects by a line: the image of exactly this path, else those of this path but for the extension;
  /// else all whose path ends so, else all whose path ends so but for the extension. None, if the path does not end in
  /// all of the line.
  [[nodiscard]] std::span<const std::size_t> selected(const std::string& line) const {
    const std::string key = NameKeys(line).whole;
    if (key.empty()) return {};
    auto found = whole_.equal(key);
    if (found.empty()) found = bare_.equal(key);
    if (found.empty()) found = whole_.beginning(key);
    if (found.empty()) found = bare_.beginning(key);
    return found;
  }

 private:
  static std::vector<std::string> keys_of(const std::vector<std::string>& paths, std::string NameKeys::*part) {
    std::vector<std::string> keys;
    keys.reserve(paths.size());
    for (const std::string& path : paths) keys.push_back(std::move(NameKeys(path).*part));
    return keys;
  }

  SortedKeys whole_, bare_;
};

}  // namespace maskrcnn::evaluate
