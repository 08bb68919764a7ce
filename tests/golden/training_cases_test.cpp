// Gradients and trajectories of PyTorch (made by make_training_cases.py): derivatives to weights in
// double and as planned kernels, optimizers on a function and on a small network.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "graph/vjp.h"
#include "kernels/kernel.h"
#include "ops/normalization.h"
#include "ops/ops.h"
#include "runtime/session.h"
#include "train/trainer.h"

namespace convscope {
namespace {

constexpr double kRelative = 1e-4;

struct TrainingCase {
  std::string what, name, kind;
  Attributes attributes;
  std::vector<std::pair<std::string, Tensor>> tensors;  // in the order of the file

  std::vector<Tensor> all(std::string_view word) const {
    std::vector<Tensor> out;
    for (const auto& [name_, tensor] : tensors) {
      if (name_ == word) out.push_back(tensor);
    }
    return out;
  }
  double number(std::string_view attribute, float fallback) const {
    return static_cast<double>(*attributes.number(attribute, fallback));
  }
};

Tensor read_tensor(std::istringstream& line) {
  std::vector<int64_t> extents;
  std::vector<float> values;
  std::string word;
  while (line >> word && word != ":") extents.push_back(std::stoll(word));
  while (line >> word) values.push_back(std::strtof(word.c_str(), nullptr));
  return *Tensor::from(Shape(extents), values);
}

std::vector<TrainingCase> read_cases(std::string_view what) {
  const std::string here = __FILE__;
  std::ifstream file(here.substr(0, here.rfind('/')) + "/training_cases.txt");
  if (!file)
    file.open("tests/golden/training_cases.txt");  // where the compiler was given a relative path
  std::vector<TrainingCase> all;
  std::string text, word;
  while (std::getline(file, text)) {
    std::istringstream line(text);
    line >> word;
    if (word == "layer" || word == "function" || word == "network") {
      TrainingCase& test = all.emplace_back();
      test.what = word;
      line >> test.name >> test.kind;
      while (line >> word)
        test.attributes.set(word.substr(0, word.find('=')), word.substr(word.find('=') + 1));
    } else {
      all.back().tensors.emplace_back(word, read_tensor(line));
    }
  }
  std::erase_if(all, [&](const TrainingCase& test) { return test.what != what; });
  return all;
}

// 1e-4 of the value, and where terms cancel of what they are made of: 1e-6 of the largest value.
void expect_near(const TrainingCase& test, const Tensor& want, std::span<const double> got,
                 const std::string& what) {
  ASSERT_EQ(got.size(), want.values().size()) << test.name << ", " << what;
  double largest = 0;
  for (float value : want.values())
    largest = std::max(largest, std::abs(static_cast<double>(value)));
  for (size_t i = 0; i < got.size(); ++i) {
    const auto value = static_cast<double>(want.values()[i]);
    ASSERT_NEAR(got[i], value, kRelative * std::abs(value) + 1e-6 * largest)
        << test.name << ", " << what << ", element " << i;
  }
}

void expect_near(const TrainingCase& test, const Tensor& want, const Tensor& got,
                 const std::string& what) {
  EXPECT_EQ(got.shape(), want.shape()) << test.name << ", " << what;
  expect_near(test, want, DoubleTensor::from(got).values, what);
}

// --- One layer -------------------------------------------------------------------------------

struct Layer {
  Graph graph;
  Parameters parameters;
  std::vector<ValueId> feeds, outputs;  // outputs: y, then the gradients
  std::vector<Tensor> given;            // of the feeds
};

Result<ValueId> add_layer(GraphBuilder& builder, const TrainingCase& test,
                          const std::vector<ValueId>& in) {
  const auto epsilon = static_cast<float>(test.number("epsilon", 1e-5f));
  const ScaleAndBias after = in.size() < 3 ? ScaleAndBias{} : ScaleAndBias{in[1], in[2]};
  if (test.kind == "BatchNormalization" && test.attributes.has("training")) {
    TRY(const auto out, add_batch_normalization_training(builder, in[0], epsilon, after, "y"));
    return out.y;
  }
  if (test.kind == "BatchNormalization")
    return add_batch_normalization(builder, in[0], in[3], in[4], epsilon, after, "y");
  if (test.kind == "InstanceNormalization")
    return add_instance_normalization(builder, in[0], epsilon, after, "y");
  if (test.kind == "GroupNormalization")
    return add_group_normalization(builder, in[0], *test.attributes.integer("groups", 1), epsilon,
                                   after, "y");
  if (test.kind == "LayerNormalization")
    return add_layer_normalization(builder, in[0], std::array{-1}, epsilon, after, "y");
  if (test.kind == "SoftmaxCrossEntropyLoss" && test.attributes.has("labels")) {
    TRY(const ValueId target,
        builder.add_one(make_one_hot(builder.shape(in[0]).channels()), {in[1]}, "target"));
    return builder.add_one(make_softmax_cross_entropy_loss(), {in[0], target}, "y");
  }
  TRY(const OpPtr op, make_op(test.kind, test.attributes));
  TRY(const auto outputs, builder.add(op, in, "y"));
  return outputs[0];
}

Result<Layer> make_layer(const TrainingCase& test) {
  Layer out;
  GraphBuilder builder;
  std::vector<ValueId> in, wanted;
  for (const auto& [word, tensor] : test.tensors) {
    if (word != "input" && word != "parameter" && word != "fixed") continue;
    const std::string name = word + std::to_string(in.size());
    if (word == "parameter") {
      in.push_back(builder.parameter(name, tensor.shape()));
      out.parameters.push_back(tensor);
    } else {
      in.push_back(builder.input(name, tensor.shape()));
      out.feeds.push_back(in.back());
      out.given.push_back(tensor);
    }
    if (word != "fixed") wanted.push_back(in.back());
  }
  TRY(const ValueId y, add_layer(builder, test, in));
  const ValueId seed = builder.input("seed", builder.shape(y));
  out.feeds.push_back(seed);
  const auto seeds = test.all("seed");
  out.given.push_back(seeds.empty() ? *Tensor::from(Shape(), std::array{1.0f}) : seeds[0]);
  TRY(const auto cotangents, build_vjp(builder, std::array{y}, std::array{seed}, wanted));
  out.outputs.push_back(y);
  for (ValueId id : wanted) out.outputs.push_back(cotangents.at(id));
  out.graph = std::move(builder).build();
  return out;
}

std::vector<Tensor> expected(const TrainingCase& test) {
  std::vector<Tensor> out = test.all("output");
  for (const Tensor& gradient : test.all("gradient")) out.push_back(gradient);
  return out;
}

std::string label(size_t output) {
  return output == 0 ? "output" : "gradient " + std::to_string(output - 1);
}

TEST(TrainingCases, EveryLayerHasPyTorchsGradients) {
  ASSERT_TRUE(initialise_kernels().has_value());
  const auto pool = ThreadPool::create(2);
  const std::vector<TrainingCase> cases = read_cases("layer");
  ASSERT_GE(cases.size(), 28u) << "tests/golden/training_cases.txt is missing or cut short";
  for (const TrainingCase& test : cases) {
    const auto layer = make_layer(test);
    ASSERT_TRUE(layer.has_value()) << test.name << ": " << layer.error().message;
    const std::vector<Tensor> want = expected(test);
    ASSERT_EQ(want.size(), layer->outputs.size()) << test.name;

    std::unordered_map<ValueId, DoubleTensor> exact;
    for (size_t i = 0; i < layer->feeds.size(); ++i)
      exact.emplace(layer->feeds[i], DoubleTensor::from(layer->given[i]));
    for (size_t i = 0; i < layer->graph.values().size(); ++i) {
      const Value& value = layer->graph.values()[i];
      if (value.kind == ValueKind::kParameter)
        exact.emplace(ValueId(static_cast<int32_t>(i)),
                      DoubleTensor::from(layer->parameters[static_cast<size_t>(value.parameter)]));
    }
    exact = evaluate_reference(layer->graph, std::move(exact), layer->outputs);

    Session session(layer->graph, layer->parameters, pool.get());
    const auto program = session.program("both ways", [&]() -> Result<ProgramSpec> {
      return ProgramSpec{session.graph(), layer->feeds, layer->outputs};
    });
    ASSERT_TRUE(program.has_value()) << test.name << ": " << program.error().message;
    const Status run = session.run(**program, layer->given);
    ASSERT_TRUE(run.has_value()) << test.name << ": " << run.error().message;
    for (size_t i = 0; i < want.size(); ++i) {
      const ValueId id = layer->outputs[i];
      expect_near(test, want[i], exact.at(id).values, "reference, " + label(i));
      expect_near(test, want[i], *(*program)->copy(id), "kernels, " + label(i));
      if (HasFatalFailure()) return;
    }
  }
}

// --- Optimizers ------------------------------------------------------------------------------

Result<std::unique_ptr<Optimizer>> make_optimizer(const TrainingCase& test) {
  if (test.kind == "SGD") {
    return make_sgd({.learning_rate = test.number("learning_rate", 0),
                     .momentum = test.number("momentum", 0),
                     .dampening = test.number("dampening", 0),
                     .weight_decay = test.number("weight_decay", 0),
                     .nesterov = test.attributes.has("nesterov")});
  }
  if (test.kind == "LBFGS") {
    return make_lbfgs({.learning_rate = test.number("learning_rate", 1),
                       .history = static_cast<int>(test.number("history", 10))});
  }
  AdamOptions options{.learning_rate = test.number("learning_rate", 0),
                      .weight_decay = test.number("weight_decay", 0),
                      .decoupled = test.kind == "AdamW"};
  if (test.attributes.has("beta1")) {
    options.beta1 = test.number("beta1", 0);
    options.beta2 = test.number("beta2", 0);
    options.epsilon = test.number("epsilon", 0);
  }
  return make_adam(options);
}

// Σ 5·(x[i+1] − x[i]²)² + (1 − x[i])² over all weights in a row, with its derivative.
class Valley final : public Objective {
 public:
  explicit Valley(std::vector<Tensor> weights) : weights_(std::move(weights)) {}
  const std::vector<Tensor>& weights() const { return weights_; }

