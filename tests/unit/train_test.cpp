// Trainer and optimizers: what was packed follows the weights, a small network learns, and what
// cannot be trained is refused in a sentence.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/rng.h"
#include "ops/ops.h"
#include "train/labels.h"
#include "train/trainer.h"

namespace convscope {
namespace {

Tensor random_tensor(const Shape& shape, Rng& rng, float scale = 1) {
  Tensor tensor = *Tensor::uninitialised(shape);
  for (float& value : tensor.values()) value = scale * rng.normal();
  return tensor;
}

struct Builder {
  GraphBuilder graph;
  Parameters parameters;
  Rng rng{3};

  ValueId parameter(const std::string& name, const Shape& shape, float scale) {
    parameters.push_back(random_tensor(shape, rng, scale));
    return graph.parameter(name, shape);
  }
  ValueId add(OpPtr op, std::initializer_list<ValueId> inputs, const std::string& name) {
    return *graph.add_one(std::move(op), inputs, name);
  }
};

constexpr int64_t kSize = 8, kClasses = 3;

struct Task {
  TrainingTask task;
  ValueId x, logits;
};

// conv → ReLU → depthwise, stride 2 → padded 1×1 → transposed conv → mean → fully connected: every
// kind of packed weight.
Task make_task(int64_t batch) {
  Builder b;
  Task out;
  out.x = b.graph.input("x", {batch, kSize, kSize, 1});
  const ValueId labels = b.graph.input("labels", {batch});
  const auto weighted = [&](auto make, const Window& window, int64_t group, ValueId x,
                            const Shape& weight, int64_t outputs, const std::string& name) {
    const float scale = std::sqrt(2.0f / static_cast<float>(weight.elements() / weight[0]));
    const ValueId w = b.parameter(name + ".weight", weight, scale),
                  bias = b.parameter(name + ".bias", {outputs}, 0.1f);
    return b.add(make(window, group), {x, w, bias}, name);
  };
  const auto transposed = [](const Window& window, int64_t group) {
    return make_conv_transpose(window, group, {0, 0});
  };
  const Window same{.kernel = {3, 3}, .pads = {1, 1, 1, 1}}, point{.pads = {1, 1, 1, 1}},
      halve{.kernel = {3, 3}, .strides = {2, 2}, .pads = {1, 1, 1, 1}},
      twice{.kernel = {2, 2}, .strides = {2, 2}};
  ValueId x = weighted(make_conv, same, 1, out.x, {8, 3, 3, 1}, 8, "conv");
  x = b.add(make_relu(), {x}, "conv.relu");
  x = weighted(make_conv, halve, 8, x, {8, 3, 3, 1}, 8, "depthwise");
  x = weighted(make_conv, point, 1, x, {6, 1, 1, 8}, 6, "point");
  x = b.add(make_relu(), {x}, "point.relu");
  x = weighted(transposed, twice, 1, x, {6, 2, 2, 5}, 5, "enlarge");
  x = b.add(make_relu(), {x}, "enlarge.relu");
  x = b.add(make_global_average_pool(), {x}, "mean");
  x = b.add(make_reshape({0, 5}), {x}, "flat");
  out.logits = b.add(
      make_gemm(true),
      {x, b.parameter("fc.weight", {kClasses, 5}, 0.6f), b.parameter("fc.bias", {kClasses}, 0.1f)},
      "logits");
  const ValueId target = b.add(make_one_hot(kClasses), {labels}, "target");
  out.task.loss = b.add(make_softmax_cross_entropy_loss(), {out.logits, target}, "loss");
  out.task.graph = std::move(b.graph).build();
  out.task.parameters = std::move(b.parameters);
  return out;
}

// Stripes across, stripes down, or a checkerboard, shifted, weak and noisy.
std::vector<Tensor> make_batch(int64_t count, Rng& rng) {
  Tensor x = *Tensor::uninitialised({count, kSize, kSize, 1}), labels = *Tensor::zeros({count});
  for (int64_t n = 0; n < count; ++n) {
    const uint32_t kind = rng.below(kClasses), shift = rng.below(2);
    labels.data()[n] = static_cast<float>(kind);
    for (int64_t p = 0; p < kSize; ++p) {
      for (int64_t q = 0; q < kSize; ++q) {
        const int64_t phase = (kind == 0 ? p : kind == 1 ? q : p + q) + shift;
        x.data()[(n * kSize + p) * kSize + q] =
            (phase % 2 == 0 ? 0.7f : -0.7f) + 0.4f * rng.normal();
      }
    }
  }
  return {x, labels};
}

Tensor logits_of(Session& session, const Task& task, const Tensor& x) {
  const auto program = session.program("predict " + x.shape().text(), [&]() -> Result<ProgramSpec> {
    TRY(Graph graph,
        session.graph()->with_input_shapes(std::array{x.shape(), Shape{x.shape()[0]}}));
    return ProgramSpec{std::make_shared<const Graph>(std::move(graph)), {task.x}, {task.logits}};
  });
  EXPECT_TRUE(program.has_value());
  EXPECT_TRUE(session.run(**program, std::array{x}).has_value());
  return *(*program)->copy(task.logits);
}

std::unique_ptr<Optimizer> adam(double rate) { return *make_adam({.learning_rate = rate}); }

std::vector<float> values_of(const Tensor& tensor) {
  return {tensor.values().begin(), tensor.values().end()};
}

class TrainTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(initialise_kernels().has_value()); }
  std::unique_ptr<Trainer> make_trainer(const TrainingTask& task, std::unique_ptr<Optimizer> how) {
    auto trainer = Trainer::create(task, std::move(how), pool_.get());
    EXPECT_TRUE(trainer.has_value()) << trainer.error().message;
    return *std::move(trainer);
  }
  std::string refusal(const TrainingTask& task) {
    const auto trainer = Trainer::create(task, adam(0.01), pool_.get());
    return trainer.has_value() ? "accepted" : trainer.error().message;
  }
  // One: what two sessions compute is compared bit by bit.
  const std::unique_ptr<ThreadPool> pool_ = ThreadPool::create(1);
};

