package dev.jlava.cli;

import dev.jlava.model.export.Comparison;
import dev.jlava.model.export.TensorDifference;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `./jlava model diff`: which tensors of two models differ, and how much.
@Command(
    name = "diff",
    description = "Shows which tensors of two models differ; exit code 1 where some do.",
    mixinStandardHelpOptions = true)
final class DiffCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "A", description = "A directory, or a file of weights.")
  private Path a;

  @Parameters(paramLabel = "B", description = "Another.")
  private Path b;

  @Option(names = "--json", description = "Prints one JSON object.")
  private boolean json;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Comparison found = Comparison.of(a, b, json ? difference -> {} : this::show);
    if (json) {
      out.println(found.toJson());
    } else {
      found.onlyA().forEach(name -> out.println("only in " + a + ": " + name));
      found.onlyB().forEach(name -> out.println("only in " + b + ": " + name));
      out.printf(
          "%d tensors equal, %d different, %d only in %s, %d only in %s%n",
          found.same(), found.different().size(), found.onlyA().size(), a, found.onlyB().size(), b);
    }
    return found.equal() ? ExitCodes.DONE : ExitCodes.FAILED;
  }

  private void show(TensorDifference d) {
    PrintWriter out = spec.commandLine().getOut();
    if (!d.a().equals(d.b())) {
      out.printf("%s: %s, %s%n", d.name(), d.a(), d.b());
    }
    if (d.differing() > 0) {
      out.printf(
          "%s: %d elements differ, max %.3g, mean %.3g, relative norm %.3g%n",
          d.name(), d.differing(), d.largest(), d.mean(), d.relative());
    }
    out.flush();
  }
}
