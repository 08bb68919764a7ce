#include "base/nearest.h"

#include <gtest/gtest.h>

namespace convscope {
namespace {

using Names = std::vector<std::string>;

TEST(Nearest, DistancesByHand) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("", "fire"), 4u);
  EXPECT_EQ(edit_distance("fire", ""), 4u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("fier8", "fire8"), 1u) << "two neighbours swapped count once";
  EXPECT_EQ(edit_distance("Fire8", "fire8"), 0u);
  EXPECT_EQ(edit_distance("conv", "conv1"), 1u);
  EXPECT_EQ(edit_distance("ca", "abc"), 3u) << "restricted: no edit between swapped letters";
}

TEST(Nearest, NearestFirstThenInTheirOwnOrder) {
  const Names names = {"conv1", "fire2", "fire5", "fire8", "fire9", "softmax"};
  EXPECT_EQ(nearest_names("fire8", names, 1), Names{"fire8"});
  EXPECT_EQ(nearest_names("fire81", names), (Names{"fire8", "fire2", "fire5"}));
  EXPECT_EQ(nearest_names("octave", Names{"octave_scale", "octaves"}), Names{"octaves"});
  EXPECT_EQ(nearest_names("nonsense", names), Names{});
  EXPECT_EQ(nearest_names("", names), Names{});
  EXPECT_EQ(nearest_names(std::string(100'000, 'f'), names), Names{});
}

TEST(Nearest, Sentence) {
  const Names names = {"conv1", "fire2", "fire5", "softmax"};
  EXPECT_EQ(nearest_hint("cnov1", names), "; the nearest name is conv1");
  EXPECT_EQ(nearest_hint("fire", names), "; the nearest names are fire2 and fire5");
  EXPECT_EQ(nearest_hint("zebra", names), "");
}

}  // namespace
}  // namespace convscope
