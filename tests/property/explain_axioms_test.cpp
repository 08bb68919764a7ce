// What each method's paper promises of its answer, whatever the network and the picture.
#include <numeric>

#include "image/grab_cut.h"
#include "property/explain_twin.h"

namespace convscope {
namespace {

constexpr uint64_t kSeeds[] = {11, 12, 13};
// Single precision, of the largest value.
constexpr double kClose = 1e-5;

using Values = std::vector<float>;

double largest(const Values& values) {
  double out = 0;
  for (const float value : values) out = std::max(out, std::abs(double{value}));
  return out;
}
double sum_of(const Values& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

double distance(const Values& a, const Values& b) {
  double out = 0;
  for (size_t i = 0; i < a.size(); ++i) out = std::max(out, std::abs(double{a[i]} - double{b[i]}));
  return out;
}

void expect_same(const Values& got, const Values& want, double close = kClose) {
  ASSERT_EQ(got.size(), want.size());
  EXPECT_GT(largest(want), 0);
  EXPECT_LT(distance(got, want), close * largest(want));
}

class Axioms : public ExplainTwin {
 protected:
  Values attribution(std::string method, std::vector<ParameterValue> parameters = {}) {
    return attribution_of(run({.method = std::move(method), .parameters = std::move(parameters)}));
  }
  Values map(std::string method, int32_t target = 0) {
    return map_of(run({.method = std::move(method), .target = target}));
  }
  // Of a map of the first layer, which has the picture's size, before it was scaled: where nothing
  // of it is negative, nothing was lost.
  static Values unscaled(const MethodPreview& made) {
    const double low = figure(made, "Lowest value before scaling"),
                 high = figure(made, "Highest value before scaling");
    EXPECT_GE(low, 0);
    EXPECT_GT(high, 0);
    Values out = map_of(made);
    for (float& value : out) value = static_cast<float>(low + double{value} * (high - low));
    return out;
  }
};

std::vector<float> magnitudes(std::vector<float> values) {
  for (float& value : values) value = std::abs(value);
  return values;
}
// All that follows the first layer raises every class.
Weights raising(Weights w) {
  w.w2 = magnitudes(w.w2), w.fc = magnitudes(w.fc);
  return w;
}

TEST_F(Axioms, GradientIsTheSlopeOfTheScore) {
  for (const uint64_t seed : kSeeds) {
    const Weights w = random_weights(seed);
    open(w, seed);
    const Values got = attribution("gradient");
    const Planes x = input();
    // The network is linear between its kinks, and so close to x there is none.
    constexpr double kReach = 1e-6;
    for (size_t i = seed % 7; i < got.size(); i += 7) {
      Planes up = x, down = x;
      up.at(i % kColours, i / kColours) += kReach;
      down.at(i % kColours, i / kColours) -= kReach;
      const double slope = (forward(w, up).logits[0] - forward(w, down).logits[0]) / (2 * kReach);
      EXPECT_NEAR(double{got[i]}, slope, kClose * largest(got)) << i << ", seed " << seed;
    }
  }
}

TEST_F(Axioms, GradientIsLinearInTheScore) {
  for (const uint64_t seed : kSeeds) {
    Weights w = random_weights(seed);
    for (size_t c = 0; c < kSecond; ++c)
      w.fc[2 * kSecond + c] = 2 * w.fc[c] - 0.5f * w.fc[kSecond + c];
    open(w, seed);
    Values of[3];
    for (int32_t k = 0; k < 3; ++k)
      of[k] = attribution_of(run({.method = "gradient", .target = k}));
    Values mixed(of[0].size());
    for (size_t i = 0; i < mixed.size(); ++i) mixed[i] = 2 * of[0][i] - 0.5f * of[1][i];
    expect_same(of[2], mixed);
    EXPECT_GT(distance(of[0], of[1]), 0.1 * largest(of[0]));
  }
}

TEST_F(Axioms, InputTimesGradientIsTheScoreWithoutBiases) {
  for (const uint64_t seed : kSeeds) {
    for (const bool biased : {false, true}) {
      const Weights w = biased ? random_weights(seed) : without_biases(random_weights(seed));
      open(w, seed);
      const MethodPreview made = run({.method = "input_x_gradient"});
      const double score = forward(w, input()).logits[0],
                   gap = std::abs(sum_of(attribution_of(made)) - score);
      if (biased) {
        EXPECT_GT(gap, 1e-3) << "biases are part of the score";
      } else {
        EXPECT_LT(gap, kClose * (1 + std::abs(score)));
      }
    }
  }
}

// Noise is a share of the range of values, and a gray picture has none.
TEST_F(Axioms, WithoutNoiseTheMeanIsTheGradientAndTheVarianceIsZero) {
  for (const uint64_t seed : kSeeds) {
    const Weights w = random_weights(seed);
    Image gray(kWidth, kHeight);
    std::ranges::fill(gray.rgb, uint8_t{170});
    open(w, gray);
    const MethodPreview mean = run({.method = "smoothgrad", .parameters = {{"samples", 4}}});
    EXPECT_EQ(figure(mean, "Noise σ"), 0);
    EXPECT_EQ(attribution_of(mean), attribution("gradient"));
    EXPECT_EQ(largest(attribution("vargrad", {{"samples", 4}})), 0);
    open(w, seed);
    const Values variance = attribution("vargrad", {{"samples", 4}});
    for (const float value : variance) ASSERT_GE(value, 0);
    EXPECT_GT(largest(variance), 0);
    EXPECT_NE(attribution("smoothgrad", {{"samples", 4}}), attribution("gradient"));
  }
}

TEST_F(Axioms, IntegratedGradientsAreCompleteAndTheGradientWhereTheNetworkIsHomogeneous) {
  for (const uint64_t seed : kSeeds) {
    const Weights w = random_weights(seed);
    open(w, seed);
    const double score = forward(w, input()).logits[0];
    for (const double baseline : {0.0, 1.0, 2.0, 4.0, 5.0}) {
      const MethodPreview made = run({.method = "integrated_gradients",
                                      .seed = seed + 100,
                                      .parameters = {{"steps", 100}, {"baseline", baseline}}});
      const double gained = score - figure(made, "Score of the compared picture");
      // A hundred points of a path with some hundred kinks.
      EXPECT_NEAR(sum_of(attribution_of(made)), gained, 0.01 * (1 + std::abs(gained))) << baseline;
    }
    open(without_biases(w), seed);
    expect_same(attribution("integrated_gradients", {{"steps", 5}, {"baseline", 5}}),
                attribution("input_x_gradient"));
  }
}

// Sensitivity(b): what the network does not look at gets nothing.
TEST_F(Axioms, AColourThatTheNetworkIgnoresGetsNothing) {
  for (const uint64_t seed : kSeeds) {
    Weights w = random_weights(seed);
    for (size_t i = 0; i < w.w1.size(); ++i) {
      if (i / 9 % kColours == 1) w.w1[i] = 0;
    }
    open(w, seed);
    for (const char* method : {"gradient", "input_x_gradient", "integrated_gradients", "smoothgrad",
                               "vargrad", "guided_backprop", "guided_grad_cam", "deconvnet"}) {
      const Values got = attribution(method);
      for (size_t i = 1; i < got.size(); i += kColours) ASSERT_EQ(got[i], 0) << method;
      EXPECT_GT(largest(got), 0) << method;
    }
  }
}

TEST_F(Axioms, RulesOfRectifiersDropWhatIsNegativeAndNothingElse) {
  for (const uint64_t seed : kSeeds) {
    Weights w = raising(random_weights(seed));
    open(w, seed);
    expect_same(attribution("guided_backprop"), attribution("gradient"));
    for (float& value : w.fc) value = -value;
    open(w, seed);
    EXPECT_GT(largest(attribution("gradient")), 0);
    EXPECT_EQ(largest(attribution("guided_backprop")), 0);
    EXPECT_EQ(largest(attribution("deconvnet")), 0);
  }
}

// Guided backpropagation reaches a pixel through active units alone; deconvnet does not ask.
TEST_F(Axioms, GuidedBackpropagationStaysWhereUnitsAreActive) {
  for (const uint64_t seed : kSeeds) {
    Weights w = random_weights(seed);
    std::ranges::fill(w.b1, -5.0f);  // few units are
    w.b2 = magnitudes(w.b2);
    w.w2 = magnitudes(w.w2);
    open(w, seed);
    const Planes active = forward(w, input()).first;
    const Values guided = attribution("guided_backprop"), deconvnet = attribution("deconvnet");
    int silent = 0, shown = 0;
    for (size_t i = 0; i < guided.size(); ++i) {
      const size_t y = i / kColours / kWidth, x = i / kColours % kWidth;
      bool reached = false;
      for (size_t c = 0; c < kFirst; ++c) {
        for (size_t ny = y < 1 ? 0 : y - 1; ny <= std::min(y + 1, kHeight - 1); ++ny) {
          for (size_t nx = x < 1 ? 0 : x - 1; nx <= std::min(x + 1, kWidth - 1); ++nx)
            reached = reached || active.at(c, ny, nx) > 0;
        }
      }
      if (reached) continue;
      EXPECT_EQ(guided[i], 0) << i;
      ++silent;
      if (deconvnet[i] != 0) ++shown;
    }
    EXPECT_GT(silent, 0);
    EXPECT_GT(shown, 0);
    EXPECT_GT(largest(guided), 0);
  }
}

// The second layer's biases decide which of its units are on, and nothing else on the way back.
TEST_F(Axioms, DeconvnetIgnoresWhichUnitsAreOn) {
  for (const uint64_t seed : kSeeds) {
    Weights w = random_weights(seed);
    open(w, seed);
    const Values deconvnet = attribution("deconvnet"), guided = attribution("guided_backprop");
    EXPECT_GT(largest(deconvnet), 0);
    for (size_t c = 0; c < kSecond; ++c) w.b2[c] += c % 2 == 0 ? 1.0f : -1.0f;
    open(w, seed);
    EXPECT_EQ(attribution("deconvnet"), deconvnet);
    EXPECT_NE(attribution("guided_backprop"), guided);
  }
}

TEST_F(Axioms, GuidedGradCamIsTheProduct) {
  for (const uint64_t seed : kSeeds) {
    open(random_weights(seed), seed);
    Values want = attribution("guided_backprop");
    const Values cam = map("grad_cam");
    for (size_t i = 0; i < want.size(); ++i) want[i] *= cam[i / kColours];
    EXPECT_EQ(attribution("guided_grad_cam"), want);
    EXPECT_GT(largest(want), 0);
  }
}

// ---- class activation maps

TEST_F(Axioms, ClassActivationMapIsGradCamTimesThePlaces) {
  for (const uint64_t seed : kSeeds) {
    open(random_weights(seed), seed);
    for (int32_t target = 0; target < int32_t{kClasses}; ++target) {
      const MethodPreview cam = run({.method = "cam", .target = target}),
                          grad = run({.method = "grad_cam", .target = target});
      EXPECT_LT(distance(map_of(cam), map_of(grad)), kClose);
      for (const char* end : {"Lowest value before scaling", "Highest value before scaling"}) {
        const double places = kHeight * kWidth / 4.0, value = figure(cam, end);
        EXPECT_NEAR(value, places * figure(grad, end), kClose * (1 + std::abs(value)));
      }
    }
  }
}

// Conservation: of a network without biases behind the layer the map is the score, shared out.
TEST_F(Axioms, HiResCamAndXGradCamAddUpToTheScore) {
  for (const uint64_t seed : kSeeds) {
    Weights w = raising(random_weights(seed));
    for (const bool biased : {false, true}) {
      std::ranges::fill(w.b2, biased ? 0.5f : 0.0f);
      open(w, seed);
      const double score = forward(w, input()).logits[1] - double{w.b3[1]};
      for (const char* method : {"hires_cam", "xgrad_cam"}) {
        const double gap = std::abs(
            sum_of(unscaled(run({.method = method, .target = 1, .layer = "first"}))) - score);
        if (biased) {
          EXPECT_GT(gap, 0.01) << method << ": a bias behind the layer is not the layer's";
        } else {
          EXPECT_LT(gap, kClose * score) << method;
        }
      }
    }
  }
}

TEST_F(Axioms, LayerCamAndGradCamPlusPlusHaveNothingNegative) {
  for (const uint64_t seed : kSeeds) {
    Weights w = random_weights(seed);
    open(w, seed);
    for (const char* layer : {"first", "second"}) {
      for (const char* method : {"layer_cam", "grad_cam_pp"}) {
        const MethodPreview made = run({.method = method, .layer = layer});
        EXPECT_GE(figure(made, "Lowest value before scaling"), 0) << method;
        EXPECT_GT(figure(made, "Highest value before scaling"), 0) << method;
      }
    }
    // Where every slope is positive LayerCAM is HiResCAM, where every one is negative nothing.
    open(raising(w), seed);
    expect_same(map("layer_cam"), map("hires_cam"));
    w.fc = magnitudes(w.fc);
    for (float& value : w.fc) value = -value;
    open(w, seed);
    for (const char* method : {"layer_cam", "grad_cam_pp"})
      EXPECT_EQ(figure(run({.method = method}), "Highest value before scaling"), 0) << method;
  }
}

TEST_F(Axioms, ScoreCamsWeightsAddUpToOneAndKnowNoZeroOfTheScore) {
  for (const uint64_t seed : kSeeds) {
    Weights w = random_weights(seed);
    open(w, seed);
    const MethodPreview before = run({.method = "score_cam"});
    w.b3[0] += 3;
    open(w, seed);
    const MethodPreview after = run({.method = "score_cam"});
    expect_same(map_of(after), map_of(before));
    EXPECT_NEAR(figure(after, "Highest value before scaling"),
                figure(before, "Highest value before scaling"), kClose);
    // Channels that are all the same: their weighted sum is one of them.
    for (size_t i = 0; i < w.w2.size(); ++i) w.w2[i] = w.w2[i % (kFirst * 9)];
    std::ranges::fill(w.b2, 0.2f);
    open(w, seed);
    const Planes channels = forward(w, input()).second;
    const MethodPreview one = run({.method = "score_cam"});
    const auto [low, high] = std::ranges::minmax(channels.values);
    EXPECT_GT(high, 0);
    EXPECT_NEAR(figure(one, "Lowest value before scaling"), low, kClose * high);
    EXPECT_NEAR(figure(one, "Highest value before scaling"), high, kClose * high);
  }
}

// A channel that the class does not hear weighs nothing, as one that says nothing.
TEST_F(Axioms, AblationCamGivesNothingToAChannelThatChangesNothing) {
  for (const uint64_t seed : kSeeds) {
    const Weights w = random_weights(seed);
    Weights unheard = w, dead = w;
    for (const size_t c : {1u, 4u}) {
      unheard.fc[c] = 0;
      dead.b2[c] = -1000;
    }
    open(w, seed);
    const MethodPreview whole = run({.method = "ablation_cam"});
    open(unheard, seed);
    const MethodPreview first = run({.method = "ablation_cam"});
    open(dead, seed);
    const MethodPreview second = run({.method = "ablation_cam"});
    expect_same(map_of(first), map_of(second));
    EXPECT_NE(map_of(whole), map_of(first));
    for (const char* end : {"Lowest value before scaling", "Highest value before scaling"})
      EXPECT_NEAR(figure(first, end), figure(second, end),
                  kClose * (1 + std::abs(figure(first, end))));
  }
}

TEST_F(Axioms, EigenCamAndRandomCamKnowNoClass) {
  for (const uint64_t seed : kSeeds) {
    const Weights w = random_weights(seed);
    open(w, seed);
    const Values eigen = map("eigen_cam"), random = map("random_cam");
    for (int32_t target = 1; target < int32_t{kClasses}; ++target) {
      EXPECT_EQ(map("eigen_cam", target), eigen);
      EXPECT_EQ(map("random_cam", target), random);
      EXPECT_NE(map("eigen_grad_cam", target), map("eigen_grad_cam"));
    }
    EXPECT_NE(map_of(run({.method = "random_cam", .seed = 2})), random);
    // … nor what follows the layer.
    Weights other = w;
    other.fc = random_weights(seed + 1).fc;
    open(other, seed);
    EXPECT_EQ(map("eigen_cam"), eigen);
    EXPECT_EQ(map("random_cam"), random);
  }
}

// Channels have no order, and a class's score no unit.
TEST_F(Axioms, MapsFollowNeitherTheOrderOfChannelsNorTheScoresUnit) {
  for (const uint64_t seed : kSeeds) {
    const Weights w = random_weights(seed);
    Weights turned = w, doubled = w;
    for (size_t c = 0; c < kSecond; ++c) {
      const size_t to = (c + 2) % kSecond;
      turned.b2[to] = w.b2[c];
      for (size_t i = 0; i < kFirst * 9; ++i)
        turned.w2[to * kFirst * 9 + i] = w.w2[c * kFirst * 9 + i];
      for (size_t k = 0; k < kClasses; ++k) turned.fc[k * kSecond + to] = w.fc[k * kSecond + c];
    }
    for (float& value : doubled.fc) value *= 2;
    for (float& value : doubled.b3) value *= 2;
    for (const char* method :
         {"cam", "grad_cam", "grad_cam_pp", "hires_cam", "xgrad_cam", "layer_cam", "ablation_cam",
          "score_cam", "eigen_cam", "eigen_grad_cam", "random_cam"}) {
      const std::string_view id = method;
      open(w, seed);
      const Values plain = map(method);
      open(turned, seed);
      const double turned_by = distance(map(method), plain);
      open(doubled, seed);
      const double doubled_by = distance(map(method), plain);
      if (id == "random_cam") {
        EXPECT_GT(turned_by, 0.01) << "its weights are given out in order";
      } else {
        EXPECT_LT(turned_by, kClose) << id;
      }
      if (id == "score_cam" || id == "grad_cam_pp") {
        EXPECT_GT(doubled_by, kClose) << id << " has an exponential or powers of the slope";
      } else {
        EXPECT_LT(doubled_by, kClose) << id;
      }
    }
  }
}

// ---- changed pictures

TEST_F(Axioms, CoveringAPictureWithItselfChangesNothing) {
  for (const uint64_t seed : kSeeds) {
    Image gray(kWidth, kHeight);
    std::ranges::fill(gray.rgb, uint8_t{128});
    open(random_weights(seed), gray);
    for (const double measure : {0.0, 1.0}) {
      const std::vector<ParameterValue> windows = {
          {"window", 4}, {"stride", 3}, {"baseline", 0}, {"measure", measure}};
      EXPECT_EQ(largest(map_of(run({.method = "occlusion", .parameters = windows}))), 0);
    }
    const std::vector<ParameterValue> black = {{"window", 4}, {"stride", 3}, {"baseline", 1}};
    EXPECT_GT(largest(map_of(run({.method = "occlusion", .parameters = black}))), 0);
  }
}

// With half of the pixels certainly inside and the other half certainly outside nothing is left to
// cut: the object is the largest part of the upper half.
TEST_F(Axioms, CertainSeedsAreTheMapsQuantiles) {
  for (const uint64_t seed : kSeeds) {
    open(random_weights(seed), seed);
    const Values saliency = map("gradient");
    const auto mask_above = [&](double share) {
      std::vector<uint8_t> out(saliency.size());
      std::vector<std::pair<float, size_t>> order;
      for (size_t i = 0; i < out.size(); ++i) order.emplace_back(saliency[i], i);
      std::ranges::sort(order);
      for (size_t i = 0; i < out.size(); ++i)
        out[order[i].second] = static_cast<double>(i) >= share * static_cast<double>(out.size());
      return out;
    };
    const auto segmented = [&](double background, double foreground) {
      return map_of(run({.method = "segmentation",
                         .parameters = {{"background", background},
                                        {"foreground", foreground},
                                        {"certain", 1},
                                        {"iterations", 1}}}));
    };
    const std::vector<uint8_t> half = largest_component(mask_above(0.5), int{kWidth}, int{kHeight});
    EXPECT_EQ(segmented(0.5, 0.5), Values(half.begin(), half.end()));
    // Pixels that are free stand between the two.
    const std::vector<uint8_t> outside = mask_above(0.3), inside = mask_above(0.8);
    const Values mask = segmented(0.3, 0.8);
    for (size_t i = 0; i < mask.size(); ++i) {
      if (mask[i] > 0) EXPECT_EQ(outside[i], 1) << "a pixel of the background";
      // A certain pixel beside the object is part of it.
      const bool beside = (i + 1 < mask.size() && (i + 1) % kWidth != 0 && mask[i + 1] > 0) ||
                          (i + kWidth < mask.size() && mask[i + kWidth] > 0);
      if (inside[i] != 0 && beside) EXPECT_EQ(mask[i], 1);
    }
  }
}

}  // namespace
}  // namespace convscope
