// How the engine's answers are made from what the network holds: packing, no decisions.
#pragma once

#include "engine/network.h"
#include "image/image.h"
#include "onnx/import.h"
#include "protocol/event.h"

namespace convscope {

// Why a network was not opened.
Failed refusal_of(const Error& error, std::span<const onnx::UnsupportedNode> nodes);
ModelInfo describe_model(const Model& model);
ImageReady describe_picture(const Image& image);
Picture picture_from(const Image& image);
Result<Image> image_from(const Picture& picture);
// With its alpha where it is not opaque everywhere.
Result<std::vector<uint8_t>> png_of(const Picture& picture);
// Runs the network if it has not run on the picture.
Result<ForwardDone> describe_forward(Network& network, int thumbnails_per_layer);
Result<Activations> describe_activations(Network& network, const ModelLayer& layer,
                                         bool pre_activation);
Result<Filters> describe_filters(const Model& model, const ModelLayer& layer,
                                 const std::string& filter);
Result<FilterResponse> filter_response(Network& network, const ModelLayer& layer,
                                       const GetFilterResponse& which);

}  // namespace convscope
