#include "grad/checker.h"

#include <algorithm>
#include <cmath>
#include <format>
#include <numeric>

#include "base/rng.h"

namespace convscope::testing {
namespace {

constexpr double kStep = 1e-5;
constexpr double kTolerance = 1e-6;
constexpr int64_t kTinyJacobian = 8192;

// Values that stay clear of every kink: all distinct, so that no two compete for a maximum, and
// never nearer than 0.009 to a multiple of 0.25, where the samples' clips and rectifiers bend.
DoubleTensor smooth_point(const Shape& shape, Domain domain, Rng& rng) {
  DoubleTensor out = DoubleTensor::zeros(shape);
  const int64_t count = shape.elements();
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), int64_t{0});
  for (size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[rng.below(static_cast<uint32_t>(i))]);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t first = domain == Domain::kPositive ? 0 : count / 2;
    const double spread = static_cast<double>(order[static_cast<size_t>(i)] - first);
    out[i] = 0.25 * spread / std::max(1.0, static_cast<double>(count) / 16) + 0.01;
    if (domain != Domain::kReal) out[i] += std::copysign(0.25, out[i]);
    const double over = out[i] - 0.25 * std::round(out[i] / 0.25);
    if (std::abs(over) < 0.009) out[i] += over < 0 ? -0.01 : 0.01;
  }
  return out;
}

struct Derivative {
  Graph graph;
  std::vector<ValueId> inputs;  // of the op
  ValueId output, seed;
  std::unordered_map<ValueId, ValueId> cotangents;
};

Result<Derivative> differentiate(const OpEntry::Sample& sample) {
  GraphBuilder builder;
  Derivative out;
  for (size_t i = 0; i < sample.inputs.size(); ++i) {
    out.inputs.push_back(builder.input("x" + std::to_string(i), sample.inputs[i]));
  }
  TRY(const std::vector<ValueId> outputs, builder.add(sample.op, out.inputs, "y"));
  out.output = outputs[0];
  out.seed = builder.input("seed", builder.shape(out.output));
  std::vector<ValueId> wanted;
  for (int index : sample.differentiable_inputs)
    wanted.push_back(out.inputs[static_cast<size_t>(index)]);
  TRY(out.cotangents, build_vjp(builder, outputs, std::array{out.seed}, wanted));
  out.graph = std::move(builder).build();
  return out;
}

double project(const Op& op, const std::vector<DoubleTensor>& inputs, const DoubleTensor& seed) {
  std::vector<DoubleTensor> outputs{DoubleTensor::zeros(seed.shape)};
  op.evaluate(inputs, outputs);
  return std::inner_product(seed.values.begin(), seed.values.end(), outputs[0].values.begin(), 0.0);
}

std::optional<std::string> check_seed(const OpEntry::Sample& sample, const Derivative& derivative,
                                      std::vector<DoubleTensor>& inputs, const DoubleTensor& seed) {
  std::unordered_map<ValueId, DoubleTensor> given{{derivative.seed, seed}};
  for (size_t i = 0; i < inputs.size(); ++i) given.emplace(derivative.inputs[i], inputs[i]);
  std::vector<ValueId> wanted;
  for (const auto& [value, cotangent] : derivative.cotangents) wanted.push_back(cotangent);
  const auto values = evaluate_reference(derivative.graph, std::move(given), wanted);

  for (int index : sample.differentiable_inputs) {
    const auto k = static_cast<size_t>(index);
    // An input that is missing from the map has, the rule says, no influence.
    const auto found = derivative.cotangents.find(derivative.inputs[k]);
    const DoubleTensor* got =
        found == derivative.cotangents.end() ? nullptr : &values.at(found->second);
    for (int64_t i = 0; i < inputs[k].shape.elements(); ++i) {
      const double at = inputs[k][i];
      inputs[k][i] = at + kStep;
      const double above = project(*sample.op, inputs, seed);
      inputs[k][i] = at - kStep;
      const double below = project(*sample.op, inputs, seed);
      inputs[k][i] = at;
      const double want = (above - below) / (2 * kStep), have = got == nullptr ? 0.0 : (*got)[i];
      if (!(std::abs(have - want) <= kTolerance * (1 + std::abs(want)))) {
        return std::format("{}: d(output)/d(input {})[{}]: the rule says {}, differences say {}",
                           op_text(*sample.op), index, i, have, want);
      }
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> check_vjp(const OpEntry::Sample& sample, uint64_t random_seed) {
  auto derivative = differentiate(sample);
  if (!derivative) return derivative.error().message;
  Rng rng(random_seed);
  std::vector<DoubleTensor> inputs;
  int64_t widest = 0;
  for (const Shape& shape : sample.inputs) {
    // Inputs lie on lattices shifted against one another, so that Max and Min see no ties.
    const double shift = 0.0037 * static_cast<double>(inputs.size());
    inputs.push_back(smooth_point(shape, sample.domain, rng));
    for (double& value : inputs.back().values) value += shift;
    widest = std::max(widest, shape.elements());
  }
  DoubleTensor seed = DoubleTensor::zeros(derivative->graph.shape(derivative->output));
  for (double& value : seed.values) value = static_cast<double>(rng.normal());
  if (auto wrong = check_seed(sample, *derivative, inputs, seed)) return wrong;
  if (seed.shape.elements() * widest > kTinyJacobian) return std::nullopt;
  for (int64_t row = 0; row < seed.shape.elements(); ++row) {
    std::ranges::fill(seed.values, 0.0);
    seed[row] = 1;
    if (auto wrong = check_seed(sample, *derivative, inputs, seed)) return wrong;
  }
  return std::nullopt;
}

}  // namespace convscope::testing
