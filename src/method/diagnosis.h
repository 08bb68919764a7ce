// Diagnosis: why a map is blank or must be doubted, in words. A reason is given only where it has
// been checked; what only a method can know of its map, it says itself.
#pragma once

#include <span>

#include "model/model.h"
#include "protocol/event.h"

namespace convscope {

enum class MapFault : uint8_t {
  kNone,
  kNotFinite,  // NaN or infinite somewhere
  kZero,       // everywhere
  kConstant,   // the same everywhere but for rounding, and not zero
  kNegative,   // with sign: positive nowhere
};
MapFault fault_of(std::span<const float> values, bool is_signed);
bool is_blank(const Map& map);  // zero everywhere

// What the values of a map are.
enum class MapShows : uint8_t {
  kOther,
  kEvidence,  // positive where a place speaks for the class
  kSlope,     // of the class's score
};

// Empty where nothing is wrong. `held_at_zero`: the map is made of the score's slope, and
// score_is_held_at_zero has been checked.
Text diagnose_map(const Map& map, MapShows shows = MapShows::kOther, bool held_at_zero = false);

// Whether the logits are what a ReLU lets through, at most averaged, and this one is 0: then every
// unit beneath it is off, and its slope is zero.
bool score_is_held_at_zero(const Model& model, double score);

// A sentence that several diagnoses share.
Text not_finite_text();
Text held_at_zero_text();

}  // namespace convscope
