// Every fast kernel against the double-precision reference: all samples of the registry, then
// random awkward cases.
#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "base/clock.h"
#include "kernels/kernels.h"
#include "unit/kernel_runner.h"

namespace convscope {
namespace {

using testing::KernelCase;
using testing::KernelRunner;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

class KernelTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(initialise_kernels().has_value()); }
  // Made once: threads of a browser build cost more than a case.
  static ThreadPool& pool(int threads) {
    static const std::array pools{ThreadPool::create(1), ThreadPool::create(2)};
    return *pools[threads == 1 ? 0 : 1];
  }
};

TEST_F(KernelTest, EverySampleOfTheRegistryAgreesWithItsReference) {
  Rng rng(11);
  for (const OpEntry& entry : op_registry()) {
    for (const OpEntry::Sample& sample : entry.samples()) {
      const KernelCase test{sample.op, sample.inputs, sample.parameter_inputs, sample.domain};
      auto runner = KernelRunner::make(test, std::nullopt, rng);
      ASSERT_TRUE(runner.has_value()) << op_text(*sample.op) << ": " << runner.error().message;
      for (int threads : {1, 2}) {
        for (int64_t gap : {0, 3}) {
          const auto difference =
              runner->compare(test, gap, /*quantised=*/gap > 0, pool(threads), rng);
          ASSERT_TRUE(difference.has_value())
              << op_text(*sample.op) << ": " << difference.error().message;
          EXPECT_EQ(*difference, "") << op_text(*sample.op) << " with a gap of " << gap;
        }
      }
    }
  }
}

// --- Random cases. `structure` decides what one kernel is made for, `size` what may change under
// it. ------------

int64_t between(Rng& rng, int64_t low, int64_t high) {
  return low + rng.below(static_cast<uint32_t>(high - low + 1));
}

Window random_window(Rng& rng, bool pooling) {
  Window window;
  for (size_t axis = 0; axis < 2; ++axis) {
    window.kernel[axis] = between(rng, 1, rng.below(4) == 0 ? 5 : 3);
    window.strides[axis] = between(rng, 1, 3);
    if (rng.below(4) == 0) window.dilations[axis] = between(rng, 2, 3);
  }
  if (rng.below(4) == 0) window.kernel = {1, 1};
  if (rng.below(2) == 0) window.strides = {1, 1};
  const auto pad = [&](size_t axis) {
    const int64_t extent = (window.kernel[axis] - 1) * window.dilations[axis] + 1;
    return rng.below(2) == 0
               ? 0
               : between(rng, 0, pooling ? extent - 1 : std::max<int64_t>(extent - 1, 1));
  };
  if (rng.below(5) == 0) {
    window.same_upper = true;
  } else {
    window.pads = {pad(0), pad(1), pad(0), pad(1)};
  }
  if (pooling) window.ceil_mode = rng.below(2) == 0;
  return window;
}

Shape random_image(Rng& rng, int64_t channels) {
  return {between(rng, 1, 3), between(rng, 1, 13), between(rng, 1, 13), channels};
}

struct ConvStructure {
  Window window;
  int64_t group = 1, inputs = 1, outputs = 1;
  bool bias = true;

  explicit ConvStructure(Rng& rng) : window(random_window(rng, false)) {
    switch (rng.below(4)) {
      case 0:  // depthwise
        group = inputs = outputs = between(rng, 1, 37);
        break;
      case 1:
        group = between(rng, 2, 3);
        inputs = group * between(rng, 1, 5);
        outputs = group * between(rng, 1, 9);
        break;
      default:
        inputs = between(rng, 1, 19);
        outputs = between(rng, 1, 37);
    }
    bias = rng.below(4) != 0;
  }
  Shape weight() const { return {outputs, window.kernel[0], window.kernel[1], inputs / group}; }
};

KernelCase forwards(const ConvStructure& s, const Shape& x) {
  KernelCase out{make_conv(s.window, s.group), {x, s.weight()}, {1}};
  if (s.bias) {
    out.inputs.push_back(Shape{s.outputs});
    out.parameters.push_back(2);
  }
  return out;
}
KernelCase backwards(const ConvStructure& s, const Shape& x) {
  const auto [p, q] = s.window.output_size(x[1], x[2]);
  return {make_conv_input_grad(s.window, s.group, x[1], x[2]),
          {{x[0], p, q, s.outputs}, s.weight()},
          {1}};
}

