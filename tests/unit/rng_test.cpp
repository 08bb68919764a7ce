#include "base/rng.h"

#include <gtest/gtest.h>

namespace convscope {
namespace {

TEST(Rng, IsTheReferencePcg32) {
  // The first outputs of pcg32 with initstate 42 and initseq 54, as printed by pcg-c's own demo
  // (pcg32-demo).
  Rng rng(42, 54);
  EXPECT_EQ(rng.next_u32(), 0xa15c02b7u);
  EXPECT_EQ(rng.next_u32(), 0x7b47f409u);
  EXPECT_EQ(rng.next_u32(), 0xba1d3330u);
}

TEST(Rng, NormalHasUnitVariance) {
  Rng rng(1);
  double sum = 0, squares = 0;
  constexpr int kCount = 100'000;
  for (int i = 0; i < kCount; ++i) {
    const double value = rng.normal();
    sum += value;
    squares += value * value;
  }
  EXPECT_NEAR(sum / kCount, 0, 0.02);
  EXPECT_NEAR(squares / kCount, 1, 0.02);
}

TEST(Rng, BelowCoversItsRangeEvenly) {
  Rng rng(2);
  int counts[7] = {};
  for (int i = 0; i < 70'000; ++i) ++counts[rng.below(7)];
  for (int count : counts) EXPECT_NEAR(count, 10'000, 500);
}

}  // namespace
}  // namespace convscope
