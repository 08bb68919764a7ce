#include "ui/strings.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace convscope {
namespace {

struct Entry {
  std::string_view en, zh;
};
constexpr Entry kTable[] = {
#define STRING(id, en, zh) {en, zh},
#include "ui/strings/faithfulness.def"
#include "ui/strings/frame.def"
#include "ui/strings/lenses.def"
#undef STRING
};

template <typename... Arguments>
std::string printed(const char* pattern, Arguments... arguments) {
  char text[64];
  std::snprintf(text, sizeof text, pattern, arguments...);
  return text;
}

}  // namespace

std::string_view text_of(S id, Language language) {
  const Entry& entry = kTable[static_cast<size_t>(id)];
  return language == Language::kChinese ? entry.zh : entry.en;
}

std::string_view text_of(const Text& text, Language language) {
  const bool chinese = (language == Language::kChinese && !text.zh.empty()) || text.en.empty();
  return chinese ? text.zh : text.en;
}

std::string format(std::string_view pattern, std::initializer_list<std::string_view> arguments) {
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '{' && i + 2 < pattern.size() && pattern[i + 2] == '}') {
      const size_t index = static_cast<size_t>(pattern[i + 1] - '0');
      if (index < arguments.size()) {
        out += arguments.begin()[index];
        i += 2;
        continue;
      }
    }
    out += pattern[i];
  }
  return out;
}

std::string fixed(double value, int digits) {
  const std::string text = printed("%.*f", digits, value);
  // "-0.00" reads like an error.
  const bool zero = text.find_first_of("123456789") == std::string::npos;
  return zero && text[0] == '-' ? text.substr(1) : text;
}

std::string significant(double value, int digits) {
  if (value == 0) return "0";
  if (!std::isfinite(value)) return std::isnan(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  const double size = std::fabs(value);
  if (size < 1e-4 || size >= 1e7) return printed("%.*e", digits - 1, value);
  const int before = static_cast<int>(std::floor(std::log10(size))) + 1;
  return fixed(value, before >= digits ? 0 : digits - before);
}

std::string integer(int64_t value) {
  std::string digits = std::to_string(value);
  const size_t first = digits[0] == '-' ? 1 : 0;
  for (size_t i = digits.size(); i > first + 3;) digits.insert(i -= 3, ",");
  return digits;
}

std::string percent(double fraction, int digits) {
  const double value = fraction * 100;
  // A probability that is not 1 must not be shown as 100.0 %.
  if (digits > 0 && fraction < 1 && value > 100 - 0.5 * std::pow(10, -digits)) {
    return ">" + fixed(100 - std::pow(10, -digits), digits) + "%";
  }
  // Nor one that is not 0 as 0.0 %.
  if (fraction > 0 && value < 0.5 * std::pow(10, -digits))
    return "<" + fixed(std::pow(10, -digits), digits) + "%";
  return fixed(value, digits) + "%";
}

std::string bytes_text(double bytes) {
  if (bytes < 1000) return fixed(bytes, 0) + " B";
  if (bytes < 1e5) return fixed(bytes / 1e3, 0) + " kB";
  if (bytes < 1e7) return fixed(bytes / 1e6, 1) + " MB";
  return bytes < 1e9 ? fixed(bytes / 1e6, 0) + " MB" : fixed(bytes / 1e9, 1) + " GB";
}

std::string flops_text(double flops) {
  if (flops < 1e3) return fixed(flops, 0);
  if (flops < 1e6) return significant(flops / 1e3) + " k";
  if (flops < 1e9) return significant(flops / 1e6) + " M";
  return significant(flops / 1e9) + " G";
}

std::string shape_text(int height, int width, int channels) {
  return std::to_string(height) + "×" + std::to_string(width) + "×" + std::to_string(channels);
}

std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != '*' && c != '^') out += c;
  }
  return out;
}

}  // namespace convscope
