// OneHot: numbers of classes as vectors that are 1 at the class and 0 elsewhere.
//
//   y[…,c] = 1 where c = label[…], else 0       label: any shape   y: that shape × depth
//     negative labels count from the back; one that is no class, or no whole number, gives zeros
//   dlabel = 0                                  by definition: labels are names, not amounts
//
// ONNX OneHot along the last axis, from 0 to 1.
#include <cmath>

#include "ops/support.h"

namespace convscope {
namespace {

// More classes no data set has.
constexpr int64_t kMaxDepth = 1 << 24;

constexpr OpDoc kDoc = {
    .kind = "OneHot",
    .title = {"One-hot code", "独热编码"},
    .equation = "y[c] = 1 if c = label, else 0",
    .intuition = {"A class is a name, not an amount, so each class gets a place of its own. The "
                  "right answer becomes a certainty that can be compared with a guess.",
                  "类别是名字而不是数量，所以每个类别占一个位置。正确答案变成一个确定的分布，可以与"
                  "猜测相比较。"},
    .derivative = {"There is nothing between two names. Zero by definition.",
                   "两个名字之间没有中间值。按定义为零。"},
    .reference = "ONNX OneHot",
};

class OneHot final : public Op {
 public:
  explicit OneHot(int64_t depth) : depth_(depth) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override { return "depth=" + std::to_string(depth_); }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() != 1 || inputs[0].rank() >= kMaxRank) {
      return shape_error(*this, "wants one input of at most 5 axes", inputs);
    }
    std::vector<int64_t> dims(inputs[0].dims().begin(), inputs[0].dims().end());
    dims.push_back(depth_);
    return std::vector<Shape>{Shape(std::span<const int64_t>(dims))};
  }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    const auto depth = static_cast<double>(depth_);
    for (int64_t i = 0; i < inputs[0].shape.elements(); ++i) {
      const double label = inputs[0][i];
      if (label < -depth || label >= depth || label != std::floor(label)) continue;
      outputs[0][i * depth_ + static_cast<int64_t>(label) + (label < 0 ? depth_ : 0)] = 1;
    }
  }

  Result<Cotangents> vjp(VjpContext&) const override { return Cotangents{std::nullopt}; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_one_hot_kernel();
  }

 private:
  const int64_t depth_;
};

}  // namespace

OpPtr make_one_hot(int64_t depth) { return std::make_shared<OneHot>(depth); }

OpEntry one_hot_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {"depth"}));
        TRY(const int64_t depth, attributes.integer("depth", 0));
        if (depth < 1 || depth > kMaxDepth) {
          return fail(ErrorCode::kInvalidArgument,
                      "depth wants a number from 1 to 2^24; got " + std::to_string(depth));
        }
        return make_one_hot(depth);
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_one_hot(3), {{7}}, {0}, {}},
                {make_one_hot(1), {{2, 3, 4}}, {0}, {}},
                {make_one_hot(2), {Shape()}, {0}, {}}};
      },
  };
}

}  // namespace convscope