KernelCase conv_case(Rng& structure, Rng& size) {
  ConvStructure s(structure);
  if (structure.below(6) == 0) {  // the first layer of a network
    s.window.kernel[1] = between(structure, 5, 7);
    s.window.strides[1] = 2;
    s.window.dilations[1] = 1;
    s.group = 1;
    s.inputs = between(structure, 1, 4);
  }
  return forwards(s, random_image(size, s.inputs));
}

KernelCase conv_input_grad_case(Rng& structure, Rng& size) {
  const ConvStructure s(structure);
  return backwards(s, random_image(size, s.inputs));
}

// Those that our own depthwise loops take: natively wide ones alone at stride 1.
KernelCase depthwise_case(Rng& structure, Rng& size) {
  ConvStructure s(structure);
  const int64_t kernel = structure.below(2) == 0 ? 3 : 5, stride = between(structure, 1, 2);
  const auto pad = [&] { return between(structure, 0, kernel - 1); };
  s.window = {.kernel = {kernel, kernel},
              .strides = {stride, stride},
              .pads = {pad(), pad(), pad(), pad()}};
  s.group = s.inputs = s.outputs = structure.below(2) == 0
                                       ? between(structure, 1, 37)
                                       : 8192 / (kernel * kernel) + between(structure, 1, 19);
  const Shape x = random_image(size, s.inputs);
  return structure.below(2) == 0 ? backwards(s, x) : forwards(s, x);
}

// Wide and tall enough for Winograd's form.
ConvStructure winograd_structure(Rng& rng) {
  ConvStructure out(rng);
  const auto pad = [&] { return between(rng, 0, 2); };
  out.window = {.kernel = {3, 3}, .pads = {pad(), pad(), pad(), pad()}};
  out.group = 1;
  out.inputs = between(rng, 32, 41);
  out.outputs = between(rng, 32, 41);
  return out;
}

KernelCase winograd_case(Rng& structure, Rng& size) {
  const ConvStructure s = winograd_structure(structure);
  const Shape x{between(size, 1, 2), between(size, 9, 17), between(size, 9, 17), s.inputs};
  return structure.below(2) == 0 ? backwards(s, x) : forwards(s, x);
}

KernelCase gemm_case(Rng& structure, Rng& size) {
  const int64_t k = between(structure, 1, 70), m = between(structure, 1, 70);
  const bool transpose = structure.below(2) == 0;
  return {make_gemm(transpose),
          {{between(size, 1, 9), k}, transpose ? Shape{m, k} : Shape{k, m}, {m}},
          {1, 2}};
}

// Gemm that reads its weight as it is stored, however small that is.
class StoredGemm final : public Op {
 public:
  explicit StoredGemm(bool transpose_b)
      : transpose_b_(transpose_b), gemm_(make_gemm(transpose_b)) {}
  const OpDoc& doc() const override { return gemm_->doc(); }
  std::string attributes() const override { return gemm_->attributes(); }
  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    return gemm_->infer(inputs);
  }
  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    gemm_->evaluate(inputs, outputs);
  }
  Result<std::unique_ptr<Kernel>> lower(const LoweringContext& context) const override {
    const bool biased = context.parameters.size() > 2;
    return make_stored_fully_connected_kernel(transpose_b_, *context.parameters[1],
                                              biased ? *context.parameters[2] : Tensor(),
                                              {context.output_min, context.output_max});
  }
  bool can_clamp_output() const override { return true; }

 private:
  const bool transpose_b_;
  const OpPtr gemm_;
};

KernelCase stored_gemm_case(Rng& structure, Rng& size) {
  const int64_t k = between(structure, 1, structure.below(4) == 0 ? 300 : 40);
  const int64_t m = between(structure, 1, structure.below(4) == 0 ? 1500 : 70);
  const bool transpose = structure.below(2) == 0, biased = structure.below(2) == 0;
  KernelCase out{std::make_shared<StoredGemm>(transpose),
                 {{between(size, 1, 9), k}, transpose ? Shape{m, k} : Shape{k, m}},
                 {1}};
  if (biased) {
    out.inputs.push_back({m});
    out.parameters.push_back(2);
  }
  return out;
}

KernelCase max_pool_case(Rng& structure, Rng& size) {
  const Window window = random_window(structure, true);
  return {make_max_pool(window), {random_image(size, between(structure, 1, 37))}, {}};
}

