// convscope filters MODEL --layer NAME: the weights of one layer's convolution.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cli/program.h"
#include "image/encode.h"

namespace convscope {
namespace {

// Colour filters side by side, each stretched around mid-gray by its own largest weight.
Picture colour_sheet(const Filters& filters) {
  const int columns = static_cast<int>(std::ceil(std::sqrt(filters.outputs)));
  const int rows = (filters.outputs + columns - 1) / columns, zoom = 6;
  const int cell_width = filters.kernel_width * zoom + 2,
            cell_height = filters.kernel_height * zoom + 2;
  Picture sheet{rows * cell_height, columns * cell_width, {}};
  std::vector<uint8_t> rgba(
      static_cast<size_t>(sheet.height) * static_cast<size_t>(sheet.width) * 4, 255);
  const int area = filters.kernel_height * filters.kernel_width;
  for (int o = 0; o < filters.outputs; ++o) {
    const float* weights = filters.values.floats() + static_cast<ptrdiff_t>(o) * 3 * area;
    float reach = 0;
    for (int i = 0; i < 3 * area; ++i) reach = std::max(reach, std::abs(weights[i]));
    for (int y = 0; y < filters.kernel_height * zoom; ++y) {
      for (int x = 0; x < filters.kernel_width * zoom; ++x) {
        const int cell = y / zoom * filters.kernel_width + x / zoom;
        const auto at = static_cast<size_t>(o / columns * cell_height + 1 + y) *
                            static_cast<size_t>(sheet.width) +
                        static_cast<size_t>(o % columns * cell_width + 1 + x);
        for (int c = 0; c < 3; ++c) {
          const float value = reach > 0 ? weights[c * area + cell] / reach : 0;
          rgba[at * 4 + static_cast<size_t>(c)] =
              static_cast<uint8_t>(std::lround(127.5f + 127.5f * value));
        }
      }
    }
  }
  sheet.rgba = Blob(std::move(rgba));
  return sheet;
}

// (o, i, y, x) to (y, x, o·inputs + i).
std::vector<float> hwc_from_oihw(const Filters& filters) {
  const auto planes = static_cast<size_t>(filters.outputs) * static_cast<size_t>(filters.inputs);
  const auto cells =
      static_cast<size_t>(filters.kernel_height) * static_cast<size_t>(filters.kernel_width);
  std::vector<float> out(planes * cells);
  for (size_t plane = 0; plane < planes; ++plane) {
    for (size_t cell = 0; cell < cells; ++cell)
      out[cell * planes + plane] = filters.values.floats()[plane * cells + cell];
  }
  return out;
}

Status run(const Arguments& arguments) {
  TRY(Opened opened, open_network(arguments));
  std::string layer = arguments.value("layer");
  if (layer.empty()) {
    const auto first = std::ranges::find_if(
        opened.model.layers, [](const LayerInfo& l) { return !l.filter_names.empty(); });
    if (first != opened.model.layers.end()) layer = first->name;
  }
  TRY(const Filters filters, opened.ask<Filters>(GetFilters{layer, arguments.value("filter")}));
  const std::span<const float> values(filters.values.floats(), filters.values.float_count());
  if (arguments.has("npy")) {
    TRY_STATUS(write_npy(arguments.value("npy"),
                         Shape{filters.kernel_height, filters.kernel_width,
                               int64_t{filters.outputs} * filters.inputs},
                         hwc_from_oihw(filters)));
  }
  if (arguments.has("png")) {
    TRY_STATUS(filters.colour
                   ? write_picture_png(arguments.value("png"), colour_sheet(filters))
                   : write_planes_png(arguments.value("png"), values,
                                      filters.outputs * filters.inputs, filters.kernel_height,
                                      filters.kernel_width, true));
  }
  if (arguments.has("json")) {
    std::printf("{\"layer\":%s,\"filter\":%s,\"outputs\":%d,\"inputs\":%d,\"kernel\":[%d,%d]}\n",
                json_string(filters.layer).c_str(), json_string(filters.filter).c_str(),
                filters.outputs, filters.inputs, filters.kernel_height, filters.kernel_width);
  } else {
    std::printf("%s (%s): %d filters × %d inputs of %d × %d\n", filters.layer.c_str(),
                filters.filter.c_str(), filters.outputs, filters.inputs, filters.kernel_height,
                filters.kernel_width);
  }
  return {};
}

}  // namespace

const Verb& filters_verb() {
  static const Verb kVerb = {
      {"filters",
       "MODEL",
       "Shows the weights of one layer's convolution.",
       1,
       1,
       result_options("write the filters side by side",
                      "write the weights as float32, kernel height × kernel width × "
                      "(outputs·inputs): channel output·inputs + input",
                      {{"layer", "NAME", "the layer (default: the first with filters)"},
                       {"filter", "NAME", "which convolution of the layer, e.g. expand3x3"}}),
       {{"exact-input", "filters are the same for every picture"},
        {"threads", "it computes nothing"}}},
      run};
  return kVerb;
}

}  // namespace convscope
