// What every verb of the native program starts from.
#pragma once

#include <memory>

#include "cli/client.h"
#include "cli/files.h"
#include "cli/options.h"

namespace convscope {

// A verb of the program: its grammar, and what it does.
struct Verb {
  VerbSpec spec;
  Status (*run)(const Arguments& arguments);
};

// One function per file of src/cli.
const Verb& activations_verb();
const Verb& classify_verb();
const Verb& dream_verb();
const Verb& explain_verb();
const Verb& filters_verb();
const Verb& models_verb();

// Options that every verb with a network has; `more` are its own.
std::vector<OptionSpec> with_common_options(std::vector<OptionSpec> more);

// A client with the network of the first word open, and with --exact-input and --threads applied.
struct Opened {
  std::unique_ptr<Client> client;
  ModelInfo model;
  std::string folder;
};
Result<Opened> open_network(const Arguments& arguments);
Status open_picture(Client& client, const std::string& path);

// "step 3/72 · octave 1/4" on standard error where that is a terminal.
void show_progress(const MethodPreview& preview);
void end_progress();

// Runs a method as the options say (--target, --layer, --channel, --param, --seed, --untrained).
Result<MethodResult> run_method(Client& client, const std::string& method,
                                const Arguments& arguments);

}  // namespace convscope
