// Sub: element-wise difference with NumPy's broadcasting.
//
//   y = a − b                 a, b: shapes that broadcast; y: their common shape
//   da = dy, db = −dy, each summed over the axes along which it was repeated
//
// ONNX Sub.
#include "ops/binary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Sub",
    .title = {"Difference", "相减"},
    .equation = "y = a − b",
    .intuition = {"What two tensors have in common is taken away; what differs is left. "
                  "Subtracting a mean centres numbers around zero.",
                  "去掉两个张量的共同部分，留下差异。减去平均值使数值以零为中心。"},
    .derivative =
        {"The first input receives the gradient unchanged, the second with its sign turned.",
         "第一个输入原样收到梯度，第二个收到变号的梯度。"},
    .reference = "ONNX Sub",
};

class Sub final : public Binary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext&) const override {
    return make_binary_kernel(BinaryFunction::kSubtract);
  }

 protected:
  double value(double a, double b) const override { return a - b; }
  Result<ValueId> cotangent_of(VjpContext& context, size_t i) const override {
    if (i == 0) return context.cotangent();
    return context.emit(make_scale(-1), {context.cotangent()});
  }
};

}  // namespace

OpPtr make_sub() { return std::make_shared<Sub>(); }

OpEntry sub_entry() { return binary_entry<make_sub>(kDoc.kind); }

}  // namespace convscope
