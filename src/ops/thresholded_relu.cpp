// ThresholdedRelu: keeps what is above a threshold.
//
//   y = x where x > alpha, else 0
//   dx = dy where x > alpha, else 0
//
// Konda, Memisevic & Krueger, "Zero-bias autoencoders and the benefits of co-adapting features",
// arXiv:1402.3337; ONNX ThresholdedRelu.
#include <format>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "ThresholdedRelu",
    .title = {"Thresholded ReLU", "带阈值的 ReLU"},
    .equation = "y = x if x > α, else 0",
    .intuition = {"Weak evidence is dropped altogether, strong evidence passes unchanged.",
                  "弱的证据完全丢弃，强的证据原样通过。"},
    .derivative = {"Above the threshold a change passes, below it none does.",
                   "超过阈值时变化通过，低于阈值时不通过。"},
    .reference = "Konda, Memisevic & Krueger 2014, arXiv:1402.3337",
};

class ThresholdedRelu final : public Unary {
 public:
  explicit ThresholdedRelu(float alpha) : alpha_(alpha) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override { return std::format("alpha={}", alpha_); }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kThresholdedRelu, alpha_);
  }

 protected:
  double value(double x) const override { return x > static_cast<double>(alpha_) ? x : 0.0; }
  Result<std::optional<ValueId>> slope(VjpContext& context) const override {
    return context.emit(make_step(alpha_), {context.input(0)});
  }

 private:
  const float alpha_;
};

}  // namespace

OpPtr make_thresholded_relu(float alpha) { return std::make_shared<ThresholdedRelu>(alpha); }

OpEntry thresholded_relu_entry() {
  return unary_alpha_entry<make_thresholded_relu, 1.0f>(kDoc.kind);
}

}  // namespace convscope
