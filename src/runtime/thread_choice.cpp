#include "runtime/thread_choice.h"

#include <algorithm>

namespace convscope {
namespace {

constexpr int kShortestPause = 2, kLongestPause = 64;  // runs between tries
constexpr int kTries = 8;                              // in a row, at most
// What is not better by this much is no reason to change.
constexpr double kClearly = 0.93;
// A run this much slower than expected says that something has changed.
constexpr double kSuspicious = 1.3;
// Where threads wait for a core that is busy, most runs may be fast and a few ten times as slow:
// what is slower counts at once, what is faster little by little.
constexpr double kSlower = 0.5, kFaster = 0.25;

}  // namespace

void ThreadChoice::ran(int64_t micros) {
  if (!warm_) {
    warm_ = true;
    return;
  }
  const auto now = static_cast<double>(std::max<int64_t>(micros, 1));
  const bool was_alone = alone();
  double& own = time(was_alone);
  const double expected = own;
  const double weight = now > own && !was_alone ? kSlower : kFaster;
  own = own == 0 ? now : own + weight * (now - own);
  ++since_change_;
  if (time(true) > 0 && time(false) > 0 &&
      time(!alone_is_better_) < kClearly * time(alone_is_better_)) {
    // What has changed again and again is tried ever more rarely.
    if (since_change_ > kLongestPause) pause_ = kShortestPause;
    alone_is_better_ = !alone_is_better_;
    since_change_ = waited_ = tries_ = 0;
    trying_ = false;
    return;
  }
  if (trying_) {
    ++tries_;
    trying_ = now < kClearly * time(alone_is_better_) && tries_ < kTries;
    if (!trying_) {
      waited_ = tries_ = 0;
      pause_ = std::min(2 * pause_, kLongestPause);
    }
    return;
  }
  ++waited_;
  // What was tried long ago may have been another machine's load.
  if (!alone_is_better_ && expected > 0 && now > kSuspicious * expected) pause_ = kShortestPause;
  if (waited_ >= pause_) trying_ = true;
}

}  // namespace convscope