KernelCase max_pool_grad_case(Rng& structure, Rng& size) {
  const Window window = random_window(structure, true);
  const Shape x = random_image(size, between(structure, 1, 37));
  const auto [p, q] = window.output_size(x[1], x[2]);
  return {make_max_pool_grad(window), {x, {x[0], p, q, x[3]}}, {}};
}

KernelCase average_pool_case(Rng& structure, Rng& size) {
  Window window = random_window(structure, true);
  window.count_include_pad = structure.below(2) == 0;
  return {make_average_pool(window), {random_image(size, between(structure, 1, 37))}, {}};
}

KernelCase average_pool_grad_case(Rng& structure, Rng& size) {
  Window window = random_window(structure, true);
  window.count_include_pad = structure.below(2) == 0;
  const Shape x = random_image(size, between(structure, 1, 37));
  const auto [p, q] = window.output_size(x[1], x[2]);
  return {make_average_pool_grad(window, x[1], x[2]), {{x[0], p, q, x[3]}}, {}};
}

KernelCase global_average_pool_case(Rng& structure, Rng& size) {
  return {make_global_average_pool(), {random_image(size, between(structure, 1, 600))}, {}};
}

Shape some_axes_one(const Shape& shape, Rng& rng) {
  Shape out = shape;
  for (int i = 0; i < out.rank(); ++i) {
    if (rng.below(3) == 0) out.set(i, 1);
  }
  const auto drop = static_cast<size_t>(rng.below(static_cast<uint32_t>(out.rank())));
  return rng.below(2) == 0 ? out : Shape(out.dims().subspan(drop));
}

KernelCase broadcast_case(Rng& structure, Rng& size) {
  const std::array ops{make_add(), make_mul(), make_sub(), make_max(), make_min()};
  const OpPtr op = ops[structure.below(ops.size())];
  const Shape shape = random_image(size, between(size, 1, 37));
  return {op, {some_axes_one(shape, size), some_axes_one(shape, size)}, {}};
}

KernelCase conv_weight_grad_case(Rng& structure, Rng& size) {
  const ConvStructure s(structure);
  const Shape x = random_image(size, s.inputs);
  const auto [p, q] = s.window.output_size(x[1], x[2]);
  return {make_conv_weight_grad(s.window, s.group), {x, {x[0], p, q, s.outputs}}, {}};
}

KernelCase conv_transpose_case(Rng& structure, Rng& size) {
  ConvStructure s(structure);
  s.window.same_upper = false;
  std::array<int64_t, 2> padding{};
  for (size_t axis = 0; axis < 2; ++axis)
    padding[axis] = between(structure, 0, s.window.strides[axis] - 1);
  // The weight's first axis counts channels of x.
  KernelCase out{make_conv_transpose(s.window, s.group, padding),
                 {random_image(size, s.outputs), s.weight()},
                 {1}};
  if (s.bias) {
    out.inputs.push_back(Shape{s.inputs});
    out.parameters.push_back(2);
  }
  return out;
}

KernelCase reduce_case(Rng& structure, Rng& size) {
  std::vector<int> axes;
  for (int axis = 0; axis < 4; ++axis) {
    if (structure.below(2) == 0) axes.push_back(structure.below(2) == 0 ? axis : axis - 4);
  }
  const bool keepdims = structure.below(2) == 0;
  const Shape shape = random_image(size, between(size, 1, 150));
  switch (structure.below(4)) {
    case 0:
      return {make_reduce_sum(axes, keepdims), {shape}, {}};
    case 1:
      return {make_reduce_max(axes, keepdims), {shape}, {}};
    case 2:
      return {make_reduce_max_grad(), {shape, some_axes_one(shape, size)}, {}};
    default:
      return {make_reduce_mean(axes, keepdims), {shape}, {}};
  }
}

KernelCase matmul_case(Rng& structure, Rng& size) {
  const int64_t m = between(size, 1, 40), k = between(size, 1, 40), n = between(size, 1, 40);
  const Shape batch = random_image(size, 1);
  const bool transpose = structure.below(2) == 0;
  const auto operand = [&](int64_t rows, int64_t columns) {
    const Shape leading = some_axes_one(Shape{batch[0], batch[1] % 4 + 1, 1}, size);
    std::vector<int64_t> out(leading.dims().begin(), leading.dims().end() - 1);
    out.insert(out.end(), {rows, columns});
    return Shape(std::span<const int64_t>(out));
  };
  return {make_matmul(transpose), {operand(m, k), transpose ? operand(n, k) : operand(k, n)}, {}};
}

