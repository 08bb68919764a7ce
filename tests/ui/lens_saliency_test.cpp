#include "ui/lens_page.h"

namespace convscope {
namespace {

using SaliencyLens = LensPage;

TEST_F(SaliencyLens, AsksTheTrainedAndTheUntrainedNetworkAboutTheTarget) {
  open("lens=gradient&class=4");
  const auto runs = all<RunMethod>();
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].method, "gradient");
  EXPECT_EQ(runs[0].target, 4);
  EXPECT_FALSE(runs[0].untrained);
  EXPECT_TRUE(runs[1].untrained);
  EXPECT_NE(node("saliency.map.trained"), nullptr);
  EXPECT_NE(node("saliency.map.untrained"), nullptr);
  EXPECT_NE(node("saliency.picture"), nullptr);
}

TEST_F(SaliencyLens, SaysWhetherTheMapWasLearned) {
  open("lens=gradient");
  EXPECT_TRUE(says("agreement 1.00"));
  EXPECT_TRUE(says("says little about what was learned"));
  unlike = true;
  press("saliency.seed");
  EXPECT_EQ(app->state().seed, 2u);
  EXPECT_EQ(all<RunMethod>().back().seed, 2u);
  EXPECT_TRUE(says("what you see here was learned"));
}

TEST_F(SaliencyLens, IsASkeletonWhileItWaitsAndSaysWhatFailed) {
  open("lens=overview");
  answering = false;
  app->state().lens = "gradient";
  frames(3);
  EXPECT_TRUE(says("Computing"));
  EXPECT_NE(node("saliency.picture"), nullptr) << "the picture is there at once";
  for (const CommandMessage& m : std::exchange(waiting, {}))
    event(m.request, Failed{"internal", {"It broke.", "坏了。"}});
  frames(3);
  EXPECT_TRUE(says("It broke."));
  EXPECT_NE(node("gradient.retry"), nullptr);
  EXPECT_NE(node("gradient.untrained.retry"), nullptr);
}

TEST_F(SaliencyLens, WithoutContrastThereIsOneMap) {
  open("lens=gradient&untrained=0");
  EXPECT_EQ(all<RunMethod>().size(), 1u);
  EXPECT_EQ(node("saliency.map.untrained"), nullptr);
  EXPECT_EQ(node("saliency.seed"), nullptr);
}

TEST_F(SaliencyLens, ReadsTheValueUnderThePointer) {
  open("lens=gradient");
  point_at("saliency.map.trained", 0.001f, 0.999f);
  EXPECT_TRUE(says("pixel in row 30, column 0"));
  EXPECT_TRUE(says("= 930"));
}

TEST_F(SaliencyLens, TheScaleEndsWhereItSays) {
  open("lens=gradient");
  EXPECT_TRUE(says("1.0% of the pixels are brighter than the scale; the largest value is 960."));
  app->mirror().set_value(node("saliency.clip")->id, 1);
  frames(2);
  EXPECT_FALSE(says("brighter than the scale"));
}

TEST_F(SaliencyLens, ABlankMapSaysWhy) {
  answering = false;
  open("lens=gradient&untrained=0&class=2");
  for (const CommandMessage& m : std::exchange(waiting, {})) {
    if (!std::holds_alternative<RunMethod>(m.command)) continue;
    MethodPreview p;
    p.method = "gradient",
    p.map = Map{31, 31, numbers(31 * 31, [](size_t) { return 0.0f; }), 0, 0, false, ""};
    event(m.request,
          MethodResult{p, 2, "", false, 10, {"The map is zero everywhere.", "处处为零。"}});
  }
  frames(3);
  EXPECT_TRUE(says("The map is zero everywhere."));
}

}  // namespace
}  // namespace convscope
