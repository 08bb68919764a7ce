#include "runtime/thread_choice.h"

#include <algorithm>

namespace convscope {
namespace {

constexpr int kShortestPause = 2, kLongestPause = 64;  // runs between tries
// What is not better by this much is no reason to change.
constexpr double kClearly = 0.93;
// A run this much slower than expected says that something has changed.
constexpr double kSuspicious = 1.3;

}  // namespace

void ThreadChoice::ran(int64_t micros) {
  if (!warm_) {
    warm_ = true;
    return;
  }
  const auto now = static_cast<double>(std::max<int64_t>(micros, 1));
  const bool was_trying = trying_;
  double& own = time(alone());
  // What was tried long ago may have been another machine's load.
  const double expected = own;
  own = own == 0 || was_trying ? now : (own + now) / 2;
  if (time(true) > 0 && time(false) > 0 &&
      time(!alone_is_better_) < kClearly * time(alone_is_better_)) {
    alone_is_better_ = !alone_is_better_;
    pause_ = kShortestPause;
  }
  trying_ = false;
  ++waited_;
  if (was_trying) {
    waited_ = 0;
    pause_ = std::min(2 * pause_, kLongestPause);
    return;
  }
  if (expected > 0 && now > kSuspicious * expected) pause_ = kShortestPause;
  if (waited_ >= pause_) trying_ = true;
}

}  // namespace convscope
