/// A JSON file that holds a list and is written entry by entry.
#pragma once

#include <exception>
#include <maskrcnn/io/output_file.hpp>
#include <string>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS::io {

/// One entry a line between `opening`, which ends in "[", and `closing`, which begins with "]". The file appears under
/// its name when it is finished, which the destructor does too, so that what was added before an exception is kept.
class JsonList {
 public:
  /// @param subject first word of the messages: "results"
  /// @throws Error with the system's reason, if the file cannot be created
  JsonList(const std::string& path, const char* subject, const std::string& opening, std::string closing)
      : file_(path, subject), subject_(subject), closing_(std::move(closing)) {
    file_.write(opening);
  }
  JsonList(const JsonList&) = delete;
  JsonList& operator=(const JsonList&) = delete;
  ~JsonList() {
    try {
      finish();
    } catch (const std::exception&) {  // whoever wants to know calls finish()
    }
  }

  /// Appends one entry, which is JSON.
  /// @throws Error with the system's reason, if it cannot be written; the file is given up then
  void add(const std::string& entry) {
    if (finished_) fail(subject_, ": cannot add to ", file_.path(), ", it is finished");
    attempt([&] { file_.write((empty_ ? "\n" : ",\n") + entry); });
    empty_ = false;
  }

  /// Hands what was added so far to the system.
  /// @throws Error with the system's reason, if it cannot be written; the file is given up then
  void flush() {
    attempt([this] { file_.flush(); });
  }

  /// Completes the file; does nothing the second time.
  /// @throws Error with the system's reason, if it cannot be written
  void finish() {
    if (finished_) return;
    attempt([this] { file_.write((empty_ ? "" : "\n") + closing_ + "\n"); });
    finished_ = true;
    file_.commit();
  }

 private:
  /// After a failure to write, there is nothing left to finish.
  template <class Action>
  void attempt(const Action& action) {
    try {
      action();
    } catch (const Error&) {
      finished_ = true;
      throw;
    }
  }

  OutputFile file_;
  const char* subject_;
  std::string closing_;
  bool empty_ = true;
  bool finished_ = false;
};

}  // namespace maskrcnn::io
