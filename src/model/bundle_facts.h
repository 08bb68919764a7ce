// What a native bundle says about itself besides its graph, and the start of its file: readable
// from the file's first bytes alone, so that a list of networks opens none of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "protocol/input_settings.h"

namespace convscope {

inline constexpr std::string_view kBundleMagic = "CSBNDL01";
inline constexpr size_t kBundlePreludeBytes = 12;  // magic and length of the header
inline constexpr int64_t kMaxBundleHeaderBytes = 4 << 20;
inline constexpr int64_t kMaxBundleLines = 20'000;
inline constexpr size_t kMaxFactBytes = 1000;

struct BundleFacts {
  std::string id, title, citation, licence, origin;  // empty where it does not say so
  std::string preprocessing;  // as InputSettings::text() has it; may be empty
  InputSettings input;        // the same
  int64_t classes = 0;        // 0 where it does not say so
};

// Bytes of magic, length and header together, from the first kBundlePreludeBytes of a file.
Result<size_t> bundle_head_bytes(std::span<const uint8_t> prelude);
// The header's text. Any bytes are allowed.
Result<std::string_view> bundle_header(std::span<const uint8_t> bytes);
// Reads all the header's facts; other statements are not looked at.
Result<BundleFacts> read_bundle_facts(std::span<const uint8_t> bytes);

// Takes one statement of the header, as tokens; false where it is no fact.
Result<bool> read_bundle_fact(std::span<const std::string_view> tokens, BundleFacts& facts);

// "the model bundle is damaged: WHAT; download or build it again". Internal to src/model.
std::unexpected<Error> damaged_bundle(const std::string& what);

}  // namespace convscope
