package dev.jlava.cli;

import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;

/// The command line as it was typed, quoted for a shell.
final class Typed {
  private Typed() {}

  static String command(CommandSpec spec) {
    List<String> words = spec.root().commandLine().getParseResult().originalArgs();
    return "./jlava " + words.stream().map(Typed::quoted).collect(Collectors.joining(" "));
  }

  /// A word as a shell reads it.
  static String quoted(String word) {
    return word.matches("[\\w./:=,+-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
