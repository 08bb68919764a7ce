#include "base/number.h"

#include <cmath>
#include <cstdlib>
#include <string>

namespace convscope {
namespace {

template <typename T>
std::optional<T> number_of(std::string_view text, T (*read)(const char*, char**)) {
  const std::string copy(text);  // the C library wants an end
  char* end = nullptr;
  const T value = read(copy.c_str(), &end);
  if (copy.empty() || end != copy.c_str() + copy.size() || !std::isfinite(value)) return {};
  return value;
}

}  // namespace

std::optional<double> double_of(std::string_view text) {
  return number_of<double>(text, std::strtod);
}
std::optional<float> float_of(std::string_view text) { return number_of<float>(text, std::strtof); }

}  // namespace convscope
