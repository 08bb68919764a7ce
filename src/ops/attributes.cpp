#include "ops/attributes.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

namespace convscope {
namespace {

std::unexpected<Error> malformed(std::string_view name, std::string_view want,
                                 const std::string& got) {
  return fail(ErrorCode::kMalformed, "attribute " + std::string(name) + " wants " +
                                         std::string(want) + "; got '" + got + "'");
}

bool parse_integer(std::string_view text, int64_t* out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Result<int64_t> Attributes::integer(std::string_view name, int64_t fallback) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return fallback;
  int64_t value = 0;
  if (!parse_integer(found->second, &value))
    return malformed(name, "a whole number", found->second);
  return value;
}

Result<float> Attributes::number(std::string_view name, float fallback) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return fallback;
  char* end = nullptr;
  const float value = std::strtof(found->second.c_str(), &end);
  if (found->second.empty() || *end != '\0' || std::isnan(value))
    return malformed(name, "a number", found->second);
  return value;
}

Result<std::vector<int64_t>> Attributes::integers(std::string_view name,
                                                  std::vector<int64_t> fallback) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return fallback;
  std::vector<int64_t> out;
  std::string_view rest = found->second;
  for (;;) {
    const size_t comma = rest.find(',');
    int64_t value = 0;
    if (!parse_integer(rest.substr(0, comma), &value)) {
      return malformed(name, "whole numbers separated by commas", found->second);
    }
    out.push_back(value);
    if (comma == std::string_view::npos) return out;
    rest.remove_prefix(comma + 1);
  }
}

std::string Attributes::text(std::string_view name, std::string_view fallback) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string(fallback) : found->second;
}

std::vector<std::string> Attributes::names() const {
  std::vector<std::string> out;
  for (const auto& [name, value] : values_) out.push_back(name);
  return out;
}

}  // namespace convscope
