#include "ui/lens_page.h"

namespace convscope {
namespace {

using ActivationsLens = LensPage;

TEST_F(ActivationsLens, NamesTheSilentChannels) {
  open("lens=activations");
  EXPECT_TRUE(says("2 of the 8 channels are silent on this picture: 2, 5."));
  EXPECT_EQ(node("channel.2")->label, "channel 2, silent on this picture");
  EXPECT_EQ(node("channel.3")->label, "channel 3, largest value 4.68");
  app->set_language(Language::kChinese);
  frames(2);
  EXPECT_TRUE(says("8 个通道中有 2 个对这张图片没有反应：2, 5。"));
}

TEST_F(ActivationsLens, IsASkeletonWhileItWaitsAndSaysWhatFailed) {
  answering = false;
  open("lens=activations");
  EXPECT_TRUE(says("Computing"));
  for (const CommandMessage& m : std::exchange(waiting, {}))
    event(m.request, Failed{"internal", {"It broke.", "坏了。"}});
  frames(3);
  EXPECT_TRUE(says("It broke."));
  EXPECT_NE(node("activations.retry"), nullptr);
}

TEST_F(ActivationsLens, APinnedChannelShowsWhatEachValueSees) {
  open("lens=activations");
  press("channel.3");
  EXPECT_EQ(app->state().channel, 3);
  point_at("activations.map", 0.99f, 0.01f);
  EXPECT_TRUE(says("row 0, column 12"));
  EXPECT_TRUE(says("sees the pixels 24…30 × 0…6 of the picture: its receptive field, 7×7 pixels"));
  EXPECT_TRUE(says("= 3.120"));
  EXPECT_TRUE(says("It slides a window."));
  EXPECT_TRUE(says("Backwards: By its weight."));
  // The same from the photo: the cell whose field is centred nearest to the pointer.
  point_at("activations.picture", 0.5f, 0.5f);
  EXPECT_TRUE(says("row 6, column 6"));
  press("channel.3");
  EXPECT_EQ(app->state().channel, -1) << "a second press lets go";
}

TEST_F(ActivationsLens, ShowsTheSumBeforeTheActivationFunction) {
  open("lens=activations&channel=0");
  ASSERT_FALSE(all<GetFilterResponse>().empty())
      << "one convolution: its answer is the sum before ReLU";
  point_at("activations.map", 0.01f, 0.01f);
  EXPECT_TRUE(says("max( 0, 0 )"));
  press("activations.pre");
  EXPECT_TRUE(all<GetActivations>().back().pre_activation);
  EXPECT_EQ(node("activations.colours"), nullptr) << "values below zero have their own colours";
}

TEST_F(ActivationsLens, SortsByStrength) {
  open("lens=activations");
  EXPECT_LT(node("channel.0")->min.x, node("channel.7")->min.x);
  press("activations.order.1");
  EXPECT_GT(node("channel.0")->min.x, node("channel.7")->min.x);
}

TEST_F(ActivationsLens, TheOverlayHasItsStrength) {
  open("lens=activations&channel=1");
  EXPECT_EQ(node("activations.overlay"), nullptr);
  press("activations.over");
  EXPECT_TRUE(app->state().overlaid);
  ASSERT_NE(node("activations.overlay"), nullptr);
  app->mirror().set_value(node("activations.overlay")->id, 0.25);
  frames(2);
  EXPECT_FLOAT_EQ(app->state().overlay, 0.25f);
}

TEST_F(ActivationsLens, NumbersPerClassAreNamed) {
  open("lens=activations&layer=logits");
  app->on_labels(Language::kEnglish, {"a", "b", "c", "d", "e", "f", "g", "h", "i", "robin"});
  frames(2);
  EXPECT_TRUE(says("Which numbers does logits give this picture?"));
  EXPECT_EQ(node("channel.9")->label, "robin, largest value 9.00");
}

TEST_F(ActivationsLens, ALayerOfAnotherNetworkIsReplaced) {
  open("lens=activations&layer=block3&channel=7");
  EXPECT_EQ(app->state().layer, "conv1");
  EXPECT_EQ(app->state().channel, -1);
}

}  // namespace
}  // namespace convscope
