#include "unit/kernel_runner.h"

#include <algorithm>
#include <cmath>
#include <format>

namespace convscope::testing {
namespace {

// What no kernel may touch: the gaps between rows and the room around the whole. XNNPACK is
// compiled without sanitizers, so the room is what shows a write out of bounds.
constexpr float kUntouched = 12345.0f;
constexpr int64_t kRoom = 2048;

void fill(std::span<float> values, Domain domain, bool quantised, Rng& rng) {
  for (float& value : values) {
    value = quantised ? static_cast<float>(rng.below(3)) - 1.0f : rng.normal();
    if (domain == Domain::kPositive) value = std::abs(value);
    if (domain != Domain::kReal) value += std::copysign(0.25f, value);
  }
}

// A dense tensor spread over rows with a gap behind each.
struct Spread {
  std::vector<float> storage;
  TensorView view;

  Spread(const Shape& shape, int64_t gap) {
    const int64_t stride = shape.channels() + (shape.rank() > 1 ? gap : 0);
    storage.assign(static_cast<size_t>(shape.rows() * stride + 2 * kRoom), kUntouched);
    view = {storage.data() + kRoom, shape, stride};
  }
  float& at(int64_t index) {
    const int64_t channels = view.shape.channels();
    return view.data[index / channels * view.row_stride + index % channels];
  }
  bool gaps_untouched() {
    const int64_t channels = view.shape.channels();
    for (int64_t i = 0; i < static_cast<int64_t>(storage.size()); ++i) {
      const int64_t offset = i - kRoom;
      const bool inside = offset >= 0 && offset / view.row_stride < view.shape.rows() &&
                          offset % view.row_stride < channels;
      if (!inside && storage[static_cast<size_t>(i)] != kUntouched) return false;
    }
    return true;
  }
};

double largest_of(const DoubleTensor& tensor) {
  double largest = 0;
  for (double value : tensor.values) largest = std::max(largest, std::abs(value));
  return largest;
}

std::string difference(Spread& got, const DoubleTensor& want, double largest) {
  for (int64_t i = 0; i < want.shape.elements(); ++i) {
    const auto value = static_cast<double>(got.at(i));
    const bool same = value == want[i] || std::abs(value - want[i]) <= 2e-5 * (1 + largest);
    if (!same)
      return std::format("element {} of {}: got {}, want {}", i, want.shape.text(), value, want[i]);
  }
  return got.gaps_untouched() ? "" : "the kernel wrote beside its output";
}

}  // namespace

Result<KernelRunner> KernelRunner::make(const KernelCase& test, std::optional<ClampRange> clamp,
                                        Rng& rng) {
  KernelRunner runner;
  runner.clamp_ = clamp;
  runner.constants_.resize(test.inputs.size());
  std::vector<const Tensor*> parameters(test.inputs.size(), nullptr);
  for (int index : test.parameters) {
    const auto i = static_cast<size_t>(index);
    TRY(runner.constants_[i], Tensor::uninitialised(test.inputs[i]));
    fill(runner.constants_[i].values(), test.domain, false, rng);
    parameters[i] = &runner.constants_[i];
  }
  TRY(const std::vector<Shape> outputs, test.op->infer(test.inputs));
  LoweringContext context{test.inputs, outputs, parameters};
  if (clamp) {
    context.output_min = clamp->minimum;
    context.output_max = clamp->maximum;
  }
  TRY(runner.kernel_, test.op->lower(context));
  return runner;
}

Result<std::string> KernelRunner::compare(const KernelCase& test, int64_t gap, bool quantised,
                                          ThreadPool& pool, Rng& rng) {
  if (!kernel_->accepts_row_strides()) gap = 0;
  std::vector<Spread> inputs, outputs;
  std::vector<DoubleTensor> in, out;
  for (size_t i = 0; i < test.inputs.size(); ++i) {
    Tensor values = constants_[i];
    if (values.empty()) {
      TRY(values, Tensor::uninitialised(test.inputs[i]));
      fill(values.values(), test.domain, quantised, rng);
    }
    // Odd gaps, different for every view: nothing may depend on alignment.
    inputs.emplace_back(test.inputs[i],
                        gap > 0 && constants_[i].empty() ? gap + 2 * static_cast<int64_t>(i) : 0);
    for (int64_t k = 0; k < values.shape().elements(); ++k) inputs.back().at(k) = values.data()[k];
    in.push_back(DoubleTensor::from(values));
  }
  TRY(const std::vector<Shape> shapes, test.op->infer(test.inputs));
  for (const Shape& shape : shapes) {
    outputs.emplace_back(shape, gap);
    out.push_back(DoubleTensor::zeros(shape));
  }
  test.op->evaluate(in, out);
  // Before the clamp: what is rounded are the sums that it cuts.
  std::vector<double> largest;
  for (const DoubleTensor& tensor : out) largest.push_back(largest_of(tensor));
  if (clamp_) {
    for (double& value : out[0].values) {
      value = std::clamp(value, static_cast<double>(clamp_->minimum),
                         static_cast<double>(clamp_->maximum));
    }
  }
  std::vector<TensorView> input_views, output_views;
  for (Spread& spread : inputs) input_views.push_back(spread.view);
  for (Spread& spread : outputs) output_views.push_back(spread.view);
  TRY_STATUS(kernel_->configure(input_views, output_views, pool));
  TRY_STATUS(kernel_->run(pool));
  for (size_t i = 0; i < out.size(); ++i) {
    if (std::string text = difference(outputs[i], out[i], largest[i]); !text.empty()) return text;
  }
  return std::string();
}

}  // namespace convscope::testing
