// Splitting of text into tokens. Internal to src/model.
#pragma once

#include <string_view>
#include <vector>

#include "ops/attributes.h"

namespace convscope {

// The parts between separators; empty parts are left out.
inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const size_t end = text.find(separator);
    if (end != 0) out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

// From tokens "name=value"; a token without "=" gives an empty value.
inline Attributes attributes_from_tokens(const std::vector<std::string_view>& tokens) {
  Attributes out;
  for (std::string_view token : tokens) {
    const size_t equals = token.find('=');
    const std::string_view value = equals == std::string_view::npos ? "" : token.substr(equals + 1);
    out.set(std::string(token.substr(0, equals)), std::string(value));
  }
  return out;
}

}  // namespace convscope
