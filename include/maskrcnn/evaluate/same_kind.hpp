/// Ids that are to be found among others.
#pragma once

#include <maskrcnn/evaluate/dataset.hpp>
#include <maskrcnn/evaluate/json_record.hpp>
#include <maskrcnn/io/coco_id.hpp>
#include <string>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// An id of another kind than those that it has to be found among: 12 is not "12", and would be found nowhere.
/// @param what "the images'"
template <class Entry>
void require_same_kind(const JsonRecord& record, const char* key, const io::CocoId& id,
                       const std::vector<Entry>& entries, const std::string& what) {
  if (entries.empty() || entries.front().id.is_text() == id.is_text()) return;
  record.refuse_key(key, (id.is_text() ? "a number, as " : "a text, as ") + what + " ids are,", shortened(id.json()));
}

}  // namespace maskrcnn::evaluate
