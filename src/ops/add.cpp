// Add: element-wise sum with NumPy's broadcasting.
//
//   y = a + b                 a, b: shapes that broadcast; y: their common shape
//   da = dy, db = dy, each summed over the axes along which it was repeated
//
// He et al., "Deep Residual Learning for Image Recognition", arXiv:1512.03385 (skip connections);
// ONNX Add.
#include "graph/sum.h"
#include "ops/binary.h"

namespace convscope {
namespace {

constexpr OpDoc kDoc = {
    .kind = "Add",
    .title = {"Sum (skip connection)", "相加（跳跃连接）"},
    .equation = "y = a + b",
    .intuition = {"Two versions of the same picture are laid on top of each other. In residual "
                  "networks one is the "
                  "block's input, so that the block only has to learn what to change.",
                  "把同一图像的两个版本叠加在一起。在残差网络中，其中一个就是模块的输入，模块只需学"
                  "习要改动什么。"},
    .derivative = {"Both inputs receive the gradient unchanged: a motorway on which it reaches "
                   "early layers undiminished.",
                   "两个输入都原样收到梯度：像一条高速公路，梯度沿着它毫不减弱地到达前面的层。"},
    .reference = "He et al. 2015, arXiv:1512.03385",
};

class Add final : public Binary {
 public:
  const OpDoc& doc() const override { return kDoc; }

  Result<std::unique_ptr<Kernel>> lower(const LoweringContext& context) const override {
    return make_add_kernel(output_clamp(context));
  }
  bool can_clamp_output() const override { return true; }

 protected:
  double value(double a, double b) const override { return a + b; }
  Result<ValueId> cotangent_of(VjpContext& context, size_t) const override {
    return context.cotangent();
  }
};

}  // namespace

OpPtr make_add() { return std::make_shared<Add>(); }
OpPtr make_sum() { return make_add(); }

OpEntry add_entry() { return binary_entry<make_add>(kDoc.kind); }

}  // namespace convscope
