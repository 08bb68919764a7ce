// The lens that says what each layer adds, and what the network answers without some of it.
#include "ui/lens_page.h"

namespace convscope {
namespace {

class ContributionLens : public LensPage {
 protected:
  std::vector<RunMethod> runs_of(std::string_view method) {
    std::vector<RunMethod> out;
    for (const RunMethod& run : all<RunMethod>()) {
      if (run.method == method) out.push_back(run);
    }
    return out;
  }
  // Channels in the order in which they stand.
  std::string channels() {
    std::string out;
    for (const MirrorNode& n : app->mirror().nodes()) {
      if (n.key.starts_with("contribution.channel.")) out += n.key.substr(21);
    }
    return out;
  }
};

TEST_F(ContributionLens, EveryLayerIsABarAndOneIsLookedInto) {
  open("lens=contribution&class=4");
  ASSERT_EQ(runs_of("layer_contributions").size(), 1u);
  EXPECT_EQ(runs_of("layer_contributions")[0].target, 4);
  ASSERT_NE(node("contribution.layer.conv1"), nullptr);
  EXPECT_EQ(node("contribution.layer.conv1")->label, "conv1: -2.0 of the score, which is 9.0");
  EXPECT_EQ(node("contribution.layer.logits"), nullptr) << "it is the score itself";
  EXPECT_TRUE(says("score 9.0"));
  const auto channel_runs = runs_of("layer_gradient_x_activation");
  ASSERT_EQ(channel_runs.size(), 1u);
  EXPECT_EQ(channel_runs[0].layer, "fire8") << "the last one with places";
  ASSERT_NE(node("layer.fire8"), nullptr);
  EXPECT_TRUE(node("layer.fire8")->selected) << "the rail shows the same";
  EXPECT_NE(node("contribution.map"), nullptr);
  EXPECT_EQ(channels(), "76543210");
  EXPECT_EQ(node("contribution.channel.6")->label, "channel 6 adds +6.0");
  EXPECT_TRUE(says("Click a channel to switch it off"));
  EXPECT_TRUE(runs_of("ablation").empty());

  press("contribution.layer.fire2");
  EXPECT_EQ(app->state().explain_layer, "fire2");
  EXPECT_EQ(runs_of("layer_gradient_x_activation").back().layer, "fire2");
  EXPECT_EQ(runs_of("layer_contributions").size(), 1u) << "the bars are known";
  press("layer.conv1");
  EXPECT_EQ(app->state().lens, "contribution");
  EXPECT_EQ(runs_of("layer_gradient_x_activation").back().layer, "conv1");
}

TEST_F(ContributionLens, AClickSwitchesChannelsOffAndTheAnswerFollows) {
  open("lens=contribution&at=fire2");
  press("contribution.channel.5");
  ASSERT_EQ(runs_of("ablation").size(), 1u);
  EXPECT_EQ(runs_of("ablation")[0].layer, "fire2");
  EXPECT_EQ(runs_of("ablation")[0].channels, (std::vector<int32_t>{5}));
  EXPECT_TRUE(says("Without channel 5 of fire2 class 9 goes from 91.0% to 50.0%, and is still"));
  EXPECT_NE(node("contribution.channel.5")->label.find("switched off"), std::string::npos);
  press("contribution.channel.7");
  EXPECT_EQ(runs_of("ablation").back().channels, (std::vector<int32_t>{5, 7}));
  EXPECT_TRUE(says("Without channels 5, 7 of fire2 class 9 goes from 91.0% to 1.0%"));
  EXPECT_TRUE(says("The first answer is now class 2"));
  EXPECT_NE(permalink_from(app->state()).find("off=fire2&offch=5,7"), std::string::npos);
  press("contribution.channel.5");
  EXPECT_EQ(runs_of("ablation").back().channels, (std::vector<int32_t>{7}));
  press("contribution.channel.7");
  EXPECT_TRUE(says("Click a channel to switch it off"));
  EXPECT_EQ(permalink_from(app->state()).find("off="), std::string::npos);
}

TEST_F(ContributionLens, TheWholeLayerAndAllOnAgain) {
  open("lens=contribution&at=fire2");
  press("contribution.whole");
  ASSERT_EQ(runs_of("ablation").size(), 1u);
  EXPECT_TRUE(runs_of("ablation")[0].channels.empty()) << "all";
  EXPECT_TRUE(says("Without fire2 class 9 goes from 91.0% to 1.0%"));
  EXPECT_NE(node("contribution.channel.0")->label.find("switched off"), std::string::npos);
  press("contribution.on");
  EXPECT_TRUE(says("Click a channel to switch it off"));
  press("contribution.channel.3");
  ImGui::GetIO().AddKeyEvent(ImGuiKey_Escape, true);
  frames(2);
  ImGui::GetIO().AddKeyEvent(ImGuiKey_Escape, false);
  frames(2);
  EXPECT_TRUE(app->state().off_layer.empty()) << "Esc takes it back";
  EXPECT_EQ(app->state().lens, "contribution");
}

TEST_F(ContributionLens, ALinkOpensWithChannelsOffAndAnotherLayerLeavesThemAlone) {
  open("lens=contribution&at=fire2&off=fire2&offch=5,7,99&method=conductance");
  ASSERT_EQ(runs_of("ablation").size(), 1u);
  EXPECT_EQ(runs_of("ablation")[0].channels, (std::vector<int32_t>{5, 7})) << "there are eight";
  EXPECT_EQ(runs_of("conductance").size(), 1u);
  EXPECT_TRUE(runs_of("layer_gradient_x_activation").empty());
  press("contribution.layer.conv1");
  EXPECT_TRUE(says("Click a channel to switch it off"));
  EXPECT_EQ(runs_of("ablation").size(), 1u);
  EXPECT_EQ(node("contribution.channel.5")->label, "channel 5 adds −5.0");
}

TEST_F(ContributionLens, AChannelUnderThePointerIsShownOnThePicture) {
  open("lens=contribution&at=fire2");
  const std::string before = node("contribution.map")->label;
  point_at("contribution.channel.4", 0.5f, 0.5f);
  EXPECT_EQ(node("contribution.map")->label, "fire2 · channel 4");
  ImGui::GetIO().AddMousePosEvent(0, 0);
  frames(3);
  EXPECT_EQ(node("contribution.map")->label, before);
}

TEST_F(ContributionLens, WhatFailsSaysWhy) {
  open("lens=overview&at=fire2&off=fire2");
  answering = false;
  app->state().lens = "contribution";
  frames(3);
  for (const CommandMessage& m : std::vector(waiting)) {
    if (const auto* run = std::get_if<RunMethod>(&m.command); run && run->method == "ablation")
      event(m.request, Failed{"unsupported", {"Nothing follows it.", "后面没有层。"}});
  }
  frames(3);
  EXPECT_TRUE(says("Nothing follows it."));
}

TEST_F(ContributionLens, FitsAPhoneInBothLanguages) {
  for (const char* lang : {"en", "zh"}) {
    ImGui::GetIO().DisplaySize = ImVec2(390, 844);
    open(std::string("lens=contribution&off=fire8&offch=1&lang=") + lang);
    frames(4);
    for (const MirrorNode& n : app->mirror().nodes()) {
      if (!n.key.starts_with("contribution.")) continue;
      EXPECT_GE(n.min.x, 0) << n.key;
      EXPECT_LE(n.max.x, 390) << n.key;
    }
  }
}

}  // namespace
}  // namespace convscope
