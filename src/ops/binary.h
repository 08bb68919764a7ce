// What all operators y = f(a, b), element by element with NumPy's broadcasting, share. Internal to
// src/ops.
//
//   a, b: shapes that broadcast      y: their common shape
//   da, db: each summed over the axes along which it was repeated
#pragma once

#include "ops/support.h"

namespace convscope {

class Binary : public Op {
 public:
  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const override;
  void evaluate(std::span<const DoubleTensor> inputs, std::span<DoubleTensor> outputs) const final;
  Result<Cotangents> vjp(VjpContext& context) const final;

 protected:
  virtual double value(double a, double b) const = 0;
  // Emits the cotangent of input `i` as if nothing had been repeated.
  virtual Result<ValueId> cotangent_of(VjpContext& context, size_t i) const = 0;
};

// Same shapes, a row against an image, and repetition on both sides.
std::vector<OpEntry::Sample> binary_samples(const OpPtr& op, Domain domain = Domain::kReal);

// The registry's entry of an operator without attributes.
template <OpPtr (*make)(), Domain domain = Domain::kReal>
OpEntry binary_entry(std::string_view kind) {
  return {
      .kind = kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        OpPtr op = make();
        TRY_STATUS(only_attributes(attributes, op->kind(), {}));
        return op;
      },
      .samples = []() -> std::vector<OpEntry::Sample> { return binary_samples(make(), domain); },
  };
}

}  // namespace convscope
