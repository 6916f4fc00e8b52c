/// Profiles: where the time of an inference goes, stage by stage and layer by layer.
#pragma once

#include <chrono>
#include <maskrcnn/core/compiled.hpp>
#include <maskrcnn/core/error.hpp>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// What a piece of work was, for whoever reads its time.
struct ProfileNotes {
  double flops = 0;  ///< multiplications and additions that the plain algorithm takes; 0: not counted
  std::vector<std::pair<std::string, std::string>> details{};  ///< what and its value: {"output", "[1,200,272,256]"}

  /// Adds a detail; returns the notes for the next one.
  ProfileNotes& say(std::string_view what, std::string value);
  /// The same for the shape of a tensor.
  template <class Shape>
  ProfileNotes& say_shape(std::string_view what, const Shape& shape) {
    return say(what, shape_text(shape));
  }
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
  void add(ProfileEvent event);

  /// What has ended so far, by start; what encloses others comes before them.
  [[nodiscard]] std::vector<ProfileEvent> events() const;

 private:
  mutable std::mutex mutex_;
  std::vector<ProfileEvent> events_;
};

/// Adds to a profile the time from its construction to its end. Without a profile it does nothing.
class ProfileSpan {
 public:
  /// @param profile null for none; must outlive the span
  ProfileSpan(Profile* profile, std::string_view category, std::string_view name) {
    if (profile != nullptr) begin(*profile, category, name);
  }
  ProfileSpan(const ProfileSpan&) = delete;
  ProfileSpan& operator=(const ProfileSpan&) = delete;
  ~ProfileSpan() {
    if (profile_ != nullptr) end();
  }

  /// Ends the span here and says what it was, by `describe()`, which returns `ProfileNotes` and is called only if there
  /// is a profile.
  template <class Describe>
  void end(const Describe& describe) {
    if (profile_ == nullptr) return;
    event_->duration = std::chrono::steady_clock::now() - event_->start;
    event_->notes = describe();
    add();
  }

 private:
  void begin(Profile& profile, std::string_view category, std::string_view name);
  void end() noexcept;
  void add();

  Profile* profile_ = nullptr;  ///< null: nobody wants to know, or it was told
  std::optional<ProfileEvent> event_;
};

}  // namespace maskrcnn

#ifndef MASKRCNN_COMPILED
#include <maskrcnn/core/profile.inl>
#endif
