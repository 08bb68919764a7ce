// Planner: where in one arena each short-lived array lives. A pure function.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace convscope {

// One array: alive from step `first` to step `last`, both included.
struct UsageRecord {
  int64_t bytes = 0;
  int32_t first = 0, last = 0;
};

struct ArenaLayout {
  std::vector<int64_t> offsets;  // one per record, multiples of kAlignment
  int64_t bytes = 0;             // of the arena
  int64_t lower_bound = 0;  // the largest set that is alive at one step: no layout can be smaller
};

// Greedy by size, best fit (Pisarchyk & Lee 2020, "Efficient Memory Management for Deep Neural Net
// Inference", section 5.2): arrays that are alive at the same time never overlap.
ArenaLayout plan_arena(std::span<const UsageRecord> records);

}  // namespace convscope
