package dev.jlava.cli;

import dev.jlava.testing.Golden;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/// What a command line gave: its exit code and all it printed.
record CommandRun(int code, String out, String errors) {
  /// `./jlava eval` of the golden LLaVA by a folder's `eval.yaml`, into its `out`.
  static CommandRun ofEvaluation(Path directory) {
    return of(
        List.of(
            "eval",
            directory.resolve("eval.yaml").toString(),
            "--model",
            Golden.path("train/hf").toString(),
            "--out",
            directory.resolve("out").toString()));
  }

  static CommandRun of(List<String> arguments) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
      int code = Main.run(arguments.toArray(String[]::new));
      return new CommandRun(
          code,
          outBytes.toString(StandardCharsets.UTF_8),
          errBytes.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }
}
