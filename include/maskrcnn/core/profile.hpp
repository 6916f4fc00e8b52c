/// Profiles: where the time of an inference goes, stage by stage and layer by layer.
#pragma once

#include <algorithm>
#include <chrono>
#include <maskrcnn/core/error.hpp>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace maskrcnn {

/// What a piece of work was, for whoever reads its time.
struct ProfileNotes {
  double flops = 0;  ///< multiplications and additions that the plain algorithm takes; 0: not counted
  std::vector<std::pair<std::string, std::string>> details{};  ///< what and its value: {"output", "[1,200,272,256]"}
};

/// One piece of work and its time.
struct ProfileEvent {
  std::string name;      ///< of a layer: its place in the weights
  std::string category;  ///< "inference", "stage", "step" or "layer", each inside the one before
  std::chrono::steady_clock::time_point start{};
  std::chrono::steady_clock::duration duration{};
  ProfileNotes notes{};
};

/// What one call of a model did and how long each part took. Several calls may write to one profile, even at once; for
/// a time line in which parts nest, give calls that overlap a profile each.
class Profile {
 public:
  void add(ProfileEvent event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }

  /// What has ended so far, by start; what encloses others comes before them.
  [[nodiscard]] std::vector<ProfileEvent> events() const {
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

 private:
  mutable std::mutex mutex_;
  std::vector<ProfileEvent> events_;
};

/// Adds to a profile the time from its construction to its end. Without a profile it does nothing.
class ProfileSpan {
 public:
  /// @param profile null for none; must outlive the span
  ProfileSpan(Profile* profile, std::string_view category, std::string_view name) : profile_(profile) {
    if (profile == nullptr) return;
    event_.emplace(ProfileEvent{.name = std::string(name), .category = std::string(category)});
    event_->start = std::chrono::steady_clock::now();
  }
  ProfileSpan(const ProfileSpan&) = delete;
  ProfileSpan& operator=(const ProfileSpan&) = delete;
  ~ProfileSpan() {
    if (event_) end();
  }

  /// Ends the span here and says what it was, by `describe()`, which returns `ProfileNotes` and is called only if there
  /// is a profile.
  template <class Describe>
  void end(const Describe& describe) {
    if (!event_) return;
    event_->duration = std::chrono::steady_clock::now() - event_->start;
    event_->notes = describe();
    add();
  }

 private:
  void end() noexcept {
    event_->duration = std::chrono::steady_clock::now() - event_->start;
    try {
      add();
    } catch (...) {  // no memory left for it: the profile lacks it, the work itself is done
    }
  }
  void add() {
    profile_->add(std::move(*event_));
    event_.reset();
  }

  Profile* profile_;
  std::optional<ProfileEvent> event_;
};

}  // namespace maskrcnn
