/// A look at something that can be called: what a function takes instead of being a template over its callers' lambdas.
#pragma once

#include <maskrcnn/core/compiled.hpp>
#include <memory>
#include <type_traits>
#include <utility>

namespace maskrcnn::inline MASKRCNN_FLAGS {

template <class Signature>
class FunctionRef;

/// Refers to a callable that outlives it; never empty. A loop body that is called once for thousands of operations goes
/// through this, so that the loop is compiled once and not for each of its callers.
template <class Result, class... Arguments>
class FunctionRef<Result(Arguments...)> {
 public:
  template <class Callable>
    requires(!std::is_same_v<std::remove_cvref_t<Callable>, FunctionRef>)
  // NOLINTNEXTLINE(google-explicit-constructor): a callable is a reference to one wherever that is asked for
  FunctionRef(const Callable& callable)
      : callable_(std::addressof(callable)), call_([](const void* target, Arguments... arguments) -> Result {
          return (*static_cast<const Callable*>(target))(std::forward<Arguments>(arguments)...);
        }) {}

  Result operator()(Arguments... arguments) const { return call_(callable_, std::forward<Arguments>(arguments)...); }

 private:
  const void* callable_;
  Result (*call_)(const void*, Arguments...);
};

}  // namespace maskrcnn