TEST_F(TrainTest, ASmallNetworkLearnsToTellStripes) {
  const Task task = make_task(16);
  const auto trainer = make_trainer(task.task, adam(0.02));
  Rng rng(1), other(2);
  const std::vector<Tensor> unseen = make_batch(120, other);
  const double before = *trainer->loss(unseen);
  EXPECT_GT(before, 0.8);
  for (int step = 0; step < 80; ++step) {
    const auto loss = trainer->step(make_batch(16, rng));
    ASSERT_TRUE(loss.has_value()) << loss.error().message;
  }
  EXPECT_EQ(trainer->steps(), 80);
  EXPECT_LT(*trainer->loss(unseen), 0.1);
  const Tensor logits = logits_of(trainer->session(), task, unseen[0]);
  int right = 0;
  for (int64_t n = 0; n < 120; ++n) {
    const float* row = logits.data() + n * kClasses;
    right += std::max_element(row, row + kClasses) - row == static_cast<int>(unseen[1].data()[n]);
  }
  EXPECT_GE(right, 115);
}

TEST_F(TrainTest, TheNetworkRunsWithItsNewWeights) {
  for (bool line_search : {false, true}) {
    const Task task = make_task(4);
    const auto trainer = make_trainer(task.task, line_search ? *make_lbfgs({}) : adam(0.05));
    Rng rng(7);
    const std::vector<Tensor> batch = make_batch(4, rng);
    // Packed here, and stale from the first step on.
    std::vector<float> before = values_of(logits_of(trainer->session(), task, batch[0]));
    const int64_t packed = trainer->session().packed_bytes();
    for (int step = 0; step < 3; ++step) {
      ASSERT_TRUE(trainer->step(batch).has_value());
      const std::vector<float> after = values_of(logits_of(trainer->session(), task, batch[0]));
      Session fresh(*trainer->session().graph(), trainer->session().parameters(), pool_.get());
      EXPECT_EQ(after, values_of(logits_of(fresh, task, batch[0])));
      EXPECT_NE(after, before);
      before = after;
    }
    ASSERT_TRUE(trainer->loss(batch).has_value());
    EXPECT_GE(trainer->session().packed_bytes(), packed);
  }
}

TEST_F(TrainTest, OnlyNamedWeightsMoveAndOtherHoldersKeepTheirs) {
  Task task = make_task(4);
  std::vector<std::vector<float>> before;
  for (const Tensor& tensor : task.task.parameters) before.push_back(values_of(tensor));
  const ValueId weight = task.task.graph.find("fc.weight");
  task.task.weights = {weight};
  const auto trainer = make_trainer(task.task, adam(0.05));
  Rng rng(8);
  ASSERT_TRUE(trainer->step(make_batch(4, rng)).has_value());
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(values_of(task.task.parameters[i]), before[i]) << "the caller's tensors stay";
    const bool learns = static_cast<int32_t>(i) == task.task.graph.value(weight).parameter;
    EXPECT_EQ(values_of(trainer->session().parameters()[i]) != before[i], learns) << i;
  }
}

