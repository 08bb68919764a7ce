// Laws that hold whatever the numbers: a vjp is linear in its seed; softmax does not see a shift;
// the derivative of a sum is the sum of derivatives; a rule replaces just what it names.
#include "graph/vjp.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "ops/ops.h"

namespace convscope {
namespace {

DoubleTensor random_double(const Shape& shape, Rng& rng) {
  DoubleTensor out = DoubleTensor::zeros(shape);
  for (double& value : out.values) value = rng.normal();
  return out;
}

struct Chain {
  GraphBuilder builder;
  ValueId x, weight, bias, hidden, y, seed, gradient;
};

// y = softmax(relu(conv(x)) flattened), with the derivative with respect to x.
Chain make_chain(const VjpRules& rules) {
  Chain c;
  c.x = c.builder.input("x", Shape{1, 4, 4, 2});
  c.weight = c.builder.parameter("w", Shape{3, 3, 3, 2});
  c.bias = c.builder.parameter("b", Shape{3});
  Window window;
  window.kernel = {3, 3};
  const ValueId conv = *c.builder.add_one(make_conv(window, 1), {c.x, c.weight, c.bias}, "conv");
  c.hidden = *c.builder.add_one(make_relu(), {conv}, "relu");
  const ValueId flat = *c.builder.add_one(make_flatten(1), {c.hidden}, "flat");
  c.y = *c.builder.add_one(make_softmax(-1), {flat}, "y");
  c.seed = c.builder.input("seed", c.builder.shape(c.y));
  const ValueId outputs[] = {c.y}, seeds[] = {c.seed}, wanted[] = {c.x};
  c.gradient = build_vjp(c.builder, outputs, seeds, wanted, rules)->at(c.x);
  return c;
}

DoubleTensor gradient_for(const Chain& c, const std::unordered_map<ValueId, DoubleTensor>& given,
                          const DoubleTensor& seed) {
  auto values = given;
  values.insert_or_assign(c.seed, seed);
  const ValueId wanted[] = {c.gradient};
  return evaluate_reference(c.builder.graph(), std::move(values), wanted).at(c.gradient);
}

std::unordered_map<ValueId, DoubleTensor> random_inputs(const Chain& c, Rng& rng) {
  std::unordered_map<ValueId, DoubleTensor> given;
  for (ValueId id : {c.x, c.weight, c.bias})
    given.emplace(id, random_double(c.builder.shape(id), rng));
  return given;
}

TEST(Vjp, IsLinearInItsSeed) {
  const Chain c = make_chain({});
  for (uint64_t round = 0; round < 20; ++round) {
    Rng rng(round);
    const auto given = random_inputs(c, rng);
    const DoubleTensor a = random_double(c.builder.shape(c.y), rng),
                       b = random_double(c.builder.shape(c.y), rng);
    DoubleTensor mixed = a;
    for (size_t i = 0; i < mixed.values.size(); ++i)
      mixed.values[i] = 2 * a.values[i] - 3 * b.values[i];
    const DoubleTensor of_a = gradient_for(c, given, a), of_b = gradient_for(c, given, b),
                       of_mixed = gradient_for(c, given, mixed);
    for (size_t i = 0; i < of_a.values.size(); ++i) {
      EXPECT_NEAR(of_mixed.values[i], 2 * of_a.values[i] - 3 * of_b.values[i], 1e-12)
          << "round " << round;
    }
  }
}

TEST(Vjp, SoftmaxIgnoresAConstantSeed) {
  // The probabilities sum to 1 whatever the input, so a seed of ones has no gradient.
  const Chain c = make_chain({});
  Rng rng(1);
  const auto given = random_inputs(c, rng);
  DoubleTensor ones = DoubleTensor::zeros(c.builder.shape(c.y));
  for (double& value : ones.values) value = 1;
  for (double value : gradient_for(c, given, ones).values) EXPECT_NEAR(value, 0, 1e-12);
}

TEST(Softmax, IsInvariantUnderAShift) {
  const OpPtr softmax = make_softmax(-1);
  Rng rng(2);
  const DoubleTensor x = random_double(Shape{2, 9}, rng);
  DoubleTensor shifted = x;
  for (double& value : shifted.values) value += 700;
  DoubleTensor a[] = {DoubleTensor::zeros(x.shape)}, b[] = {DoubleTensor::zeros(x.shape)};
  softmax->evaluate(std::span(&x, 1), a);
  softmax->evaluate(std::span(&shifted, 1), b);
  for (size_t i = 0; i < x.values.size(); ++i) EXPECT_NEAR(a[0].values[i], b[0].values[i], 1e-12);
}

TEST(VjpRules, ReplaceOnlyWhatTheyName) {
  // A rule that stops the gradient at every Relu makes it zero; one that never applies changes
  // nothing.
  const VjpRule stop = {"stop",
                        [](const Graph&, const Node& node) { return node.op->kind() == "Relu"; },
                        [](VjpContext&) -> Result<Cotangents> { return Cotangents{std::nullopt}; }};
  GraphBuilder builder;
  const ValueId x = builder.input("x", Shape{1, 3});
  const ValueId y = *builder.add_one(make_relu(), {x}, "y");
  const ValueId seed = builder.input("seed", Shape{1, 3});
  const ValueId outputs[] = {y}, seeds[] = {seed}, wanted[] = {x};
  GraphBuilder stopped(builder.graph());
  EXPECT_FALSE(build_vjp(stopped, outputs, seeds, wanted, {stop})->contains(x));

  const VjpRule never = {"never", [](const Graph&, const Node&) { return false; }, stop.vjp};
  const Chain plain = make_chain({}), ruled = make_chain({never});
  EXPECT_EQ(graph_text(plain.builder.graph()), graph_text(ruled.builder.graph()));
}

TEST(VjpRules, FirstThatAppliesWins) {
  int first = 0, second = 0;
  const auto counting = [](int* counter) {
    return VjpRule{"count",
                   [](const Graph&, const Node& node) { return node.op->kind() == "Relu"; },
                   [counter](VjpContext& context) -> Result<Cotangents> {
                     ++*counter;
                     return Cotangents{context.cotangent()};
                   }};
  };
  make_chain({counting(&first), counting(&second)});
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 0);
}

}  // namespace
}  // namespace convscope
