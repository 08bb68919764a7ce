// The native bundle (.csb): a network as text lines over a section of weights. models/README.md
// describes the format.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "model/model.h"

namespace convscope {

inline constexpr std::string_view kBundleMagic = "CSBNDL01";
inline constexpr int64_t kMaxBundleHeaderBytes = 4 << 20;
inline constexpr int64_t kMaxBundleLines = 20'000;
inline constexpr int64_t kMaxBundleParameterBytes = int64_t{512} << 20;  // as float32, all together

// Reads graph, weights, layers and outputs; `preprocessing`, `title` and the layers' figures are
// left to load_model. Any bytes are allowed.
Result<Model> read_bundle(std::span<const uint8_t> bytes);

}  // namespace convscope
