package dev.jlava.cli;

import dev.jlava.model.export.Inspection;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `./jlava model inspect`: the tensors of a model, an adapter, a checkpoint or a file.
@Command(
    name = "inspect",
    description = "Shows the tensors of a model, an adapter, a run, a checkpoint or a file.",
    mixinStandardHelpOptions = true)
final class InspectCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "PATH", description = "A directory, or a file of weights.")
  private Path path;

  @Option(names = "--json", description = "Prints one JSON object.")
  private boolean json;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Inspection found = Inspection.of(path);
    if (json) {
      out.println(found.toJson());
      return ExitCodes.DONE;
    }
    for (Inspection.Shown tensor : found.tensors()) {
      out.printf(
          "%-9s %-5s %-16s %12d bytes  %s%n",
          tensor.part(),
          tensor.dtype(),
          Arrays.toString(tensor.shape()),
          tensor.bytes(),
          tensor.name());
    }
    found
        .totals()
        .forEach((part, total) ->
            out.printf(
                "%-9s %d tensors, %,d parameters, %,d bytes%n",
                part, total.tensors(), total.parameters(), total.bytes()));
    found.described().forEach((name, value) -> out.println(name + " " + value));
    return ExitCodes.DONE;
  }
}
