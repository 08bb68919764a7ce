// Min: element-wise minimum with NumPy's broadcasting.
//
//   y = min(a, b)             a, b: shapes that broadcast; y: their common shape
//   the smaller one gets dy, a where they are equal; each summed over the axes along which it was
//   repeated
//
// ONNX Min of two inputs.
#include "ops/binary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Min",
    .title = {"Minimum", "最小值"},
    .equation = "y = min(a, b)",
    .intuition = {"Of two answers the smaller one counts, element by element.",
                  "逐元素比较两个答案，取较小的那个。"},
    .derivative = {"Only the one that won has influence, so it receives the whole gradient.",
                   "只有胜出的一方有影响，所以它得到全部梯度。"},
    .reference = "ONNX Min of two inputs",
};

class Min final : public Binary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_binary_kernel(BinaryFunction::kMinimum);
  }

 protected:
  double value(double a, double b) const override { return b < a ? b : a; }
  Result<ValueId> cotangent_of(VjpContext& context, size_t i) const override {
    TRY(const ValueId lead, context.emit(make_sub(), {context.input(0), context.input(1)}));
    TRY(const ValueId second, context.emit(make_step(0), {lead}));
    if (i == 1) return context.emit(make_mul(), {context.cotangent(), second});
    TRY(const ValueId first, context.emit(make_affine(-1, 1), {second}));
    return context.emit(make_mul(), {context.cotangent(), first});
  }
};

}  // namespace

OpPtr make_min() { return std::make_shared<Min>(); }

OpEntry min_entry() { return binary_entry<make_min>(kDoc.kind); }

}  // namespace convscope
