// Runs that find the part before them computed: as exact as a program that starts anew, whatever
// the memory was used for in between, and whole runs where anything else than the varying feeds has
// changed.
#include "runtime/reuse.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/rng.h"
#include "graph/vjp.h"
#include "ops/ops.h"
#include "runtime/session.h"

namespace convscope {
namespace {

Tensor random_tensor(const Shape& shape, Rng& rng) {
  Tensor tensor = *Tensor::uninitialised(shape);
  for (float& value : tensor.values()) value = rng.normal();
  return tensor;
}

std::vector<float> floats_of(const Program& program, ValueId id) {
  const Tensor tensor = *program.copy(id);
  return {tensor.values().begin(), tensor.values().end()};
}

// What a program of another session, which keeps nothing, makes of the same feeds.
std::vector<std::vector<float>> anew(const Parameters& parameters, ProgramSpec spec,
                                     std::span<const Tensor> feeds, ThreadPool& pool) {
  spec.varying.clear();
  const std::vector<ValueId> outputs = spec.outputs;
  Session session(*spec.graph, parameters, &pool);
  const auto program = session.program("p", [&]() -> Result<ProgramSpec> { return spec; });
  EXPECT_TRUE(program.has_value() && session.run(**program, feeds).has_value());
  std::vector<std::vector<float>> out;
  for (ValueId id : outputs) out.push_back(floats_of(**program, id));
  return out;
}

// Whatever else runs in this memory leaves something there: here what no result survives.
void spoil(Scratch& scratch) {
  if (scratch.buffer == nullptr) return;
  std::memset(scratch.buffer->data(), 0xff, static_cast<size_t>(scratch.buffer->bytes()));
}

// A convolution, a ReLU, and the derivative of their maxima to the picture.
struct Small {
  Parameters parameters;
  ProgramSpec spec;
  ValueId image, seed;

  explicit Small(Rng& rng) {
    GraphBuilder builder;
    image = builder.input("image", Shape{1, 8, 6, 3});
    const ValueId weight = builder.parameter("weight", Shape{5, 3, 3, 3});
    parameters = {random_tensor(Shape{5, 3, 3, 3}, rng)};
    Window window;
    window.kernel = {3, 3};
    const ValueId conv = *builder.add_one(make_conv(window, 1), {image, weight}, "conv");
    const ValueId relu = *builder.add_one(make_relu(), {conv}, "relu");
    const ValueId top =
        *builder.add_one(make_max_pool({.kernel = {2, 2}, .strides = {2, 2}}), {relu}, "top");
    seed = builder.input("seed", builder.shape(top));
    const auto cotangents =
        build_vjp(builder, std::array{top}, std::array{seed}, std::array{image});
    spec = {std::make_shared<const Graph>(std::move(builder).build()),
            {image, seed},
            {cotangents->at(image), top},
            {seed}};
  }
};

class Reuse : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(initialise_kernels().has_value());
    pool_ = ThreadPool::create(1);
    session_ =
        std::make_unique<Session>(*small_.spec.graph, small_.parameters, pool_.get(), scratch_);
    session_->set_profiling(true);
    program_ = *session_->program("p", [&]() -> Result<ProgramSpec> { return small_.spec; });
    steps_ = program_->plan().steps.size();
    ASSERT_EQ(steps_, 5u) << "a convolution with its ReLU, a pool, and three derivatives";
  }
  // Runs it and compares; the number of steps that ran.
  size_t run(const Tensor& image, const Tensor& seed) {
    spoil(*scratch_);
    const std::array feeds{image, seed};
    EXPECT_TRUE(session_->run(*program_, feeds).has_value());
    const auto want = anew(session_->parameters(), small_.spec, feeds, *pool_);
    for (size_t i = 0; i < want.size(); ++i)
      EXPECT_EQ(floats_of(*program_, program_->output(i)), want[i]) << "output " << i;
    return session_->profile().size();
  }
  Tensor image() { return random_tensor(Shape{1, 8, 6, 3}, rng_); }
  Tensor seed() { return random_tensor(Shape{1, 3, 2, 5}, rng_); }

  Rng rng_{7};
  Small small_{rng_};
  std::unique_ptr<ThreadPool> pool_;
  std::shared_ptr<Scratch> scratch_ = std::make_shared<Scratch>();
  std::unique_ptr<Session> session_;
  Program* program_ = nullptr;
  size_t steps_ = 0;
};

