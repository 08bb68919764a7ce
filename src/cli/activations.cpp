// convscope activations MODEL IMAGE --layer NAME: all activation maps of one layer.
#include <cstdio>

#include "cli/program.h"

namespace convscope {
namespace {

Status run(const Arguments& arguments) {
  if (!arguments.has("layer")) {
    return fail(ErrorCode::kInvalidArgument, "activations needs --layer NAME; `convscope models " +
                                                 arguments.words[0] + "` lists the layers");
  }
  TRY(Opened opened, open_network(arguments));
  TRY_STATUS(open_picture(*opened.client, arguments.words[1]));
  TRY(const Activations maps,
      opened.ask<Activations>(GetActivations{arguments.value("layer"), arguments.has("pre")}));

  const std::span<const float> planes(maps.values.floats(), maps.values.float_count());
  if (arguments.has("npy")) {
    const auto area = static_cast<size_t>(maps.height) * static_cast<size_t>(maps.width);
    const auto channels = static_cast<size_t>(maps.channels);
    std::vector<float> hwc(planes.size());
    for (size_t c = 0; c < channels; ++c) {
      for (size_t i = 0; i < area; ++i) hwc[i * channels + c] = planes[c * area + i];
    }
    TRY_STATUS(
        write_npy(arguments.value("npy"), Shape{maps.height, maps.width, maps.channels}, hwc));
  }
  if (arguments.has("png")) {
    TRY_STATUS(write_planes_png(arguments.value("png"), planes, maps.channels, maps.height,
                                maps.width, maps.pre_activation));
  }
  if (arguments.has("json")) {
    std::printf(
        "{\"layer\":%s,\"height\":%d,\"width\":%d,\"channels\":%d,\"silent\":%zu,\"range\":[",
        json_string(maps.layer).c_str(), maps.height, maps.width, maps.channels, maps.dead.size());
    for (int32_t c = 0; c < maps.channels; ++c) {
      std::printf("%s[%s,%s]", c == 0 ? "" : ",", json_number(maps.ranges.floats()[2 * c]).c_str(),
                  json_number(maps.ranges.floats()[2 * c + 1]).c_str());
    }
    std::puts("]}");
  } else {
    std::printf("%s: %d × %d × %d, %zu channels silent on this picture\n", maps.layer.c_str(),
                maps.height, maps.width, maps.channels, maps.dead.size());
  }
  return {};
}

}  // namespace

const Verb& activations_verb() {
  static const Verb kVerb = {
      {"activations", "MODEL IMAGE", "Computes all activation maps of one layer.", 2, 2,
       picture_options("write the maps side by side, each stretched to its own range",
                       "write the maps as float32, height × width × channels",
                       {{"layer", "NAME", "the layer; `convscope models MODEL` lists them"},
                        {"pre", "", "before its activation function"}})},
      run};
  return kVerb;
}

}  // namespace convscope
