// What all operators that reduce axes share. Internal to src/ops.
//
//   x: any shape      y: x's shape with the axes at extent 1 (keepdims) or without them
#pragma once

#include "ops/support.h"

namespace convscope {

class Reduction : public Op {
 public:
  // Axes count from the back where negative; none means all.
  Reduction(std::span<const int> axes, bool keepdims)
      : axes_(axes.begin(), axes.end()), keepdims_(keepdims) {}
  std::string attributes() const final;
  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const final;
  int64_t flops(std::span<const Shape> inputs, std::span<const Shape> outputs) const final;
  void evaluate(std::span<const DoubleTensor> inputs, std::span<DoubleTensor> outputs) const final;
  std::string lowering_key(std::span<const Shape> inputs) const final;

 protected:
  // The reduction of one group of elements, in row-major order; there is at least one.
  virtual double reduce(std::span<const double> values) const = 0;

  // x's shape with the reduced axes at extent 1.
  Shape kept_shape(const Shape& x) const;
  // The output's cotangent under that shape.
  Result<ValueId> kept_cotangent(VjpContext& context) const;
  KernelPtr reduce_kernel(ReduceFunction function) const {
    return make_reduce_kernel(function, axes_, keepdims_);
  }

 private:
  const std::vector<int> axes_;
  const bool keepdims_;
};

using MakeReduction = OpPtr (*)(std::span<const int> axes, bool keepdims);

Result<OpPtr> reduction_from_attributes(const Attributes& attributes, MakeReduction make);
std::vector<OpEntry::Sample> reduction_samples(MakeReduction make, bool differentiable);

// The registry's entry; one without a derivative is sampled forwards only.
template <MakeReduction make, bool differentiable = true>
OpEntry reduction_entry(std::string_view kind) {
  return {
      .kind = kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        return reduction_from_attributes(attributes, make);
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        return reduction_samples(make, differentiable);
      },
  };
}

}  // namespace convscope