// Operators that are linear along one axis, and those that only move elements.
// Not along the batch: its extent changes under one kernel below, and a map belongs to one extent.
KernelCase axis_case(Rng& structure, Rng& size) {
  const int axis = 1 + static_cast<int>(structure.below(3));
  const Shape shape = random_image(size, between(size, 2, 9));
  const int64_t extent = shape[axis];
  switch (structure.below(7)) {
    case 0: {
      ResizeRule rule;
      rule.mode = static_cast<ResizeRule::Mode>(structure.below(3));
      rule.coordinate = static_cast<ResizeRule::Coordinate>(structure.below(6));
      rule.rounding = static_cast<ResizeRule::Rounding>(structure.below(4));
      rule.scale = 0.3f + 0.1f * static_cast<float>(structure.below(25));
      return {make_resize(axis, rule), {shape}, {}};
    }
    case 1: {
      const auto mode = static_cast<PadMode>(structure.below(3));
      return {
          make_pad(axis, between(structure, 0, 3), between(structure, 0, 3), mode), {shape}, {}};
    }
    case 2: {
      const int64_t step = between(structure, 1, 3), length = (extent - 1) / step + 1;
      return structure.below(2) == 0
                 ? KernelCase{make_slice(axis, 0, length, step), {shape}, {}}
                 : KernelCase{make_slice(axis, extent - 1, length, -step), {shape}, {}};
    }
    case 3:
      return {make_gather_grad(axis, std::vector<int64_t>(static_cast<size_t>(extent), -1), 3),
              {shape},
              {}};
    case 4: {
      std::array<int, 4> permutation{0, 1, 2, 3};
      for (uint32_t i = 3; i > 0; --i)
        std::swap(permutation[i], permutation[structure.below(i + 1)]);
      return {make_transpose(permutation), {shape}, {}};
    }
    case 5:
      return {
          make_window_sum(axis, between(structure, 0, 4), between(structure, 0, 4)), {shape}, {}};
    default: {
      const int64_t block = between(structure, 1, 3);
      const bool column_row_depth = structure.below(2) == 0;
      if (structure.below(2) == 0) {
        return {make_depth_to_space(block, column_row_depth),
                {{shape[0], shape[1], shape[2], shape[3] * block * block}},
                {}};
      }
      return {make_space_to_depth(block, column_row_depth),
              {{shape[0], shape[1] * block, shape[2] * block, shape[3]}},
              {}};
    }
  }
}

KernelCase expand_case(Rng& structure, Rng& size) {
  const Shape shape = random_image(size, between(size, 1, 37)), small = some_axes_one(shape, size);
  if (structure.below(2) == 0) return {make_expand(shape), {small}, {}};
  return {make_sum_to(small), {shape}, {}};
}

KernelCase move_case(Rng& structure, Rng& size) {
  const int axis = static_cast<int>(structure.below(4));
  const Shape shape = random_image(size, between(size, 2, 9));
  switch (structure.below(4)) {
    case 0: {
      Shape other = shape;
      other.set(axis, between(size, 1, 5));
      return {make_concat(axis), {shape, other, shape}, {}};
    }
    case 1:
      return {make_slice(axis, shape[axis] / 2, shape[axis] - shape[axis] / 2), {shape}, {}};
    case 2:
      return {make_pad(axis, between(structure, 0, 3), between(size, 0, 3)), {shape}, {}};
    default:
      return {make_reshape({shape[0] * shape[1], -1}), {shape}, {}};
  }
}

KernelCase pointwise_case(Rng& structure, Rng& size) {
  const Shape shape = random_image(size, between(size, 1, 37));
  switch (structure.below(6)) {
    case 0:
      return {make_relu(), {shape}, {}};
    case 1:
      return {make_relu_grad(), {shape, shape}, {}};
    case 2:
      return {make_clip(-0.5f, 0.75f), {shape}, {}};
    case 3:
      return {make_clip_grad(-0.5f, 0.75f), {shape, shape}, {}};
    case 4:
      return {make_softmax(static_cast<int>(structure.below(4))), {shape}, {}};
    default:
      return {make_scale(-1.5f), {shape}, {}};
  }
}

using MakeCase = KernelCase (*)(Rng& structure, Rng& size);

bool valid(const KernelCase& test) {
  for (const Shape& shape : test.inputs) {
    for (int64_t extent : shape.dims()) {
      if (extent < 1) return false;
    }
  }
  const auto inferred = test.op->infer(test.inputs);
  return inferred && inferred->front().elements() > 0;
}

