// Reuse: what of a program need not run again while nothing but some of its feeds changes, as a
// seed does where the same picture is explained for another class.
#pragma once

#include <span>
#include <vector>

#include "runtime/plan.h"

namespace convscope {

// What is held for later runs, beside what was asked for, by all programs that share a Scratch:
// enough for the gradient to the picture of SqueezeNet (19 MB) or of EfficientNet-Lite0 (25 MB).
inline constexpr int64_t kMostKeptBytes = 25 << 20;

// The values that do not depend on `varying` but are read, on the way from `feeds` to `outputs`,
// where others are made that do: given these, no more than those others need be computed again.
std::vector<ValueId> values_to_keep(const Graph& graph, std::span<const ValueId> feeds,
                                    std::span<const ValueId> outputs,
                                    std::span<const ValueId> varying);

// For each step whether it must run again when nothing but `varying` changes. Empty where all must,
// or where a step that must would not find in memory what the others left there.
std::vector<bool> steps_to_repeat(const Plan& plan, std::span<const ValueId> varying);

struct ReusingPlan {
  Plan plan;
  std::vector<bool> repeats;  // by step; empty: nothing is kept, every run is a whole one
  std::vector<bool> kept;     // by output storage: whether it holds nothing that was asked for
  int64_t kept_bytes = 0;     // of those, and of a copy of the feeds that do not vary
};

// make_plan() with values_to_keep() among what stays in memory. Where that would be more than
// `most_kept_bytes`, or nothing can be gained, it is the same as make_plan().
Result<ReusingPlan> make_reusing_plan(const std::shared_ptr<const Graph>& graph,
                                      const std::vector<ValueId>& feeds,
                                      const std::vector<ValueId>& outputs,
                                      std::span<const ValueId> varying,
                                      const Parameters& parameters, KernelCache& kernels,
                                      int64_t most_kept_bytes = kMostKeptBytes);

}  // namespace convscope
