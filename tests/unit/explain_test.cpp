// Axioms of attribution methods on a small network whose answers are known by hand, and what stands
// beneath them.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "base/numpy_random.h"
#include "explain/attribution.h"
#include "explain/cam.h"
#include "explain/contribution.h"
#include "explain/quadrature.h"
#include "explain/rectifier_rules.h"
#include "unit/attribution_test.h"

namespace convscope {
namespace {

TEST(NumpyRandom, IsNumPys) {
  // numpy.random.default_rng(seed).standard_normal(3), NumPy 1.24 and 2.
  for (const auto& [seed, want] :
       {std::pair<uint64_t, std::array<double, 3>>{
            7, {0.0012301533574825742, 0.2987455375084699, -0.2741378553622176}},
        {0, {0.1257302210933933, -0.1321048632913019, 0.6404226504432821}},
        {123456789012345, {0.5985989299123191, -0.5825847267067386, 0.07617664241126808}}}) {
    NumpyRandom random(seed);
    for (const double value : want) EXPECT_NEAR(random.standard_normal(), value, 1e-14) << seed;
  }
  NumpyRandom uniform(1);
  EXPECT_EQ(uniform.uniform(), 0.5118216247002567);
  // Moments of many, the tail among them.
  NumpyRandom random(3);
  double sum = 0, squares = 0, most = 0;
  constexpr int kCount = 400'000;
  for (int i = 0; i < kCount; ++i) {
    const double x = random.standard_normal();
    sum += x, squares += x * x, most = std::max(most, std::abs(x));
  }
  EXPECT_NEAR(sum / kCount, 0, 0.01);
  EXPECT_NEAR(squares / kCount, 1, 0.01);
  EXPECT_GT(most, 4);
}

TEST(Quadrature, IsExactForPolynomials) {
  for (int count : {1, 2, 5, 20, 50, 300}) {
    const Quadrature q = gauss_legendre(count);
    EXPECT_NEAR(std::accumulate(q.weights.begin(), q.weights.end(), 0.0), 1, 1e-12) << count;
    EXPECT_TRUE(std::ranges::is_sorted(q.points));
    const int degree = std::min(2 * count - 1, 31);
    double integral = 0;
    for (size_t i = 0; i < q.points.size(); ++i)
      integral += q.weights[i] * std::pow(q.points[i], degree);
    EXPECT_NEAR(integral, 1.0 / (degree + 1), 1e-12) << count;
  }
}

TEST(Cam, UpsamplingKeepsConstantsAndCorners) {
  const std::vector<float> flat(6, 0.25f), ramp = {0, 1, 2, 3};
  for (bool corners : {false, true}) {
    for (const float value : upsampled(flat, 2, 3, 7, 11, corners)) EXPECT_FLOAT_EQ(value, 0.25f);
  }
  EXPECT_EQ(upsampled(ramp, 1, 4, 1, 7, true), (std::vector<float>{0, 0.5f, 1, 1.5f, 2, 2.5f, 3}));
  EXPECT_EQ(upsampled(ramp, 1, 4, 1, 8, false),
            (std::vector<float>{0, 0.25f, 0.75f, 1.25f, 1.75f, 2.25f, 2.75f, 3}));
}

// A matrix of rank one, its mean taken off: the component is known.
TEST(Cam, FirstComponentOfRankOne) {
  const std::vector<float> rows = {-1, 0, 1, 4}, columns = {3, 0, -4};
  std::vector<float> matrix;
  for (const float r : rows) {
    for (const float c : columns) matrix.push_back(r * c + 7);
  }
  const std::vector<float> got = first_component(matrix, 4, 3);
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(got[i], 5 * (rows[i] - 1), 1e-4f);
  for (const float value : first_component(std::vector<float>(12, 2.0f), 4, 3)) EXPECT_EQ(value, 0);
}

TEST_F(AttributionTest, EveryMethodIsNamedInBothLanguagesAndMakesAMapOfTheInput) {
  EXPECT_TRUE(std::ranges::is_sorted(
      explain_methods(), {}, [](const Method& m) -> const std::string& { return m.info().id; }));
  for (const Method& method : explain_methods()) {
    const MethodInfo& info = method.info();
    for (const Text& text : {info.title, info.intuition, info.departures}) {
      EXPECT_FALSE(text.en.empty()) << info.id;
      EXPECT_FALSE(text.zh.empty()) << info.id;
    }
    for (const std::string& text : {info.equation, info.citation, info.paper})
      EXPECT_FALSE(text.empty()) << info.id;
    const MethodPreview made = run({.method = info.id});
    ASSERT_TRUE(made.map) << info.id;
    EXPECT_EQ(made.method, info.id);
    EXPECT_EQ(made.step, made.steps) << info.id;
    EXPECT_EQ(made.map->height, 12) << info.id;
    EXPECT_EQ(made.map->width, 20) << info.id;
    for (const float value : map_of(made)) ASSERT_TRUE(std::isfinite(value)) << info.id;
  }
}

// Homogeneous of degree one: the products add up to the score.
TEST_F(AttributionTest, InputTimesGradientAddsUpWithoutBiases) {
  for (int32_t target : {0, 1, 2}) {
    const MethodPreview made = run({.method = "input_x_gradient", .target = target});
    EXPECT_NEAR(sum_of(made), score(target), 1e-4 * std::abs(score(target)));
  }
}

TEST_F(AttributionTest, IntegratedGradientsAreComplete) {
  for (double baseline = 0; baseline < 7; ++baseline) {
    const MethodPreview made = run(
        {.method = "integrated_gradients", .parameters = {{"steps", 200}, {"baseline", baseline}}});
    const double gained = score(2) - figure(made, "Score of the compared picture");
    EXPECT_NEAR(sum_of(made), gained, 0.01 * std::abs(gained) + 1e-4) << baseline;
    EXPECT_NEAR(figure(made, "Completeness gap"), sum_of(made) - gained, 1e-4);
  }
}

// Zhou's map is Grad-CAM's where averaging and one linear layer end the network.
TEST_F(AttributionTest, ClassActivationMapIsGradCamThere) {
  for (int32_t target : {0, 1, 2}) {
    const auto cam = map_of(run({.method = "cam", .target = target}));
    const auto grad = map_of(run({.method = "grad_cam", .target = target, .layer = "second"}));
    const auto hires = map_of(run({.method = "hires_cam", .target = target, .layer = "second"}));
    for (size_t i = 0; i < cam.size(); ++i) {
      ASSERT_NEAR(cam[i], grad[i], 1e-5f);
      ASSERT_NEAR(hires[i], grad[i], 1e-5f);
    }
  }
}

// … and Ablation-CAM's weights are Grad-CAM's times each channel's mean.
TEST_F(AttributionTest, AblationOfALinearHeadIsItsShareOfTheScore) {
  const auto context = network_->method_context("x", false, 1);
  const auto state =
      layer_state(*context, *network_->model().find_layer("second"), context->input, 2, true);
  ASSERT_TRUE(state.has_value());
  std::vector<float> weights = grad_cam_weights(*state);
  const auto channels = static_cast<size_t>(state->channels);
  for (size_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (size_t p = 0; p < state->pixels(); ++p) sum += state->a(p, c);
    weights[c] = static_cast<float>(weights[c] * sum / std::abs(state->score));
  }
  const std::vector<float> raw = weighted_sum(*state, weights);
  const MethodPreview made = run({.method = "ablation_cam"});
  const auto [low, high] = std::ranges::minmax(raw);
  EXPECT_NEAR(figure(made, "Lowest value before scaling"), low, 1e-4 * std::abs(high));
  EXPECT_NEAR(figure(made, "Highest value before scaling"), high, 1e-4 * std::abs(high));
}

TEST_F(AttributionTest, OcclusionOfTheWholePictureIsTheScoreThatItLoses) {
  const MethodPreview whole =
      run({.method = "occlusion", .parameters = {{"window", 64}, {"stride", 64}, {"baseline", 5}}});
  EXPECT_NEAR(whole.map->minimum, score(2), 1e-5);  // without biases nothing is left
  EXPECT_NEAR(whole.map->maximum, score(2), 1e-5);
  EXPECT_EQ(figure(whole, "Windows"), 1);
  // Pixel by pixel, against forward passes one by one.
  const auto context = network_->method_context("x", false, 1);
  const MethodPreview fine =
      run({.method = "occlusion", .parameters = {{"window", 4}, {"stride", 5}, {"baseline", 5}}});
  // Rows 0…3, 5…8, then the window at 10 that the border cuts off: row 4 is covered by none.
  const auto map = map_of(fine);
  for (size_t x = 0; x < 20; ++x) EXPECT_EQ(map[4 * 20 + x], 0);
  Tensor covered = *context->input.clone();
  for (size_t y = 10; y < 12; ++y) {
    for (size_t x = 5; x < 9; ++x) covered.values()[y * 20 + x] = 0;
  }
  Session& session = context->session;
  const auto program = session.program("test", [&]() -> Result<ProgramSpec> {
    return ProgramSpec{session.graph(), {network_->model().input}, {network_->model().logits}};
  });
  const Tensor feeds[] = {covered};
  ASSERT_TRUE(session.run(**program, feeds).has_value());
  const double left = (*program)->view(network_->model().logits).data[2];
  EXPECT_NEAR(map[11 * 20 + 7], score(2) - left, 1e-5);
  // The same window by itself.
  const MethodPreview one =
      run({.method = "occluded_picture",
           .parameters = {{"window", 4}, {"row", 10}, {"column", 5}, {"baseline", 5}}});
  EXPECT_NEAR(figure(one, "Score (logit) of the class"), left, 1e-6);
  ASSERT_TRUE(one.picture);
  EXPECT_EQ(one.picture->width, 20);
  double sum = 0, before = 1;
  for (const ClassAnswer& answer : one.answers) {
    EXPECT_LE(double(answer.probability), before);
    sum += before = double(answer.probability);
  }
  EXPECT_EQ(one.answers.size(), 3u);
  EXPECT_NEAR(sum, 1, 1e-5);
  const auto mask = map_of(one);
  EXPECT_EQ(std::accumulate(mask.begin(), mask.end(), 0.0), 2 * 4) << "the border cuts it off";
}

// Without biases every layer that nothing goes round has the whole score.
TEST_F(AttributionTest, GradientTimesActivationOfACutIsTheScoreWithoutBiases) {
  for (int32_t target : {0, 1, 2}) {
    const double whole = score(target), tolerance = 1e-4 * std::abs(whole);
    for (const char* layer : {"first", "second", "pool", "y"}) {
      if (network_->model().find_layer(layer) == nullptr) continue;
      const MethodPreview made =
          run({.method = "layer_gradient_x_activation", .target = target, .layer = layer});
      EXPECT_NEAR(figure(made, "Sum over the layer"), whole, tolerance) << layer;
    }
    const MethodPreview all = run({.method = "layer_contributions", .target = target});
    EXPECT_NEAR(sum_of(all), whole, tolerance);
    ASSERT_GE(all.contributions.size(), 3u);
    for (const Contribution& part : all.contributions) {
      EXPECT_EQ(part.channel, -1);
      EXPECT_NEAR(part.value, whole, tolerance) << part.layer;
    }
    EXPECT_EQ(all.contributions[0].layer, network_->model().layers[0].name);
  }
}

// One backward pass for all layers says what each layer's own says.
TEST_F(AttributionTest, LayerByLayerIsEachLayersSum) {
  open(biased_onnx());
  for (const Contribution& part : run({.method = "layer_contributions"}).contributions) {
    const MethodPreview one = run({.method = "layer_gradient_x_activation", .layer = part.layer});
    EXPECT_NEAR(figure(one, "Sum over the layer"), part.value, 1e-5 * (1 + std::abs(part.value)))
        << part.layer;
    EXPECT_EQ(one.attribution->values.float_count(),
              static_cast<size_t>(network_->model()
                                      .graph.shape(network_->model().find_layer(part.layer)->value)
                                      .elements()));
  }
}

TEST_F(AttributionTest, ConductanceOfACutIsComplete) {
  open(biased_onnx());
  for (const char* layer : {"first", "second"}) {
    for (const double baseline : {0.0, 3.0, 5.0}) {
      const MethodPreview made =
          run({.method = "conductance",
               .layer = layer,
               .parameters = {{"steps", 300}, {"baseline", baseline}, {"rule", 1}}});
      const double gained = score(2) - figure(made, "Score of the compared picture");
      EXPECT_NEAR(figure(made, "Sum over the layer"), gained, 0.01 * std::abs(gained) + 1e-4)
          << layer << " " << baseline;
      EXPECT_NEAR(figure(made, "Completeness gap"), figure(made, "Sum over the layer") - gained,
                  1e-5);
    }
  }
}

// The paper's own form, slowly: ∂S/∂y_j · Σ_i ∂y_j/∂x_i (x_i − x′_i) at the middles of many small
// steps, the second factor, the layer's derivative along the way, by central differences.
TEST_F(AttributionTest, ConductanceIsThePapersIntegral) {
  open(biased_onnx());
  constexpr int kSteps = 400;
  constexpr double kReach = 1e-3;
  const auto context = network_->method_context("x", false, 1);
  const ModelLayer& layer = *network_->model().find_layer("second");
  const auto at = [&](double alpha, int32_t target) {
    Tensor point = *context->input.clone();
    for (float& value : point.values()) value *= static_cast<float>(alpha);
    return *layer_values(*context, layer, point, target, true);
  };
  const int32_t target = 2;
  const size_t units = at(1, target).activation.size();
  std::vector<double> want(units);
  for (int step = 0; step < kSteps; ++step) {
    const double alpha = (step + 0.5) / kSteps;
    const LayerState here = at(alpha, target), up = at(alpha + kReach, target),
                     down = at(alpha - kReach, target);
    for (size_t i = 0; i < units; ++i) {
      const double slope = (double{up.activation[i]} - double{down.activation[i]}) / (2 * kReach);
      want[i] += double{here.gradient[i]} * slope / kSteps;
    }
  }
  for (const double rule : {0.0, 1.0}) {
    const MethodPreview made = run({.method = "conductance",
                                    .target = target,
                                    .layer = layer.name,
                                    .parameters = {{"steps", 300}, {"rule", rule}}});
    double largest = 0;
    for (const double value : want) largest = std::max(largest, std::abs(value));
    ASSERT_GT(largest, 0);
    for (size_t i = 0; i < units; ++i)
      ASSERT_NEAR(double{made.attribution->values.floats()[i]}, want[i], 0.02 * largest)
          << rule << " " << i;
  }
}

TEST_F(AttributionTest, TopChannelsAreThoseThatMatterMost) {
  const MethodPreview made = run({.method = "layer_gradient_x_activation"});
  ASSERT_EQ(made.contributions.size(), 6u);
  EXPECT_EQ(figure(made, "Channels"), 6);
  const std::vector<double> sums =
      channel_sums({made.attribution->values.floats(), made.attribution->values.float_count()}, 6);
  double before = INFINITY;
  for (const Contribution& part : made.contributions) {
    EXPECT_DOUBLE_EQ(part.value, sums[static_cast<size_t>(part.channel)]);
    EXPECT_LE(std::abs(part.value), before);
    before = std::abs(part.value);
  }
  std::vector<double> many(5000);
  for (size_t c = 0; c < many.size(); ++c) many[c] = c == 7 ? -9000.0 : double(c);
  const auto top = top_channels(many);
  ASSERT_EQ(top.size(), kTopChannels);
  EXPECT_EQ(top[0].channel, 7);
  EXPECT_EQ(top[1].channel, 4999);
}

TEST_F(AttributionTest, AblationOfNothingChangesNothingAndOfAllChannelsIsTheLayers) {
  open(biased_onnx());
  for (const char* layer : {"first", "second"}) {
    const MethodPreview nothing =
        run({.method = "ablation", .layer = layer, .parameters = {{"left", 1}}});
    EXPECT_EQ(figure(nothing, "Score (logit) after"), figure(nothing, "Score (logit) before"));
    EXPECT_NEAR(figure(nothing, "Score (logit) before"), score(2), 1e-6);
    EXPECT_FALSE(nothing.diagnosis.en.empty());
    const MethodPreview whole = run({.method = "ablation", .layer = layer});
    RunMethod all{.method = "ablation", .layer = layer};
    for (int32_t c = 0; c < static_cast<int32_t>(figure(whole, "Channels switched off")); ++c)
      all.channels.push_back(c);
    const MethodPreview each = run(all);
    EXPECT_EQ(figure(each, "Score (logit) after"), figure(whole, "Score (logit) after"));
    EXPECT_EQ(map_of(each), map_of(whole));
    ASSERT_EQ(whole.answers.size(), 3u);
    double sum = 0;
    for (size_t i = 0; i < 3; ++i) {
      sum += double{whole.answers[i].probability};
      EXPECT_EQ(whole.answers[i].probability, each.answers[i].probability);
      if (whole.answers[i].index == 2)
        EXPECT_EQ(double{whole.answers[i].logit}, figure(whole, "Score (logit) after"));
    }
    EXPECT_NEAR(sum, 1, 1e-5);
  }
  // Behind the last layer only the last linear layer's bias is left.
  EXPECT_NEAR(figure(run({.method = "ablation"}), "Score (logit) after"), kClassBias, 1e-6);
}

// Behind a linear head a channel that goes takes exactly what it adds.
TEST_F(AttributionTest, AblationOfALinearHeadIsTheContribution) {
  const MethodPreview parts = run({.method = "layer_gradient_x_activation"});
  for (const Contribution& part : parts.contributions) {
    const MethodPreview off = run({.method = "ablation", .channels = {part.channel}});
    EXPECT_NEAR(figure(off, "Score (logit) before") - figure(off, "Score (logit) after"),
                part.value, 1e-5 * (1 + std::abs(part.value)))
        << part.channel;
    const MethodPreview half = run({.method = "ablation",
                                    .channels = {part.channel, part.channel},
                                    .parameters = {{"left", 0.5}}});
    EXPECT_NEAR(figure(half, "Score (logit) before") - figure(half, "Score (logit) after"),
                part.value / 2, 1e-5 * (1 + std::abs(part.value)));
    EXPECT_EQ(figure(half, "Channels switched off"), 1);
  }
}

// What goes round the layer stays.
TEST_F(AttributionTest, AblationLeavesThePathRoundTheLayer) {
  open(round_onnx());
  const MethodPreview off = run({.method = "ablation", .layer = "second"});
  EXPECT_NE(figure(off, "Score (logit) after"), 0);
  EXPECT_NE(figure(off, "Score (logit) after"), figure(off, "Score (logit) before"));
  // Gradient × activation of the two paths adds up to the score, since there are no biases.
  const MethodPreview a = run({.method = "layer_gradient_x_activation", .layer = "second"}),
                      b = run({.method = "layer_gradient_x_activation", .layer = "first"});
  EXPECT_NEAR(figure(b, "Sum over the layer"), score(2), 1e-4 * std::abs(score(2)));
  EXPECT_LT(figure(a, "Sum over the layer"), score(2));
}

// The same picture explained for another class runs nothing of the network's forward pass again and
// gives what a network gives that is asked for nothing else.
TEST_F(AttributionTest, AnotherTargetTakesUpTheForwardPass) {
  for (const char* method : {"grad_cam", "grad_cam_pp", "gradient", "input_x_gradient",
                             "guided_backprop", "layer_contributions"}) {
    const auto ask = [&](int32_t target) {
      return run({.method = method,
                  .target = target,
                  .layer = named(method).info().needs_layer ? "first" : ""});
    };
    open(gray_onnx());
    Session& session = network_->method_context(method, false, 1)->session;
    session.set_profiling(true);
    const auto forward = static_cast<int32_t>(network_->model().graph.nodes().size());
    const auto forward_steps = [&] {
      return std::ranges::count_if(session.profile(),
                                   [&](const StepTime& step) { return step.node.index < forward; });
    };
    ask(0);
    EXPECT_GT(forward_steps(), 3) << method;
    const MethodPreview second = ask(1);
    EXPECT_EQ(forward_steps(), 0) << method;
    EXPECT_FALSE(session.profile().empty()) << method;
    open(gray_onnx());
    const MethodPreview fresh = ask(1);
    EXPECT_EQ(map_of(second), map_of(fresh)) << method;
    EXPECT_EQ(second.figures.size(), fresh.figures.size());
    for (size_t i = 0; i < fresh.figures.size(); ++i)
      EXPECT_EQ(second.figures[i].value, fresh.figures[i].value) << method;
  }
}

// Seeds on every unit of a layer in turn, and the request that names it.
TEST_F(AttributionTest, TheUnitThatIsProjectedIsTheChosenOne) {
  const auto context = network_->method_context("x", false, 1);
  const Model& model = network_->model();
  const ValueId layer = model.find_layer("first")->value;
  const Shape& shape = model.graph.shape(layer);
  ASSERT_NE(shape[1], shape[2]) << "rows and columns must not be mistaken for each other";
  for (const auto& [id, rule] : {std::pair{"deconvnet", RectifierRule::kDeconvnet},
                                 {"guided_backprop", RectifierRule::kGuided}}) {
    const VjpRules rules = rules_of(rule);
    const auto program = value_gradient_program(model, context->session, layer,
                                                context->input.shape(), rules[0].name, rules);
    ASSERT_TRUE(program.has_value());
    std::set<std::vector<float>> seen;
    for (const int32_t channel : {0, 3}) {
      for (const int64_t row : {int64_t{2}, shape[1] - 1}) {
        for (const int64_t column : {int64_t{4}, shape[2] - 1}) {
          const int64_t unit = (row * shape[2] + column) * shape.channels() + channel;
          const Tensor seed = *one_hot(shape, unit);
          const Tensor feeds[] = {context->input, seed};
          ASSERT_TRUE(context->session.run(**program, feeds).has_value());
          const std::vector<float> want = dense_values((*program)->view((*program)->output(0)));
          const float activation = (*program)->copy(layer)->values()[static_cast<size_t>(unit)];
          const MethodPreview got =
              run({.method = id,
                   .layer = "first",
                   .channels = {channel},
                   .parameters = {{"row", double(row)}, {"column", double(column)}}});
          ASSERT_TRUE(got.attribution);
          EXPECT_EQ(std::vector<float>(got.attribution->values.floats(),
                                       got.attribution->values.floats() + want.size()),
                    want);
          EXPECT_EQ(figure(got, "Channel"), channel);
          EXPECT_EQ(figure(got, "Row"), static_cast<double>(row));
          EXPECT_EQ(figure(got, "Column"), static_cast<double>(column));
          EXPECT_EQ(figure(got, "Activation of the unit"), double{activation});
          seen.insert(want);
        }
      }
    }
    EXPECT_GT(seen.size(), 2u) << "units differ";
    // A row alone: the strongest there, which is no stronger than the strongest of all.
    const MethodPreview in_row = run({.method = id, .layer = "first", .parameters = {{"row", 2}}});
    EXPECT_EQ(figure(in_row, "Row"), 2);
    EXPECT_LE(figure(in_row, "Activation of the unit"),
              figure(run({.method = id, .layer = "first"}), "Activation of the unit"));
  }
  const auto outside =
      try_run({.method = "deconvnet", .layer = "first", .parameters = {{"row", 99}}});
  ASSERT_FALSE(outside.has_value());
  EXPECT_EQ(outside.error().message,
            "row 99 does not exist; first has rows 0 to " + std::to_string(shape[1] - 1));
  const auto nowhere = try_run({.method = "deconvnet", .parameters = {{"column", 1}}});
  ASSERT_FALSE(nowhere.has_value());
  EXPECT_EQ(nowhere.error().message,
            "row and column choose a unit of a layer; choose the layer too");
}

TEST_F(AttributionTest, RandomWeightsFollowTheSeed) {
  const auto one = map_of(run({.method = "random_cam", .seed = 1}));
  EXPECT_EQ(one, map_of(run({.method = "random_cam", .seed = 1})));
  EXPECT_NE(one, map_of(run({.method = "random_cam", .seed = 2})));
}

// The mean over mirrored views of a mirrored picture is the mirrored mean.
TEST_F(AttributionTest, SixViewsAreTurnedBack) {
  const auto smooth = map_of(run({.method = "grad_cam", .parameters = {{"aug_smooth", 1}}}));
  const auto plain = map_of(run({.method = "grad_cam"}));
  EXPECT_NE(smooth, plain);
  Image mirrored(20, 12);
  const auto context = network_->method_context("x", false, 1);
  for (int y = 0; y < 12; ++y) {
    for (int x = 0; x < 20; ++x) {
      for (int c = 0; c < 3; ++c)
        mirrored.pixel(x, y)[c] =
            context->picture->rgb[static_cast<size_t>((y * 20 + 19 - x) * 3 + c)];
    }
  }
  ASSERT_TRUE(network_->set_picture(std::make_shared<Image>(mirrored), true).has_value());
  const auto other = map_of(run({.method = "grad_cam", .parameters = {{"aug_smooth", 1}}}));
  for (size_t y = 0; y < 12; ++y) {
    for (size_t x = 0; x < 20; ++x) ASSERT_NEAR(other[y * 20 + x], smooth[y * 20 + 19 - x], 1e-5f);
  }
}

TEST_F(AttributionTest, WhatCannotBeExplainedIsSaid) {
  // No averaging in front of the classes.
  OnnxFile file = small_onnx();
  open(gray_onnx());
  EXPECT_TRUE(try_run({.method = "cam"}).has_value());
  auto model = load_model("small", "onnx", file.bytes());
  ASSERT_TRUE(model.has_value());
  network_ = std::make_unique<Network>(*std::move(model), pool_.get());
  Image picture(8, 8);
  ASSERT_TRUE(network_->set_picture(std::make_shared<Image>(picture), true).has_value());
  const auto cam = try_run({.method = "cam", .target = 1});
  ASSERT_FALSE(cam.has_value());
  EXPECT_EQ(cam.error().message,
            "CAM needs a network that ends in global average pooling and at most one linear layer; "
            "small ends otherwise (Relu). Grad-CAM works on every network");
  const auto vector = try_run({.method = "grad_cam", .target = 1, .layer = "logits"});
  ASSERT_FALSE(vector.has_value());
  EXPECT_EQ(vector.error().message,
            "logits is no picture any more; choose a layer that still has places");
  const auto last = try_run({.method = "ablation", .target = 1, .layer = "logits"});
  ASSERT_FALSE(last.has_value());
  EXPECT_EQ(last.error().message,
            "nothing follows logits that could answer without it; choose a layer before it");
}

}  // namespace
}  // namespace convscope
