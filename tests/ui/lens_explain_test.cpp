// The lenses that explain an answer by a map: gradients, class activation maps, occlusion.
#include "ui/lens_page.h"

namespace convscope {
namespace {

using ExplainLens = LensPage;

TEST_F(ExplainLens, AsksTheFirstMethodOfTheLensAboutTheTarget) {
  open("lens=cam&class=4");
  const auto runs = all<RunMethod>();
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(runs[0].method, "grad_cam");
  EXPECT_EQ(runs[0].target, 4);
  EXPECT_EQ(runs[0].layer, "") << "the engine knows a good one";
  EXPECT_NE(node("explain.over"), nullptr);
  EXPECT_NE(node("explain.map"), nullptr);
  app->state().target = 5;
  frames(3);
  EXPECT_EQ(all<RunMethod>().back().target, 5);
}

TEST_F(ExplainLens, TheAddressNamesMethodAndLayer) {
  open("lens=cam&method=score_cam&at=fire2");
  EXPECT_EQ(all<RunMethod>().back().method, "score_cam");
  EXPECT_EQ(all<RunMethod>().back().layer, "fire2");
  EXPECT_EQ(permalink_from(app->state()).find("method=score_cam&at=fire2") != std::string::npos,
            true);
  app->state().explain_layer = "logits";  // no picture any more: the method's own choice
  frames(3);
  EXPECT_EQ(all<RunMethod>().back().layer, "");
}

TEST_F(ExplainLens, AMethodWithoutClassIsAskedWithoutOne) {
  open("lens=cam&method=eigen_cam&class=4");
  EXPECT_EQ(all<RunMethod>().back().target, -1);
  EXPECT_EQ(node("explain.layer"), nullptr) << "it takes none";
}

TEST_F(ExplainLens, AMethodOfAnotherLensGivesWayToTheLenssOwn) {
  open("lens=occlusion&method=score_cam");
  EXPECT_EQ(all<RunMethod>().back().method, "occlusion");
  EXPECT_EQ(node("explain.method"), nullptr) << "there is nothing to choose";
  app->state().lens = "gradients";
  frames(3);
  EXPECT_EQ(all<RunMethod>().back().method, "guided_backprop");
}

TEST_F(ExplainLens, ALayerOfTheRailIsWhereItLooks) {
  open("lens=cam");
  press("layer.fire2");
  EXPECT_EQ(app->state().lens, "cam");
  EXPECT_EQ(all<RunMethod>().back().layer, "fire2");
  app->state().lens = "occlusion";
  frames(3);
  press("layer.fire2");
  EXPECT_EQ(app->state().lens, "activations") << "occlusion looks at no layer";
}

TEST_F(ExplainLens, ReadsTheValueUnderThePointer) {
  open("lens=cam");
  point_at("explain.map", 0.001f, 0.999f);
  EXPECT_TRUE(says("pixel in row 30, column 0"));
  EXPECT_TRUE(says("930"));
}

TEST_F(ExplainLens, ShowsProgressAndWhatFailed) {
  open("lens=overview");
  answering = false;
  app->state().lens = "cam";
  frames(3);
  EXPECT_NE(node("explain.over"), nullptr) << "the picture is there at once";
  ASSERT_FALSE(waiting.empty());
  const RequestId id = waiting.back().request;
  MethodPreview preview;
  preview.method = "grad_cam", preview.step = 3, preview.steps = 8, preview.map = ramp(31);
  event(id, preview);
  frames(2);
  EXPECT_TRUE(says("3 of 8"));
  EXPECT_NE(node("explain.map"), nullptr);
  event(id, Failed{"internal", {"It broke.", "坏了。"}});
  frames(3);
  EXPECT_TRUE(says("It broke."));
  EXPECT_NE(node("explain.retry"), nullptr);
}

TEST_F(ExplainLens, TwoClassesAtOnceAreADifference) {
  open("lens=cam&class=4&against=3");
  const auto runs = all<RunMethod>();
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].target, 4);
  EXPECT_EQ(runs[1].target, 3);
  EXPECT_EQ(runs[1].method, runs[0].method);
  point_at("explain.map", 0.999f, 0.999f);
  EXPECT_TRUE(says("720")) << "960 less 240";
  EXPECT_TRUE(says("orange speaks more for class 4, blue more for class 3"));
  EXPECT_EQ(node("explain.map")->label, "grad_cam for class 4 less that for class 3");
  app->state().against = 4;  // itself
  frames(3);
  EXPECT_EQ(node("explain.map")->label, "grad_cam for class 4");
  app->state().against = 3;
  app->state().method = "eigen_cam";  // it knows no classes
  frames(3);
  EXPECT_EQ(node("explain.against"), nullptr);
  EXPECT_EQ(node("explain.map")->label, "eigen_cam for class 4");
}

TEST_F(ExplainLens, TheOtherClassIsChosenFromTheLikeliest) {
  open("lens=cam");
  ASSERT_NE(node("explain.against"), nullptr);
  press("explain.against");
  press("explain.against.1");
  EXPECT_EQ(app->state().against, 0) << "the second answer";
  EXPECT_EQ(all<RunMethod>().back().target, 0);
  press("explain.against");
  press("explain.against.0");
  EXPECT_EQ(app->state().against, -1);
}

TEST_F(ExplainLens, ACutOutIsShownBesideItsContourAndCanBeSaved) {
  open("lens=segmentation");
  EXPECT_EQ(all<RunMethod>().back().method, "segmentation");
  EXPECT_NE(node("explain.over"), nullptr);
  EXPECT_TRUE(says("Cut out"));
  EXPECT_EQ(node("explain.against"), nullptr);
  EXPECT_EQ(node("explain.overlay"), nullptr) << "nothing lies over the picture";
  press("explain.save");
  ASSERT_EQ(all<EncodePng>().size(), 1u);
  EXPECT_EQ(host.saved, "convscope-squeezenet-1.0-cut-out.png");
}

