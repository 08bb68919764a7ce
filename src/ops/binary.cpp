#include "ops/binary.h"

namespace convscope {

Result<std::vector<Shape>> Binary::infer(std::span<const Shape> inputs) const {
  Shape out;
  if (inputs.size() != 2 || !broadcast_shapes(inputs[0], inputs[1], &out)) {
    return shape_error(*this, "wants two inputs whose shapes broadcast", inputs);
  }
  return std::vector<Shape>{out};
}

void Binary::evaluate(std::span<const DoubleTensor> inputs, std::span<DoubleTensor> outputs) const {
  const Shape& shape = outputs[0].shape;
  for (int64_t i = 0; i < shape.elements(); ++i) {
    outputs[0][i] = value(inputs[0][broadcast_index(inputs[0].shape, shape, i)],
                          inputs[1][broadcast_index(inputs[1].shape, shape, i)]);
  }
}

Result<Cotangents> Binary::vjp(VjpContext& context) const {
  Cotangents out(2);
  for (size_t i = 0; i < 2; ++i) {
    if (!context.wanted[i]) continue;
    const Shape shape = context.shape(context.input(i));
    TRY(const ValueId repeated, cotangent_of(context, i));
    TRY(out[i], sum_to_shape(context, repeated, shape));
  }
  return out;
}

std::vector<OpEntry::Sample> binary_samples(const OpPtr& op, Domain domain) {
  return {{op, {{2, 3, 4, 5}, {2, 3, 4, 5}}, {0, 1}, {}, domain},
          {op, {{2, 3, 4, 5}, {5}}, {0, 1}, {}, domain},
          {op, {{2, 3, 4, 5}, {2, 1, 1, 5}}, {0, 1}, {}, domain},
          {op, {{3, 1, 5}, {2, 1, 4, 1}}, {0, 1}, {}, domain}};
}

}  // namespace convscope