  Result<Evaluation> evaluate() override {
    std::vector<double> x;
    for (const Tensor& weight : weights_)
      x.insert(x.end(), weight.values().begin(), weight.values().end());
    std::vector<double> slope(x.size());
    Evaluation out;
    for (size_t i = 0; i + 1 < x.size(); ++i) {
      const double wall = x[i + 1] - x[i] * x[i], rest = 1 - x[i];
      out.loss += 5 * wall * wall + rest * rest;
      slope[i] += -20 * wall * x[i] - 2 * rest;
      slope[i + 1] += 10 * wall;
    }
    size_t next = 0;
    for (const Tensor& weight : weights_) {
      TRY(Tensor gradient, Tensor::zeros(weight.shape()));
      for (float& value : gradient.values()) value = static_cast<float>(slope[next++]);
      out.gradients.push_back(std::move(gradient));
    }
    return out;
  }

 private:
  std::vector<Tensor> weights_;
};

void expect_losses(const TrainingCase& test, const std::vector<double>& losses) {
  expect_near(test, test.all("loss").at(0), losses, "loss before each step");
}

TEST(TrainingCases, OptimizersDescendAFunctionAsPyTorchsDo) {
  const std::vector<TrainingCase> cases = read_cases("function");
  ASSERT_GE(cases.size(), 9u);
  for (const TrainingCase& test : cases) {
    auto optimizer = make_optimizer(test);
    ASSERT_TRUE(optimizer.has_value()) << test.name << ": " << optimizer.error().message;
    Valley valley(test.all("start"));
    std::vector<double> losses;
    while (losses.size() < test.all("loss").at(0).values().size()) {
      const auto loss = (*optimizer)->step(valley.weights(), valley);
      ASSERT_TRUE(loss.has_value()) << test.name << ": " << loss.error().message;
      losses.push_back(*loss);
    }
    expect_losses(test, losses);
    const std::vector<Tensor> end = test.all("end");
    for (size_t i = 0; i < end.size(); ++i)
      expect_near(test, end[i], valley.weights()[i], "weight " + std::to_string(i));
    if (HasFatalFailure()) return;
  }
}

// conv 3×3 → batch normalization → ReLU → max pool 2×2 → fully connected → cross-entropy.
Result<TrainingTask> make_network(const TrainingCase& test) {
  const Tensor input = test.all("input").at(0), labels = test.all("labels").at(0);
  GraphBuilder builder;
  TrainingTask task;
  const ValueId x = builder.input("x", input.shape()),
                label = builder.input("labels", labels.shape());
  const auto parameter = [&](const std::string& name, const Tensor& start) {
    task.parameters.push_back(start);
    return builder.parameter(name, start.shape());
  };
  std::vector<ValueId> weights;
  for (const Tensor& start : test.all("start"))
    weights.push_back(parameter("weight" + std::to_string(weights.size()), start));
  TRY(const Tensor zeros, Tensor::zeros({4}));
  TRY(const Tensor ones, Tensor::from({4}, std::array{1.0f, 1.0f, 1.0f, 1.0f}));
  const ValueId mean = parameter("mean", zeros), variance = parameter("variance", ones);
  const Window same{.kernel = {3, 3}, .pads = {1, 1, 1, 1}},
      halve{.kernel = {2, 2}, .strides = {2, 2}};
  TRY(const ValueId conv, builder.add_one(make_conv(same, 1), {x, weights[0]}, "conv"));
  TRY(const BatchNormalized normal,
      add_batch_normalization_training(builder, conv, 1e-5f, {weights[1], weights[2]}, "normal"));
  TRY(const ValueId relu, builder.add_one(make_relu(), {normal.y}, "relu"));
  TRY(const ValueId pool, builder.add_one(make_max_pool(halve), {relu}, "pool"));
  TRY(const ValueId flat, builder.add_one(make_flatten(1), {pool}, "flat"));
  TRY(const ValueId logits,
      builder.add_one(make_gemm(true), {flat, weights[3], weights[4]}, "logits"));
  TRY(const ValueId target, builder.add_one(make_one_hot(3), {label}, "target"));
  TRY(task.loss, builder.add_one(make_softmax_cross_entropy_loss(), {logits, target}, "loss"));
  task.weights = weights;
  task.statistics = {{conv, normal, mean, variance}};
  task.graph = std::move(builder).build();
  return task;
}

TEST(TrainingCases, ANetworkLearnsAsInPyTorch) {
  ASSERT_TRUE(initialise_kernels().has_value());
  const auto pool = ThreadPool::create(1);
  const std::vector<TrainingCase> cases = read_cases("network");
  ASSERT_GE(cases.size(), 9u);
  for (const TrainingCase& test : cases) {
    auto task = make_network(test);
    ASSERT_TRUE(task.has_value()) << task.error().message;
    auto optimizer = make_optimizer(test);
    ASSERT_TRUE(optimizer.has_value()) << test.name << ": " << optimizer.error().message;
    auto trainer = Trainer::create(*std::move(task), *std::move(optimizer), pool.get());
    ASSERT_TRUE(trainer.has_value()) << trainer.error().message;
    const std::vector<Tensor> batch{test.all("input").at(0), test.all("labels").at(0)};
    std::vector<double> losses;
    while (losses.size() < test.all("loss").at(0).values().size()) {
      const auto loss = (*trainer)->step(batch);
      ASSERT_TRUE(loss.has_value()) << test.name << ": " << loss.error().message;
      losses.push_back(*loss);
    }
    expect_losses(test, losses);
    const std::vector<Tensor> end = test.all("end"), running = test.all("running");
    for (size_t i = 0; i < end.size(); ++i)
      expect_near(test, end[i], (*trainer)->weight_tensors()[i], "weight " + std::to_string(i));
    for (size_t i = 0; i < running.size(); ++i)
      expect_near(test, running[i], (*trainer)->session().parameters()[5 + i],
                  i == 0 ? "running mean" : "running variance");
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace convscope