TEST_F(Reuse, AnotherSeedRunsTheBackwardPassAlone) {
  const Tensor picture = image();
  EXPECT_EQ(run(picture, seed()), steps_);
  EXPECT_EQ(run(picture, seed()), steps_ - 2);
  EXPECT_EQ(run(*picture.clone(), seed()), steps_ - 2) << "other memory, the same picture";
  EXPECT_EQ(program_->runs(), 3);
  EXPECT_EQ(program_->partial_runs(), 2);
  // The ReLU's output, that of the pool being asked for, and the picture itself.
  EXPECT_EQ(program_->kept_bytes(), 4 * (6 * 4 * 5 + 8 * 6 * 3));
}

TEST_F(Reuse, AnotherPictureIsAWholeRun) {
  Tensor picture = image();
  const Tensor same = seed();
  EXPECT_EQ(run(picture, same), steps_);
  picture.values().back() += 1;  // in place: the same tensor
  EXPECT_EQ(run(picture, same), steps_);
  EXPECT_EQ(run(picture, seed()), steps_ - 2);
  EXPECT_EQ(run(image(), same), steps_);
}

TEST_F(Reuse, ChangedParametersAreAWholeRun) {
  const Tensor picture = image();
  run(picture, seed());
  Tensor weight = session_->parameters()[0];
  for (float& value : weight.values()) value *= -0.5f;
  session_->parameters_changed(std::array{0});
  EXPECT_EQ(run(picture, seed()), steps_);
  EXPECT_EQ(run(picture, seed()), steps_ - 2);
}

TEST_F(Reuse, ARefusedRunLeavesNothingWrong) {
  const Tensor picture = image();
  run(picture, seed());
  const std::array wrong{*Tensor::zeros(Shape{1, 7, 6, 3}), seed()};
  EXPECT_FALSE(session_->run(*program_, wrong).has_value());
  EXPECT_EQ(run(picture, seed()), steps_ - 2);
}

TEST_F(Reuse, ResultsAreForgottenButForThoseOfOneAndTheLatestThatFit) {
  const Tensor picture = image(), first = seed();
  Program* second = *session_->program("q", [&]() -> Result<ProgramSpec> { return small_.spec; });
  run(picture, first);
  const std::array feeds{picture, first};
  ASSERT_TRUE(session_->run(*second, feeds).has_value());
  // The pool's output beside what is kept; the derivative is as large as the picture's copy.
  const int64_t each = second->kept_bytes() + 4 * (3 * 2 * 5);
  session_->forget_results("q", each - 1);
  EXPECT_EQ(scratch_->buffer, nullptr);
  EXPECT_EQ(floats_of(*second, second->output(1)).size(), 30u) << "can still be read";
  EXPECT_EQ(run(picture, seed()), steps_) << "a whole run";
  session_->forget_results("q", each);
  EXPECT_EQ(run(picture, seed()), steps_ - 2) << "small enough to stay";
  session_->forget_results("none", each);
  EXPECT_EQ(run(picture, seed()), steps_) << "\"q\" was asked for later, and both are too much";
}

TEST_F(Reuse, WhatHasNotRunForLongestIsForgottenFirst) {
  // Each keeps a wave and the picture, 9.6 MB: two of them stay within the bound, a third one does
  // not.
  GraphBuilder builder;
  const Shape shape{1, 400, 1500, 3};
  const ValueId x = builder.input("image", shape), seed = builder.input("seed", shape);
  std::vector<ProgramSpec> specs(3);
  for (size_t i = 0; i < specs.size(); ++i) {
    const ValueId wave = *builder.add_one(
        make_sin(), {*builder.add_one(make_slice(3, static_cast<int64_t>(i), 1), {x}, "slice")},
        "wave");
    const ValueId part = *builder.add_one(make_slice(3, 0, 1), {seed}, "part");
    specs[i] = {nullptr, {x, seed}, {*builder.add_one(make_mul(), {wave, part}, "y")}, {seed}};
  }
  const auto graph = std::make_shared<const Graph>(std::move(builder).build());
  Session session(*graph, {}, pool_.get());
  std::array<Program*, 3> programs{};
  const auto at = [&](size_t i) {
    programs[i] = *session.program(std::to_string(i), [&]() -> Result<ProgramSpec> {
      ProgramSpec spec = specs[i];
      spec.graph = graph;
      return spec;
    });
    return programs[i];
  };
  const std::array feeds{random_tensor(shape, rng_), random_tensor(shape, rng_)};
  const auto partial = [&](size_t i) {
    const int64_t before = at(i)->partial_runs();
    EXPECT_TRUE(session.run(*programs[i], feeds).has_value());
    return programs[i]->partial_runs() > before;
  };
  EXPECT_LE(2 * at(0)->kept_bytes(), kMostKeptBytes);
  EXPECT_GT(3 * at(0)->kept_bytes(), kMostKeptBytes);
  EXPECT_FALSE(partial(0) || partial(1));
  EXPECT_TRUE(partial(0) && partial(1) && partial(0));
  EXPECT_FALSE(partial(2)) << "in the place of 1";
  EXPECT_TRUE(partial(0) && partial(2));
  EXPECT_FALSE(partial(1));
}

