/// What is done with the entries of all of COCO's lists: read by several threads, counted, told about.
#pragma once

#include <atomic>
#include <cstddef>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/core/parallel.hpp>
#include <maskrcnn/evaluate/json_record.hpp>
#include <maskrcnn/evaluate/oddities.hpp>
#include <maskrcnn/evaluate/region.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// Masks of more runs than this in all (4 GB of them) are taken for an attack.
inline constexpr std::size_t max_runs = std::size_t{1} << 29;

namespace coco_data {

/// Counts the runs of masks as they are read, by several threads.
class RunCounter {
 public:
  /// @throws Error if there are too many
  void add(const Region& mask) {
    if (runs_.fetch_add(mask.runs().size()) > max_runs)
      fail("data: expected masks of at most ", max_runs, " runs in all, found more");
  }

 private:
  std::atomic<std::size_t> runs_ = 0;
};

/// `read(i)` for each entry of `list`.
template <class Entry, class Read>
[[nodiscard]] std::vector<Entry> read_in_parallel(const nlohmann::json& list, const Read& read) {
  std::vector<Entry> entries(list.size());
  parallel_for(list.size(), [&](std::size_t i) { entries[i] = read(i); });
  return entries;
}

/// What the entries of a list are called in the notes about them.
[[nodiscard]] inline std::vector<std::string> notes_on(const Oddities& oddities, const nlohmann::json& list,
                                                       const std::string& file, const char* name) {
  return oddities.notes([&](std::size_t i) { return JsonRecord(list[i], file, name, i).place(); });
}

}  // namespace coco_data

}  // namespace maskrcnn::evaluate
