#include "engine/answers.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/heap.h"
#include "engine/messages.h"
#include "engine/suggestions.h"
#include "graph/op.h"
#include "image/encode.h"
#include "model/catalog.h"
#include "ops/ops.h"

namespace convscope {
namespace {

constexpr int kPreviewSide = 640;
constexpr int64_t kThumbnailSide = 32;

// Channel c of a view as a plane.
std::vector<float> plane_of(const TensorView& view, int64_t channel) {
  std::vector<float> plane(static_cast<size_t>(view.shape.rows()));
  for (size_t i = 0; i < plane.size(); ++i)
    plane[i] = view.data[static_cast<int64_t>(i) * view.row_stride + channel];
  return plane;
}

// Averages a plane down to at most kThumbnailSide a side and stretches it to 0…255.
void append_thumbnail(const std::vector<float>& plane, int64_t height, int64_t width,
                      int64_t out_height, int64_t out_width, std::vector<uint8_t>* out) {
  std::vector<float> small;
  for (int64_t y = 0; y < out_height; ++y) {
    const int64_t y0 = y * height / out_height,
                  y1 = std::max(y0 + 1, (y + 1) * height / out_height);
    for (int64_t x = 0; x < out_width; ++x) {
      const int64_t x0 = x * width / out_width, x1 = std::max(x0 + 1, (x + 1) * width / out_width);
      float sum = 0;
      for (int64_t i = y0; i < y1; ++i) {
        for (int64_t k = x0; k < x1; ++k) sum += plane[static_cast<size_t>(i * width + k)];
      }
      small.push_back(sum / static_cast<float>((y1 - y0) * (x1 - x0)));
    }
  }
  const auto [low, high] = std::ranges::minmax(small);
  const float scale = high > low ? 255.0f / (high - low) : 0.0f;
  for (float value : small)
    out->push_back(static_cast<uint8_t>(std::lround((value - low) * scale)));
}

LayerThumbnails thumbnails_of(const ModelLayer& layer, const TensorView& view, int count) {
  LayerThumbnails out;
  out.layer = layer.name;
  if (view.shape.rank() != 4 || view.shape[1] * view.shape[2] == 1)
    return out;  // a vector has no picture
  const int64_t channels = view.shape.channels();
  std::vector<double> strength(static_cast<size_t>(channels));
  for (int64_t row = 0; row < view.shape.rows(); ++row) {
    const float* pixel = view.data + row * view.row_stride;
    for (int64_t c = 0; c < channels; ++c) strength[static_cast<size_t>(c)] += std::abs(pixel[c]);
  }
  std::vector<int32_t> order(strength.size());
  std::iota(order.begin(), order.end(), 0);
  const auto kept = std::min<size_t>(order.size(), static_cast<size_t>(std::max(0, count)));
  std::ranges::partial_sort(
      order, order.begin() + static_cast<std::ptrdiff_t>(kept), [&](int32_t a, int32_t b) {
        return strength[static_cast<size_t>(a)] > strength[static_cast<size_t>(b)];
      });
  order.resize(kept);

  const int64_t height = view.shape[1], width = view.shape[2];
  out.height = static_cast<int32_t>(std::min(height, kThumbnailSide));
  out.width = static_cast<int32_t>(std::min(width, kThumbnailSide));
  std::vector<uint8_t> values;
  for (int32_t channel : order)
    append_thumbnail(plane_of(view, channel), height, width, out.height, out.width, &values);
  out.channels = std::move(order);
  out.values = Blob(std::move(values));
  return out;
}

LayerInfo describe_layer(const Model& model, const ModelLayer& layer) {
  const Shape& shape = model.graph.shape(layer.value);
  LayerInfo out;
  out.name = layer.name;
  out.kind = layer.kind;
  out.operation = layer.operation;
  out.height = static_cast<int32_t>(shape.rank() == 4 ? shape[1] : 1);
  out.width = static_cast<int32_t>(shape.rank() == 4 ? shape[2] : 1);
  out.channels = static_cast<int32_t>(shape.channels());
  out.parameters = layer.parameters;
  out.flops = layer.flops;
  out.has_pre_activation = layer.pre.valid();
  out.minor = layer.minor;
  for (const ConvFilter& filter : layer.filters) out.filter_names.push_back(filter.name);
  for (const OpDoc* doc : layer.operators) out.operators.emplace_back(doc->kind);
  if (!layer.filters.empty()) {
    const Shape& weight = model.parameters[static_cast<size_t>(layer.filters[0].weight)].shape();
    out.filter_outputs = static_cast<int32_t>(weight[0]);
    out.kernel_height = static_cast<int32_t>(weight[1]);
    out.kernel_width = static_cast<int32_t>(weight[2]);
    out.filter_inputs = static_cast<int32_t>(weight[3]);
  }
  out.receptive_field = {static_cast<float>(layer.rows.size), static_cast<float>(layer.rows.jump),
                         static_cast<float>(layer.rows.start)};
  return out;
}

Text text(const Bilingual& words) { return {std::string(words.en), std::string(words.zh)}; }

OperatorInfo describe_operator(const OpDoc& doc) {
  return {std::string(doc.kind), text(doc.title),           text(doc.intuition),
          text(doc.derivative),  std::string(doc.equation), std::string(doc.reference)};
}

Result<const ConvFilter*> find_filter(const ModelLayer& layer, const std::string& name) {
  if (layer.filters.empty())
    return fail(ErrorCode::kUnsupported,
                layer.name + " has no filters: it is no convolution; choose a layer with one");
  if (name.empty()) return &layer.filters[0];
  const auto found = std::ranges::find(layer.filters, name, &ConvFilter::name);
  if (found != layer.filters.end()) return &*found;
  std::string known;
  for (const ConvFilter& filter : layer.filters) known += (known.empty() ? "" : ", ") + filter.name;
  return fail(ErrorCode::kNotFound,
              layer.name + " has no filters named " + name + "; it has " + known);
}

// One output channel's answer to one input channel: the convolution restricted to that slice of the
// filter.
Result<std::vector<float>> slice_response(Network& network, const ConvFilter& filter,
                                          int64_t out_channel, int64_t in_channel) {
  const Model& model = network.model();
  const Node& node = model.graph.node(filter.node);
  TRY(const Tensor input, network.value(filter.input));
  const Tensor& weight = model.parameters[static_cast<size_t>(filter.weight)];
  const Shape& kernel = weight.shape();
  const int64_t group = input.shape().channels() / kernel[3], outputs_per_group = kernel[0] / group;
  const int64_t from_channel = out_channel / outputs_per_group * kernel[3] + in_channel;

  // The same node on one channel: zero everything else, so that pads and strides are the op's own.
  std::vector<DoubleTensor> in;
  in.push_back(DoubleTensor::zeros(Shape{1, input.shape()[1], input.shape()[2], 1}));
  const std::vector<float> plane = plane_of(TensorView::of(input), from_channel);
  std::ranges::copy(plane, in[0].values.begin());
  in.push_back(DoubleTensor::zeros(Shape{1, kernel[1], kernel[2], 1}));
  for (int64_t i = 0; i < kernel[1] * kernel[2]; ++i) {
    in[1][i] = weight.values()[static_cast<size_t>(
        (out_channel * kernel[1] * kernel[2] + i) * kernel[3] + in_channel)];
  }
  in.push_back(DoubleTensor::zeros(Shape{1}));
  TRY(const OpPtr single, single_channel_conv(*node.op));
  const Shape shapes[] = {in[0].shape, in[1].shape, in[2].shape};
  TRY(const auto out_shapes, single->infer(shapes));
  std::vector<DoubleTensor> out{DoubleTensor::zeros(out_shapes[0])};
  single->evaluate(in, out);
  return std::vector<float>(out[0].values.begin(), out[0].values.end());
}

}  // namespace

Failed refusal_of(const Error& error, std::span<const onnx::UnsupportedNode> nodes) {
  Failed out{std::string(error_code_name(error.code)),
             {explain_error(error).en, model_error_chinese(error)}};
  const size_t named = std::min(nodes.size(), kMaxRefusedNodes);
  for (const onnx::UnsupportedNode& node : nodes.first(named))
    out.nodes.push_back({node.op_type, node.name, {node.reason, node.reason_zh}});
  out.more_nodes = static_cast<int32_t>(nodes.size() - named);
  return out;
}

ModelInfo describe_model(const Model& model) {
  const Shape& input = model.graph.shape(model.input);
  ModelInfo out;
  out.id = model.id;
  out.title = model.title;
  out.citation = model.citation;
  out.labels = model.labels;
  if (const CatalogEntry* entry = find_catalog_entry(model.id)) {
    out.summary = text(entry->summary);
    out.citation = entry->citation;
  }
  out.input_height = static_cast<int32_t>(input[1]);
  out.input_width = static_cast<int32_t>(input[2]);
  out.input_channels = static_cast<int32_t>(input[3]);
  out.classes = static_cast<int32_t>(model.classes());
  out.preprocessing = {model.preprocessing.english(), model.preprocessing.chinese()};
  out.input = settings_of(model.preprocessing).text();
  out.parameters = model.parameter_count;
  out.flops = model.flops;
  for (const ModelLayer& layer : model.layers) {
    out.layers.push_back(describe_layer(model, layer));
    for (const OpDoc* doc : layer.operators) {
      if (std::ranges::find(out.operators, doc->kind, &OperatorInfo::kind) == out.operators.end())
        out.operators.push_back(describe_operator(*doc));
    }
  }
  out.suggested = suggested_parameters(model);
  return out;
}

Picture picture_from(const Image& image) {
  return {image.height, image.width, Blob(rgba_from_image(image))};
}

Result<Image> image_from(const Picture& picture) {
  return image_from_rgba(picture.width, picture.height, {picture.rgba.data(), picture.rgba.size()});
}

Result<std::vector<uint8_t>> png_of(const Picture& picture) {
  const std::span<const uint8_t> rgba(picture.rgba.data(), picture.rgba.size());
  TRY(const Image image, image_from(picture));
  for (size_t i = 3; i < rgba.size(); i += 4) {
    if (rgba[i] != 255) return encode_png_rgba(picture.width, picture.height, rgba);
  }
  return encode_png(image);
}

ImageReady describe_picture(const Image& image) {
  return {image.width, image.height, picture_from(shrink_to_fit(image, kPreviewSide))};
}

Result<ForwardDone> describe_forward(Network& network, int thumbnails_per_layer) {
  TRY(Program * program, network.forward());
  const Model& model = network.model();
  const TensorView logits = program->view(model.logits),
                   probabilities = program->view(model.probabilities);
  const auto classes = static_cast<size_t>(model.classes());
  ForwardDone out;
  out.input = picture_from(network.seen());
  out.logits = Blob::copy_of(logits.data, classes);
  out.probabilities = Blob::copy_of(probabilities.data, classes);
  for (const ModelLayer& layer : model.layers) {
    out.thumbnails.push_back(
        thumbnails_of(layer, program->view(layer.value), thumbnails_per_layer));
  }
  out.micros = network.forward_micros();
  out.heap_bytes = std::max(module_heap_bytes(), Buffer::live_bytes());
  return out;
}

Result<Activations> describe_activations(Network& network, const ModelLayer& layer,
                                         bool pre_activation) {
  TRY(const Tensor tensor, network.activation(layer, pre_activation));
  const TensorView view = TensorView::of(tensor);
  Activations out;
  out.layer = layer.name;
  out.pre_activation = pre_activation;
  out.height = static_cast<int32_t>(tensor.shape().rank() == 4 ? tensor.shape()[1] : 1);
  out.width = static_cast<int32_t>(tensor.shape().rank() == 4 ? tensor.shape()[2] : 1);
  out.channels = static_cast<int32_t>(tensor.shape().channels());
  std::vector<float> values, ranges;
  values.reserve(static_cast<size_t>(tensor.shape().elements()));
  for (int32_t channel = 0; channel < out.channels; ++channel) {
    const std::vector<float> plane = plane_of(view, channel);
    const auto [low, high] = std::ranges::minmax(plane);
    values.insert(values.end(), plane.begin(), plane.end());
    ranges.push_back(low);
    ranges.push_back(high);
    if (low == 0 && high == 0) out.dead.push_back(channel);
  }
  out.values = Blob::copy_of(values.data(), values.size());
  out.ranges = Blob::copy_of(ranges.data(), ranges.size());
  return out;
}

Result<Filters> describe_filters(const Model& model, const ModelLayer& layer,
                                 const std::string& filter) {
  TRY(const ConvFilter* found, find_filter(layer, filter));
  const FilterBank bank = filter_bank(model, model.parameters, *found);
  Filters out;
  out.layer = layer.name;
  out.filter = found->name;
  out.outputs = static_cast<int32_t>(bank.outputs);
  out.inputs = static_cast<int32_t>(bank.inputs);
  out.kernel_height = static_cast<int32_t>(bank.rows);
  out.kernel_width = static_cast<int32_t>(bank.columns);
  out.colour = bank.colour;
  out.values = Blob::copy_of(bank.values.data(), bank.values.size());
  out.bias = Blob::copy_of(bank.bias.data(), bank.bias.size());
  out.by_similarity = order_by_similarity(bank);
  return out;
}

Result<FilterResponse> filter_response(Network& network, const ModelLayer& layer,
                                       const GetFilterResponse& which) {
  TRY(const ConvFilter* filter, find_filter(layer, which.filter));
  const Model& model = network.model();
  const Shape& shape = model.graph.shape(filter->output);
  const Shape& kernel = model.parameters[static_cast<size_t>(filter->weight)].shape();
  if (which.output_channel < 0 || which.output_channel >= kernel[0] || which.input_channel < -1 ||
      which.input_channel >= kernel[3]) {
    return fail(ErrorCode::kInvalidArgument, layer.name + " has " + std::to_string(kernel[0]) +
                                                 " filters of " + std::to_string(kernel[3]) +
                                                 " input channels each; choose one of them");
  }
  FilterResponse out{layer.name, filter->name, which.output_channel, which.input_channel, {}};
  if (which.input_channel < 0) {
    TRY(const Tensor tensor, network.value(filter->output));
    const std::vector<float> plane = plane_of(TensorView::of(tensor), which.output_channel);
    out.map = make_map(shape[1], shape[2], plane, true, "");
    return out;
  }
  // Colours are shown as R, G, B whatever the network's own order.
  const bool colour = filter->input == model.input;
  const int64_t in_channel =
      colour ? model.preprocessing.network_channel(which.input_channel) : which.input_channel;
  TRY(const std::vector<float> plane,
      slice_response(network, *filter, which.output_channel, in_channel));
  out.map = make_map(shape[1], shape[2], plane, true, "");
  return out;
}

}  // namespace convscope
