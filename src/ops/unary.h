// What all operators y = f(x), element by element, share. Internal to src/ops.
//
//   x, y: any shape      dx = dy · f'(x)
#pragma once

#include "ops/support.h"

namespace convscope {

class Unary : public Op {
 public:
  Result<std::vector<Shape>> infer(std::span<const Shape> inputs) const final;
  void evaluate(std::span<const DoubleTensor> inputs, std::span<DoubleTensor> outputs) const final;
  Result<Cotangents> vjp(VjpContext& context) const override;

 protected:
  virtual double value(double x) const = 0;
  // Emits f'(x), from the input or the output; nothing where it is zero by definition.
  virtual Result<std::optional<ValueId>> slope(VjpContext& context) const;
};

// The two samples of an operator that takes any shape.
std::vector<OpEntry::Sample> unary_samples(const OpPtr& op, Domain domain = Domain::kReal);

// The registry's entry of an operator without attributes.
template <OpPtr (*make)(), Domain domain = Domain::kReal>
OpEntry unary_entry(std::string_view kind) {
  return {
      .kind = kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        OpPtr op = make();
        TRY_STATUS(only_attributes(attributes, op->kind(), {}));
        return op;
      },
      .samples = []() -> std::vector<OpEntry::Sample> { return unary_samples(make(), domain); },
  };
}

// The same for one attribute, ONNX's alpha.
template <OpPtr (*make)(float alpha), float fallback>
OpEntry unary_alpha_entry(std::string_view kind) {
  return {
      .kind = kind,
      .from_attributes = [](const Attributes& attributes) -> Result<OpPtr> {
        TRY(const float alpha, attributes.number("alpha", fallback));
        OpPtr op = make(alpha);
        TRY_STATUS(only_attributes(attributes, op->kind(), {"alpha"}));
        return op;
      },
      .samples = []() -> std::vector<OpEntry::Sample> {
        std::vector<OpEntry::Sample> out = unary_samples(make(fallback));
        out.push_back({make(0.75f), {{2, 7}}, {0}, {}});
        return out;
      },
  };
}

}  // namespace convscope
