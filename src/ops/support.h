// What several operators share. Internal to src/ops.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "graph/vjp.h"
#include "kernels/kernels.h"
#include "ops/ops.h"

namespace convscope {

#define CONVSCOPE_OP(kind, entry) OpEntry entry();
#include "ops/entries.def"
#undef CONVSCOPE_OP

// Refuses attributes that an operator does not know.
Status only_attributes(const Attributes& attributes, std::string_view kind,
                       std::initializer_list<std::string_view> known);

// The tensor of an input that must be constant when the kernel is made.
Result<Tensor> constant_input(const LoweringContext& context, size_t index, std::string_view what);
// The same where the input may be left out: an empty tensor then.
Result<Tensor> optional_constant_input(const LoweringContext& context, size_t index,
                                       std::string_view what);

inline OutputClamp output_clamp(const LoweringContext& context) {
  return {context.output_min, context.output_max};
}

// The attribute "axis", -1 where it is missing; refuses one that no shape has.
Result<int> read_axis(const Attributes& attributes);

// "axis -1 of a rank-4 tensor" as 3; an error that names the op where it does not exist.
Result<int> resolve_axis(const Op& op, int axis, std::span<const Shape> inputs);

// For reference evaluation under broadcasting: the element of a tensor of shape `small` that stands
// for element `index` of a tensor of shape `large`.
int64_t broadcast_index(const Shape& small, const Shape& large, int64_t index);

// Emits the sum that undoes a broadcast, or gives back the value where none took place.
Result<ValueId> sum_to_shape(VjpContext& context, ValueId value, const Shape& shape);

// Emits a transposition of the last two axes.
Result<ValueId> transpose_matrix(VjpContext& context, ValueId value);

// Elements before and behind an axis.
int64_t outer_elements(const Shape& shape, int axis);
int64_t inner_elements(const Shape& shape, int axis);

// Calls body(iy, ix) for the real elements that the window at (oy, ox) sees, in row-major window
// order, with the index of the tap.
template <typename Body>
void for_each_tap(const WindowGeometry& window, int64_t height, int64_t width, int64_t oy,
                  int64_t ox, const Body& body) {
  for (int64_t ky = 0; ky < window.kernel[0]; ++ky) {
    const int64_t iy = oy * window.strides[0] - window.pads.top + ky * window.dilations[0];
    if (iy < 0 || iy >= height) continue;
    for (int64_t kx = 0; kx < window.kernel[1]; ++kx) {
      const int64_t ix = ox * window.strides[1] - window.pads.left + kx * window.dilations[1];
      if (ix >= 0 && ix < width) body(iy, ix, ky, kx);
    }
  }
}

// Shape rule of every pooling: NHWC in, NHWC out.
Result<std::vector<Shape>> infer_pool(const Op& op, const Window& window,
                                      std::span<const Shape> inputs);

}  // namespace convscope
