// Transpose: the same elements with the axes in another order.
//
//   y[i_p(0), i_p(1), …] = x[i_0, i_1, …]       extent k of y is extent p(k) of x
//   dx = Transpose(dy) with the inverse permutation
//
// ONNX Transpose. An importer that keeps activations in NHWC rewrites the permutation itself.
#include <algorithm>

#include "ops/support.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Transpose",
    .title = {"Transpose", "转置"},
    .equation = "y[j,i] = x[i,j]",
    .intuition = {"The numbers stay the same, only the order of the axes changes, as when rows and "
                  "columns of a table are swapped. Nothing is computed.",
                  "数字不变，只是坐标轴的顺序变了，就像把表格的行和列对调。没有任何计算。"},
    .derivative = {"The gradient's axes are put back into the old order.",
                   "梯度的坐标轴再换回原来的顺序。"},
    .reference = "ONNX Transpose",
};

class Transpose final : public Op {
 public:
  explicit Transpose(std::span<const int> permutation)
      : permutation_(permutation.begin(), permutation.end()) {}
  const OpDoc& doc() const override { return kDoc; }
  std::string attributes() const override {
    std::string out = "perm=";
    for (size_t i = 0; i < permutation_.size(); ++i)
      out += (i > 0 ? "," : "") + std::to_string(permutation_[i]);
    return out;
  }

  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override {
    if (inputs.size() != 1 || inputs[0].rank() != static_cast<int>(permutation_.size()) ||
        !is_permutation()) {
      return shape_error(*this, "wants one input and a permutation of its axes", inputs);
    }
    Shape out = inputs[0];
    for (size_t i = 0; i < permutation_.size(); ++i)
      out.set(static_cast<int>(i), inputs[0][permutation_[i]]);
    return std::vector<Shape>{out};
  }
  int64_t flops(std::span<const Shape>, std::span<const Shape>) const override { return 0; }

  void evaluate(std::span<const DoubleTensor> inputs,
                std::span<DoubleTensor> outputs) const override {
    const Shape &x = inputs[0].shape, &y = outputs[0].shape;
    std::array<int64_t, kMaxRank> steps{};  // in x, by axis of y
    for (size_t i = 0; i < permutation_.size(); ++i) steps[i] = inner_elements(x, permutation_[i]);
    for (int64_t index = 0; index < y.elements(); ++index) {
      int64_t rest = index, from = 0;
      for (int axis = y.rank() - 1; axis >= 0; --axis) {
        from += rest % y[axis] * steps[static_cast<size_t>(axis)];
        rest /= y[axis];
      }
      outputs[0][index] = inputs[0][from];
    }
  }

  Result<Cotangents> vjp(VjpContext& context) const override {
    std::vector<int> inverse(permutation_.size());
    for (size_t i = 0; i < permutation_.size(); ++i)
      inverse[static_cast<size_t>(permutation_[i])] = static_cast<int>(i);
    TRY(const ValueId dx, context.emit(make_transpose(inverse), {context.cotangent()}));
    return Cotangents{dx};
  }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_transpose_kernel(permutation_);
  }
  // Axes of extent 1 may move anywhere without moving a number.
  ViewKind view_kind(std::span<const Shape> inputs) const override {
    int last = -1;
    for (int axis : permutation_) {
      if (inputs[0][axis] == 1) continue;
      if (axis < last) return ViewKind::kNone;
      last = axis;
    }
    return ViewKind::kReshape;
  }

 private:
  bool is_permutation() const {
    std::vector<int> sorted = permutation_;
    std::ranges::sort(sorted);
    for (size_t i = 0; i < sorted.size(); ++i) {
      if (sorted[i] != static_cast<int>(i)) return false;
    }
    return true;
  }

  std::vector<int> permutation_;
};

}  // namespace

OpPtr make_transpose(std::span<const int> permutation) {
  return std::make_shared<Transpose>(permutation);
}

OpEntry transpose_entry() {
  return {
      .kind = kDoc.kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY_STATUS(only_attributes(attributes, kDoc.kind, {"perm"}));
        TRY(const std::vector<int64_t> perm, attributes.integers("perm", {}));
        std::vector<int> permutation;
        for (int64_t axis : perm) {
          if (axis < 0 || axis >= kMaxRank || permutation.size() >= size_t{kMaxRank}) {
            return fail(
                ErrorCode::kInvalidArgument,
                "perm wants at most 6 axes, each from 0 to 5; got " + attributes.text("perm", ""));
          }
          permutation.push_back(static_cast<int>(axis));
        }
        return make_transpose(permutation);
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return {{make_transpose(std::array{0, 3, 1, 2}), {{2, 3, 4, 5}}, {0}, {}},
                {make_transpose(std::array{1, 0}), {{5, 7}}, {0}, {}},
                // A view: only an axis of extent 1 moves.
                {make_transpose(std::array{1, 0, 2}), {{3, 1, 4}}, {0}, {}},
                {make_transpose(std::array{5, 0, 3, 1, 4, 2}), {{2, 3, 1, 2, 3, 2}}, {0}, {}}};
      },
  };
}

}  // namespace convscope
