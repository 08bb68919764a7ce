// The grammar of the native program: convscope VERB [WORD…] [--option VALUE] [--switch].
#pragma once

#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace convscope {

struct OptionSpec {
  std::string_view name;   // without the dashes
  std::string_view value;  // name of its value in the help; empty for a switch
  std::string_view help;
  bool repeated = false;
  // Where minimum <= maximum the value is a whole number between them.
  int64_t minimum = 0, maximum = -1;
  std::vector<std::string_view> choices = {};  // empty: any text
};

// An option of other verbs that has no meaning here, and why.
struct RefusedOption {
  std::string_view name, reason;
};

struct VerbSpec {
  std::string_view name, words, summary;
  size_t min_words = 0, max_words = 0;
  std::vector<OptionSpec> options;
  std::vector<RefusedOption> refused = {};
};

struct Arguments {
  std::vector<std::string> words;
  std::map<std::string, std::vector<std::string>, std::less<>> options;

  bool has(std::string_view name) const { return options.find(name) != options.end(); }
  std::string value(std::string_view name, std::string_view fallback = "") const;
  // Of an option that parse_arguments has checked to be a whole number.
  int64_t integer(std::string_view name, int64_t fallback) const;
};

constexpr int64_t kLargestIndex = std::numeric_limits<int32_t>::max();

// Fails with a sentence that names the word and says what is wanted, and the next step.
Result<Arguments> parse_arguments(const VerbSpec& verb, std::span<char*> arguments);
Result<int64_t> parse_integer(std::string_view what, const std::string& text, int64_t minimum,
                              int64_t maximum);
Result<double> parse_number(std::string_view what, const std::string& text);
// "usage: convscope VERB …" with every option on a line of its own.
std::string verb_help(const VerbSpec& verb);

}  // namespace convscope
