// WindowSum: the sum over a window that slides along one axis.
//
//   y[…, j, …] = Σ_{k = −before … after} x[…, j + k, …]      outside the axis x counts as 0
//   dx = WindowSum(dy) with `before` and `after` exchanged
//
// The sum inside local response normalization, ONNX LRN; Krizhevsky et al., NeurIPS 2012.
#include "ops/axis_linear.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "WindowSum",
    .title = {"Sliding sum", "滑动求和"},
    .equation = "y[c] = x[c−a] + … + x[c+b]",
    .intuition = {"Each channel is added to its neighbours on both sides. It measures how busy "
                  "the neighbourhood is.",
                  "每个通道与两侧的邻居相加，衡量这一带有多活跃。"},
    .derivative = {"Each entry takes part in the sums of its neighbours, so it collects their "
                   "gradients.",
                   "每一项都参与邻居的求和，所以它收集邻居们的梯度。"},
    .reference = "Krizhevsky, Sutskever & Hinton 2012, NeurIPS",
};

class WindowSum final : public AxisLinear {
 public:
  WindowSum(int axis, int64_t before, int64_t after, int64_t transposed_extent)
      : AxisLinear(axis, transposed_extent), before_(before), after_(after) {}
  const OpDoc& doc() const override { return kDoc; }
  int64_t flops(std::span<const Shape> inputs, std::span<const Shape>) const override {
    return inputs[0].elements() * (before_ + after_);
  }

 protected:
  std::string own_attributes() const override {
    return "before=" + std::to_string(before_) + " after=" + std::to_string(after_);
  }
  Result<int64_t> output_extent(int64_t extent) const override {
    if (before_ < 0 || after_ < 0)
      return fail(ErrorCode::kInvalidArgument, "wants a window that is not negative");
    return extent;
  }
  AxisMap map(int64_t extent) const override {
    AxisMap out;
    for (int64_t j = 0; j < extent; ++j) {
      const int64_t end = j + std::min(after_, extent - 1 - j);
      for (int64_t i = j - std::min(before_, j); i <= end; ++i) out.terms.push_back({i, 1});
      out.close();
    }
    return out;
  }
  OpPtr transposed(int64_t) const override { return make_window_sum(axis(), after_, before_); }

 private:
  const int64_t before_, after_;
};

}  // namespace

OpPtr make_window_sum(int axis, int64_t before, int64_t after) {
  return std::make_shared<WindowSum>(axis, before, after, -1);
}

OpEntry window_sum_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = nullptr,
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_window_sum(-1, 2, 2), {{2, 3, 7}}, {0}, {}},
                {make_window_sum(1, 1, 2), {{2, 4, 3}}, {0}, {}},
                // A window wider than the axis.
                {make_window_sum(0, 9, 0), {{4}}, {0}, {}}};
      },
  };
}

}  // namespace convscope
