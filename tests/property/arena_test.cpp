// The planner's properties on random usage records: arrays that live together never overlap, the
// arena holds them all, and it is no smaller than the largest live set.
#include <gtest/gtest.h>

#include "base/rng.h"
#include "runtime/planner.h"
#include "tensor/tensor.h"

namespace convscope {
namespace {

std::vector<UsageRecord> random_records(Rng& rng) {
  std::vector<UsageRecord> records(1 + rng.below(40));
  for (UsageRecord& record : records) {
    record.bytes = 1 + rng.below(5000);
    record.first = static_cast<int32_t>(rng.below(30));
    record.last = record.first + static_cast<int32_t>(rng.below(8));
  }
  return records;
}

TEST(Arena, LiveArraysNeverOverlap) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    Rng rng(seed);
    const auto records = random_records(rng);
    const ArenaLayout layout = plan_arena(records);
    ASSERT_EQ(layout.offsets.size(), records.size());
    EXPECT_GE(layout.bytes, layout.lower_bound) << "seed " << seed;
    for (size_t a = 0; a < records.size(); ++a) {
      EXPECT_EQ(layout.offsets[a] % static_cast<int64_t>(kAlignment), 0);
      EXPECT_LE(layout.offsets[a] + records[a].bytes, layout.bytes);
      for (size_t b = a + 1; b < records.size(); ++b) {
        const bool together =
            records[a].first <= records[b].last && records[b].first <= records[a].last;
        const bool overlap = layout.offsets[a] < layout.offsets[b] + records[b].bytes &&
                             layout.offsets[b] < layout.offsets[a] + records[a].bytes;
        EXPECT_FALSE(together && overlap) << "seed " << seed << ", records " << a << " and " << b;
      }
    }
  }
}

TEST(Arena, ChainNeedsTwoNeighbours) {
  // A chain x0 -> x1 -> x2 …: at every step two arrays live, so three equal ones fit in two places.
  const UsageRecord records[] = {{640, 0, 1}, {640, 1, 2}, {640, 2, 3}, {640, 3, 4}};
  const ArenaLayout layout = plan_arena(records);
  EXPECT_EQ(layout.bytes, 1280);
  EXPECT_EQ(layout.lower_bound, 1280);
}

TEST(Arena, NothingNeedsNothing) {
  const ArenaLayout layout = plan_arena({});
  EXPECT_EQ(layout.bytes, 0);
}

}  // namespace
}  // namespace convscope
