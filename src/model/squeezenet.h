// SqueezeNet v1.0 from Deep Compression's own file, `compressed_SqueezeNet.net`.
//
// Iandola et al. 2016 (arXiv:1602.07360); Han, Mao & Dally 2016 (arXiv:1510.00149).
#pragma once

#include <cstdint>
#include <span>

#include "model/model.h"

namespace convscope {

// Little endian: u32 nonzero[26]; then for each convolution, in order, f32 codebook[256], f32
// bias[out], u8 code[nonzero], u8 gap[(nonzero + 1) / 2]. Two 4-bit gaps a byte, low half first:
// how many zeros come before the entry; code 0 is a filler (weight 0) where more than 15 zeros
// follow each other. Weights count in Caffe's order: out, in, row, column; the inputs of conv1 are
// blue, green, red. Any bytes are allowed; as read_bundle.
Result<Model> read_squeezenet(std::span<const uint8_t> bytes);

}  // namespace convscope
