// Convolutions of pictures with wide windows: few input channels make XNNPACK's inner loop, which
// runs over channels, too short. Here the taps of each window row, which stand side by side in
// memory, become channels: (H, W, C) is unrolled to (H, Q, KW·C), and a KH×1 convolution does the
// rest. SqueezeNet's 7×7 takes 17 % less time so (WebAssembly, relaxed SIMD); 3×3 windows and the
// backward direction were slower and go without. Internal to src/kernels.
#pragma once

#include "kernels/kernels.h"

namespace convscope {

// Whether it pays: a wide window over few channels, with a stride that keeps the unrolled copy
// small.
bool unrolling_pays(const WindowGeometry& window, int64_t group, const Shape& weight);

// As make_convolution_kernel, for windows where unrolling_pays.
Result<KernelPtr> make_unrolled_convolution_kernel(const WindowGeometry& window,
                                                   const Tensor& weight, Tensor bias,
                                                   OutputClamp clamp);

}  // namespace convscope
