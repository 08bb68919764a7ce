// Every method that explains against its paper's formula on a network that is computed by plain
// loops. A method without a twin fails.
#include <algorithm>

#include "property/explain_formulas.h"

namespace convscope {
namespace {

// Made of other methods or of many steps; their slow forms stand in unit/explain_test.cpp and
// property/faithfulness_test.cpp.
constexpr std::string_view kElsewhere[] = {"adversarial", "conductance", "faithfulness",
                                           "randomisation"};

constexpr std::string_view kLayers[] = {"first", "second"};

// The largest difference, as a share of the largest value.
double difference(const std::vector<float>& got, const std::vector<double>& want) {
  if (got.size() != want.size()) return INFINITY;
  double most = 0, scale = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    most = std::max(most, std::abs(double{got[i]} - want[i]));
    scale = std::max(scale, std::abs(want[i]));
  }
  return most == 0 ? 0 : most / scale;
}

class Twins : public ExplainTwin {
 protected:
  MethodPreview run_twin(std::string_view id, std::string_view layer) {
    const Twin& twin = twins().at(id);
    RunMethod request{.method = std::string(id), .target = kTarget, .layer = std::string(layer)};
    // These two start from the class where no layer is named.
    if ((id == "guided_backprop" || id == "deconvnet") && layer == kLayers[0])
      request.layer.clear();
    request.channels = twin.channels, request.seed = kSeed, request.parameters = twin.parameters;
    return run(request);
  }
  static double difference_of(const MethodPreview& made, const Want& want) {
    double out = 0;
    const auto add = [&](double more) { out = std::max(out, more); };
    if (!want.attribution.empty()) add(difference(attribution_of(made), want.attribution));
    if (!want.map.empty()) add(difference(map_of(made), want.map));
    // Sums and scores may cancel: their size is that of what they are made of.
    for (const auto& [title, value] : want.figures)
      add(std::abs(figure(made, title) - value) / std::max(1.0, std::abs(value)));
    for (const auto& [name, value] : want.contributions) {
      const auto found = std::ranges::find(made.contributions, name, &Contribution::layer);
      add(found == made.contributions.end()
              ? INFINITY
              : std::abs(found->value - value) / std::max(1.0, std::abs(value)));
    }
    return out;
  }
};

TEST_F(Twins, EveryMethodHasOne) {
  for (const Method& method : explain_methods()) {
    const std::string& id = method.info().id;
    const bool elsewhere = std::ranges::find(kElsewhere, id) != std::end(kElsewhere);
    EXPECT_EQ(twins().contains(id), !elsewhere) << id;
  }
  EXPECT_EQ(twins().size() + std::size(kElsewhere), explain_methods().size());
}

TEST_F(Twins, EveryMethodIsItsPapersFormula) {
  for (const uint64_t seed : {1u, 2u, 3u}) {
    const Weights weights = random_weights(seed);
    open(weights, 100 + seed);
    Weights other = weights;  // the planted error: the middle of every filter is larger
    for (size_t i = 4; i < other.w1.size(); i += 9) other.w1[i] *= 1.2f;
    for (size_t i = 4; i < other.w2.size(); i += 9) other.w2[i] *= 1.2f;
    const Planes x = input();
    for (const std::string_view layer : kLayers) {
      for (const auto& [id, twin] : twins()) {
        if (!named(id).info().takes_layer && layer != kLayers[0]) continue;
        const MethodPreview made = run_twin(id, layer);
        const Case at{weights, x, *picture_, network_->model().preprocessing, std::string(layer)};
        EXPECT_LT(difference_of(made, twin.want(at)), kClose)
            << id << " at " << layer << ", seed " << seed;
        const Case planted{other, x, *picture_, network_->model().preprocessing,
                           std::string(layer)};
        EXPECT_GT(difference_of(made, twin.want(planted)), kClose)
            << id << " at " << layer << ", seed " << seed;
      }
    }
  }
}

// A twin with another method's formula would be found out.
TEST_F(Twins, NoMethodIsAnothers) {
  const Weights weights = random_weights(5);
  open(weights, 105);
  const Planes x = input();
  const Case at{weights, x, *picture_, network_->model().preprocessing, "first"};
  std::map<std::string_view, Want> wants;
  for (const auto& [id, twin] : twins()) {
    Want want = twin.want(at);
    want.figures.clear(), want.contributions.clear();
    if (!want.map.empty()) wants[id] = std::move(want);
  }
  for (const auto& [id, twin] : twins()) {
    const MethodPreview made = run_twin(id, "first");
    for (auto [other, want] : wants) {
      // Layer by layer shows input × gradient of the picture itself.
      if (other == id || (id == "layer_contributions" && other == "input_x_gradient") ||
          (id == "input_x_gradient" && other == "layer_contributions"))
        continue;
      if (!made.attribution) want.attribution.clear();
      EXPECT_GT(difference_of(made, want), 1e-3) << id << " is " << other;
    }
  }
}

}  // namespace
}  // namespace convscope
