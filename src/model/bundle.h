// The native bundle (.csb): a network as text lines over a section of weights. models/README.md
// describes the format.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "model/bundle_facts.h"
#include "model/model.h"

namespace convscope {

inline constexpr int64_t kMaxBundleParameterBytes = int64_t{1} << 30;  // as float32, all together

// Reads graph, weights, layers, outputs, and what the header says of title, paper and
// preprocessing; the layers' figures are left to load_model. Any bytes are allowed.
Result<Model> read_bundle(std::span<const uint8_t> bytes);

}  // namespace convscope
