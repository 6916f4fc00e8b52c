/// Chrome traces: profiles as a time line that Perfetto (ui.perfetto.dev) and chrome://tracing show.
#pragma once

#include <chrono>
#include <cstddef>
#include <maskrcnn/core/profile.hpp>
#include <maskrcnn/io/json_list.hpp>
#include <maskrcnn/io/json_writer.hpp>
#include <string>
#include <vector>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

/// A trace file, written profile by profile, one event a line, in the "JSON object format" of Google's "Trace Event
/// Format":
///
///   {"displayTimeUnit":"ms","traceEvents":[
///   {"name":"thread_name","ph":"M","pid":1,"tid":1,"args":{"name":"a.png"}},
///   {"name":"backbone.body.conv1","cat":"layer","ph":"X","ts":71.5,"dur":8000.25,"pid":1,"tid":1,
///    "args":{"GFLOP":4.1,"GFLOP/s":512.4,"input":"[1,800,1088,3]",...}},
///   ...
///   ]}
///
/// `ts` and `dur` are microseconds of the steady clock. What encloses layers (a stage, the inference) has the sum of
/// their GFLOP, and its GFLOP/s are by its own time. The file appears under its name when it is finished, which the
/// destructor does too.
class ChromeTrace {
 public:
  /// @throws Error with the system's reason, if the file cannot be created
  explicit ChromeTrace(const std::string& path)
      : list_(path, "profile", "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[", "]}") {
    list_.add(metadata("process_name", 0, "maskrcnn"));
  }

  /// Appends a profile as a track of its own.
  /// @param name what the track is called: the image
  /// @throws Error with the system's reason, if it cannot be written; the file is given up then
  void add(const std::string& name, const Profile& profile) {
    ++tracks_;
    list_.add(metadata("thread_name", tracks_, name));
    const std::vector<ProfileEvent> events = profile.events();
    const std::vector<double> flops = with_enclosed(events);
    for (std::size_t i = 0; i < events.size(); ++i) list_.add(entry(events[i], flops[i]));
    list_.flush();
  }

  /// Completes the file; does nothing the second time.
  /// @throws Error with the system's reason, if it cannot be written
  void finish() { list_.finish(); }

 private:
  template <class Duration>
  static double microseconds(Duration duration) {
    return std::chrono::duration<double, std::micro>(duration).count();
  }

  static std::string metadata(const char* what, int track, const std::string& name) {
    return JsonObject()
        .add("name", json_quoted(what))
        .add("ph", "\"M\"")
        .add("pid", "1")
        .add("tid", json_number(track))
        .add("args", JsonObject().add("name", json_quoted(name)).text())
        .text();
  }

  [[nodiscard]] std::string entry(const ProfileEvent& event, double flops) const {
    JsonObject args;
    if (flops > 0) {
      const double seconds = std::chrono::duration<double>(event.duration).count();
      args.add("GFLOP", json_number(flops / 1e9));
      if (seconds > 0) args.add("GFLOP/s", json_number(flops / 1e9 / seconds));
    }
    for (const auto& [what, value] : event.notes.details) args.add(what, json_quoted(value));
    return JsonObject()
        .add("name", json_quoted(event.name))
        .add("cat", json_quoted(event.category))
        .add("ph", "\"X\"")
        .add("ts", json_number(microseconds(event.start.time_since_epoch())))
        .add("dur", json_number(microseconds(event.duration)))
        .add("pid", "1")
        .add("tid", json_number(tracks_))
        .add("args", args.text())
        .text();
  }

  /// The flops of each event with those of all events that it encloses.
  static std::vector<double> with_enclosed(const std::vector<ProfileEvent>& events) {
    std::vector<double> flops;
    std::vector<std::size_t> open;  // the events around the current one, outermost first
    for (std::size_t i = 0; i < events.size(); ++i) {
      const auto ended = [&](const ProfileEvent& outer) { return outer.start + outer.duration <= events[i].start; };
      while (!open.empty() && ended(events[open.back()])) open.pop_back();
      flops.push_back(0);
      open.push_back(i);
      for (const std::size_t outer : open) flops[outer] += events[i].notes.flops;
    }
    return flops;
  }

  JsonList list_;
  int tracks_ = 0;
};

}  // namespace maskrcnn::io
