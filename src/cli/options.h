// The grammar of the native program: convscope VERB [WORD…] [--option VALUE] [--switch].
#pragma once

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
};

struct VerbSpec {
  std::string_view name, words, summary;
  size_t min_words = 0, max_words = 0;
  std::vector<OptionSpec> options;
};

struct Arguments {
  std::vector<std::string> words;
  std::map<std::string, std::vector<std::string>, std::less<>> options;

  bool has(std::string_view name) const { return options.find(name) != options.end(); }
  std::string value(std::string_view name, std::string_view fallback = "") const;
};

// Fails with a sentence that names the word and shows the verb's usage.
Result<Arguments> parse_arguments(const VerbSpec& verb, std::span<char*> arguments);
Result<int64_t> parse_integer(std::string_view what, const std::string& text);
Result<double> parse_number(std::string_view what, const std::string& text);
// "usage: convscope VERB …" with every option on a line of its own.
std::string verb_help(const VerbSpec& verb);

}  // namespace convscope
