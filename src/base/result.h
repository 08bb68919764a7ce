// Result and Error: the only way a function of ConvScope reports that it could not do its work.
//
// An error is handled once: returned to the caller (with context added while unwinding) or shown to
// the person.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace convscope {

enum class ErrorCode : uint8_t {
  kInvalidArgument,  // the caller asked for something meaningless (a bad parameter, a wrong shape)
  kNotFound,         // a name or index that does not exist
  kUnsupported,      // valid, but ConvScope cannot do it
  kMalformed,        // bytes that do not follow their format
  kTooLarge,         // exceeds a stated limit
  kOutOfMemory,      // the heap could not hold it
  kCancelled,        // stopped on request
  kInternal,         // our own bug, or XNNPACK's
};

// Stable lower-case name of a code, e.g. "malformed"; used in JSON output and in the protocol.
std::string_view error_code_name(ErrorCode code);

struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::kInternal;
  // One sentence: what happened; got X, want Y; what to do next.
  std::string message;

  // Prefixes "context: ", for example "while importing node conv1".
  Error with_context(std::string_view context) &&;
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected<Error>(Error{code, std::move(message)});
}

namespace internal {
template <typename T>
std::unexpected<Error> propagate(T&& result) {
  return std::unexpected<Error>(std::move(result.error()));
}
}  // namespace internal

#define CONVSCOPE_CONCAT_INNER(a, b) a##b
#define CONVSCOPE_CONCAT(a, b) CONVSCOPE_CONCAT_INNER(a, b)

// TRY(auto x, expression): declares x with the value of a Result, or returns its error.
#define TRY(declaration, ...) \
  TRY_INNER(CONVSCOPE_CONCAT(try_result_, __COUNTER__), declaration, __VA_ARGS__)
#define TRY_INNER(name, declaration, ...)                   \
  auto name = (__VA_ARGS__);                                \
  if (!name) return ::convscope::internal::propagate(name); \
  declaration = *std::move(name)

// TRY_STATUS(expression): returns the error of a Status or Result, if it has one.
#define TRY_STATUS(...)                                    \
  do {                                                     \
    if (auto try_status = (__VA_ARGS__); !try_status)      \
      return ::convscope::internal::propagate(try_status); \
  } while (false)

}  // namespace convscope
