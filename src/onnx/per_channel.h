// y = scale·x + shift with one pair of numbers for each channel: what a batch normalisation is at
// inference, and what can be folded into the weights of the layer before it.
//
// Ioffe & Szegedy, "Batch Normalization", arXiv:1502.03167, section 3.1.
#pragma once

#include <vector>

#include "onnx/converter.h"

namespace convscope::onnx {

struct PerChannel {
  std::vector<double> scale, shift;

  explicit PerChannel(int64_t channels)
      : scale(static_cast<size_t>(channels), 1.0), shift(static_cast<size_t>(channels), 0.0) {}

  // Adds one number for each channel, or one for all. `malformed` for any other count.
  Status add(const HostTensor& values, std::string_view what);
  // Follows with the batch normalisation of that node, whose statistics must be constant.
  Status normalise(const NodeConverter& node);
  Status normalise(const NodeProto& node, const HostTensor& scale, const HostTensor& bias,
                   const HostTensor& mean, const HostTensor& variance);

  // Multiplies each row of a weight (first axis: outputs) by its output's scale, in place.
  void scale_rows(HostTensor& weight) const;
  Result<HostTensor> scale_tensor() const;
  Result<HostTensor> shift_tensor() const;
};

// The nodes after this one that were folded into `affine`: batch normalisations, and Add and Mul of
// constants with one number for each channel (axis `channel_axis` of an output of that rank).
// `output` is the value that the last of them makes.
struct Followers {
  int count = 0;
  ValueIndex output = -1;
};
Followers absorb_followers(const NodeConverter& node, int channel_axis, int rank,
                           PerChannel& affine);

}  // namespace convscope::onnx
