// Window: the geometry that convolutions and poolings share.
#include <algorithm>

#include "ops/ops.h"

namespace convscope {
namespace {

// Beyond this no real network goes, and sums of pads and extents stay far from overflow.
constexpr int64_t kMaxExtent = 4096;

std::string pair_text(const std::array<int64_t, 2>& pair) {
  return std::to_string(pair[0]) + "," + std::to_string(pair[1]);
}

Result<std::array<int64_t, 2>> read_pair(const Attributes& attributes, std::string_view name) {
  TRY(const std::vector<int64_t> values, attributes.integers(name, {1, 1}));
  if (values.size() != 2 ||
      std::ranges::any_of(values, [](int64_t v) { return v < 1 || v > kMaxExtent; })) {
    return fail(ErrorCode::kInvalidArgument, std::string(name) +
                                                 " wants two numbers from 1 to 4096; got '" +
                                                 attributes.text(name, "") + "'");
  }
  return std::array<int64_t, 2>{values[0], values[1]};
}

int64_t outputs_along(int64_t input, int64_t extent, int64_t stride, int64_t pad_begin,
                      int64_t pad_end, bool ceil_mode) {
  const int64_t room = input + pad_begin + pad_end - extent;
  if (room < 0) return 0;
  int64_t count = (ceil_mode ? (room + stride - 1) / stride : room / stride) + 1;
  // A window that would begin behind the input and its leading pad is dropped, as PyTorch and ONNX
  // do.
  if (ceil_mode && (count - 1) * stride >= input + pad_begin) --count;
  return count;
}

}  // namespace

Pads Window::resolved_pads(int64_t height, int64_t width) const {
  if (!same_upper) return pads;
  const auto total = [this](size_t axis, int64_t size) {
    const int64_t outputs = (size + strides[axis] - 1) / strides[axis];
    const int64_t extent = (kernel[axis] - 1) * dilations[axis] + 1;
    return std::max<int64_t>(0, (outputs - 1) * strides[axis] + extent - size);
  };
  const int64_t rows = total(0, height), columns = total(1, width);
  return {rows / 2, columns / 2, rows - rows / 2, columns - columns / 2};
}

std::array<int64_t, 2> Window::output_size(int64_t height, int64_t width) const {
  const WindowGeometry g = geometry(height, width);
  return {outputs_along(height, g.extent(0), strides[0], g.pads.top, g.pads.bottom, ceil_mode),
          outputs_along(width, g.extent(1), strides[1], g.pads.left, g.pads.right, ceil_mode)};
}

WindowGeometry Window::geometry(int64_t height, int64_t width) const {
  return {kernel, strides, dilations, resolved_pads(height, width)};
}

Window Window::resolved(int64_t height, int64_t width) const {
  Window out = *this;
  out.pads = resolved_pads(height, width);
  out.same_upper = false;
  return out;
}

std::string Window::text() const {
  std::string out = "kernel=" + pair_text(kernel) + " strides=" + pair_text(strides);
  if (dilations != std::array<int64_t, 2>{1, 1}) out += " dilations=" + pair_text(dilations);
  if (same_upper) {
    out += " auto_pad=same_upper";
  } else if (pads.any()) {
    out += " pads=" + pair_text({pads.top, pads.left}) + "," + pair_text({pads.bottom, pads.right});
  }
  if (ceil_mode) out += " ceil_mode=1";
  if (count_include_pad) out += " count_include_pad=1";
  return out;
}

Result<Window> Window::from_attributes(const Attributes& attributes) {
  Window window;
  TRY(window.kernel, read_pair(attributes, "kernel"));
  TRY(window.strides, read_pair(attributes, "strides"));
  TRY(window.dilations, read_pair(attributes, "dilations"));
  TRY(const std::vector<int64_t> pads, attributes.integers("pads", {0, 0, 0, 0}));
  if (pads.size() != 4 ||
      std::ranges::any_of(pads, [](int64_t v) { return v < 0 || v > kMaxExtent; })) {
    return fail(ErrorCode::kInvalidArgument,
                "pads wants four numbers from 0 to 4096 (top, left, bottom, right); got '" +
                    attributes.text("pads", "") + "'");
  }
  window.pads = {pads[0], pads[1], pads[2], pads[3]};
  const std::string auto_pad = attributes.text("auto_pad", "notset");
  if (auto_pad != "notset" && auto_pad != "same_upper") {
    return fail(ErrorCode::kUnsupported,
                "auto_pad can be same_upper or notset; got '" + auto_pad + "'");
  }
  window.same_upper = auto_pad == "same_upper";
  if (window.same_upper && window.pads.any()) {
    return fail(ErrorCode::kInvalidArgument,
                "auto_pad=same_upper and pads exclude each other; give one");
  }
  TRY(const int64_t ceil_mode, attributes.integer("ceil_mode", 0));
  TRY(const int64_t include_pad, attributes.integer("count_include_pad", 0));
  window.ceil_mode = ceil_mode != 0;
  window.count_include_pad = include_pad != 0;
  return window;
}

}  // namespace convscope
