// Plans against the double-precision reference on small graphs that hold what plans exploit: fused
// activations, concats and slices without copies, values that several nodes read, outputs in the
// middle, starting from an activation.
#include "runtime/session.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "graph/vjp.h"
#include "ops/ops.h"

namespace convscope {
namespace {

Tensor random_tensor(const Shape& shape, Rng& rng) {
  Tensor tensor = *Tensor::uninitialised(shape);
  for (float& value : tensor.values()) value = rng.normal();
  return tensor;
}

// A graph under construction with random parameters.
struct Network {
  GraphBuilder builder;
  Parameters parameters;
  Rng rng{5};

  ValueId conv(ValueId x, int64_t out, int64_t kernel, const std::string& name) {
    const int64_t in = builder.shape(x).channels();
    const ValueId weight = builder.parameter(name + ".weight", Shape{out, kernel, kernel, in});
    const ValueId bias = builder.parameter(name + ".bias", Shape{out});
    parameters.push_back(random_tensor(Shape{out, kernel, kernel, in}, rng));
    parameters.push_back(random_tensor(Shape{out}, rng));
    Window window;
    window.kernel = {kernel, kernel};
    window.pads = {kernel / 2, kernel / 2, kernel / 2, kernel / 2};
    return *builder.add_one(make_conv(window, 1), {x, weight, bias}, name);
  }
  ValueId relu(ValueId x, const std::string& name) {
    return *builder.add_one(make_relu(), {x}, name);
  }
};

struct Fire {
  Network network;
  ValueId input, squeeze, pre1, pre3, e1, e3, fire, pooled;
};

// conv -> two expands with ReLU -> concat -> max pool: the shape of SqueezeNet.
Fire make_fire() {
  Fire f;
  Network& n = f.network;
  f.input = n.builder.input("image", Shape{1, 9, 7, 3});
  f.squeeze = n.relu(n.conv(f.input, 4, 1, "squeeze.pre"), "squeeze");
  f.pre1 = n.conv(f.squeeze, 5, 1, "e1.pre");
  f.pre3 = n.conv(f.squeeze, 6, 3, "e3.pre");
  f.e1 = n.relu(f.pre1, "e1");
  f.e3 = n.relu(f.pre3, "e3");
  f.fire = *n.builder.add_one(make_concat(3), {f.e1, f.e3}, "fire");
  Window pool;
  pool.kernel = {3, 3};
  pool.strides = {2, 2};
  pool.ceil_mode = true;
  f.pooled = *n.builder.add_one(make_max_pool(pool), {f.fire}, "pooled");
  return f;
}

void expect_matches_reference(const Graph& graph, const Parameters& parameters,
                              const std::vector<ValueId>& feeds, const std::vector<Tensor>& given,
                              const std::vector<ValueId>& outputs, int threads) {
  ASSERT_TRUE(initialise_kernels().has_value());
  std::unordered_map<ValueId, DoubleTensor> reference;
  for (size_t i = 0; i < graph.values().size(); ++i) {
    const Value& value = graph.values()[i];
    if (value.kind == ValueKind::kParameter) {
      reference.emplace(ValueId(static_cast<int32_t>(i)),
                        DoubleTensor::from(parameters[static_cast<size_t>(value.parameter)]));
    }
  }
  for (size_t i = 0; i < feeds.size(); ++i)
    reference.insert_or_assign(feeds[i], DoubleTensor::from(given[i]));
  reference = evaluate_reference(graph, std::move(reference), outputs);

  const auto pool = ThreadPool::create(threads);
  Session session(graph, parameters, pool.get());
  auto program = session.program("test", [&]() -> Result<ProgramSpec> {
    return ProgramSpec{session.graph(), feeds, outputs};
  });
  ASSERT_TRUE(program.has_value()) << program.error().message;
  for (int run = 0; run < 2; ++run) {  // the second run meets kernels that are already configured
    const Status status = session.run(**program, given);
    ASSERT_TRUE(status.has_value()) << status.error().message;
    for (ValueId id : outputs) {
      const Tensor got = *(*program)->copy(id);
      const DoubleTensor& want = reference.at(id);
      ASSERT_EQ(got.shape(), want.shape);
      for (int64_t i = 0; i < want.shape.elements(); ++i) {
        ASSERT_NEAR(got.values()[static_cast<size_t>(i)], want[i], 1e-4 * (1 + std::abs(want[i])))
            << graph.value(id).name << " element " << i;
      }
    }
  }
  EXPECT_LE((*program)->plan().arena.lower_bound, (*program)->plan().arena.bytes);
}

TEST(Session, FireMatchesReferenceWithAnyOutputs) {
  const Fire f = make_fire();
  Rng rng(1);
  const std::vector<Tensor> given = {random_tensor(Shape{1, 9, 7, 3}, rng)};
  const std::vector<std::vector<ValueId>> choices = {
      {f.pooled}, {f.fire},           {f.fire, f.pooled},
      {f.e1},     {f.pre1, f.pooled}, {f.pre3, f.e3, f.fire, f.squeeze, f.pooled}};
  for (const auto& outputs : choices) {
    for (int threads : {1, 2}) {
      expect_matches_reference(f.network.builder.graph(), f.network.parameters, {f.input}, given,
                               outputs, threads);
    }
  }
}

TEST(Session, ConcatAndActivationsCostNoSteps) {
  const Fire f = make_fire();
  ASSERT_TRUE(initialise_kernels().has_value());
  const auto pool = ThreadPool::create(1);
  Session session(f.network.builder.graph(), f.network.parameters, pool.get());
  const auto program = session.program("p", [&]() -> Result<ProgramSpec> {
    return ProgramSpec{session.graph(), {f.input}, {f.pooled}};
  });
  ASSERT_TRUE(program.has_value());
  EXPECT_EQ((*program)->plan().steps.size(), 4u)
      << "three convolutions and one pool; ReLUs fused, concat in place";
}

// Elementwise steps write over what nothing reads any more, and over nothing else: not over a value
// that is an output, is read later, or whose slice the same step reads.
TEST(Session, ElementwiseStepsShareMemoryOnlyWhereNothingIsLost) {
  GraphBuilder builder;
  const auto one = [&](OpPtr op, std::initializer_list<ValueId> in, const char* name) {
    return *builder.add_one(std::move(op), in, name);
  };
  const ValueId x = builder.input("image", Shape{1, 5, 4, 6});
  const ValueId a = one(make_scale(2), {x}, "a");
  const ValueId left = one(make_slice(3, 0, 2), {a}, "left");
  const ValueId first = one(make_slice(3, 0, 1), {a}, "first");
  const ValueId b = one(make_tanh(), {left}, "b");
  const ValueId c = one(make_sub(), {a, first}, "c");  // `first` is a part of `a`
  const ValueId d = one(make_sin(), {c}, "d");
  const ValueId e = one(make_scale(-3), {d}, "e");
  const ValueId both =
      one(make_concat(3), {one(make_abs(), {e}, "f"), one(make_sin(), {b}, "g")}, "h");
  const ValueId last = one(make_sub(), {both, both}, "zero");
  Rng rng(11);
  const std::vector<Tensor> given = {random_tensor(Shape{1, 5, 4, 6}, rng)};
  const std::vector<std::vector<ValueId>> choices = {
      {both}, {e}, {c, e}, {a, both}, {left, both}, {d, b}, {last, both}, {first, last}};
  for (const auto& outputs : choices) {
    for (int threads : {1, 2})
      expect_matches_reference(builder.graph(), {}, {x}, given, outputs, threads);
  }

  const auto pool = ThreadPool::create(1);
  Session session(builder.graph(), {}, pool.get());
  const auto program = session.program(
      "p", [&]() -> Result<ProgramSpec> { return ProgramSpec{session.graph(), {x}, {e}}; });
  ASSERT_TRUE(program.has_value());
  const auto& places = (*program)->plan().places;
  EXPECT_EQ(places.at(c).storage, places.at(e).storage);
  EXPECT_NE(places.at(a).storage, places.at(c).storage);
}

TEST(Session, RunsTheTailFromAnActivation) {
  const Fire f = make_fire();
  Rng rng(2);
  const std::vector<Tensor> given = {random_tensor(Shape{1, 9, 7, 4}, rng)};
  expect_matches_reference(f.network.builder.graph(), f.network.parameters, {f.squeeze}, given,
                           {f.pooled}, 1);
}

TEST(Session, BackwardGraphMatchesReference) {
  Fire f = make_fire();
  GraphBuilder builder(f.network.builder.graph());
  const ValueId seed = builder.input("seed", builder.shape(f.pooled));
  const ValueId outputs[] = {f.pooled}, seeds[] = {seed}, wanted[] = {f.input};
  const auto cotangents = build_vjp(builder, outputs, seeds, wanted);
  ASSERT_TRUE(cotangents.has_value()) << cotangents.error().message;
  Rng rng(3);
  const std::vector<Tensor> given = {random_tensor(Shape{1, 9, 7, 3}, rng),
                                     random_tensor(builder.shape(f.pooled), rng)};
  expect_matches_reference(builder.graph(), f.network.parameters, {f.input, seed}, given,
                           {cotangents->at(f.input), f.pooled}, 1);
}

TEST(Session, OtherInputSizesShareKernels) {
  const Fire f = make_fire();
  ASSERT_TRUE(initialise_kernels().has_value());
  const auto pool = ThreadPool::create(1);
  Session session(f.network.builder.graph(), f.network.parameters, pool.get());
  Rng rng(4);
  int64_t packed = 0;
  for (const Shape& shape :
       {Shape{1, 9, 7, 3}, Shape{1, 20, 31, 3}, Shape{2, 9, 7, 3}, Shape{1, 9, 7, 3}}) {
    const auto graph = session.graph_at(shape, f.pooled);
    ASSERT_TRUE(graph.has_value());
    const auto program = session.program(shape.text(), [&]() -> Result<ProgramSpec> {
      return ProgramSpec{*graph, {f.input}, {f.pooled}};
    });
    ASSERT_TRUE(program.has_value());
    const Tensor feeds[] = {random_tensor(shape, rng)};
    ASSERT_TRUE(session.run(**program, feeds).has_value());
    if (packed == 0) packed = session.packed_bytes();
    EXPECT_EQ(session.packed_bytes(), packed);
  }
}

// y = w·x and dx = w^T·dy of a matrix just above kLargeMatrix, and what was packed for the two.
void check_large_matrix(const OpPtr& op, const Shape& x_shape, const Shape& weight_shape) {
  const int64_t outputs = weight_shape[0], inputs = weight_shape.elements() / outputs;
  GraphBuilder builder;
  Rng rng(8);
  const ValueId x = builder.input("x", x_shape);
  const ValueId weight = builder.parameter("weight", weight_shape);
  const ValueId bias = builder.parameter("bias", Shape{outputs});
  const Parameters parameters = {random_tensor(weight_shape, rng),
                                 random_tensor(Shape{outputs}, rng)};
  const ValueId y = *builder.add_one(op, {x, weight, bias}, "y");
  const Shape y_shape = builder.shape(y);
  const ValueId dy = builder.input("dy", y_shape);
  const auto gradients = build_vjp(builder, std::array{y}, std::array{dy}, std::array{x});
  ASSERT_TRUE(gradients.has_value());
  const ValueId dx = gradients->at(x);
  const auto pool = ThreadPool::create(2);
  Session session(builder.graph(), parameters, pool.get());
  const auto program = session.program("both", [&]() -> Result<ProgramSpec> {
    return ProgramSpec{session.graph(), {x, dy}, {y, dx}};
  });
  ASSERT_TRUE(program.has_value());
  const Tensor feeds[] = {random_tensor(x_shape, rng), random_tensor(y_shape, rng)};
  ASSERT_TRUE(session.run(**program, feeds).has_value());
  EXPECT_EQ(session.packed_bytes(), 0);
  const Tensor forward = *(*program)->copy(y), backward = *(*program)->copy(dx);
  const float* w = parameters[0].data();
  for (int64_t i = 0; i < 5; ++i) {
    const int64_t m = i * 500, k = i * 499 + 2;
    double sum = double{parameters[1].data()[m]}, back = 0;
    for (int64_t j = 0; j < inputs; ++j)
      sum += double{feeds[0].data()[j]} * double{w[m * inputs + j]};
    for (int64_t j = 0; j < outputs; ++j)
      back += double{feeds[1].data()[j]} * double{w[j * inputs + k]};
    EXPECT_NEAR(double{forward.data()[m]}, sum, 2e-3);  // 2000 terms of about 1
    EXPECT_NEAR(double{backward.data()[k]}, back, 2e-3);
  }
}

TEST(Session, ALargeMatrixIsHeldOnceForBothDirections) {
  ASSERT_TRUE(initialise_kernels().has_value());
  check_large_matrix(make_gemm(true), Shape{1, 2003}, Shape{2001, 2003});
  // As wide as the picture: the first linear layer of VGG-16 is written so.
  Window whole;
  whole.kernel = {5, 4};
  check_large_matrix(make_conv(whole, 1), Shape{1, 5, 4, 101}, Shape{2001, 5, 4, 101});
  check_large_matrix(make_conv({}, 1), Shape{1, 1, 1, 2003}, Shape{2001, 1, 1, 2003});
}

TEST(Session, ChangedParametersArePackedAnewAndNoOthers) {
  const Fire f = make_fire();
  ASSERT_TRUE(initialise_kernels().has_value());
  const auto pool = ThreadPool::create(1);
  Session session(f.network.builder.graph(), f.network.parameters, pool.get());
  Rng rng(6);
  const std::vector<Tensor> given = {random_tensor(Shape{1, 9, 7, 3}, rng)};
  const auto output_of = [&](Session& of) {
    const auto program = of.program("p", [&]() -> Result<ProgramSpec> {
      return ProgramSpec{of.graph(), {f.input}, {f.pooled}};
    });
    EXPECT_TRUE(program.has_value() && of.run(**program, given).has_value());
    const Tensor out = *(*program)->copy(f.pooled);
    return std::vector<float>(out.values().begin(), out.values().end());
  };
  const std::vector<float> before = output_of(session);
  const int64_t packed = session.packed_bytes();
  constexpr int32_t kWeight = 4;  // of e3, 6×3×3×4
  Tensor weight = session.parameters()[kWeight];
  for (float& value : weight.values()) value *= -1.5f;
  session.parameters_changed(std::array{kWeight});
  EXPECT_EQ(packed - session.packed_bytes(), 6 * 3 * 3 * 4 * 4);
  const std::vector<float> after = output_of(session);
  EXPECT_EQ(session.packed_bytes(), packed);
  EXPECT_NE(after, before);
  Session fresh(f.network.builder.graph(), f.network.parameters, pool.get());
  EXPECT_EQ(after, output_of(fresh));
}

TEST(Session, WrongShapeIsRefusedByName) {
  const Fire f = make_fire();
  const auto pool = ThreadPool::create(1);
  Session session(f.network.builder.graph(), f.network.parameters, pool.get());
  const auto program = session.program("p", [&]() -> Result<ProgramSpec> {
    return ProgramSpec{session.graph(), {f.input}, {f.pooled}};
  });
  ASSERT_TRUE(program.has_value());
  const Tensor feeds[] = {*Tensor::zeros(Shape{1, 8, 7, 3})};
  const Status status = session.run(**program, feeds);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().message, "input image: got shape 1×8×7×3, want 1×9×7×3");
}

TEST(Session, ForgottenFeedIsRefusedByName) {
  const Fire f = make_fire();
  const auto pool = ThreadPool::create(1);
  Session session(f.network.builder.graph(), f.network.parameters, pool.get());
  const auto program = session.program(
      "p", [&]() -> Result<ProgramSpec> { return ProgramSpec{session.graph(), {}, {f.pooled}}; });
  ASSERT_FALSE(program.has_value());
  EXPECT_EQ(program.error().message, "the graph needs a value for its input image");
}

}  // namespace
}  // namespace convscope