TEST(ReusePlan, WhatIsTooMuchIsNotKept) {
  ASSERT_TRUE(initialise_kernels().has_value());
  Rng rng(1);
  const Small small(rng);
  KernelCache kernels;
  const ProgramSpec& spec = small.spec;
  const auto plan = [&](int64_t most) {
    return *make_reusing_plan(spec.graph, spec.feeds, spec.outputs, spec.varying, small.parameters,
                              kernels, most);
  };
  const ReusingPlan keeping = plan(kMostKeptBytes);
  EXPECT_FALSE(keeping.repeats.empty());
  EXPECT_FALSE(plan(keeping.kept_bytes).repeats.empty());
  const ReusingPlan plain = plan(keeping.kept_bytes - 1);
  EXPECT_TRUE(plain.repeats.empty());
  EXPECT_EQ(plain.kept_bytes, 0);
  EXPECT_EQ(plain.plan.output_storages, 2);
  EXPECT_EQ(plain.plan.outputs, spec.outputs);
  EXPECT_EQ(keeping.plan.outputs, spec.outputs);
}

// A plan by hand whose repeated step writes over what an earlier run must have left.
TEST(ReusePlan, IsGivenUpWhereWhatWasLeftWouldNotLast) {
  GraphBuilder builder;
  const ValueId x = builder.input("x", Shape{1, 4}), seed = builder.input("seed", Shape{1, 4});
  const ValueId a = *builder.add_one(make_sin(), {x}, "a");
  const ValueId b = *builder.add_one(make_add(), {a, seed}, "b");
  Plan plan;
  plan.graph = std::make_shared<const Graph>(std::move(builder).build());
  plan.feeds = {x, seed};
  plan.outputs = {b};
  plan.steps = {{nullptr, NodeId(0), {x}, {a}}, {nullptr, NodeId(1), {a, seed}, {b}}};
  using Kind = Storage::Kind;
  const auto repeats = [&](Kind a_kind, int32_t b_storage) {
    plan.storages = {{Kind::kFeed, 4}, {Kind::kFeed, 4}, {a_kind, 4}, {Kind::kOutput, 4}};
    plan.places = {{x, {0, 0, 4}}, {seed, {1, 0, 4}}, {a, {2, 0, 4}}, {b, {b_storage, 0, 4}}};
    return steps_to_repeat(plan, std::array{seed});
  };
  EXPECT_EQ(repeats(Kind::kOutput, 3), (std::vector<bool>{false, true}));
  EXPECT_TRUE(repeats(Kind::kArena, 3).empty()) << "other programs use that memory";
  EXPECT_TRUE(repeats(Kind::kOutput, 2).empty()) << "b is written over a";
}

// Graphs of what plans exploit (fused activations, concats, slices and reshapes that cost nothing,
// steps in place) with a varying feed that joins anywhere.
struct RandomNetwork {
  GraphBuilder builder;
  Parameters parameters;
  std::vector<ValueId> still, varying;  // values by whether they depend on the varying feed
  Rng& rng;

  explicit RandomNetwork(Rng& random) : rng(random) {}

