// What convolutions, poolings and other operators on pictures share: channels-last forms of rank 4,
// and their window. A tensor with one spatial axis (N,C,L) is computed as a picture of one row.
#pragma once

#include <array>

#include "onnx/converter.h"

namespace convscope::onnx {

// Refuses inputs that do not have one or two spatial axes.
Status want_spatial(const NodeConverter& node);
// The input as N×H×W×C.
Result<ValueId> spatial_form(const NodeConverter& node, size_t i);
// The value that a node's output (by default its own first) becomes, of that rank in ONNX.
Status give_spatial(const NodeConverter& node, ValueId id, int rank, ValueIndex output = -1);

enum class WindowUse : uint8_t { kConvolution, kPooling };
// kernel_shape, strides, dilations, pads, auto_pad, group, ceil_mode and count_include_pad as our
// operators' attributes. `kernel` is the weight's, or {0, 0} where the attribute must say it.
Result<Attributes> window_attributes(const NodeConverter& node, std::array<int64_t, 2> kernel,
                                     WindowUse use);

}  // namespace convscope::onnx
