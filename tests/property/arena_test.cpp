// The planner's properties on random usage records: arrays that live together never overlap, the
// arena holds them all, and it is no smaller than the largest live set; and how close it comes to
// that on the page's networks.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/rng.h"
#include "explain/gradient_program.h"
#include "model/model.h"
#include "model/squeezenet.h"
#include "runtime/planner.h"
#include "tensor/tensor.h"
#include "unit/model_test_files.h"

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

// The arena of a plan is at most 1.15 times the largest set of values that is alive at once.
void expect_close(const Plan& plan, const std::string& what) {
  const double ratio =
      static_cast<double>(plan.arena.bytes) / static_cast<double>(plan.arena.lower_bound);
  std::printf("  %s: arena %.2f MB, %.3f of the largest live set\n", what.c_str(),
              static_cast<double>(plan.arena.bytes) * 1e-6, ratio);
  EXPECT_GT(plan.arena.lower_bound, 0) << what;
  EXPECT_LE(ratio, 1.15) << what;
}

void expect_close_to_the_largest_live_set(const Model& model, const std::string& name) {
  ASSERT_TRUE(initialise_kernels());
  const auto pool = ThreadPool::create(1);
  Session session(model.graph, model.parameters, pool.get());
  const auto forward = session.program("forward", [&]() -> Result<ProgramSpec> {
    return ProgramSpec{session.graph(), {model.input}, {model.logits}};
  });
  ASSERT_TRUE(forward.has_value()) << forward.error().message;
  expect_close((*forward)->plan(), name + ", forward");
  const Shape& input = model.graph.shape(model.input);
  const auto gradient = logit_gradient_program(model, session, input, "plain", {});
  ASSERT_TRUE(gradient.has_value()) << gradient.error().message;
  expect_close((*gradient)->plan(), name + ", gradient as explanations use it");
  // The same with nothing kept for later runs.
  const Plan& made = (*gradient)->plan();
  const auto whole = session.program("whole", [&]() -> Result<ProgramSpec> {
    return ProgramSpec{made.graph, made.feeds, made.outputs};
  });
  ASSERT_TRUE(whole.has_value()) << whole.error().message;
  expect_close((*whole)->plan(), name + ", gradient");
}

TEST(Arena, OfSqueezeNetIsCloseToTheLargestLiveSet) {
  const auto model = read_squeezenet(make_net({}));  // the real shapes; weights do not matter
  ASSERT_TRUE(model.has_value()) << model.error().message;
  expect_close_to_the_largest_live_set(*model, "SqueezeNet v1.0");
}

TEST(Arena, OfEfficientNetIsCloseToTheLargestLiveSet) {
  const char* folder = std::getenv("CONVSCOPE_MODELS");
  std::ifstream file(std::string(folder != nullptr && *folder != 0 ? folder : "build/models") +
                         "/efficientnet-lite0.csb",
                     std::ios::binary);
  if (!file) GTEST_SKIP() << "efficientnet-lite0.csb is not there; run ./dev models";
  const std::vector<uint8_t> bytes(std::istreambuf_iterator<char>(file), {});
  const auto model = load_model("efficientnet-lite0", "csb", bytes);
  ASSERT_TRUE(model.has_value()) << model.error().message;
  expect_close_to_the_largest_live_set(*model, "EfficientNet-Lite0");
}

TEST(Arena, NothingNeedsNothing) {
  const ArenaLayout layout = plan_arena({});
  EXPECT_EQ(layout.bytes, 0);
}

}  // namespace
}  // namespace convscope
