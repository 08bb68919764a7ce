#include "ops/unary.h"

#include <algorithm>

namespace convscope {

Result<std::vector<Shape>> Unary::infer(std::span<const Shape> inputs) const {
  if (inputs.size() != 1) return shape_error(*this, "wants one input", inputs);
  return std::vector<Shape>{inputs[0]};
}

void Unary::evaluate(std::span<const DoubleTensor> inputs, std::span<DoubleTensor> outputs) const {
  std::ranges::transform(inputs[0].values, outputs[0].values.begin(),
                         [this](double x) { return value(x); });
}

Result<std::optional<ValueId>> Unary::slope(VjpContext&) const { return std::nullopt; }

Result<Cotangents> Unary::vjp(VjpContext& context) const {
  TRY(const std::optional<ValueId> derivative, slope(context));
  if (!derivative) return Cotangents{std::nullopt};
  TRY(const ValueId dx, context.emit(make_mul(), {context.cotangent(), *derivative}));
  return Cotangents{dx};
}

std::vector<OpEntry::Sample> unary_samples(const OpPtr& op, Domain domain) {
  return {{op, {{2, 3, 4, 5}}, {0}, {}, domain}, {op, {{7}}, {0}, {}, domain}};
}

}  // namespace convscope
