#include "onnx/per_channel.h"

#include <cmath>
#include <format>

namespace convscope::onnx {
namespace {

// Batch normalisation in training mode normalises by the picture's own statistics.
Status want_inference(const NodeProto& node) {
  TRY(const int64_t training, node.integer("training_mode", 0));
  TRY(const int64_t spatial, node.integer("spatial", 1));
  bool more_outputs = false;
  for (size_t i = 1; i < node.outputs.size(); ++i) more_outputs |= !node.outputs[i].empty();
  if (training != 0 || more_outputs)
    return unsupported("it is in training mode; export the model for inference");
  if (spatial == 0) return unsupported("it normalises every place of its own (spatial=0)");
  return {};
}

// One number for all channels, or one each along the channels' axis.
bool is_per_channel(const HostTensor& constant, int64_t channels, int channel_axis, int rank) {
  if (!constant.is_float() || constant.shape.rank() > rank) return false;
  if (constant.elements() == 1) return true;
  const int place = channel_axis - (rank - constant.shape.rank());
  return constant.elements() == channels && place >= 0 && constant.shape[place] == channels;
}

double value_at(const HostTensor& tensor, size_t i) {
  return tensor.number(tensor.elements() == 1 ? 0 : static_cast<int64_t>(i));
}

// Folds the one node; false where it is not of that kind.
bool absorb(const NodeConverter& from, int reader, ValueIndex input, int channel_axis, int rank,
            PerChannel& affine) {
  const NodeProto& node = from.other(reader);
  if (!node.domain.empty() && node.domain != "ai.onnx") return false;
  if (node.op_type == "BatchNormalization") {
    const HostTensor* statistics[4];
    for (size_t i = 0; i < 4; ++i) {
      statistics[i] = from.constant_of(reader, i + 1);
      if (statistics[i] == nullptr) return false;
    }
    if (from.input_of(reader, 0) != input) return false;
    return affine.normalise(node, *statistics[0], *statistics[1], *statistics[2], *statistics[3])
        .has_value();
  }
  if ((node.op_type != "Add" && node.op_type != "Mul") || node.inputs.size() != 2 ||
      node.has("axis"))
    return false;
  const size_t other = from.input_of(reader, 0) == input ? 1 : 0;
  const HostTensor* constant = from.constant_of(reader, other);
  const auto channels = static_cast<int64_t>(affine.scale.size());
  if (constant == nullptr || !is_per_channel(*constant, channels, channel_axis, rank)) return false;
  for (size_t i = 0; i < affine.scale.size(); ++i) {
    const double value = value_at(*constant, i);
    if (node.op_type == "Mul") affine.scale[i] *= value;
    affine.shift[i] = node.op_type == "Mul" ? affine.shift[i] * value : affine.shift[i] + value;
  }
  return true;
}

Result<HostTensor> as_tensor(const std::vector<double>& values) {
  TRY(HostTensor out, HostTensor::of_floats({static_cast<int64_t>(values.size())}));
  for (size_t i = 0; i < values.size(); ++i) out.floats.data()[i] = static_cast<float>(values[i]);
  return out;
}

}  // namespace

Status PerChannel::add(const HostTensor& values, std::string_view what) {
  const auto channels = static_cast<int64_t>(shift.size());
  if (values.elements() != channels && values.elements() != 1) {
    return damaged(
        std::format("its {} has the shape {}, want {}", what, values.shape.text(), channels));
  }
  for (size_t i = 0; i < shift.size(); ++i) shift[i] += value_at(values, i);
  return {};
}

Status PerChannel::normalise(const NodeProto& node, const HostTensor& gamma, const HostTensor& beta,
                             const HostTensor& mean, const HostTensor& variance) {
  TRY_STATUS(want_inference(node));
  TRY(const float epsilon, node.number("epsilon", 1e-5f));
  for (const HostTensor* tensor : {&gamma, &beta, &mean, &variance}) {
    if (tensor->elements() != static_cast<int64_t>(scale.size())) {
      return damaged(std::format("its statistics have the shape {}, want {}", tensor->shape.text(),
                                 scale.size()));
    }
  }
  for (size_t i = 0; i < scale.size(); ++i) {
    const double factor =
        value_at(gamma, i) / std::sqrt(value_at(variance, i) + static_cast<double>(epsilon));
    scale[i] *= factor;
    shift[i] = (shift[i] - value_at(mean, i)) * factor + value_at(beta, i);
  }
  return {};
}

Status PerChannel::normalise(const NodeConverter& node) {
  TRY(const HostTensor gamma, node.constant(1, "scale"));
  TRY(const HostTensor beta, node.constant(2, "bias"));
  TRY(const HostTensor mean, node.constant(3, "mean"));
  TRY(const HostTensor variance, node.constant(4, "variance"));
  return normalise(node.node, gamma, beta, mean, variance);
}

void PerChannel::scale_rows(HostTensor& weight) const {
  const size_t each = static_cast<size_t>(weight.elements()) / scale.size();
  for (size_t row = 0; row < scale.size(); ++row) {
    for (size_t i = 0; i < each; ++i)
      weight.floats.values()[row * each + i] *= static_cast<float>(scale[row]);
  }
}

Result<HostTensor> PerChannel::scale_tensor() const { return as_tensor(scale); }
Result<HostTensor> PerChannel::shift_tensor() const { return as_tensor(shift); }

Followers absorb_followers(const NodeConverter& node, int channel_axis, int rank,
                           PerChannel& affine) {
  Followers out{.count = 0, .output = node.output()};
  for (int reader = node.sole_reader(out.output); reader >= 0;
       reader = node.sole_reader(out.output)) {
    if (!absorb(node, reader, out.output, channel_axis, rank, affine)) break;
    node.values[out.output].folded = true;
    out.output = node.output_of(reader);
    ++out.count;
  }
  return out;
}

}  // namespace convscope::onnx