class RandomKernelTest : public KernelTest, public ::testing::WithParamInterface<MakeCase> {
 protected:
  // One kernel, three sizes (the first twice more at the end), both pools.
  void check(uint64_t seed) {
    Rng structure(seed, 1), size(seed, 2), values(seed, 3);
    const auto make = [&](uint64_t size_seed) {
      Rng same_structure(seed, 1), other_size(size_seed, 2);
      return GetParam()(same_structure, other_size);
    };
    const KernelCase first = make(seed);
    if (!valid(first)) return;
    std::optional<ClampRange> clamp;
    if (first.op->can_clamp_output()) {
      const std::array<std::optional<ClampRange>, 4> choices{
          std::nullopt, std::nullopt, ClampRange{0, kInfinity}, ClampRange{-0.3f, 0.8f}};
      clamp = choices[values.below(4)];
    }
    auto runner = KernelRunner::make(first, clamp, values);
    ASSERT_TRUE(runner.has_value()) << describe(first, seed) << runner.error().message;
    std::vector<KernelCase> cases{first};
    for (uint64_t other = 1; other <= 4; ++other) {
      KernelCase next = make(seed + other * 1000003);
      if (valid(next) && next.op->lowering_key(next.inputs) == first.op->lowering_key(first.inputs))
        cases.push_back(next);
    }
    // A batch alone may change too.
    KernelCase batch = first;
    batch.inputs[0].set(0, first.inputs[0][0] + 1);
    if (first.inputs.size() == first.parameters.size() + 1 && valid(batch)) cases.push_back(batch);
    cases.push_back(first);
    cases.push_back(first);
    for (const KernelCase& test : cases) {
      const int64_t gap = values.below(2) == 0 ? 0 : 5;
      const bool quantised = values.below(3) == 0;
      // Threads are rare: on a busy machine waiting for them would eat the time box.
      const int threads = values.below(6) == 0 ? 2 : 1;
      const auto difference = runner->compare(test, gap, quantised, pool(threads), values);
      ASSERT_TRUE(difference.has_value()) << describe(test, seed) << difference.error().message;
      ASSERT_EQ(*difference, "") << describe(test, seed) << "gap " << gap;
    }
  }

  static std::string describe(const KernelCase& test, uint64_t seed) {
    std::string out = op_text(*test.op);
    for (const Shape& shape : test.inputs) out += " " + shape.text();
    return out + "; replay with --gtest_random_seed=" + std::to_string(seed) + ": ";
  }
};

TEST_P(RandomKernelTest, AgreesWithTheReference) {
  if (const int replay = GTEST_FLAG_GET(random_seed); replay > 0)
    return check(static_cast<uint64_t>(replay));
  constexpr int64_t kMicros = 1'500'000;
  const int64_t start = now_micros();
  uint64_t seed = 1;
  for (; seed <= 3000 && now_micros() - start < kMicros && !HasFatalFailure(); ++seed) check(seed);
  RecordProperty("cases", static_cast<int>(seed));
}

std::string case_name(const ::testing::TestParamInfo<MakeCase>& info) {
  constexpr std::array kNames{"Conv",
                              "ConvInputGrad",
                              "Gemm",
                              "MaxPool",
                              "MaxPoolGrad",
                              "AveragePool",
                              "AveragePoolGrad",
                              "GlobalAveragePool",
                              "Broadcast",
                              "ExpandAndSumTo",
                              "Moves",
                              "Pointwise",
                              "ConvWeightGrad",
                              "ConvTranspose",
                              "Reduce",
                              "MatMul",
                              "AlongAxes",
                              "Depthwise",
                              "Winograd",
                              "StoredGemm"};
  return kNames[info.index];
}

INSTANTIATE_TEST_SUITE_P(Kernels, RandomKernelTest,
                         ::testing::Values(conv_case, conv_input_grad_case, gemm_case,
                                           max_pool_case, max_pool_grad_case, average_pool_case,
                                           average_pool_grad_case, global_average_pool_case,
                                           broadcast_case, expand_case, move_case, pointwise_case,
                                           conv_weight_grad_case, conv_transpose_case, reduce_case,
                                           matmul_case, axis_case, depthwise_case, winograd_case,
                                           stored_gemm_case),
                         case_name);

}  // namespace
}  // namespace convscope
