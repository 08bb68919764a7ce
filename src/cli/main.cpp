// convscope: the same engine as the page's, in a terminal.
#include <cstdio>

#include "base/nearest.h"
#include "cli/program.h"

namespace {

using convscope::Verb;

// Exit status: 0 done, 1 it could not be done, 2 the command line asks for something that makes no
// sense.
constexpr int kFailure = 1, kUsageError = 2;

std::vector<const Verb*> verbs() {
  return {&convscope::activations_verb(), &convscope::bench_verb(),   &convscope::classify_verb(),
          &convscope::dream_verb(),       &convscope::explain_verb(), &convscope::export_verb(),
          &convscope::filters_verb(),     &convscope::models_verb()};
}

void print_usage(std::FILE* to) {
  std::fputs("usage: convscope VERB …\nA microscope for convolutional networks.\n", to);
  for (const Verb* verb : verbs()) {
    std::fprintf(to, "  %-12.*s %.*s\n", static_cast<int>(verb->spec.name.size()),
                 verb->spec.name.data(), static_cast<int>(verb->spec.summary.size()),
                 verb->spec.summary.data());
  }
  std::fputs("`convscope VERB --help` says more.\n", to);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    print_usage(stderr);
    return kUsageError;
  }
  const std::string_view first = argv[1];
  if (first == "--help" || first == "-h" || first == "help") {
    print_usage(stdout);
    return 0;
  }
  for (const Verb* verb : verbs()) {
    if (verb->spec.name != first) continue;
    const auto arguments =
        convscope::parse_arguments(verb->spec, {argv + 2, static_cast<size_t>(argc - 2)});
    if (!arguments) {
      std::fprintf(stderr, "convscope: %s\n", arguments.error().message.c_str());
      return kUsageError;
    }
    if (arguments->has("help")) {
      std::fputs(verb_help(verb->spec).c_str(), stdout);
      return 0;
    }
    if (const auto status = verb->run(*arguments); !status) {
      std::fprintf(stderr, "convscope: %s\n", status.error().message.c_str());
      const bool usage = status.error().code == convscope::ErrorCode::kInvalidArgument;
      return usage ? kUsageError : kFailure;
    }
    return 0;
  }
  std::vector<std::string> known;
  for (const Verb* verb : verbs()) known.emplace_back(verb->spec.name);
  std::fprintf(stderr, "convscope: there is no verb named %s%s\n", argv[1],
               convscope::nearest_hint(first, known).c_str());
  print_usage(stderr);
  return kUsageError;
}
