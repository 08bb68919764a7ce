// The smallest cut against every cut there is, and what GrabCut is made of.
#include "image/max_flow.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "base/rng.h"
#include "image/grab_cut.h"

namespace convscope {
namespace {

struct Edge {
  size_t from, to;
  int64_t capacity, back;
};

TEST(MaxFlow, CutsAsCheaplyAsTheBestOfAllCuts) {
  constexpr size_t kNodes = 9;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Rng rng(seed);
    std::vector<int64_t> source(kNodes), sink(kNodes);
    std::vector<Edge> edges;
    for (size_t i = 0; i < kNodes; ++i) {
      source[i] = rng.below(3) == 0 ? rng.below(20) : 0;
      sink[i] = rng.below(3) == 0 ? rng.below(20) : 0;
      for (size_t j = i + 1; j < kNodes; ++j) {
        if (rng.below(2) == 0) edges.push_back({i, j, rng.below(12), rng.below(12)});
      }
    }
    const auto cost = [&](uint32_t side) {  // bit i: node i is on the source's side
      int64_t sum = 0;
      for (size_t i = 0; i < kNodes; ++i) sum += (side >> i & 1) != 0 ? sink[i] : source[i];
      for (const Edge& e : edges) {
        if ((side >> e.from & 1) > (side >> e.to & 1)) sum += e.capacity;
        if ((side >> e.from & 1) < (side >> e.to & 1)) sum += e.back;
      }
      return sum;
    };
    int64_t best = std::numeric_limits<int64_t>::max();
    for (uint32_t side = 0; side < 1u << kNodes; ++side) best = std::min(best, cost(side));

    MaxFlow flow(kNodes, edges.size());
    for (size_t i = 0; i < kNodes; ++i) flow.add_terminal(i, source[i], sink[i]);
    for (const Edge& e : edges) flow.add_edge(e.from, e.to, e.capacity, e.back);
    EXPECT_EQ(flow.run(), best) << "graph " << seed;
    uint32_t side = 0;
    for (size_t i = 0; i < kNodes; ++i) side |= flow.on_source_side(i) ? 1u << i : 0u;
    EXPECT_EQ(cost(side), best) << "graph " << seed;
  }
}

TEST(MaxFlow, TerminalsOfOneNodeAddUp) {
  MaxFlow flow(1);
  flow.add_terminal(0, 5, 2);
  flow.add_terminal(0, 1, 9);
  EXPECT_EQ(flow.run(), 6);
  EXPECT_FALSE(flow.on_source_side(0));
}

TEST(LargestComponent, IsTheLargestPartWhosePixelsTouchAtTheirSides) {
  const std::vector<uint8_t> mask = {1, 0, 1, 1,  //
                                     0, 1, 0, 1,  //
                                     1, 1, 0, 0};
  const std::vector<uint8_t> wanted = {0, 0, 1, 1,  //
                                       0, 0, 0, 1,  //
                                       0, 0, 0, 0};
  EXPECT_EQ(largest_component(mask, 4, 3), wanted);
  EXPECT_EQ(largest_component(std::vector<uint8_t>(12), 4, 3), std::vector<uint8_t>(12));
}

TEST(GrabCut, NeedsPixelsOfBothSides) {
  const auto cut = GrabCut::of(Image(4, 4), std::vector<Seed>(16, Seed::kForeground));
  ASSERT_FALSE(cut.has_value());
  EXPECT_EQ(cut.error().message,
            "a picture is cut in two by the colours of both parts; mark some pixels of the "
            "foreground and some of the background");
}

TEST(GrabCut, CertainSeedsStay) {
  Image image(8, 8);  // all black: nothing but the seeds tells the sides apart
  std::vector<Seed> seeds(64, Seed::kUnknown);
  seeds[0] = Seed::kForeground;
  seeds[63] = Seed::kBackground;
  auto cut = GrabCut::of(std::move(image), seeds);
  ASSERT_TRUE(cut.has_value());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(cut->step());
  EXPECT_EQ(cut->foreground()[0], 1);
  EXPECT_EQ(cut->foreground()[63], 0);
}

}  // namespace
}  // namespace convscope
