// Max: element-wise maximum with NumPy's broadcasting.
//
//   y = max(a, b)             a, b: shapes that broadcast; y: their common shape
//   the larger one gets dy, a where they are equal; each summed over the axes along which it was
//   repeated
//
// ONNX Max of two inputs.
#include "ops/binary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Max",
    .title = {"Maximum", "最大值"},
    .equation = "y = max(a, b)",
    .intuition = {"Of two answers the larger one counts, element by element.",
                  "逐元素比较两个答案，取较大的那个。"},
    .derivative = {"Only the one that won has influence, so it receives the whole gradient.",
                   "只有胜出的一方有影响，所以它得到全部梯度。"},
    .reference = "ONNX Max of two inputs",
};

class Max final : public Binary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_binary_kernel(BinaryFunction::kMaximum);
  }

 protected:
  double value(double a, double b) const override { return b > a ? b : a; }
  Result<ValueId> cotangent_of(VjpContext& context, size_t i) const override {
    TRY(const ValueId lead, context.emit(make_sub(), {context.input(1), context.input(0)}));
    TRY(const ValueId second, context.emit(make_step(0), {lead}));
    if (i == 1) return context.emit(make_mul(), {context.cotangent(), second});
    TRY(const ValueId first, context.emit(make_affine(-1, 1), {second}));
    return context.emit(make_mul(), {context.cotangent(), first});
  }
};

}  // namespace

OpPtr make_max() { return std::make_shared<Max>(); }

OpEntry max_entry() { return binary_entry<make_max>(kDoc.kind); }

}  // namespace convscope
