// Step: one above a threshold, else zero.
//
//   y = 1 where x > threshold, else 0
//   dx = 0                       by definition
//
// Heaviside step function.
#include <format>

#include "ops/unary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Step",
    .title = {"Step", "阶跃"},
    .equation = "y = 1 if x > t, else 0",
    .intuition = {"A yes-or-no answer to whether a signal is above a threshold. The derivatives of "
                  "bent functions use it as their switch.",
                  "回答信号是否超过阈值：是或否。有转折的函数用它作为导数里的开关。"},
    .derivative = {"It is flat on both sides and jumps at the threshold. Zero by definition.",
                   "两侧都是平的，在阈值处跳变。按定义为零。"},
    .reference = "Heaviside step function",
};

class Step final : public Unary {
 public:
  explicit Step(float threshold) : threshold_(threshold) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override { return std::format("threshold={}", threshold_); }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_unary_kernel(UnaryFunction::kStep, threshold_);
  }

 protected:
  double value(double x) const override { return x > static_cast<double>(threshold_) ? 1.0 : 0.0; }

 private:
  const float threshold_;
};

}  // namespace

OpPtr make_step(float threshold) { return std::make_shared<Step>(threshold); }

OpEntry step_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = nullptr,
      .samples = []() -> std::vector<OpEntry::Sample> { return unary_samples(make_step(0.5f)); },
  };
}

}  // namespace convscope
