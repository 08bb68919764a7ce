#include "ui/lens_page.h"

namespace convscope {
namespace {

using FiltersLens = LensPage;

TEST_F(FiltersLens, OpensOnTheFirstLayerThatHasFilters) {
  open("lens=filters");
  EXPECT_EQ(app->state().layer, "conv1");
  EXPECT_TRUE(says("What do the weights of conv1 look like?"));
  for (int i = 0; i < 8; ++i) EXPECT_NE(node("filter." + std::to_string(i)), nullptr) << i;
  EXPECT_TRUE(all<GetFilterResponse>().empty())
      << "no answer is asked for before a filter is chosen";
}

TEST_F(FiltersLens, IsASkeletonWhileItWaitsAndSaysWhatFailed) {
  answering = false;
  open("lens=filters");
  EXPECT_TRUE(says("Computing"));
  for (const CommandMessage& m : std::exchange(waiting, {})) {
    if (std::holds_alternative<GetFilters>(m.command))
      event(m.request, Failed{"not_found", {"There are no filters here.", "这里没有。"}});
  }
  frames(3);
  EXPECT_TRUE(says("There are no filters here."));
  EXPECT_NE(node("filters.retry"), nullptr);
  answering = true;
  press("filters.retry");
  EXPECT_NE(node("filter.0"), nullptr);
}

TEST_F(FiltersLens, APressedFilterOpensWithItsAnswer) {
  open("lens=filters");
  press("filter.3");
  EXPECT_EQ(app->state().channel, 3);
  ASSERT_EQ(all<GetFilterResponse>().size(), 1u);
  EXPECT_EQ(all<GetFilterResponse>()[0].output_channel, 3);
  EXPECT_EQ(all<GetFilterResponse>()[0].input_channel, -1);
  EXPECT_NE(node("filters.answer"), nullptr);
  EXPECT_NE(node("filters.large"), nullptr);
  EXPECT_TRUE(node("filter.3")->selected.value_or(false));
  press("filters.close");
  EXPECT_EQ(app->state().channel, -1);
  EXPECT_EQ(node("filters.answer"), nullptr);
}

TEST_F(FiltersLens, ASliceAnswersAlone) {
  open("lens=filters&channel=3");
  EXPECT_EQ(app->state().channel, 3) << "the permalink keeps its filter although it names no layer";
  press("slice.1");
  EXPECT_EQ(app->state().input_channel, 1);
  EXPECT_EQ(all<GetFilterResponse>().back().input_channel, 1);
  press("filters.whole");
  EXPECT_EQ(app->state().input_channel, -1);
}

TEST_F(FiltersLens, ThePointerReadsWeightsPerColourAndTheSum) {
  open("lens=filters&channel=3");
  point_at("filters.large", 0.5f, 0.1f);
  EXPECT_TRUE(says("weight in row 0, column 1"));
  // Weight (3, colour 0, row 0, column 1) of sin(0.7 i).
  EXPECT_TRUE(says("red: " + significant(std::sin(0.7 * (3 * 27 + 1)))));
  point_at("filters.answer", 0.01f, 0.99f);
  EXPECT_TRUE(says("answer in row 12, column 0"));
  EXPECT_TRUE(says("154.5 + 1.50")) << "156 is the sum of products and a bias of 1.5";
  EXPECT_TRUE(says("= 156.0"));
}

TEST_F(FiltersLens, DeeperLayersAreRowsAndOneByOnesAreMixtures) {
  open("lens=filters&layer=fire2");
  EXPECT_TRUE(says("A 1×1 filter sees one place only"));
  press("filter.2");
  // The strongest weights as bars: of the 16 of filter 2 |sin 0.7 (32 + i)| is largest at i = 15
  // and smallest at i = 4.
  EXPECT_NE(node("slice.15"), nullptr);
  EXPECT_EQ(node("slice.4"), nullptr);
  press("filters.part.1");
  EXPECT_EQ(app->state().filter, "expand3x3");
  EXPECT_EQ(app->state().channel, -1);
  EXPECT_TRUE(says("with 3×3 weights for each of them"));
}

TEST_F(FiltersLens, OrderAndScaleAreChoices) {
  open("lens=filters");
  const float before = node("filter.7")->min.y + node("filter.7")->min.x;
  press("filters.order.1");
  EXPECT_EQ(app->state().order, Order::kSimilar);
  EXPECT_LT(node("filter.7")->min.y + node("filter.7")->min.x, before)
      << "7 comes first by similarity";
  press("filters.scale.1");
  EXPECT_EQ(app->state().normalise, Normalise::kLayer);
}

TEST_F(FiltersLens, ALayerWithoutWeightsSaysSo) {
  open("lens=filters&layer=pool1");
  EXPECT_TRUE(says("pool1 has no weights of its own"));
  EXPECT_NE(node("filters.layer"), nullptr);
  EXPECT_TRUE(all<GetFilters>().empty());
}

}  // namespace
}  // namespace convscope