TEST_F(TrainTest, WithoutNamesEveryParameterThatMattersLearns) {
  Builder b;
  const ValueId x = b.graph.input("x", {2, 3}), target = b.graph.input("target", {2, 4});
  const ValueId weight = b.parameter("weight", {4, 3}, 1), unused = b.parameter("unused", {4}, 1);
  const ValueId y = b.add(make_gemm(true), {x, weight}, "y");
  b.add(make_add(), {y, unused}, "elsewhere");
  TrainingTask task;
  task.loss = b.add(make_mean_squared_error(), {y, target}, "loss");
  task.graph = b.graph.graph();
  task.parameters = b.parameters;
  EXPECT_EQ(make_trainer(task, adam(0.1))->weights(), std::vector{weight});
  task.weights = {weight, unused};
  EXPECT_EQ(refusal(task), "unused cannot learn: it has no influence on loss");
  task.weights = {x};
  EXPECT_EQ(refusal(task), "x cannot learn: it is no parameter");
  task.weights = {};
  task.loss = y;
  EXPECT_EQ(refusal(task), "a loss is one number; got y of shape 2×4");
}

TEST_F(TrainTest, WrongBatchesAreRefusedAndMoveNothing) {
  const Task task = make_task(4);
  const auto trainer = make_trainer(task.task, adam(0.05));
  Rng rng(9);
  std::vector<Tensor> batch = make_batch(5, rng);
  EXPECT_TRUE(trainer->step(batch).has_value()) << "another size is another plan";
  const std::vector<float> before = values_of(trainer->weight_tensors()[0]);
  EXPECT_EQ(trainer->step({batch.data(), 1}).error().message,
            "a batch wants 2 tensors, one for each input; got 1");
  batch[1] = *Tensor::zeros({4});
  EXPECT_FALSE(trainer->step(batch).has_value());
  batch = make_batch(4, rng);
  batch[0].data()[0] = std::numeric_limits<float>::infinity();
  const auto diverged = trainer->step(batch);
  ASSERT_FALSE(diverged.has_value());
  EXPECT_EQ(diverged.error().message.substr(0, 20), "the loss has become ");
  EXPECT_EQ(values_of(trainer->weight_tensors()[0]), before);
  EXPECT_EQ(trainer->steps(), 1);
}

// With momentum 1 the running statistics are the last batch's, so the network that reads them must
// give what training saw, but for the variance's n / (n − 1).
TEST_F(TrainTest, RunningStatisticsServeTheNetworkAfterTraining) {
  Builder b;
  const ValueId x = b.graph.input("x", {3, 4, 5, 2}),
                target = b.graph.input("target", {3, 4, 5, 2});
  const ValueId scale = b.parameter("scale", {2}, 1), bias = b.parameter("bias", {2}, 1),
                mean = b.parameter("mean", {2}, 1), variance = b.parameter("variance", {2}, 0);
  constexpr float kEpsilon = 1e-3f;
  const auto trains =
      *add_batch_normalization_training(b.graph, x, kEpsilon, {scale, bias}, "train");
  const ValueId serves =
      *add_batch_normalization(b.graph, x, mean, variance, kEpsilon, {scale, bias}, "serve");
  TrainingTask task;
  task.loss = b.add(make_mean_squared_error(), {trains.y, target}, "loss");
  task.statistics = {{x, trains, mean, variance, /*momentum=*/1}};
  task.graph = b.graph.graph();
  task.parameters = b.parameters;
  const auto trainer = make_trainer(task, *make_sgd({.learning_rate = 0}));
  Rng rng(4);
  const std::vector<Tensor> batch{random_tensor({3, 4, 5, 2}, rng, 2),
                                  *Tensor::zeros({3, 4, 5, 2})};
  ASSERT_TRUE(trainer->step(batch).has_value());
  const auto program = trainer->session().program("both", [&]() -> Result<ProgramSpec> {
    return ProgramSpec{trainer->session().graph(), {x}, {trains.y, serves, trains.variance}};
  });
  ASSERT_TRUE(program.has_value());
  ASSERT_TRUE(trainer->session().run(**program, {batch.data(), 1}).has_value());
  const Tensor trained = *(*program)->copy(trains.y), served = *(*program)->copy(serves),
               spread = *(*program)->copy(trains.variance);
  for (int64_t i = 0; i < trained.shape().elements(); ++i) {
    const auto c = static_cast<size_t>(i % 2);
    const auto shift = static_cast<double>(b.parameters[1].values()[c]),
               v = static_cast<double>(spread.values()[c]), epsilon = static_cast<double>(kEpsilon);
    const double ratio = std::sqrt((v + epsilon) / (v * 60 / 59 + epsilon));
    EXPECT_NEAR(static_cast<double>(served.data()[i]),
                shift + (static_cast<double>(trained.data()[i]) - shift) * ratio, 1e-5);
  }
}

