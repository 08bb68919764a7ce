// Explanations put to the test: counter-examples, faithfulness and random weights, on a small
// network.
#include <algorithm>
#include <cmath>

#include "explain/judged_method.h"
#include "unit/attribution_test.h"

namespace convscope {
namespace {

// FGSM against its definition: the sign of central differences of log p, one pixel at a time.
TEST_F(AttributionTest, ACounterExampleFollowsTheSlopeWithinItsReach) {
  OnnxFile undecided = gray_onnx();  // all classes are probable
  undecided.initializers[2] = onnx_tensor("fc", {3, 6}, onnx_ramp(18, 0.001f));
  open(undecided);
  const auto context = network_->method_context("x", false, 1);
  const Model& model = network_->model();
  Session& session = context->session;
  const auto forward = session.program("log p", [&]() -> Result<ProgramSpec> {
    TRY(auto graph, session.graph_at(context->input.shape(), model.logits));
    return ProgramSpec{graph, {model.input}, {model.logits}};
  });
  ASSERT_TRUE(forward.has_value());
  const auto log_p = [&](const Tensor& input) {
    const Tensor feeds[] = {input};
    EXPECT_TRUE(session.run(**forward, feeds).has_value());
    const TensorView logits = (*forward)->view(model.logits);
    double sum = 0;
    for (int64_t c = 0; c < logits.shape.channels(); ++c) sum += std::exp(double{logits.data[c]});
    return double{logits.data[2]} - std::log(sum);
  };
  const std::vector<float> moved = map_of(
      run({.method = "adversarial", .parameters = {{"epsilon", 2}, {"steps", 1}, {"goal", 1}}}));
  Tensor input = *context->input.clone();
  const double here_p = std::exp(log_p(input));
  EXPECT_GT(here_p, 0.01);
  EXPECT_LT(here_p, 0.99);
  int compared = 0;
  for (size_t i = 0; i < moved.size(); ++i) {
    EXPECT_LE(std::abs(moved[i]), 2.001f);
    const float here = input.values()[i], step = model.preprocessing.step_from_unit(0.1f / 255, 0);
    input.values()[i] = here + step;
    const double above = log_p(input);
    input.values()[i] = here - step;
    const double below = log_p(input);
    input.values()[i] = here;
    if (std::abs(above - below) < 1e-7 || std::abs(moved[i]) < 1.99f) continue;  // kinks, borders
    EXPECT_EQ(moved[i] > 0, above > below) << i;
    ++compared;
  }
  EXPECT_GT(compared, 50);

  const auto probability = [&](double goal, double steps) {
    const MethodPreview out =
        run({.method = "adversarial",
             .parameters = {{"epsilon", 4}, {"steps", steps}, {"goal", goal}}});
    for (const float value : map_of(out)) EXPECT_LE(std::abs(value), 4.001f);
    EXPECT_EQ(out.maps.size(), 2u);
    const double before = figure(out, "Probability before"),
                 after = figure(out, "Probability after");
    EXPECT_GT(goal > 0 ? after - before : before - after, 0);
    return after;
  };
  EXPECT_GE(probability(1, 10), probability(1, 1) - 1e-3);
  EXPECT_LE(probability(0, 10), probability(0, 1) + 1e-3);
  const MethodPreview none =
      run({.method = "adversarial", .parameters = {{"method", 10}, {"epsilon", 0}}});
  EXPECT_EQ(none.map->maximum - none.map->minimum, 0);
  EXPECT_EQ(figure(none, "Probability before"), figure(none, "Probability after"));
  EXPECT_NEAR(figure(none, "Rank correlation of the two maps"), 1, 1e-9);
}

TEST_F(AttributionTest, ACounterExampleSaysHowEveryExplanationChanges) {
  OnnxFile undecided = gray_onnx();
  undecided.initializers[2] = onnx_tensor("fc", {3, 6}, onnx_ramp(18, 0.001f));
  open(undecided);
  const auto request = [](double method, double each) {
    return RunMethod{.method = "adversarial",
                     .target = 2,
                     .layer = "second",
                     .parameters = {{"method", method}, {"epsilon", 8}, {"each", each}}};
  };
  MethodRun steps =
      named("adversarial").run(*network_->method_context("x", false, 1), request(10, 1));
  size_t most = 0;
  while (steps.next()) {
    const size_t now = steps.preview().figures.size();
    EXPECT_TRUE(now <= 3 || now == std::max(most, size_t{4}) || now == most + 1) << "one by one";
    most = std::max(most, now);
  }
  ASSERT_TRUE(steps.result().has_value());
  const MethodPreview& all = *steps.result();
  EXPECT_EQ(all.step, all.steps);
  EXPECT_TRUE(
      std::ranges::is_sorted(all.figures.begin() + 4, all.figures.end(), {}, &Figure::value));
  EXPECT_LT(all.figures[4].value, 0.999) << "something changes";
  const ParameterInfo judged = judged_parameter();
  size_t listed = 0;
  for (const Method* method : quick_methods()) {
    const MethodInfo& info = method->info();
    const auto choice = std::ranges::find(judged.choice_ids, info.id) - judged.choice_ids.begin();
    const MethodPreview alone = run(request(static_cast<double>(choice), 0));
    ASSERT_EQ(alone.figures.size(), 4u);
    EXPECT_EQ(alone.step, alone.steps);
    const std::string title = "Rank correlation: " + info.title.en;
    if (std::ranges::any_of(alone.maps, [](const Map& m) { return m.minimum == m.maximum; })) {
      EXPECT_TRUE(std::ranges::none_of(all.figures, [&](const Figure& f) {
        return f.title.en == title;
      })) << "a blank map has no order";
      continue;
    }
    ++listed;
    EXPECT_EQ(figure(all, title), figure(alone, "Rank correlation of the two maps")) << info.id;
  }
  EXPECT_GE(listed, 5u);
  EXPECT_LT(listed, quick_methods().size()) << "of this class some say nothing";
  EXPECT_EQ(all.figures.size(), 4 + listed);
}

TEST_F(AttributionTest, FaithfulnessKnowsTheMapOfRandomWeights) {
  for (const double method : {0.0, 10.0}) {
    const double found =
        figure(run({.method = "faithfulness", .parameters = {{"method", method}, {"steps", 2}}}),
               "Rank correlation, random weights");
    EXPECT_EQ(found, figure(run({.method = "randomisation",
                                 .parameters = {{"method", method}, {"layers", 500}}}),
                            "Rank correlation with the original"));
    EXPECT_LT(found, 0.999);
  }
}

TEST_F(AttributionTest, RemovalCurvesBeginAndEndWhereTheyMust) {
  const auto forward = network_->forward();
  const double whole = double((*forward)->view(network_->model().probabilities).data[2]);
  const MethodPreview made = run({.method = "faithfulness", .parameters = {{"steps", 6}}});
  ASSERT_EQ(made.curves.size(), 4u);
  const auto y = [&](size_t curve, size_t i) { return double(made.curves[curve].ys.floats()[i]); };
  for (size_t curve : {0u, 1u}) {
    ASSERT_EQ(made.curves[curve].xs.float_count(), 7u);
    EXPECT_EQ(made.curves[curve].xs.floats()[0], 0);
    EXPECT_EQ(made.curves[curve].xs.floats()[6], 1);
  }
  EXPECT_NEAR(y(0, 0), whole, 1e-6);
  EXPECT_NEAR(y(1, 6), whole, 1e-6);
  // Nothing is left, and there are no biases: every class is as probable.
  EXPECT_NEAR(y(0, 6), 1.0 / 3, 1e-6);
  double area[2] = {}, road[2] = {};
  for (size_t curve : {0u, 1u}) {
    for (size_t i = 0; i < 6; ++i) area[curve] += (y(curve, i) + y(curve, i + 1)) / 12;
    ASSERT_EQ(made.curves[2 + curve].ys.float_count(), 9u);
    for (size_t i = 0; i < 9; ++i) road[curve] += y(2 + curve, i) / 9;
  }
  EXPECT_NEAR(figure(made, "Deletion AUC"), area[0], 1e-6);
  EXPECT_NEAR(figure(made, "Insertion AUC"), area[1], 1e-6);
  EXPECT_NEAR(figure(made, "ROAD"), (road[1] - road[0]) / 2, 1e-6);
  const double masked = figure(made, "Probability, times the map");
  EXPECT_NEAR(figure(made, "Confidence drop"), 100 * std::max(0.0, whole - masked) / whole, 1e-4);
  EXPECT_EQ(figure(made, "Confidence increase"), masked > whole);
  EXPECT_EQ(map_of(made), map_of(run({.method = "grad_cam"})));
}

// One picture at a time, as the paper writes it.
TEST_F(AttributionTest, DeletionIsItsPaperForm) {
  const MethodPreview made =
      run({.method = "faithfulness", .parameters = {{"method", 10}, {"steps", 4}}});
  const auto saliency = map_of(run({.method = "gradient"}));
  EXPECT_EQ(map_of(made), saliency) << "the choice names it";
  const auto context = network_->method_context("x", false, 1);
  const auto program = context->session.program("test", [&]() -> Result<ProgramSpec> {
    return ProgramSpec{
        context->session.graph(), {network_->model().input}, {network_->model().probabilities}};
  });
  for (size_t k = 0; k <= 4; ++k) {
    Tensor left = *context->input.clone();
    for (size_t i = 0; i < saliency.size(); ++i) {
      const auto before = std::ranges::count_if(saliency, [&](float v) { return v > saliency[i]; });
      const auto equal_before =
          std::count(saliency.begin(), saliency.begin() + static_cast<ptrdiff_t>(i), saliency[i]);
      if (static_cast<size_t>(before + equal_before) < saliency.size() * k / 4)
        left.values()[i] = 0;
    }
    const Tensor feeds[] = {left};
    ASSERT_TRUE(context->session.run(**program, feeds).has_value());
    EXPECT_NEAR(made.curves[0].ys.floats()[k],
                (*program)->view(network_->model().probabilities).data[2], 1e-6f)
        << k;
  }
}

TEST_F(AttributionTest, RandomisingNothingChangesNothing) {
  const MethodPreview none = run({.method = "randomisation", .parameters = {{"layers", 0}}});
  EXPECT_EQ(figure(none, "Rank correlation with the original"), 1);
  EXPECT_EQ(map_of(none), map_of(run({.method = "grad_cam"})));
  const MethodPreview one = run({.method = "randomisation", .parameters = {{"layers", 1}}});
  EXPECT_EQ(figure(one, "Random layers"), 1);
  EXPECT_LT(figure(one, "Rank correlation with the original"), 1);
  EXPECT_NE(map_of(one), map_of(none));
  EXPECT_EQ(map_of(one), map_of(run({.method = "randomisation", .parameters = {{"layers", 1}}})));
  EXPECT_NE(map_of(one),
            map_of(run({.method = "randomisation", .seed = 2, .parameters = {{"layers", 1}}})));
}

TEST_F(AttributionTest, RandomisingEveryLayerIsTheUntrainedNetwork) {
  const MethodPreview all =
      run({.method = "randomisation", .parameters = {{"layers", 500}, {"method", 10}}});
  MethodRun untrained =
      named("gradient")
          .run(*network_->method_context("x", true, 1), {.method = "gradient", .target = 2});
  while (untrained.next()) {
  }
  EXPECT_EQ(map_of(all), map_of(*untrained.result()));
  // Each layer on the way ends where the last one alone does.
  const MethodPreview each = run(
      {.method = "randomisation", .parameters = {{"layers", 500}, {"method", 10}, {"each", 1}}});
  EXPECT_EQ(map_of(each), map_of(all));
  ASSERT_EQ(each.curves.size(), 2u);
  const Curve& curve = each.curves[0];
  EXPECT_EQ(curve.xs.float_count(), size_t(figure(all, "Random layers")) + 1);
  EXPECT_EQ(curve.ys.floats()[0], 1);
  EXPECT_FLOAT_EQ(curve.ys.floats()[curve.ys.float_count() - 1],
                  float(figure(all, "Rank correlation with the original")));
  // The first layer alone is one less than all.
  const MethodPreview first = run(
      {.method = "randomisation", .parameters = {{"layers", 500}, {"method", 10}, {"order", 1}}});
  EXPECT_NE(map_of(first), map_of(all));
}

}  // namespace
}  // namespace convscope
