// The lens that puts maps to the test: pixels taken away, random weights, methods side by side.
#include "ui/lens_page.h"

namespace convscope {
namespace {

class FaithLens : public LensPage {
 protected:
  std::vector<RunMethod> runs_of(std::string_view method) {
    std::vector<RunMethod> out;
    for (const RunMethod& run : all<RunMethod>()) {
      if (run.method == method) out.push_back(run);
    }
    return out;
  }
  static double parameter(const RunMethod& run, std::string_view id) {
    for (const ParameterValue& p : run.parameters) {
      if (p.id == id) return p.value;
    }
    return -1;
  }
  // Keys of the tiles, in the order in which they stand.
  std::vector<std::string> tiles() {
    std::vector<std::string> out;
    for (const MirrorNode& n : app->mirror().nodes()) {
      if (n.key.starts_with("faith.tile.")) out.push_back(n.key.substr(11));
    }
    return out;
  }
};

TEST_F(FaithLens, TestsTheChosenMethodOnTheTarget) {
  open("lens=faithfulness&class=4&method=gradient&at=fire2");
  const auto runs = runs_of("faithfulness");
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(runs[0].target, 4);
  EXPECT_EQ(runs[0].layer, "fire2");
  EXPECT_EQ(parameter(runs[0], "method"), 2) << "gradient is the third choice";
  ASSERT_NE(node("faith.map"), nullptr);
  EXPECT_EQ(node("faith.map")->label, "gradient for class 4");
  ASSERT_NE(node("faith.removal"), nullptr);
  EXPECT_EQ(node("faith.removal")->label, "curve: from 0.900 to 0.000; curve: from 0.000 to 0.900");
  EXPECT_NE(node("faith.road"), nullptr);
  EXPECT_TRUE(says("Deletion, area 0.300"));
  EXPECT_TRUE(says("Insertion, area 0.700"));
  EXPECT_TRUE(says("ROAD 0.200"));
  EXPECT_TRUE(says("loses 20.0% of the class"));
  press("faith.method");
  press("faith.method.3");
  EXPECT_EQ(app->state().method, "random_cam");
  EXPECT_EQ(parameter(runs_of("faithfulness").back(), "method"), 3);
  EXPECT_TRUE(says("rises from 91.0% to 95.0%"));
}

TEST_F(FaithLens, ALayerOfTheRailIsWhereTheMapIsMade) {
  open("lens=faithfulness");
  press("layer.fire2");
  EXPECT_EQ(app->state().lens, "faithfulness");
  EXPECT_EQ(runs_of("faithfulness").back().layer, "fire2");
}

TEST_F(FaithLens, ShowsCurvesAsTheyGrowAndGoesOnAfterACancel) {
  open("lens=overview");
  answering = false;
  app->state().lens = "faithfulness";
  frames(3);
  ASSERT_FALSE(waiting.empty());
  const RequestId id = waiting.back().request;
  MethodPreview preview;
  preview.method = "faithfulness", preview.step = 3, preview.steps = 84, preview.map = ramp(31);
  const float xs[] = {0, 0.1f, 0.2f}, ys[] = {0.9f, 0.5f, 0.25f};
  const Curve some{
      {"Deletion", "删除"}, {"x", "x"}, {"y", "y"}, Blob::copy_of(xs, 3), Blob::copy_of(ys, 3)};
  preview.curves = {some, {}, {}, {}};
  event(id, preview);
  frames(2);
  EXPECT_TRUE(says("3 of 84"));
  EXPECT_TRUE(says("Deletion: from 0.900 to 0.250"));
  EXPECT_TRUE(says("Deletion, area …"));
  press("work.cancel");
  event(id, Failed{"cancelled", {"Cancelled.", "已取消。"}});
  frames(3);
  ASSERT_NE(node("faith.again"), nullptr);
  waiting.clear();
  press("faith.again");
  EXPECT_FALSE(waiting.empty());
  event(waiting.back().request, Failed{"internal", {"It broke.", "坏了。"}});
  frames(3);
  EXPECT_TRUE(says("It broke."));
}

TEST_F(FaithLens, TheSliderMakesLayersRandomFromTheOutputDown) {
  open("lens=faithfulness&test=random&class=4");
  auto runs = runs_of("randomisation");
  ASSERT_EQ(runs.size(), 3u) << "the original, one layer, and all on the way";
  EXPECT_EQ(parameter(runs[0], "layers"), 0);
  EXPECT_EQ(parameter(runs[1], "layers"), 1);
  EXPECT_EQ(parameter(runs[2], "layers"), 3) << "conv1, fire2 and fire8 have weights";
  EXPECT_EQ(parameter(runs[2], "each"), 1);
  EXPECT_TRUE(says("from the output down to fire8"));
  EXPECT_TRUE(says("Rank correlation with the original: 0.75"));
  EXPECT_TRUE(says("hardly changes"));
  EXPECT_NE(node("faith.original"), nullptr);
  EXPECT_NE(node("faith.randomised"), nullptr);
  EXPECT_NE(node("faith.likeness"), nullptr);
  app->state().parameters["randomisation.layers"] = 3;
  frames(6);
  EXPECT_TRUE(says("from the output down to conv1"));
  EXPECT_TRUE(says("Rank correlation with the original: 0.25"));
  EXPECT_TRUE(says("it does depend"));
  EXPECT_EQ(runs_of("randomisation").size(), 4u) << "what is on the way is known";
  press("faith.order.1");
  EXPECT_TRUE(says("The weights of conv1 alone random"));
  EXPECT_EQ(parameter(runs_of("randomisation").back(), "order"), 1);
  app->state().parameters["randomisation.layers"] = 0;
  frames(6);
  EXPECT_TRUE(says("Nothing random yet"));
}

TEST_F(FaithLens, WhileLayersAreMadeRandomNoOtherMapStandsInTheirPlace) {
  open("lens=overview&test=random");
  answering = false;
  app->state().lens = "faithfulness";
  frames(3);
  const RequestId depth = waiting.back().request;
  ASSERT_EQ(parameter(std::get<RunMethod>(waiting.back().command), "layers"), 1);
  MethodPreview preview;
  preview.method = "randomisation", preview.step = 1, preview.steps = 2, preview.map = ramp(31);
  event(depth, preview);
  frames(2);
  EXPECT_EQ(node("faith.randomised"), nullptr) << "it is the trained network's map";
  preview.figures = {{{"a", "a"}, 0, ""}, {{"b", "b"}, 0, ""}, {{"c", "c"}, 1, ""}};
  event(depth, MethodResult{preview, 9, "fire8", false, 10, {"It is zero.", "全是零。"}});
  frames(2);
  EXPECT_NE(node("faith.randomised"), nullptr);
  EXPECT_TRUE(says("It is zero."));
  EXPECT_FALSE(says("it does depend"));
}

TEST_F(FaithLens, MethodsStandSideBySideSorted) {
  open("lens=faithfulness&test=compare&class=4");
  EXPECT_EQ(runs_of("faithfulness").size(), 4u);
  // By ROAD, which grows with the method's number.
  EXPECT_EQ(tiles(), (std::vector<std::string>{"random_cam", "gradient", "eigen_cam", "grad_cam"}));
  EXPECT_EQ(node("faith.tile.gradient")->label,
            "gradient: Deletion AUC 0.300, Insertion AUC 0.700, ROAD 0.200, Confidence drop 20.0%, "
            "Confidence increase no, Random weights 0.400");
  press("faith.by");
  press("faith.by.0");  // deletion: the lower the better
  EXPECT_EQ(tiles(), (std::vector<std::string>{"grad_cam", "eigen_cam", "gradient", "random_cam"}));
  EXPECT_EQ(runs_of("faithfulness").size(), 4u) << "sorting computes nothing";
  EXPECT_NE(permalink_from(app->state()).find("test=compare&by=0"), std::string::npos);
  press("faith.pick");
  press("faith.pick.random_cam");
  EXPECT_EQ(tiles(), (std::vector<std::string>{"grad_cam", "eigen_cam", "gradient"}));
  EXPECT_EQ(app->state().compared, (std::vector<int32_t>{0, 1, 2}));
  press("faith.tile.gradient");
  EXPECT_EQ(app->state().faith_view, FaithView::kCurves);
  EXPECT_EQ(app->state().method, "gradient");
  EXPECT_TRUE(says("Deletion, area 0.300")) << "known from the comparison";
  EXPECT_EQ(runs_of("faithfulness").size(), 4u);
}

TEST_F(FaithLens, NineMethodsAreSortedByHowLittleOfTheirMapsIsThereWithoutLearning) {
  judged_methods.clear();
  for (int i = 0; i < 11; ++i) judged_methods.push_back("m" + std::to_string(i));
  open("lens=faithfulness&test=compare&compare=8,7,6,5,4,3,2,1,0,9&by=5");
  frames(12);
  EXPECT_EQ(runs_of("faithfulness").size(), 9u) << "nine at most";
  std::vector<std::string> wanted;  // ±(0.2 + m/10): the sign does not matter
  for (int i = 0; i < 9; ++i) wanted.push_back("m" + std::to_string(i));
  EXPECT_EQ(tiles(), wanted);
  EXPECT_TRUE(says("a network that has learnt nothing"));
  ASSERT_NE(node("faith.tile.m3"), nullptr);
  EXPECT_NE(node("faith.tile.m3")->label.find("Random weights -0.500"), std::string::npos)
      << node("faith.tile.m3")->label;
  press("faith.by");
  press("faith.by.2");  // ROAD: the higher the better
  std::ranges::reverse(wanted);
  EXPECT_EQ(tiles(), wanted);
  EXPECT_FALSE(says("a network that has learnt nothing"));
}

TEST_F(FaithLens, MethodsAreMeasuredOneAfterAnotherAndOneThatFailsHoldsNothingUp) {
  open("lens=overview&test=compare");
  answering = false;
  app->state().lens = "faithfulness";
  frames(3);
  const auto runs_waiting = [&] {
    std::vector<CommandMessage> out;
    for (const CommandMessage& m : waiting) {
      if (std::holds_alternative<RunMethod>(m.command)) out.push_back(m);
    }
    return out;
  };
  ASSERT_EQ(runs_waiting().size(), 1u);
  EXPECT_TRUE(says("0 of 4 methods measured"));
  const RequestId first = runs_waiting()[0].request;
  waiting.clear();
  event(first, Failed{"unsupported", {"Not here.", "这里不行。"}});
  frames(3);
  ASSERT_EQ(runs_waiting().size(), 1u) << "the next one";
  EXPECT_TRUE(says("grad_cam: Not here."));
  answering = true;
  frames(8);
  EXPECT_EQ(tiles().back(), "grad_cam");
  EXPECT_TRUE(says("look into its curves"));
}

TEST_F(FaithLens, FitsAPhoneInBothLanguages) {
  for (const char* lang : {"en", "zh"}) {
    for (const char* test : {"curves", "random", "compare"}) {
      ImGui::GetIO().DisplaySize = ImVec2(390, 844);
      open(std::string("lens=faithfulness&lang=") + lang + "&test=" + test);
      frames(4);
      for (const MirrorNode& n : app->mirror().nodes()) {
        if (!n.key.starts_with("faith.")) continue;
        EXPECT_GE(n.min.x, 0) << n.key;
        EXPECT_LE(n.max.x, 390) << n.key;
      }
    }
  }
}

TEST_F(FaithLens, ACounterExampleShowsWhatChangedAndWhatIsSaidOfIt) {
  open("lens=adversarial&class=4&method=eigen_cam");
  const auto runs = runs_of("adversarial");
  ASSERT_EQ(runs.size(), 2u) << "the change, then every explanation of it";
  const RunMethod asked = runs[0];
  EXPECT_EQ(asked.target, 4);
  EXPECT_EQ(parameter(asked, "each"), 0);
  EXPECT_EQ(asked.parameters[0].value, 1) << "Eigen-CAM explains both pictures";
  for (const char* key : {"before", "change", "after", "map.before", "map.after"})
    EXPECT_NE(node(std::string("adversarial.") + key), nullptr) << key;
  EXPECT_TRUE(says("class 2"));
  EXPECT_TRUE(says("0.25"));
  EXPECT_TRUE(says("and class 4 fell from 91.0% to 1.0%")) << "it was not the first answer";
  app->state().target = 9;
  frames(4);
  EXPECT_TRUE(says("and class 9 became class 2"));
  app->state().target = 2;
  frames(4);
  EXPECT_TRUE(says("the first answer is class 2"));
  EXPECT_FALSE(says("became"));
}

TEST_F(FaithLens, ACounterExampleTowardsAClassReachesItOrNot) {
  open("lens=adversarial&class=2&adversarial.goal=1");
  EXPECT_EQ(parameter(runs_of("adversarial").back(), "goal"), 1);
  EXPECT_TRUE(says("the way that makes class 2 most probable"));
  EXPECT_TRUE(says("and now it says class 2 with 1.0%"));
  EXPECT_FALSE(says("the first answer is"));
  app->state().target = 4;
  frames(4);
  EXPECT_TRUE(
      says("class 4 was not reached: it went from 91.0% to 1.0%, and the first answer is "
           "class 2"));
  app->state().language = Language::kChinese;
  frames(4);
  EXPECT_TRUE(says("没有达到"));
}

TEST_F(FaithLens, EveryExplanationOfACounterExampleIsListedAndCanBeChosen) {
  open("lens=overview");
  answering = false;
  app->state().lens = "adversarial";
  frames(3);
  const auto waits = [&] {
    std::vector<CommandMessage> out;
    for (const CommandMessage& m : waiting) {
      if (std::holds_alternative<RunMethod>(m.command)) out.push_back(m);
    }
    return out;
  };
  ASSERT_EQ(waits().size(), 1u) << "the change comes first";
  answer(waits()[0].request, std::get<RunMethod>(waits()[0].command));
  waiting.clear();
  frames(3);
  ASSERT_EQ(waits().size(), 1u);
  const RequestId list = waits()[0].request;
  EXPECT_EQ(parameter(std::get<RunMethod>(waits()[0].command), "each"), 1);
  MethodPreview preview;
  preview.method = "adversarial", preview.step = 12, preview.steps = 24;
  preview.figures.resize(4);
  preview.figures.push_back({{"Rank correlation: gradient", "秩相关：gradient"}, 0.125, ""});
  event(list, preview);
  frames(2);
  ASSERT_NE(node("adversarial.each.gradient"), nullptr) << "it fills in";
  EXPECT_EQ(node("adversarial.each.grad_cam"), nullptr);
  EXPECT_TRUE(says("12 of 24"));
  press("work.cancel");
  event(list, Failed{"cancelled", {"Cancelled.", "已取消。"}});
  frames(3);
  EXPECT_NE(node("adversarial.map.after"), nullptr) << "what was finished stays";
  waiting.clear();
  answering = true;
  press("adversarial.each.again");
  ASSERT_NE(node("adversarial.each.random_cam"), nullptr);
  EXPECT_EQ(node("adversarial.each.random_cam")->label, "random_cam: 0.25");
  EXPECT_EQ(node("adversarial.each.grad_cam")->selected, true);
  const size_t before = runs_of("adversarial").size();
  press("adversarial.each.eigen_cam");
  EXPECT_EQ(app->state().method, "eigen_cam");
  EXPECT_EQ(node("adversarial.each.eigen_cam")->selected, true);
  ASSERT_EQ(runs_of("adversarial").size(), before + 1) << "the list stays as it is";
  EXPECT_EQ(parameter(runs_of("adversarial").back(), "each"), 0);
  EXPECT_EQ(parameter(runs_of("adversarial").back(), "method"), 1);
}

}  // namespace
}  // namespace convscope
