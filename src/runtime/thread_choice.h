// ThreadChoice: whether the coming run of a program uses all threads or the caller alone, judged by
// how long either took. Threads share every layer and wait for each other at its end, so where
// another program keeps a core busy all wait for the thread that has to share, and one thread alone
// is faster.
#pragma once

#include <array>
#include <cstdint>

namespace convscope {

class ThreadChoice {
 public:
  ThreadChoice() = default;
  // Begins with what is better for runs like these.
  explicit ThreadChoice(bool alone) : alone_is_better_(alone) {}
  // Whether the coming run should be the caller's alone. Now and then it is the other way than the
  // better one, to see whether that still holds, several times where it may not; the longer it
  // holds, the more rarely.
  bool alone() const { return trying_ ? !alone_is_better_ : alone_is_better_; }
  // How long that run took. The first one, which packs weights, says nothing.
  void ran(int64_t micros);

 private:
  double& time(bool alone) { return times_[alone ? 1 : 0]; }

  std::array<double, 2> times_{};  // microseconds, smoothed; 0: not known
  bool warm_ = false, alone_is_better_ = false, trying_ = false;
  int pause_ = 2, waited_ = 0;  // runs between two tries, runs since the last
  int tries_ = 0;               // in a row
  int since_change_ = 0;        // runs since the better one changed
};

}  // namespace convscope
