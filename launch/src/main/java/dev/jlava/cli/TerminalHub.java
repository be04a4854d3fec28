package dev.jlava.cli;

import dev.jlava.hub.Hub;
import dev.jlava.hub.HubSettings;
import dev.jlava.train.HubModels;
import picocli.CommandLine.Model.CommandSpec;

/// The hub as the environment of a command names it, with its progress on the terminal.
final class TerminalHub {
  private TerminalHub() {}

  static HubModels models(CommandSpec spec) {
    return new HubModels(new Hub(HubSettings.here(), new TerminalTransfers(spec)));
  }
}
