#include "ui/lens_page.h"

namespace convscope {
namespace {

using DreamLens = LensPage;

TEST_F(DreamLens, BeginsByItselfOnceForAPicture) {
  open("lens=dream");
  const auto runs = all<RunMethod>();
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(runs[0].method, "deep_dream");
  EXPECT_EQ(runs[0].layer, "fire8") << "what dreams best on this network";
  EXPECT_FALSE(runs[0].paused);
  ASSERT_EQ(runs[0].parameters.size(), 1u);
  EXPECT_DOUBLE_EQ(runs[0].parameters[0].value, 0.6) << "SqueezeNet's own smoothing";
  EXPECT_TRUE(says("dog faces"));
  EXPECT_TRUE(says("Size 1 of 2 · step 1 of 4"));
  app->ui().requests.cancel("dream");
  frames(5);
  EXPECT_EQ(all<RunMethod>().size(), 1u) << "a cancelled dream does not begin again by itself";
  event(0x80000003, ImageReady{60, 40, flat_picture(40, 60)});
  frames(6);
  EXPECT_EQ(all<RunMethod>().size(), 2u) << "a new picture is dreamt of";
}

TEST_F(DreamLens, WaitsWherePeopleWantNoMotion) {
  app->set_reduced_motion(true);
  open("lens=dream");
  EXPECT_TRUE(all<RunMethod>().empty());
  EXPECT_TRUE(says("Press “Start”"));
  EXPECT_NE(node("dream.picture"), nullptr) << "the photo is shown";
  press("dream.start");
  EXPECT_EQ(all<RunMethod>().size(), 1u);
}

TEST_F(DreamLens, PausesStepsGoesOnAndStartsAgain) {
  open("lens=dream");
  EXPECT_EQ(node("dream.pause")->label, "Pause");
  press("dream.pause");
  EXPECT_EQ(all<Pause>().size(), 1u);
  EXPECT_EQ(node("dream.pause")->label, "Continue");
  press("dream.step");
  EXPECT_EQ(all<Step>().size(), 1u);
  press("dream.pause");
  EXPECT_EQ(all<Resume>().size(), 1u);
  press("dream.reset");
  EXPECT_TRUE(all<RunMethod>().back().paused) << "back at the photo it waits";
  press("dream.start");
  EXPECT_FALSE(all<RunMethod>().back().paused);
}

TEST_F(DreamLens, SleepsWhileAnotherLensIsOpenAndGoesOnAfterwards) {
  open("lens=dream");
  app->state().lens = "overview";
  frames(3);
  EXPECT_EQ(all<Pause>().size(), 1u);
  app->state().lens = "dream";
  frames(3);
  EXPECT_EQ(all<Resume>().size(), 1u);
  press("dream.pause");
  app->state().lens = "overview";
  frames(3);
  app->state().lens = "dream";
  frames(3);
  EXPECT_EQ(all<Resume>().size(), 1u) << "paused by the person, it stays paused";
}

TEST_F(DreamLens, LayersChannelsAndSettingsBeginItAnew) {
  open("lens=dream");
  press("dream.suggestions.0");
  EXPECT_EQ(all<RunMethod>().size(), 1u) << "the only suggestion is the present one";
  press("dream.channels");
  ASSERT_NE(node("dream.channel.3"), nullptr);
  press("dream.channel.3");
  EXPECT_EQ(all<RunMethod>().back().channels, std::vector<int32_t>{3});
  press("dream.channel.3");
  EXPECT_TRUE(all<RunMethod>().back().channels.empty());
  const size_t before = all<RunMethod>().size();
  app->mirror().set_value(node("deep_dream.smoothing")->id, 1.5);
  frames(4);
  ASSERT_GT(all<RunMethod>().size(), before);
  EXPECT_DOUBLE_EQ(all<RunMethod>().back().parameters[0].value, 1.5);
  press("dream.defaults");
  EXPECT_DOUBLE_EQ(all<RunMethod>().back().parameters[0].value, 0.6);
  press("dream.seed");
  EXPECT_EQ(all<RunMethod>().back().seed, 2u);
}

TEST_F(DreamLens, WhateverIsChosenElsewhereIsDreamtOf) {
  open("lens=dream");
  const size_t before = all<RunMethod>().size();
  press("layer.conv1");
  ASSERT_EQ(all<RunMethod>().size(), before + 1) << "a click in the rail";
  EXPECT_EQ(all<RunMethod>().back().layer, "conv1");
  app->on_hash("#v=1&lens=dream&dream=fire8");
  frames(3);
  EXPECT_EQ(all<RunMethod>().back().layer, "fire8") << "the browser's Back";
  press("dream.pause");
  app->on_hash("#v=1&lens=dream&dream=conv1");
  frames(3);
  EXPECT_TRUE(all<RunMethod>().back().paused) << "a held dream stays held";
  app->on_hash("#v=1&lens=dream&dream=logits");
  frames(3);
  EXPECT_EQ(app->state().dream_layer, "fire8") << "what has no height cannot be dreamt of";
  press("layer.logits");
  EXPECT_EQ(app->state().lens, "activations") << "but it can be looked at";
}

TEST_F(DreamLens, RemembersTheObjectiveOfEveryStep) {
  open("lens=dream");
  for (int step = 2; step <= 4; ++step) {
    MethodPreview p;
    p.method = "deep_dream", p.step = step, p.steps = 4, p.stage = "octave 2/2",
    p.picture = flat_picture(40, 60);
    p.figures = {{{"Objective", "目标"}, 2.5 * step, ""}};
    event(running, p);  // several between two frames: none is lost
  }
  frames(2);
  ASSERT_NE(node("dream.objective"), nullptr);
  EXPECT_EQ(node("dream.objective")->label, "Objective over 4 steps, from 2.50 to 10.0");
}

TEST_F(DreamLens, SavesThePicture) {
  open("lens=dream");
  press("dream.save");
  EXPECT_EQ(host.saved, "convscope-squeezenet-1.0-fire8.png");
}

TEST_F(DreamLens, AFailureSaysWhatToDo) {
  open("lens=dream");
  event(running, Failed{"invalid_argument",
                        {"The chosen channels do not respond; choose others.", "换一个通道。"}});
  frames(3);
  EXPECT_TRUE(says("choose others"));
  EXPECT_NE(node("dream.retry"), nullptr);
  EXPECT_NE(node("dream.picture"), nullptr) << "what it had so far stays";
}

}  // namespace
}  // namespace convscope