  // Rather a late one than an early one, so that what is made is also used.
  ValueId any(const std::vector<ValueId>& values) {
    const auto count = static_cast<uint32_t>(values.size());
    return values[std::max(rng.below(count), rng.below(count))];
  }
  // Of either kind.
  ValueId any() { return any(varying.empty() || rng.below(2) == 0 ? still : varying); }
  // Another one of that shape, or itself.
  ValueId like(ValueId id) {
    for (int tries = 0; tries < 12; ++tries) {
      if (const ValueId other = any(); builder.shape(other) == builder.shape(id)) return other;
    }
    return id;
  }
  ValueId conv(ValueId x, const std::string& name) {
    const int64_t in = builder.shape(x).channels(), out = 2 + rng.below(4);
    const Shape shape{out, 3, 3, in};
    const ValueId weight = builder.parameter(name + ".weight", shape);
    parameters.push_back(random_tensor(shape, rng));
    Window window;
    window.kernel = {3, 3};
    window.pads = {1, 1, 1, 1};
    return *builder.add_one(make_conv(window, 1), {x, weight}, name);
  }
  // One more step on `x`, mostly with another value.
  ValueId step(ValueId x, ValueId other, const std::string& name) {
    const Shape shape = builder.shape(x);
    const int64_t channels = shape.channels();
    const auto one = [&](OpPtr op) { return *builder.add_one(std::move(op), {x}, name); };
    const auto two = [&](OpPtr op) { return *builder.add_one(std::move(op), {x, other}, name); };
    const bool alike = builder.shape(other) == shape;
    switch (rng.below(10)) {
      case 0:
        return one(make_relu());
      case 1:
        return one(make_tanh());
      case 2:
        return one(make_scale(-1.25f));
      case 3:
        return conv(x, name);
      case 4:
        return one(make_slice(3, rng.below(static_cast<uint32_t>(channels)), 1));
      case 5:
        return one(make_reshape(Shape{1, shape[2], shape[1], channels}));
      case 6:
      case 7:
        return builder.shape(other)[1] == shape[1] && channels < 8 ? two(make_concat(3)) : x;
      case 8:
        return alike ? two(make_relu_grad()) : x;
      default:
        return alike ? two(make_sub()) : x;
    }
  }
  void add(const std::vector<ValueId>& to, const std::string& name) {
    const ValueId x = any(to), other = rng.below(4) > 0 ? like(x) : any();
    const ValueId made = step(x, other, name);
    if (made == x) return;
    const auto varies = [&](ValueId id) { return std::ranges::find(varying, id) != varying.end(); };
    const Node& node = builder.graph().node(builder.graph().value(made).producer);
    (std::ranges::any_of(node.inputs, varies) ? varying : still).push_back(made);
  }
};

TEST(ReusePlan, RandomNetworksAreAsIfTheyHadRunWhole) {
  ASSERT_TRUE(initialise_kernels().has_value());
  const auto pool = ThreadPool::create(1);
  int reusing = 0, keeping = 0, fewer = 0;
  constexpr int kNetworks = 300;
  for (uint64_t number = 0; number < kNetworks; ++number) {
    SCOPED_TRACE("network " + std::to_string(number));
    Rng rng(number);
    RandomNetwork network(rng);
    const Shape shape{1, 5, 4, 3};
    const ValueId x = network.builder.input("image", shape),
                  seed = network.builder.input("seed", shape);
    network.still = {x};
    for (int i = 0; i < 8; ++i) network.add(network.still, "still" + std::to_string(i));
    network.varying = {seed};
    for (int i = 0; i < 10; ++i) network.add(network.varying, "varying" + std::to_string(i));
    ProgramSpec spec{nullptr, {x, seed}, {network.varying.back()}, {seed}};
    for (uint32_t more = rng.below(3); more > 0; --more) {
      const ValueId id = network.any();
      if (std::ranges::find(spec.outputs, id) == spec.outputs.end()) spec.outputs.push_back(id);
    }
    spec.graph = std::make_shared<const Graph>(std::move(network.builder).build());

    const auto scratch = std::make_shared<Scratch>();
    Session session(*spec.graph, network.parameters, pool.get(), scratch);
    session.set_profiling(true);
    const auto program = session.program("p", [&]() -> Result<ProgramSpec> { return spec; });
    ASSERT_TRUE(program.has_value()) << program.error().message;
    const std::array pictures{random_tensor(shape, rng), random_tensor(shape, rng)};
    for (const size_t picture : {0, 0, 0, 1, 1}) {
      const std::array feeds{pictures[picture], random_tensor(shape, rng)};
      ASSERT_TRUE(session.run(**program, feeds).has_value());
      const auto want = anew(network.parameters, spec, feeds, *pool);
      for (size_t i = 0; i < want.size(); ++i)
        ASSERT_EQ(floats_of(**program, (*program)->output(i)), want[i]) << "output " << i;
      fewer += session.profile().size() < (*program)->plan().steps.size() ? 1 : 0;
      spoil(*scratch);
    }
    EXPECT_TRUE((*program)->partial_runs() == 0 || (*program)->partial_runs() == 3);
    reusing += (*program)->partial_runs() > 0 ? 1 : 0;
    keeping += (*program)->kept_bytes() > 4 * shape.elements() ? 1 : 0;  // more than the picture
  }
  EXPECT_EQ(fewer, 3 * reusing);
  EXPECT_GE(reusing, kNetworks / 2) << "too few of these networks have a part to skip";
  EXPECT_GE(keeping, kNetworks / 5) << "too few of them read on what that part has left";
}

}  // namespace
}  // namespace convscope
