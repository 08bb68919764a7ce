// What every verb of the native program starts from.
#pragma once

#include <memory>

#include "cli/client.h"
#include "cli/files.h"
#include "cli/options.h"

namespace convscope {

// A verb of the program: its grammar, and what it does. An error of code kInvalidArgument is a
// mistake in the command line (exit status 2), any other a failure (1).
struct Verb {
  VerbSpec spec;
  Status (*run)(const Arguments& arguments);
};

// One function per file of src/cli.
const Verb& activations_verb();
const Verb& bench_verb();
const Verb& classify_verb();
const Verb& dream_verb();
const Verb& explain_verb();
const Verb& export_verb();
const Verb& filters_verb();
const Verb& models_verb();

// The options of a verb with a result: its own, then --png and --npy (`png` and `npy` say what they
// write), --models, --json, --help.
std::vector<OptionSpec> result_options(std::string_view png, std::string_view npy,
                                       std::vector<OptionSpec> own);
// The same for a verb that runs a network on a picture: --exact-input and --threads too.
std::vector<OptionSpec> picture_options(std::string_view png, std::string_view npy,
                                        std::vector<OptionSpec> own);

// A client with the network of the first word open, and with --exact-input and --threads applied.
struct Opened {
  std::unique_ptr<Client> client;
  ModelInfo model;
  std::string name;    // as it was typed
  std::string folder;  // of the networks and labels

  // Client::ask; where a layer or filter does not exist, the error says where they are listed.
  template <typename Answer, typename Request>
  Result<Answer> ask(Request request) {
    Result<Answer> answer = client->ask<Answer>(std::move(request));
    if (!answer) return std::unexpected(with_listing(std::move(answer.error())));
    return answer;
  }

 private:
  Error with_listing(Error error) const;
};
Result<Opened> open_network(const Arguments& arguments);
Status open_picture(Client& client, const std::string& path);

// One line on standard error that the next one replaces, where that is a terminal.
void show_progress(const std::string& line);
void end_progress();

// Checks what can be known of --target, --layer, --channel and --param before a network is open.
Status check_method_options(const MethodInfo& info, const Arguments& arguments);
// Runs a method as the options say (--target, --layer, --channel, --param, --seed, --untrained).
Result<MethodResult> run_method(Opened& opened, const MethodInfo& info, const Arguments& arguments);

}  // namespace convscope
