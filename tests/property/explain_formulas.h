// Each method's paper formula, written as slowly as the paper writes it, on the network of
// explain_twin.h.
#pragma once

#include <map>

#include "property/explain_twin.h"

namespace convscope {

// Single against double precision, of the largest value.
inline constexpr double kClose = 1e-5;
constexpr size_t kTarget = 2;
constexpr uint64_t kSeed = 9;

struct Case {
  const Weights& weights;
  const Planes& x;
  const Image& picture;
  const Preprocessing& preprocessing;
  std::string layer;

  bool is_first() const { return layer == "first"; }
};

// What a method must answer; what is empty is not compared.
struct Want {
  std::vector<double> attribution, map;
  std::map<std::string, double> figures, contributions;
};

struct Twin {
  Want (*want)(const Case&);
  std::vector<ParameterValue> parameters = {};
  std::vector<int32_t> channels = {};
};

// By the methods' ids.
const std::map<std::string_view, Twin>& twins();

}  // namespace convscope
