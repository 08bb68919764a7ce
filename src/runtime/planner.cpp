#include "runtime/planner.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "tensor/tensor.h"

namespace convscope {
namespace {

int64_t aligned(int64_t bytes) {
  constexpr auto kStep = static_cast<int64_t>(kAlignment);
  return (bytes + kStep - 1) / kStep * kStep;
}

struct Placed {
  int64_t offset, end;
  UsageRecord record;
};

bool overlap_in_time(const UsageRecord& a, const UsageRecord& b) {
  return a.first <= b.last && b.first <= a.last;
}

// The smallest gap between live neighbours that holds the record, else the end. `placed` is sorted
// by offset.
int64_t best_fit(std::span<const Placed> placed, const UsageRecord& record) {
  const int64_t wanted = aligned(record.bytes);
  int64_t best = -1, best_gap = std::numeric_limits<int64_t>::max(), end = 0;
  for (const Placed& other : placed) {
    if (!overlap_in_time(other.record, record)) continue;
    const int64_t gap = other.offset - end;
    if (gap >= wanted && gap < best_gap) {
      best = end;
      best_gap = gap;
    }
    end = std::max(end, other.end);
  }
  return best >= 0 ? best : end;
}

int64_t largest_live_set(std::span<const UsageRecord> records) {
  int32_t steps = 0;
  for (const UsageRecord& record : records) steps = std::max(steps, record.last + 1);
  std::vector<int64_t> change(static_cast<size_t>(steps) + 1);
  for (const UsageRecord& record : records) {
    change[static_cast<size_t>(record.first)] += aligned(record.bytes);
    change[static_cast<size_t>(record.last) + 1] -= aligned(record.bytes);
  }
  int64_t live = 0, largest = 0;
  for (int64_t delta : change) largest = std::max(largest, live += delta);
  return largest;
}

}  // namespace

ArenaLayout plan_arena(std::span<const UsageRecord> records) {
  ArenaLayout layout;
  layout.offsets.resize(records.size());
  layout.lower_bound = largest_live_set(records);

  std::vector<size_t> order(records.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order,
                           [&](size_t a, size_t b) { return records[a].bytes > records[b].bytes; });

  std::vector<Placed> placed;
  for (size_t index : order) {
    const UsageRecord& record = records[index];
    const int64_t offset = best_fit(placed, record);
    const Placed entry{offset, offset + aligned(record.bytes), record};
    placed.insert(std::ranges::upper_bound(placed, offset, {}, &Placed::offset), entry);
    layout.offsets[index] = offset;
    layout.bytes = std::max(layout.bytes, entry.end);
  }
  return layout;
}

}  // namespace convscope
