// Bodies of profile.hpp.
#pragma once

#include <algorithm>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/profile.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS {

MASKRCNN_FUNCTION ProfileNotes& ProfileNotes::say(std::string_view what, std::string value) {
  details.emplace_back(what, std::move(value));
  return *this;
}

MASKRCNN_FUNCTION void Profile::add(ProfileEvent event) {
  const std::lock_guard lock(mutex_);
  events_.push_back(std::move(event));
}

MASKRCNN_FUNCTION std::vector<ProfileEvent> Profile::events() const {
  std::vector<ProfileEvent> events;
  {
    const std::lock_guard lock(mutex_);
    // the inner ends first: of two with the same times, the later one encloses
    events.assign(events_.rbegin(), events_.rend());
  }
  std::stable_sort(events.begin(), events.end(), [](const ProfileEvent& a, const ProfileEvent& b) {
    return a.start != b.start ? a.start < b.start : a.duration > b.duration;
  });
  return events;
}

MASKRCNN_FUNCTION void ProfileSpan::begin(Profile& profile, std::string_view category, std::string_view name) {
  event_.emplace(ProfileEvent{.name = std::string(name), .category = std::string(category)});
  profile_ = &profile;
  event_->start = std::chrono::steady_clock::now();
}

MASKRCNN_FUNCTION void ProfileSpan::end() noexcept {
  event_->duration = std::chrono::steady_clock::now() - event_->start;
  try {
    add();
  } catch (...) {  // no memory left for it: the profile lacks it, the work itself is done
  }
}

MASKRCNN_FUNCTION void ProfileSpan::add() {
  Profile* const profile = std::exchange(profile_, nullptr);
  profile->add(std::move(*event_));
  event_.reset();
}

}  // namespace maskrcnn
