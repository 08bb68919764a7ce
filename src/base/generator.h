// Generator: a coroutine that yields previews and returns a final value.
//
// A method is written as the paper's algorithm; progress, cancellation (destroy it) and live
// preview all come from resuming it step by step.
#pragma once

#include <coroutine>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/check.h"

namespace convscope {

template <typename Yield, typename Return>
class [[nodiscard]] Generator {
 public:
  struct promise_type {
    std::optional<Yield> current;
    std::optional<Return> final;

    Generator get_return_object() { return Generator(Handle::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(Yield value) {
      current.emplace(std::move(value));
      return {};
    }
    template <typename T>
    void return_value(T&& value) {
      final.emplace(std::forward<T>(value));
    }
    void unhandled_exception() { std::abort(); }
  };

  Generator() = default;
  Generator(Generator&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Generator& operator=(Generator&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Generator() {
    if (handle_) handle_.destroy();
  }

  // Runs to the next co_yield or co_return; true where it yielded, so that preview() has something
  // new.
  bool next() {
    CHECK(handle_ && !handle_.done());
    handle_.promise().current.reset();
    handle_.resume();
    return !handle_.done();
  }
  bool done() const { return !handle_ || handle_.done(); }
  Yield& preview() { return *handle_.promise().current; }
  // Only once next() has returned false.
  Return& result() { return *handle_.promise().final; }

 private:
  using Handle = std::coroutine_handle<promise_type>;
  explicit Generator(Handle handle) : handle_(handle) {}
  Handle handle_;
};

// In a coroutine that returns a Result: CO_TRY(auto x, expression).
#define CO_TRY(declaration, ...) \
  CO_TRY_INNER(CONVSCOPE_CONCAT(try_result_, __COUNTER__), declaration, __VA_ARGS__)
#define CO_TRY_INNER(name, declaration, ...)                   \
  auto name = (__VA_ARGS__);                                   \
  if (!name) co_return ::convscope::internal::propagate(name); \
  declaration = *std::move(name)
#define CO_TRY_STATUS(...)                                    \
  do {                                                        \
    if (auto try_status = (__VA_ARGS__); !try_status)         \
      co_return ::convscope::internal::propagate(try_status); \
  } while (false)

}  // namespace convscope
