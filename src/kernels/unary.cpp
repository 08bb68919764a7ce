// Functions of one number, element by element: XNNPACK's where it has one, else plain loops.
#include <cmath>
#include <numbers>

#include "kernels/elementwise.h"
#include "kernels/kernels.h"
#include "kernels/xnn_operator.h"

namespace convscope {
namespace {

class XnnUnary final : public Kernel {
 public:
  explicit XnnUnary(XnnOperator op) : op_(std::move(op)) {}
  Status configure(std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                   ThreadPool& pool) override {
    const TensorView &x = inputs[0], &y = outputs[0];
    TRY_STATUS(status_from_xnn(
        xnn_reshape_unary_elementwise_nc(
            op_.get(), static_cast<size_t>(x.shape.rows()), static_cast<size_t>(x.shape.channels()),
            static_cast<size_t>(x.row_stride), static_cast<size_t>(y.row_stride), pool.handle()),
        "shaping an element-wise function"));
    return status_from_xnn(xnn_setup_unary_elementwise_nc(op_.get(), x.data, y.data),
                           "setting up an element-wise function");
  }
  Status run(ThreadPool& pool) override { return run_xnn(op_, pool.handle()); }
  bool accepts_row_strides() const override { return true; }

 private:
  XnnOperator op_;
};

Result<KernelPtr> make_xnn_unary(xnn_unary_operator type, const xnn_unary_params* params) {
  xnn_operator_t raw = nullptr;
  TRY_STATUS(
      status_from_xnn(xnn_create_unary_elementwise_nc(type, xnn_datatype_fp32, xnn_datatype_fp32,
                                                      params, nullptr, nullptr, /*flags=*/0, &raw),
                      "making an element-wise function"));
  return std::make_unique<XnnUnary>(XnnOperator(raw));
}

// log(1 + e^x) without overflow.
float softplus(float x) { return std::max(x, 0.0f) + std::log1p(std::exp(-std::abs(x))); }

KernelPtr make_power_kernel(float exponent) {
  if (exponent == 2.0f) return make_map([](float x) { return x * x; });
  if (exponent == 3.0f) return make_map([](float x) { return x * x * x; });
  if (exponent == -0.5f) return make_map([](float x) { return 1.0f / std::sqrt(x); });
  if (exponent == -0.75f) {  // of local response normalization
    return make_map([](float x) { return 1.0f / std::sqrt(x * std::sqrt(x)); });
  }
  return make_map([exponent](float x) { return std::pow(x, exponent); });
}

}  // namespace

Result<KernelPtr> make_unary_kernel(UnaryFunction function, float a, float b) {
  xnn_unary_params params{};
  switch (function) {
    case UnaryFunction::kAbs:
      return make_xnn_unary(xnn_unary_abs, nullptr);
    case UnaryFunction::kAffine:
      return make_map([a, b](float x) { return a * x + b; });
    case UnaryFunction::kCeil:
      return make_xnn_unary(xnn_unary_ceiling, nullptr);
    case UnaryFunction::kCelu:
      return make_map([a](float x) { return x > 0 ? x : a * std::expm1(x / a); });
    case UnaryFunction::kCos:
      return make_map([](float x) { return std::cos(x); });
    case UnaryFunction::kElu:
      if (a > 0 && std::isfinite(a)) {  // the only alphas that XNNPACK takes
        params.elu.alpha = a;
        return make_xnn_unary(xnn_unary_elu, &params);
      }
      return make_map([a](float x) { return x > 0 ? x : a * std::expm1(x); });
    case UnaryFunction::kErf:
      return make_map([](float x) { return std::erf(x); });
    case UnaryFunction::kExp:
      return make_map([](float x) { return std::exp(x); });
    case UnaryFunction::kFloor:
      return make_xnn_unary(xnn_unary_floor, nullptr);
    case UnaryFunction::kGelu:
      return make_map([](float x) {
        return 0.5f * x * (1.0f + std::erf(x * (std::numbers::sqrt2_v<float> / 2)));
      });
    case UnaryFunction::kGeluTanh:
      return make_map(
          [a, b](float x) { return 0.5f * x * (1.0f + std::tanh(a * (x + b * x * x * x))); });
    case UnaryFunction::kHardSigmoid:
      return make_map([a, b](float x) { return std::min(std::max(a * x + b, 0.0f), 1.0f); });
    case UnaryFunction::kHardSwish:
      return make_xnn_unary(xnn_unary_hardswish, nullptr);
    case UnaryFunction::kLeakyRelu:
      return make_map([a](float x) { return x > 0 ? x : a * x; });
    case UnaryFunction::kLog:
      return make_map([](float x) { return std::log(x); });
    case UnaryFunction::kMish:
      return make_map([](float x) { return x * std::tanh(softplus(x)); });
    case UnaryFunction::kPower:
      return make_power_kernel(a);
    case UnaryFunction::kReciprocal:
      return make_map([](float x) { return 1.0f / x; });
    case UnaryFunction::kSelu:
      return make_map([a, b](float x) { return b * (x > 0 ? x : a * std::expm1(x)); });
    case UnaryFunction::kSigmoid:
      return make_xnn_unary(xnn_unary_sigmoid, nullptr);
    case UnaryFunction::kSign:
      return make_map([](float x) { return x > 0 ? 1.0f : x < 0 ? -1.0f : 0.0f; });
    case UnaryFunction::kSin:
      return make_map([](float x) { return std::sin(x); });
    case UnaryFunction::kSoftplus:
      return make_map(softplus);
    case UnaryFunction::kSoftsign:
      return make_map([](float x) { return x / (1.0f + std::abs(x)); });
    case UnaryFunction::kSqrt:
      return make_xnn_unary(xnn_unary_square_root, nullptr);
    case UnaryFunction::kStep:
      return make_map([a](float x) { return x > a ? 1.0f : 0.0f; });
    case UnaryFunction::kTanh:
      return make_xnn_unary(xnn_unary_tanh, nullptr);
    case UnaryFunction::kThresholdedRelu:
      return make_map([a](float x) { return x > a ? x : 0.0f; });
  }
  return fail(ErrorCode::kInternal, "an element-wise function has no kernel");
}

}  // namespace convscope