// x − ln x, which is no number from 0 downwards.
class Barrier final : public Objective {
 public:
  Tensor x = *Tensor::from(Shape{1}, std::array{5.0f});
  int evaluations = 0;
  Result<Evaluation> evaluate() override {
    ++evaluations;
    const auto at = static_cast<double>(x.data()[0]);
    Evaluation out{at - std::log(at), {}};
    TRY(Tensor gradient, Tensor::from(Shape{1}, std::array{static_cast<float>(1 - 1 / at)}));
    out.gradients.push_back(std::move(gradient));
    return out;
  }
};

TEST(Lbfgs, StepsBackFromWhereTheLossIsNoNumber) {
  Barrier barrier;
  const auto lbfgs = *make_lbfgs({.learning_rate = 30});
  for (int step = 0; step < 12; ++step) {
    const auto loss = lbfgs->step({&barrier.x, 1}, barrier);
    ASSERT_TRUE(loss.has_value()) << loss.error().message;
  }
  EXPECT_NEAR(static_cast<double>(barrier.x.data()[0]), 1, 1e-3);
  EXPECT_LT(barrier.evaluations, 150);
}

// Of x² from 1: each kind of optimizer moves by the rate of the moment.
class Square final : public Objective {
 public:
  Tensor x = *Tensor::from(Shape{1}, std::array{1.0f});
  Result<Evaluation> evaluate() override {
    const float at = x.data()[0];
    Evaluation out{static_cast<double>(at) * static_cast<double>(at), {}};
    TRY(Tensor gradient, Tensor::from(Shape{1}, std::array{2 * at}));
    out.gradients.push_back(std::move(gradient));
    return out;
  }
};

TEST(Optimizers, FollowAScheduleOfRates) {
  for (bool first_order : {true, false}) {
    Square square;
    const auto how = first_order ? *make_sgd({.learning_rate = 0.25}) : adam(0.25);
    EXPECT_EQ(*how->step({&square.x, 1}, square), 1);
    const float moved = square.x.data()[0];
    EXPECT_NEAR(static_cast<double>(moved), first_order ? 0.5 : 0.75, 1e-6);
    how->set_learning_rate(0);
    ASSERT_TRUE(how->step({&square.x, 1}, square).has_value());
    EXPECT_EQ(square.x.data()[0], moved);
    how->set_learning_rate(0.1);
    ASSERT_TRUE(how->step({&square.x, 1}, square).has_value());
    EXPECT_LT(square.x.data()[0], moved);
  }
}

TEST(Labels, AreWholeNumbersOfClasses) {
  const auto refusal = [](std::array<float, 3> labels) {
    const Status status = check_labels(*Tensor::from({3}, labels), 3);
    return status ? "" : status.error().message;
  };
  EXPECT_EQ(refusal({0, 2, 1}), "");
  EXPECT_EQ(refusal({0, 3, 1}), "label 1 is 3; want a whole number from 0 to 2");
  EXPECT_EQ(refusal({0, 1, -1}), "label 2 is -1; want a whole number from 0 to 2");
  EXPECT_EQ(refusal({0.5f, 1, 1}), "label 0 is 0.5; want a whole number from 0 to 2");
  EXPECT_EQ(refusal({0, std::nanf(""), 1}), "label 1 is nan; want a whole number from 0 to 2");
}

TEST(Optimizers, RefuseOptionsThatMakeNoSense) {
  EXPECT_EQ(make_sgd({.learning_rate = -1}).error().message,
            "learning_rate wants a finite number from 0 on; got -1");
  EXPECT_EQ(make_sgd({.learning_rate = std::nan("")}).error().message,
            "learning_rate wants a finite number from 0 on; got nan");
  EXPECT_EQ(make_sgd({.momentum = 1}).error().message,
            "momentum wants a number from 0 to below 1; got 1");
  EXPECT_EQ(make_sgd({.nesterov = true}).error().message,
            "nesterov wants a momentum above 0 and no dampening");
  EXPECT_EQ(make_adam({.beta2 = 1.5}).error().message,
            "beta2 wants a number from 0 to below 1; got 1.5");
  EXPECT_EQ(make_lbfgs({.history = 0}).error().message,
            "history wants a number from 1 to below 1001; got 0");
}

}  // namespace
}  // namespace convscope
