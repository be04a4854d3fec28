package dev.jlava.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A command in a process of its own, which a test may kill or give another environment.
final class OwnProcess {
  private OwnProcess() {}

  /// Starts a command; what it prints is dropped, its errors are the test's.
  static Process start(String... arguments) throws IOException {
    return of(List.of(), List.of(arguments))
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /// A command that is not started yet.
  ///
  /// @param before what starts it in its turn, such as a shell that sets limits
  static ProcessBuilder of(List<String> before, List<String> arguments) {
    List<String> command = new ArrayList<>(before);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData"));
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--add-opens=java.base/java.nio=ALL-UNNAMED");
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.jlava.cli.Main"));
    command.addAll(arguments);
    return new ProcessBuilder(command);
  }
}