TEST_F(ExplainLens, ClassesHaveTheNamesOfTheNetworksFileUntilAPersonChoosesOthers) {
  open("lens=cam&class=4");
  app->on_labels(Language::kEnglish, std::vector<std::string>(10, "of ImageNet"));
  ModelInfo named = model();
  for (int i = 0; i < 10; ++i) named.labels.push_back("file " + std::to_string(i));
  event(0x80000003, ModelLoaded{named});
  frames(3);
  EXPECT_EQ(node("explain.map")->label, "grad_cam for file 4");
  app->on_labels(Language::kEnglish, std::vector<std::string>(10, "chosen"), true);
  frames(3);
  EXPECT_EQ(node("explain.map")->label, "grad_cam for chosen");
}

TEST_F(ExplainLens, AnOcclusionShowsWhatIsLeftWhereThePointerIs) {
  open("lens=occlusion&class=4");
  EXPECT_EQ(node("explain.covered"), nullptr);
  point_at("explain.map", 0.999f, 0.001f);
  const RunMethod asked = all<RunMethod>().back();
  EXPECT_EQ(asked.method, "occluded_picture");
  EXPECT_EQ(asked.target, 4);
  EXPECT_NE(node("explain.covered"), nullptr);
  EXPECT_TRUE(says("class 2")) << "its first answer";
  EXPECT_TRUE(says("50"));
}

TEST_F(ExplainLens, AnOcclusionIsLookedIntoWhileItFillsIn) {
  open("lens=overview&class=4");
  answering = false;
  app->state().lens = "occlusion";
  frames(3);
  ASSERT_FALSE(waiting.empty());
  const RequestId id = waiting.back().request;
  MethodPreview preview;
  preview.method = "occlusion", preview.step = 3, preview.steps = 8, preview.map = ramp(31);
  event(id, preview);
  frames(2);
  point_at("explain.map", 0.999f, 0.001f);
  CommandMessage asked;
  for (const CommandMessage& m : waiting) {
    if (const auto* run = std::get_if<RunMethod>(&m.command);
        run != nullptr && run->method == "occluded_picture")
      asked = m;
    if (const auto* cancel = std::get_if<Cancel>(&m.command)) EXPECT_NE(cancel->request, id);
  }
  ASSERT_NE(asked.request, 0u);
  EXPECT_TRUE(says("pixel in row 0, column 30"));
  EXPECT_TRUE(says("Value of the map: 30"));
  answer(asked.request, std::get<RunMethod>(asked.command));
  frames(3);
  EXPECT_NE(node("explain.covered"), nullptr);
  EXPECT_TRUE(says("class 2")) << "its first answer";
  preview.step = 5;
  event(id, preview);
  frames(2);
  EXPECT_TRUE(says("5 of 8")) << "it goes on";
}

TEST_F(ExplainLens, AUnitOfALayerIsChosenToBeProjected) {
  open("lens=gradients&method=guided_backprop");
  EXPECT_EQ(node("explain.unit"), nullptr) << "from the class's score there is no unit";
  EXPECT_EQ(node("guided_backprop.row"), nullptr);
  app->state().explain_layer = "fire2";
  frames(4);
  EXPECT_TRUE(all<RunMethod>().back().channels.empty()) << "the strongest";
  EXPECT_TRUE(says("the unit of channel 7 of fire2 in row 2, column 3, whose activation is 6.5"));
  press("explain.unit");
  press("explain.channel.4");
  EXPECT_EQ(all<RunMethod>().back().channels, std::vector<int32_t>{4});
  ASSERT_NE(node("guided_backprop.row"), nullptr);
  EXPECT_EQ(node("guided_backprop.row")->high, 5);
  EXPECT_EQ(node("guided_backprop.row")->value, "strongest place");
  app->state().parameters["guided_backprop.row"] = 5;
  app->state().parameters["guided_backprop.column"] = 0;
  frames(4);
  EXPECT_TRUE(says("the unit of channel 4 of fire2 in row 5, column 0"));
  const std::string link = permalink_from(app->state());
  EXPECT_EQ(view_state_from(link).unit_channel, 4);
  EXPECT_NE(link.find("guided_backprop.row=5"), std::string::npos);
  // A row that the next layer lacks is not asked for, nor the channel of another layer.
  app->state().parameters["guided_backprop.row"] = 9;
  press("layer.fire8");
  const RunMethod next = all<RunMethod>().back();
  EXPECT_EQ(next.layer, "fire8");
  EXPECT_TRUE(next.channels.empty());
  EXPECT_EQ(next.parameters[0].value, -1);
  EXPECT_EQ(next.parameters[1].value, 0);
  press("explain.channel.3");
  press("explain.channel.3");
  EXPECT_EQ(app->state().unit_channel, -1) << "pressed again, it is let go";
}

TEST_F(ExplainLens, ABlankMapSaysWhy) {
  answering = false;
  open("lens=cam");
  answering = true;
  frames(1);
  answering = false;
  frames(3);
  for (const CommandMessage& m : std::exchange(waiting, {})) {
    if (!std::holds_alternative<RunMethod>(m.command)) continue;
    MethodPreview p;
    p.method = "grad_cam",
    p.map = Map{31, 31, numbers(31 * 31, [](size_t) { return 0.0f; }), 0, 0, false, ""};
    event(m.request,
          MethodResult{p, 9, "fire8", false, 10, {"No positive evidence.", "没有支持的证据。"}});
  }
  frames(3);
  EXPECT_TRUE(says("No positive evidence."));
}

}  // namespace
}  // namespace convscope
