// convscope: the same engine as the page's, in a terminal.
#include <cstdio>
#include <cstring>

#include "cli/program.h"

namespace {

using convscope::Verb;

std::vector<const Verb*> verbs() {
  return {&convscope::activations_verb(), &convscope::classify_verb(), &convscope::dream_verb(),
          &convscope::explain_verb(),     &convscope::filters_verb(),  &convscope::models_verb()};
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
    return 2;
  }
  if (std::strcmp(argv[1], "--help") == 0 || std::strcmp(argv[1], "help") == 0) {
    print_usage(stdout);
    return 0;
  }
  for (const Verb* verb : verbs()) {
    if (verb->spec.name != argv[1]) continue;
    const auto arguments =
        convscope::parse_arguments(verb->spec, {argv + 2, static_cast<size_t>(argc - 2)});
    if (!arguments) {
      std::fprintf(stderr, "convscope: %s", arguments.error().message.c_str());
      return 2;
    }
    if (arguments->has("help")) {
      std::fputs(verb_help(verb->spec).c_str(), stdout);
      return 0;
    }
    if (const auto status = verb->run(*arguments); !status) {
      std::fprintf(stderr, "convscope: %s\n", status.error().message.c_str());
      return 1;
    }
    return 0;
  }
  std::fprintf(stderr, "convscope: there is no verb named %s\n", argv[1]);
  print_usage(stderr);
  return 2;
}
