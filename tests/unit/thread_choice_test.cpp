// ThreadChoice on machines of which every time is known.
#include "runtime/thread_choice.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/rng.h"

namespace convscope {
namespace {

// A machine on which a run takes `together` with all threads and `alone` without; answers the mean.
double mean_time(ThreadChoice& choice, int runs, int64_t together, int64_t alone) {
  int64_t total = 0;
  for (int i = 0; i < runs; ++i) {
    const int64_t micros = choice.alone() ? alone : together;
    total += micros;
    choice.ran(micros);
  }
  return static_cast<double>(total) / runs;
}

TEST(ThreadChoice, AnIdleMachineUsesAllThreads) {
  ThreadChoice choice;
  EXPECT_LT(mean_time(choice, 200, 550, 1000), 1000 / 1.7);
}

TEST(ThreadChoice, ABusyCoreCostsLittle) {
  ThreadChoice choice;
  EXPECT_LT(mean_time(choice, 200, 1500, 1000), 1.1 * 1000);
  ThreadChoice worse;
  EXPECT_LT(mean_time(worse, 200, 2500, 1000), 1.1 * 1000);
}

// As measured beside a busy core: all threads are a little faster most of the time, and wait for
// that core now and then.
TEST(ThreadChoice, RareLongWaitsAreRemembered) {
  double worst = 0, sum = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Rng rng(seed);
    ThreadChoice choice;
    int64_t total = 0;
    for (int i = 0; i < 184; ++i) {
      const int64_t micros = choice.alone() ? 19'000 : rng.below(10) == 0 ? 130'000 : 16'000;
      if (i >= 24) total += micros;
      choice.ran(micros);
    }
    worst = std::max(worst, static_cast<double>(total) / 160);
    sum += static_cast<double>(total) / 160;
  }
  EXPECT_LT(sum / 20, 1.1 * 19'000);
  EXPECT_LT(worst, 1.3 * 19'000);
}

TEST(ThreadChoice, OneHiccupOfAnIdleMachineCostsLittle) {
  ThreadChoice choice;
  mean_time(choice, 300, 550, 1000);
  choice.ran(5500);
  EXPECT_LT(mean_time(choice, 100, 550, 1000), 1000 / 1.7);
}

TEST(ThreadChoice, BeginsWithWhatIsKnownOfSimilarRunsAndThenFollowsItsOwn) {
  EXPECT_FALSE(ThreadChoice(false).alone());
  ThreadChoice choice(true);
  EXPECT_TRUE(choice.alone());
  EXPECT_LT(mean_time(choice, 50, 1500, 1000), 1.1 * 1000);
  ThreadChoice mistaken(true);
  EXPECT_LT(mean_time(mistaken, 200, 550, 1000), 1000 / 1.7);
}

TEST(ThreadChoice, FollowsTheMachine) {
  ThreadChoice choice;
  mean_time(choice, 300, 550, 1000);
  EXPECT_LT(mean_time(choice, 20, 1500, 1000), 1.15 * 1000) << "another program begins";
  mean_time(choice, 300, 1500, 1000);
  mean_time(choice, 64, 550, 1000);
  EXPECT_LT(mean_time(choice, 100, 550, 1000), 1000 / 1.7) << "it ends";
}

TEST(ThreadChoice, TheFirstRunSaysNothing) {
  ThreadChoice choice;
  choice.ran(1'000'000);  // packing
  EXPECT_LT(mean_time(choice, 200, 550, 1000), 1000 / 1.7);
}

TEST(ThreadChoice, EqualTimesChangeNothing) {
  ThreadChoice choice;
  mean_time(choice, 500, 1000, 970);
  int alone = 0;
  for (int i = 0; i < 100; ++i) {
    alone += choice.alone() ? 1 : 0;
    choice.ran(choice.alone() ? 970 : 1000);
  }
  EXPECT_LE(alone, 4);
}

}  // namespace
}  // namespace convscope
