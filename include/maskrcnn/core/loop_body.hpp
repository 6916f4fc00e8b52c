/// The body of a loop whose type is forgotten, so that whatever runs loops is compiled once.
#pragma once

#include <cstddef>
#include <maskrcnn/core/compiled.hpp>
#include <memory>

namespace maskrcnn::inline MASKRCNN_FLAGS {

/// `call(body, i)` is what is to be done for `i`. It looks at the body that it was made of.
struct LoopBody {
  void (*call)(const void* body, std::size_t i);
  const void* body;

  void operator()(std::size_t i) const { call(body, i); }
};

/// `body`, which is called as `body(i)`, without its type.
template <class Body>
[[nodiscard]] LoopBody loop_body(const Body& body) {
  return {[](const void* any, std::size_t i) { (*static_cast<const Body*>(any))(i); }, std::addressof(body)};
}

}  // namespace maskrcnn
