// A network of ConvScope as an ONNX file, for other programs and for reading back.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/model.h"

namespace convscope {

// Keys of metadata_props.
inline constexpr std::string_view kTitleKey = "ConvScope.title";
inline constexpr std::string_view kPreprocessingKey = "ConvScope.preprocessing";
inline constexpr std::string_view kLabelsKey = "ConvScope.labels";

// Input `input`, 1×3×H×W (gray 1×1×H×W); outputs `probabilities` and `logits`, 1×classes. The
// metadata hold the title, how a picture becomes the input (InputSettings::text) and, where given,
// the class names, one a line: read_onnx takes them from there. Errors: those of onnx::export_onnx.
Result<std::vector<uint8_t>> write_onnx(const Model& model,
                                        std::span<const std::string> labels = {});

}  // namespace convscope
